"""A slice of an import: some thousand rows through a staging table into people, list and consent.

Everything is set-based: a handful of statements for a slice, whatever its size. What belongs to a
staged row is looked up by scalar subqueries, because a join leaves the choice to a planner that
knows nothing yet of tables this new: it read all supporters again for every slice.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, cast

from sqlalchemy import Column as TableColumn
from sqlalchemy import (
    ColumnElement,
    Integer,
    MetaData,
    ScalarSelect,
    String,
    Table,
    Text,
    case,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.consent import ledger
from outreach.consent.models import Suppression
from outreach.core.bulk import insert_into, insert_rows
from outreach.core.clock import now
from outreach.core.db import BIG, JSON_VALUE, UtcDateTime
from outreach.supporters.csvfile import Refusal, Row
from outreach.supporters.models import Import, ImportRefusal, ListMember, Supporter
from outreach.supporters.textfile import LOST
from outreach.supporters.values import LENGTHS

SOURCE = "import:"
FILLED = ("supporters", "list_members", "consent_standings")
SUPPRESSED, UNSUBSCRIBED = "suppressed", "unsubscribed"
LEFT_EARLIER = "Unsubscribed earlier: details updated, not put on the list, not written to."

_STAGING = Table(
    "import_staging",
    MetaData(),
    TableColumn("line", Integer),
    TableColumn("address", String(254)),
    TableColumn("email", String(254)),
    *(TableColumn(field, Text) for field in LENGTHS),
    TableColumn("fields", JSON_VALUE),
    prefixes=["TEMPORARY"],
)
_PEOPLE = Table(
    "import_people",
    MetaData(),
    TableColumn("line", Integer),
    TableColumn("supporter_id", BIG),
    prefixes=["TEMPORARY"],
)
_COLUMNS = [column.name for column in _STAGING.columns]
_PERSON = ["address", "email", *LENGTHS, "fields"]


@contextmanager
def staged(session: Session, rows: Sequence[Row]) -> Iterator[None]:
    """Hold rows in temporary tables for the functions below; nothing of it outlives the block."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        # Tables without statistics look expensive; compiling cost 3 µs a row and saved nothing.
        connection.exec_driver_sql("SET LOCAL jit = off")
    _STAGING.create(connection)
    _PEOPLE.create(connection)
    insert_rows(connection, _STAGING, _COLUMNS, map(_values, rows))
    yield
    _PEOPLE.drop(connection)
    _STAGING.drop(connection)


def set_apart(session: Session, rows: Sequence[Row]) -> list[Refusal]:
    """Take the rows with suppressed addresses off the stage, and say which."""
    reason = _of_address(Suppression.reason, Suppression.address)
    suppressed = select(_STAGING.c.line, reason).where(reason.is_not(None))
    reasons = dict(session.execute(suppressed).all())
    if reasons:
        session.execute(delete(_STAGING).where(_STAGING.c.line.in_(reasons)))
    return [
        Refusal(
            row.line,
            SUPPRESSED,
            f"This address is suppressed ({reasons[row.line]}): not added, not put on the list.",
            row.cells,
        )
        for row in rows
        if row.line in reasons
    ]


def weigh(session: Session, rows: Sequence[Row]) -> tuple[int, list[Refusal]]:
    """How many staged rows are of people who are stored already; and who unsubscribed before."""
    person = _of_address(Supporter.id, Supporter.address)
    known = select(func.count()).select_from(_STAGING).where(person.is_not(None))
    left = select(_STAGING.c.line).where(ledger.has_withdrawn(person))
    return session.scalar(known) or 0, _unsubscribed(rows, session.scalars(left))


