"""Whether the numbers by day equal a recount of the rows, at one instant; and how they mend."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.analytics.days import (
    cohorts,
    cohorts_recount,
    conversion,
    conversion_recount,
    days,
    growth,
    growth_recount,
)
from outreach.analytics.days.days import Numbers, Place, Subject
from outreach.analytics.days.models import DayChange, DayMark
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from outreach.core.errors import TryLater

TRIES, WAIT_S = 50, 0.2

Recount = Callable[[Session, ZoneInfo], Numbers]
# Each with its recount, by what people call it.
SUBJECTS: Mapping[str, tuple[Subject, Recount]] = {
    "list growth": (growth.PEOPLE, growth_recount.recount),
    "visits": (conversion.VISITS, conversion_recount.recount),
    "cohorts": (cohorts.COHORTS, cohorts_recount.recount),
}


def check(db: Database) -> list[str]:
    """Where numbers by day and a recount differ: a sentence for each, none when equal.

    What has changed so far is counted first. Raises TryLater where it changes too fast.
    """
    return [
        f"{name}, {_said(place)}: the figures say {said:,}, the recount {number:,}"
        for name, (subject, recount) in SUBJECTS.items()
        for place, said, number in _differences(db, subject, recount)
    ]


def mend(db: Database) -> list[str]:
    """Count every day anew of what differs; what differed."""
    found = check(db)
    if found:
        with db.transaction() as session:
            for subject, _ in SUBJECTS.values():
                days.forget(session, subject)
        remaining = check(db)
        if remaining:
            raise RuntimeError(f"counted anew, days still differ: {remaining[:5]}")
    return found


def _differences(db: Database, subject: Subject, recount: Recount) -> list[tuple[Place, int, int]]:
    for _ in range(TRIES):
        rollup.advance(db)  # cohorts are counted from what it stores
        days.advance(db, subject)
        with db.reading() as session:
            # One instant for all that follows; SQLite's readers see one anyway.
            if not db.is_sqlite:
                session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            waits = select(DayChange.id).where(DayChange.subject == subject.name).limit(1)
            mark = session.get(DayMark, subject.name)
            if mark is None:  # nothing to count by: there is no organisation yet
                return []
            if session.scalar(waits) is None and mark.zone:
                said = days.counted(session, subject)
                found = recount(session, ZoneInfo(mark.zone))
                places = sorted(said.keys() | found.keys())
                return [(at, said[at], found[at]) for at in places if said[at] != found[at]]
        time.sleep(WAIT_S)
    raise TryLater(
        "The figures change faster than they can be compared. Nothing was changed.",
        hint="Ask again when less comes in.",
    )


def _said(place: Place) -> str:
    day, of_id, source, measure = place
    said = f"{measure} on {day.isoformat()}"
    said += f" by {source}" if source else ""
    return f"{said} of {of_id}" if of_id else said
