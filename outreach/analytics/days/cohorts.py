"""Engagement by month of joining: of the people who joined in a month, and to whom a letter was
delivered in a later one, how many opened, clicked or signed.

A letter stands in the month in which its blast began, by the organisation's clock, and its person
in the month of their first entry of the consent ledger that agrees. What a letter's person did is
as the rollups have it: machines left out. A month is counted whole where something of it moved.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from itertools import pairwise
from typing import Any

from sqlalchemy import Select, and_, case, func, literal, select
from sqlalchemy.orm import Session

from outreach.analytics.days import days
from outreach.analytics.days.days import Subject
from outreach.analytics.days.growth import PEOPLE, undone_sources
from outreach.analytics.definitions import BLAST_LETTER, DELIVERED_STATES
from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.rollups.models import ACTS
from outreach.blasts.models import Blast
from outreach.consent.models import EMAIL, GRANTED, ConsentEntry
from outreach.core import bulk
from outreach.core.errors import BadInput
from outreach.mail.models import Delivery

REACHED = "reached"
WHATS = {"opened": "Opened", "clicked": "Clicked", "signed": "Signed"}
MONTHS = 12  # cohorts, and months of each
SHADES = 5


@dataclass(frozen=True)
class Cell:
    """A cohort in one month: who did it, of those to whom a letter was delivered. `shade` runs
    from 0 to SHADES - 1 by rate over all cells; None where there are too few people."""

    rate: Rate
    shade: int | None = None

    @property
    def small(self) -> bool:
        """Too few people for a verdict."""
        return self.rate.of < SMALL


@dataclass(frozen=True)
class Cohort:
    """Who joined in a month, and the cells of it and the months after, by their number; a month
    in which no letter reached anybody of them is left out."""

    month: date
    joined: int
    cells: Mapping[int, Cell]


@dataclass(frozen=True)
class Cohorts:
    """The cohorts of MONTHS months, oldest first, as of an instant; None: not counted yet."""

    what: str
    cohorts: Sequence[Cohort]
    as_of: datetime | None

    @property
    def months(self) -> range:
        """The numbers of all months that anything stands in."""
        return range(max((max(one.cells, default=0) for one in self.cohorts), default=0) + 1)

    @property
    def is_empty(self) -> bool:
        """Whether no letter has reached anybody of them."""
        return not any(one.cells for one in self.cohorts)


def cohorts(session: Session, today: date, what: str = "opened") -> Cohorts:
    """The last MONTHS cohorts; `what` is a key of WHATS. Raises BadInput."""
    if what not in WHATS:
        raise BadInput("Cohorts have no such figure.", hint=f"There are: {', '.join(WHATS)}.")
    starts = [today.replace(day=1)]
    while len(starts) < MONTHS:
        starts.append(days.start_of(starts[-1] - days.DAY, days.BY_MONTH))
    starts.reverse()
    numbers: dict[tuple[date, date, str], int] = {}
    for month, _, joined, measure, number in days.sums(session, COHORTS, starts[0], today):
        numbers[date.fromisoformat(joined), month, measure] = number
    sizes = dict.fromkeys(starts, 0)
    for day, _, _, measure, number in days.sums(session, PEOPLE, starts[0], today):
        if measure == "joined":
            sizes[day.replace(day=1)] += number
    found = []
    for start in starts:
        cells = {
            number: Cell(Rate(numbers.get((start, month, what), 0), numbers[start, month, REACHED]))
            for number, month in enumerate(starts[starts.index(start) :])
            if (start, month, REACHED) in numbers
        }
        found.append(Cohort(start, sizes[start], cells))
    return Cohorts(what, _shaded(found), days.counted_at(session, COHORTS))


def _shaded(found: Sequence[Cohort]) -> list[Cohort]:
    large = [c.rate.count / c.rate.of for one in found for c in one.cells.values() if not c.small]
    low, high = min(large, default=0.0), max(large, default=0.0)

    def shaded(cell: Cell) -> Cell:
        if cell.small:
            return cell
        place = (cell.rate.count / cell.rate.of - low) / (high - low) if high > low else 0.0
        return Cell(cell.rate, min(SHADES - 1, int(place * SHADES)))

    return [
        Cohort(one.month, one.joined, {n: shaded(cell) for n, cell in one.cells.items()})
        for one in found
    ]


def _first(session: Session) -> datetime | None:
    return session.scalar(select(func.min(Blast.started_at)))


def _count(
    session: Session, begins: Sequence[datetime]
) -> Iterable[tuple[int, int, str, str, int]]:
    first = session.scalar(select(func.min(ConsentEntry.at)).where(*_AGREES))
    if first is None:
        return
    bulk.all_at_once(session)
    zone = begins[0].tzinfo
    joined = [days.start_of(first.astimezone(zone).date(), days.BY_MONTH)]
    while joined[-1] < begins[-2].date():
        joined.append(days.after(joined[-1], days.BY_MONTH))
    bounds = [datetime(day.year, day.month, 1, tzinfo=zone) for day in joined]
    for index, (begin, end) in enumerate(pairwise(begins)):
        for cohort, *numbers in session.execute(_month(begin, end, bounds)):
            for measure, number in zip((REACHED, *WHATS), numbers, strict=True):
                yield index, 0, joined[cohort].isoformat(), measure, number


_AGREES = (
    ConsentEntry.purpose == EMAIL,
    ConsentEntry.status == GRANTED,
    ConsentEntry.source.not_in(undone_sources()),
)


def _month(begin: datetime, end: datetime, bounds: Sequence[datetime]) -> Select[Any]:
    """The people reached by letters of blasts that began in a month, by the month of `bounds` in
    which they joined: how many, and how many did each of WHATS."""
    did = (func.max(func.coalesce(ACTS.c[what], 0)).label(what) for what in WHATS)
    people = (
        select(Delivery.supporter_id.label("person"), *did)
        .join(Blast, Blast.id == Delivery.blast_id)
        .outerjoin(ACTS, ACTS.c.delivery_id == Delivery.id)
        .where(Blast.started_at >= begin, Blast.started_at < end)
        .where(Delivery.kind == BLAST_LETTER, Delivery.state.in_(DELIVERED_STATES))
        .where(Delivery.supporter_id.is_not(None))
        .group_by(Delivery.supporter_id)
        .subquery("people")
    )
    came = (
        select(ConsentEntry.supporter_id, func.min(ConsentEntry.at).label("at"))
        .where(*_AGREES, ConsentEntry.supporter_id.in_(select(people.c.person)))
        .group_by(ConsentEntry.supporter_id)
        .subquery("came")
    )
    before = [(came.c.at < bound, index) for index, bound in enumerate(bounds[1:])]
    last = len(bounds) - 1
    cohort = (case(*before, else_=last) if before else literal(last)).label("cohort")
    return (
        select(cohort, func.count(), *(func.sum(people.c[what]) for what in WHATS))
        .select_from(people)
        .join(came, and_(came.c.supporter_id == people.c.person, came.c.at < end))
        .group_by("cohort")
    )


COHORTS = Subject("cohorts", _first, _count, days.BY_MONTH)