def merge(session: Session, task: Import, rows: Sequence[Row]) -> tuple[int, list[Refusal]]:
    """Store the staged rows: people, their places on the list, and what is said of their consent.

    Returns how many people are new, told by the import that made them (exact, whatever others
    store at the same time), and who unsubscribed before: they are neither put on the list nor
    granted for. Values that the file leaves empty overwrite nothing.
    """
    _upsert_people(session, task.id)
    session.execute(
        insert(_PEOPLE).from_select(
            ["line", "supporter_id"],
            select(_STAGING.c.line, _of_address(Supporter.id, Supporter.address)),
        )
    )
    person = _PEOPLE.c.supporter_id
    left = delete(_PEOPLE).where(ledger.has_withdrawn(person)).returning(_PEOPLE.c.line)
    remarks = _unsubscribed(rows, session.scalars(left))
    places = select(
        literal(task.list_id),
        person,
        literal(now(), UtcDateTime),
        literal(task.basis),
        literal(task.id),
    )
    session.execute(
        insert_into(session, ListMember)
        .from_select(
            ["list_id", "supporter_id", "joined_at", "source", "import_id"],
            places.where(person > 0),  # SQLite can't parse ON CONFLICT behind a bare SELECT
            include_defaults=False,
        )
        .on_conflict_do_nothing(index_elements=["list_id", "supporter_id"])
    )
    ledger.grant_many(
        session,
        select(person),
        basis=task.basis,
        source=source_of(task.id),
        wording=task.supporter_list.wording or None,
    )
    made_by = (
        select(Supporter.import_id)
        .where(Supporter.id == person)
        .correlate(_PEOPLE)
        .scalar_subquery()
    )
    new = select(func.count()).select_from(_PEOPLE).where(made_by == task.id)
    return session.scalar(new) or 0, remarks


def keep_refusals(session: Session, import_id: int, refusals: Sequence[Refusal]) -> None:
    """Store rows that were not taken, with every character that a database can hold."""
    insert_rows(
        session.connection(),
        cast(Table, ImportRefusal.__table__),
        ["import_id", "line", "kind", "reason", "row"],
        (
            (import_id, refusal.line, refusal.kind, refusal.reason, json.dumps(_storable(refusal)))
            for refusal in refusals
        ),
    )


def source_of(import_id: int) -> str:
    """How the consent ledger names an import."""
    return f"{SOURCE}{import_id}"


def _upsert_people(session: Session, import_id: int) -> None:
    at = literal(now(), UtcDateTime)
    statement = insert_into(session, Supporter).from_select(
        [*_PERSON, "import_id", "created_at", "updated_at"],
        select(*(_STAGING.c[name] for name in _PERSON), literal(import_id), at, at)
        .where(_STAGING.c.line > 0)  # SQLite can't parse ON CONFLICT behind a bare SELECT
        .order_by(_STAGING.c.address),  # imports side by side lock people in the same order
        include_defaults=False,
    )
    new = statement.excluded
    merged: dict[str, ColumnElement[Any]] = {
        name: case((new[name] != "", new[name]), else_=getattr(Supporter, name)) for name in LENGTHS
    }
    if session.get_bind().dialect.name == "postgresql":
        stored: ColumnElement[Any] = Supporter.fields.expression
        fields: ColumnElement[Any] = stored.op("||")(new.fields)
    else:
        stored = func.json(Supporter.fields)
        fields = func.json_patch(stored, new.fields)
    differs = [merged[name] != getattr(Supporter, name) for name in LENGTHS]
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["address"],
            set_={**merged, "fields": fields, "updated_at": new.updated_at},
            where=or_(*differs, fields != stored),
        )
    )


def _unsubscribed(rows: Sequence[Row], lines: Iterable[int]) -> list[Refusal]:
    left = set(lines)
    return [
        Refusal(row.line, UNSUBSCRIBED, LEFT_EARLIER, row.cells) for row in rows if row.line in left
    ]


def _of_address(
    wanted: InstrumentedAttribute[Any], address: InstrumentedAttribute[str]
) -> ScalarSelect[Any]:
    """What another table says of a staged row's address; NULL where it does not know it."""
    return select(wanted).where(address == _STAGING.c.address).correlate(_STAGING).scalar_subquery()


def _storable(refusal: Refusal) -> list[str]:
    # NUL and lone surrogates have no place in PostgreSQL's JSON.
    return [cell.replace("\0", LOST).encode("utf-8", "replace").decode() for cell in refusal.row]


def _values(row: Row) -> tuple[Any, ...]:
    known = [row.values.get(field, "") for field in LENGTHS]
    fields = json.dumps(row.fields, ensure_ascii=False) if row.fields else "{}"
    return (row.line, row.address, row.email, *known, fields)
