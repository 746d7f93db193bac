"""Ids that one run of the rollup is about, as tables of its own connection.

On PostgreSQL they are made once for each connection and are empty after each transaction, so that
runs every second leave nothing behind in the catalogue.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from itertools import groupby
from typing import Any

from sqlalchemy import Column, MetaData, SmallInteger, String, Table, insert, select, text, union
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from outreach.analytics.rollups.models import SLICE, WIDE_SLICE
from outreach.blasts.models import Blast
from outreach.core.bulk import insert_rows
from outreach.core.db import BIG, UtcDateTime
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature

_OF_CONNECTION = MetaData()


def _table(name: str, *columns: str) -> Table:
    key, *others = columns
    return Table(
        name,
        _OF_CONNECTION,
        Column(key, BIG, primary_key=True, autoincrement=False),
        *(Column(other, BIG) for other in others),
        prefixes=["TEMPORARY"],
        postgresql_on_commit="DELETE ROWS",
    )


LETTERS = _table("touched_letters", "id")
SIGNATURES = _table("touched_signatures", "id")
# What became of them: an event of a touched letter with what it is held to be.
EVENTS = Table(
    "touched_events",
    _OF_CONNECTION,
    Column("delivery_id", BIG, index=False),
    Column("kind", String(40)),
    Column("shown", String(10)),
    Column("asks", SmallInteger),
    Column("at", UtcDateTime),
    Column("link_id", BIG),
    Column("device", SmallInteger),  # of a person's: cells.DEVICE_BITS
    Column("why", String(80)),  # of a machine's click: the strongest evidence
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
)
# What is to be added to the rollups.
CELLS = Table(
    "touched_cells",
    _OF_CONNECTION,
    Column("blast_id", BIG),
    Column("variant_id", BIG),
    *(Column(name, String) for name in ("dimension", "value", "measure")),
    Column("number", BIG),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
)
RANGES = _table("touched_slices", "slice", "first", "last")  # ids of letters from first to last
WIDE_RANGES = _table("touched_wide_slices", "slice", "first", "last")


def fill(
    session: Session, letters: Iterable[int], signatures: Iterable[int], slices: Collection[int]
) -> None:
    """Hold these ids, and no others, until the transaction ends."""
    connection = session.connection()
    connection.execute(CreateTable(EVENTS, if_not_exists=True))
    connection.execute(EVENTS.delete())
    ids: dict[Table, list[tuple[int, ...]]] = {
        LETTERS: [(i,) for i in sorted(letters)],
        SIGNATURES: [(i,) for i in sorted(signatures)],
        RANGES: _ranges(slices, SLICE),
        WIDE_RANGES: _ranges({i * SLICE // WIDE_SLICE for i in slices}, WIDE_SLICE),
    }
    for table, rows in ids.items():
        hold(session, table, rows)
        known(session, table)


def hold(session: Session, table: Table, rows: Iterable[Sequence[Any]]) -> None:
    """Hold these rows, and no others, in one of these tables until the transaction ends."""
    connection = session.connection()
    connection.execute(CreateTable(table, if_not_exists=True))
    connection.execute(table.delete())
    insert_rows(connection, table, [column.name for column in table.columns], rows)


def add_all(session: Session, blasts: Collection[int]) -> None:
    """Add the signatures that these blasts' letters brought, and those letters whose events are
    held, or who brought one."""
    asked = select(Blast.petition_id).where(Blast.id.in_(blasts))
    brought = (
        select(Signature.id, Signature.last_delivery_id)
        .join(Delivery, Delivery.id == Signature.last_delivery_id)
        .where(Signature.petition_id.in_(asked), Delivery.blast_id.in_(blasts))
        .subquery()
    )
    letters = union(select(EVENTS.c.delivery_id), select(brought.c.last_delivery_id))
    for table, found in ((SIGNATURES, select(brought.c.id)), (LETTERS, letters)):
        session.execute(insert(table).from_select(["id"], found))
        known(session, table)


def _ranges(slices: Iterable[int], size: int) -> list[tuple[int, ...]]:
    return [(i, i * size, (i + 1) * size - 1) for i in sorted(slices)]


def runs(slices: Iterable[int]) -> Iterator[tuple[int, int]]:
    """The first and last id of each row of slices that lie side by side."""
    beside = groupby(enumerate(sorted(slices)), key=lambda at: at[1] - at[0])
    for _, group in beside:
        run = [each for _, each in group]
        yield run[0] * SLICE, (run[-1] + 1) * SLICE - 1


def known(session: Session, table: Table) -> None:
    """Tell PostgreSQL's planner how many it holds; nobody else does for such a table."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text(f"ANALYZE {table.name}"))
