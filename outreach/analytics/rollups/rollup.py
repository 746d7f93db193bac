"""Brings the rollups up to date with what has changed since: letters, verdicts, signatures.

One run takes what triggers have noted (changes.py), takes those letters and signatures out of the
rollups as they were counted, and puts them in as they are, all in one transaction: killed at any
moment, nothing is counted twice or forgotten. One machine counts at a time.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlalchemy import delete, func, select, text, true
from sqlalchemy.orm import Session

from outreach.analytics.rollups import acts, credits, seen, slices, touched, traits
from outreach.analytics.rollups.cells import Cell, Cells
from outreach.analytics.rollups.models import (
    ACTS,
    CREDITS,
    FACETS,
    SLICE,
    SLICES,
    TRAIT_SLICES,
    WIDE_SLICE,
    Change,
    Rollup,
)
from outreach.core import bulk, log
from outreach.core.db import Database
from outreach.mail.models import Delivery

_log = log.get(__name__)
ROLLED_UP = "analytics.rolled_up"

# Letters and signatures of one transaction; on SQLite everybody else who writes waits meanwhile.
AT_ONCE = {"postgresql": 200_000, "sqlite": 5_000}
# Of so many times as many letters the notes are read, so that a letter that was noted often is
# counted once: with all that is known of it by then.
AHEAD = 5
NOTES_AT_ONCE = {"postgresql": 2_000, "sqlite": 10_000}  # there is one for each letter on SQLite
_LOCK = 0x66696773  # one machine at a time


@dataclass
class Work:
    """What one run is about; `notes`: the ids of the changes that say so."""

    notes: list[int] = field(default_factory=list)
    letter: set[int] = field(default_factory=set)
    slice: set[int] = field(default_factory=set)
    signature: set[int] = field(default_factory=set)
    blast: set[int] = field(default_factory=set)
    counted: int = 0  # letters

    def is_full(self, at_once: int) -> bool:
        """Whether about as much is known as one transaction counts, and of letters more."""
        others = len(self.signature) + SLICE * len(self.slice)
        return others >= at_once or len(self.letter) >= AHEAD * at_once


def advance(db: Database, stop: threading.Event | None = None) -> int:
    """Count whatever has changed; how many letters were counted anew. Ends at once where another
    machine counts, or with the run at hand when `stop` is set."""
    counted = 0
    while stop is None or not stop.is_set():
        with db.transaction() as session:
            work = step(session) if is_alone(session) else None
        if work is None or not work.notes:
            break
        counted += work.counted
    if counted:
        _log.debug(ROLLED_UP, letters=counted)
    return counted


def is_alone(session: Session) -> bool:
    """Whether nobody else counts until this transaction ends. On SQLite nobody else writes."""
    if session.get_bind().dialect.name != "postgresql":
        return True
    return bool(session.scalar(text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")))


def step(session: Session) -> Work:
    """Count the changes that were noted first, about AT_ONCE of letters; the caller is alone."""
    work = _noted(session)
    if work.notes:
        bulk.give_room(session)
        bulk.little_of_much(session)
        bulk.by_index(session)
        for blast_id in sorted(work.blast):
            _forget(session, blast_id)
        _count(session, work)
        session.execute(delete(Change).where(Change.id.in_(work.notes)))
    return work


def note(session: Session, kind: str, ids: Iterable[int]) -> None:
    """Have these letters, slices, signatures or blasts counted anew."""
    session.add(Change(kind=kind, ids=list(ids)))
    session.flush()


def _noted(session: Session) -> Work:
    work = Work()
    dialect = session.get_bind().dialect.name
    query = select(Change.id, Change.kind, Change.ids, Change.at).order_by(Change.id)
    query = query.limit(NOTES_AT_ONCE[dialect])
    since = []
    for change_id, kind, ids, at in session.execute(query):
        alone = bool(work.blast) != (kind == "blast")  # all of a blast is read in another way
        if work.notes and (alone or work.is_full(AT_ONCE[dialect])):
            break
        work.notes.append(change_id)
        since.append(at)
        getattr(work, kind).update(ids)
        for blast_id in ids if kind == "blast" else ():
            first, last = _ends(session, blast_id)
            work.slice.update(range(first // SLICE, last // SLICE + 1) if last else ())
    later = sorted(work.letter)[AT_ONCE[dialect] :]
    if later:
        work.letter.difference_update(later)
        session.add(Change(kind="letter", ids=later, at=min(since)))
    return work


def _count(session: Session, work: Work) -> None:
    cells = Cells()
    touched.fill(session, work.letter, work.signature, work.slice)
    if work.blast:
        seen.gather_all(session, work.blast)
        touched.add_all(session, work.blast)
    if work.signature or work.blast:
        credits.touch_shares(session)
        credits.replace(session, cells)
    if work.slice:
        if not work.blast:
            acts.touch_moved(session, work.slice)
        slices.replace(session, cells)
        traits.replace(session, cells)
    work.counted = session.scalar(select(func.count()).select_from(touched.LETTERS)) or 0
    if work.counted and work.blast:
        acts.add(session, cells)
    elif work.counted:
        seen.gather(session)
        acts.replace(session, cells)
    _add(session, cells)


def _add(session: Session, cells: Cells) -> None:
    rows = [(*at, number) for at, number in sorted(cells.items()) if number]
    if rows:
        touched.hold(session, touched.CELLS, rows)
        names = [column.name for column in touched.CELLS.columns]
        # "WHERE": SQLite would take the conflict for the condition of a join.
        statement = bulk.insert_into(session, Rollup).from_select(
            names, select(touched.CELLS).where(true())
        )
        more = Rollup.number + statement.excluded.number
        session.execute(
            statement.on_conflict_do_update(index_elements=Cell._fields, set_={"number": more})
        )


def _forget(session: Session, blast_id: int) -> None:
    """Take a blast out of the rollups, and what its letters were counted as."""
    first, last = _ends(session, blast_id)
    # "+ 0": of what is stored by its index (acts.replace).
    mine = (
        select(ACTS.c.delivery_id + 0)
        .where(ACTS.c.delivery_id.between(first, last), ACTS.c.blast_id == blast_id)
        .scalar_subquery()
    )
    session.execute(delete(FACETS).where(FACETS.c.delivery_id.in_(mine)))
    session.execute(delete(ACTS).where(ACTS.c.delivery_id.in_(mine)))
    for table, size in ((SLICES, SLICE), (TRAIT_SLICES, WIDE_SLICE)):
        session.execute(
            delete(table).where(
                table.c.slice.between(first // size, last // size), table.c.blast_id == blast_id
            )
        )
    session.execute(delete(CREDITS).where(CREDITS.c.blast_id == blast_id))
    session.execute(delete(Rollup).where(Rollup.blast_id == blast_id))


def _ends(session: Session, blast_id: int) -> tuple[int, int]:
    """The ids of a blast's first and last letter; zeros where it has none."""
    # "+ 0": by the index of blasts; PostgreSQL would go through all letters from the first one on.
    query = select(func.min(Delivery.id + 0), func.max(Delivery.id + 0))
    first, last = session.execute(query.where(Delivery.blast_id == blast_id)).one()
    return first or 0, last or 0
