"""Counts days, or months, anew of which something changed, a subject at a time.

What changed is claimed, counted in a reading session, and stored: nobody waits while much is read.
A run that is killed leaves its claims to the next; one that another overtook stores nothing.
"""

from __future__ import annotations

import secrets
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.days.models import EVERY_DAY, FIGURES, DayChange, DayFigure, DayMark
from outreach.core.bulk import insert_into, insert_rows
from outreach.core.clock import now
from outreach.core.db import Database

AT_ONCE = 31  # days of one statement
DAY = timedelta(days=1)
BY_DAY, BY_WEEK, BY_MONTH = "day", "week", "month"

Place = tuple[date, int, str, str]  # day, what it is of, source, measure
Numbers = Counter[Place]


@dataclass(frozen=True)
class Subject:
    """What days are counted of. `first` is the instant of its first row; `count(session, begins)`
    yields index of the day, of what, source, measure, number, where day i begins at begins[i] and
    ends at begins[i + 1]. What is counted `by` month stands at the month's first day."""

    name: str
    first: Callable[[Session], datetime | None]
    count: Callable[[Session, Sequence[datetime]], Iterable[tuple[int, int, str, str, int]]]
    by: str = BY_DAY


@dataclass(frozen=True)
class _Run:
    claim: int
    zone: ZoneInfo
    days: set[str] | None  # of UTC; None: all there are


def advance(db: Database, subject: Subject, stop: threading.Event | None = None) -> int:
    """Count the days of which something changed; how many. 0 also where another run overtook."""
    run = _claimed(db, subject)
    if run is None or (stop is not None and stop.is_set()):
        return 0
    with db.reading() as session:
        days = _local_days(session, subject, run)
        numbers = count_days(session, subject, days, run.zone)
    with db.transaction() as session:
        mark = session.get(DayMark, subject.name, with_for_update=True)
        if mark is None or mark.claim != run.claim:
            return 0
        _store(session, subject, None if run.days is None else days, numbers)
        session.execute(
            delete(DayChange).where(DayChange.subject == subject.name, DayChange.claim == run.claim)
        )
        mark.zone = run.zone.key
    return len(days)


def count_days(session: Session, subject: Subject, days: Sequence[date], zone: ZoneInfo) -> Numbers:
    """The numbers of these days (or months), of the zone's clock, from the rows themselves."""
    numbers = Numbers()
    for first in range(0, len(days), AT_ONCE):
        for run in _side_by_side(days[first : first + AT_ONCE], subject.by):
            begins = [begin_of(day, zone) for day in (*run, after(run[-1], subject.by))]
            for index, of_id, source, measure, number in subject.count(session, begins):
                numbers[run[index], of_id, source, measure] += int(number)
    return numbers


def counted(session: Session, subject: Subject) -> Numbers:
    """All numbers as they are stored."""
    rows = session.execute(select(FIGURES).where(FIGURES.c.subject == subject.name))
    return Numbers({(r.day, r.of_id, r.source, r.measure): r.number for r in rows})


def sums(
    session: Session, subject: Subject, first: date, last: date
) -> Sequence[tuple[date, int, str, str, int]]:
    """Day, of what, source, measure and number, of the days from `first` to `last`."""
    rows = session.execute(
        select(
            DayFigure.day,
            DayFigure.of_id,
            DayFigure.source,
            DayFigure.measure,
            DayFigure.number,
        ).where(DayFigure.subject == subject.name, DayFigure.day.between(first, last))
    )
    return [(row.day, row.of_id, row.source, row.measure, row.number) for row in rows]


def counted_at(session: Session, subject: Subject) -> datetime | None:
    """Everything up to then is counted; None: nothing was counted yet."""
    mark = session.get(DayMark, subject.name)
    if mark is None or not mark.zone:
        return None
    waits = select(func.min(DayChange.at)).where(DayChange.subject == subject.name)
    return session.scalar(waits) or now()


def forget(session: Session, subject: Subject) -> None:
    """Have every day counted anew."""
    session.add(DayChange(subject=subject.name, day=EVERY_DAY))


def begin_of(day: date, zone: ZoneInfo) -> datetime:
    """The instant at which a day begins there."""
    return datetime.combine(day, time(), zone)


def start_of(day: date, by: str) -> date:
    """The first day of the day's week (Monday) or month."""
    if by == BY_DAY:
        return day
    return day.replace(day=1) if by == BY_MONTH else day - timedelta(days=day.weekday())


def after(start: date, by: str) -> date:
    """The first day of the next day, week or month."""
    if by == BY_MONTH:
        return start_of(start + timedelta(days=31), BY_MONTH)
    return start + (DAY if by == BY_DAY else timedelta(days=7))


def _claimed(db: Database, subject: Subject) -> _Run | None:
    """Claim what is noted, with what a killed run had claimed; None: there is nothing to do."""
    claim = secrets.randbits(62) + 1
    with db.transaction() as session:
        name = session.scalar(select(Organisation.timezone).order_by(Organisation.id).limit(1))
        if name is None:
            return None
        mark = session.get(DayMark, subject.name)
        waits = select(DayChange.id).where(DayChange.subject == subject.name).limit(1)
        is_whole = mark is None or mark.zone != name
        if not is_whole and session.scalar(waits) is None:
            return None
        statement = insert_into(session, DayMark).values(subject=subject.name, claim=claim, zone="")
        session.execute(
            statement.on_conflict_do_update(index_elements=["subject"], set_={"claim": claim})
        )
        days = set(
            session.scalars(
                update(DayChange)
                .where(DayChange.subject == subject.name)
                .values(claim=claim)
                .returning(DayChange.day),
                execution_options={"synchronize_session": False},
            )
        )
    is_whole = is_whole or EVERY_DAY in days
    return _Run(claim, ZoneInfo(name), None if is_whole else days)


def _local_days(session: Session, subject: Subject, run: _Run) -> list[date]:
    """The days of the run's clock that may hold something of what is to be counted."""
    if run.days is None:
        first = subject.first(session)
        if first is None:
            return []
        day, last = (at.astimezone(run.zone).date() for at in (first, now()))
        starts = [start_of(day, subject.by)]
        while (following := after(starts[-1], subject.by)) <= last:
            starts.append(following)
        return starts
    found: set[date] = set()
    for noted in run.days:
        begin = datetime.combine(date.fromisoformat(noted), time(), UTC)
        for at in (begin, begin + DAY - timedelta(microseconds=1)):
            found.add(start_of(at.astimezone(run.zone).date(), subject.by))
    return sorted(found)


def _side_by_side(days: Sequence[date], by: str) -> Iterable[list[date]]:
    run: list[date] = []
    for day in days:
        if run and day != after(run[-1], by):
            yield run
            run = []
        run.append(day)
    if run:
        yield run


def _store(
    session: Session, subject: Subject, days: Sequence[date] | None, numbers: Mapping[Place, int]
) -> None:
    mine = delete(DayFigure).where(DayFigure.subject == subject.name)
    session.execute(mine if days is None else mine.where(DayFigure.day.in_(days)))
    columns = [column.name for column in FIGURES.columns]
    rows = [
        (subject.name, day.isoformat(), *place, number)
        for (day, *place), number in sorted(numbers.items())
        if number
    ]
    insert_rows(session.connection(), FIGURES, columns, rows)
