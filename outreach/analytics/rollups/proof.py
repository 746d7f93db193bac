"""Whether the rollups equal a recount, at one instant; and how they are made equal again."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import TypeVar

from sqlalchemy import select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from outreach.analytics.rollups import rollup
from outreach.analytics.rollups.cells import Cell, Cells, differences
from outreach.analytics.rollups.models import Change, Rollup
from outreach.analytics.rollups.recount import recount
from outreach.core import log
from outreach.core.db import Database
from outreach.core.errors import TryLater

_log = log.get(__name__)
MENDED = "analytics.mended"

TRIES, WAIT_S = 100, 0.1

Result = TypeVar("Result")


def check(db: Database, blast_id: int) -> list[str]:
    """Where figures and a recount of the rows differ: a sentence for each, none when equal.

    What has changed so far is counted first. Raises NotFound, and TryLater where so much changes
    that no instant is found.
    """
    return settled(db, lambda session: _compare(session, blast_id))


def cells_of(session: Session, blast_id: int) -> Cells:
    """Every number that is rolled up of a blast."""
    places = [getattr(Rollup, name) for name in Cell._fields]
    rows = session.execute(select(*places, Rollup.number).where(Rollup.blast_id == blast_id))
    return Cells({Cell(*at): number for *at, number in rows if number})


def mend(db: Database, blast_id: int) -> list[str]:
    """Count all of a blast anew where it differs; what differed."""
    found = check(db, blast_id)
    if found:
        with db.transaction() as session:
            rollup.note(session, "blast", [blast_id])
        _log.warning(MENDED, blast_id=blast_id, differences=len(found))
        remaining = check(db, blast_id)
        if remaining:
            raise RuntimeError(f"counted anew, blast {blast_id} still differs: {remaining}")
    return found


def settled(db: Database, read: Callable[[Session], Result]) -> Result:
    """What `read` finds at an instant at which everything up to it is in the rollups."""
    at_once = _between_writers if db.is_sqlite else _beside_writers
    for _ in range(TRIES):
        found = at_once(db, read)
        if found is not None:
            return found
        time.sleep(WAIT_S)
    raise TryLater(
        "The figures change faster than they can be compared. Nothing was changed.",
        hint="Ask again when fewer letters go out.",
    )


def _between_writers(db: Database, read: Callable[[Session], Result]) -> Result | None:
    """Readers see one instant; nobody has to wait while much is read."""
    rollup.advance(db)
    with db.reading() as session:
        waits = session.scalar(select(Change.id).limit(1))
        return read(session) if waits is None else None


def _beside_writers(db: Database, read: Callable[[Session], Result]) -> Result | None:
    """There is always something new: it is counted in the transaction that then sees no newer."""
    rollup.advance(db)
    try:
        with db.transaction() as session:
            session.connection(execution_options={"isolation_level": "REPEATABLE READ"})
            if not rollup.is_alone(session):
                return None
            while rollup.step(session).notes:
                pass
            return read(session)
    except OperationalError:  # somebody else counted between our instant and our turn
        return None


def _compare(session: Session, blast_id: int) -> list[str]:
    found = differences(cells_of(session, blast_id), recount(session, blast_id))
    return [
        f"{_name(at)}: the figures say {said:,}, the recount {number:,}"
        for at, said, number in found
    ]


def _name(at: Cell) -> str:
    named = f"{at.measure} of {at.dimension} {at.value}" if at.dimension else at.measure
    return f"{named}, variant {at.variant_id}" if at.variant_id else named
