"""Many rows at once: COPY on PostgreSQL, executemany on SQLite; inserts that settle conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cache
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Table, any_, func, literal, select, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, InstrumentedAttribute, Session

FEW = 500  # rows that one parameter holds with ease


def insert_rows(
    connection: Connection, table: Table, columns: Sequence[str], rows: Iterable[Sequence[Any]]
) -> None:
    """Insert rows (tuples in the order of `columns`, values as the driver takes them)."""
    names = ", ".join(f'"{name}"' for name in columns)
    raw = connection.connection.driver_connection
    if raw is None:
        raise RuntimeError("the connection is closed")
    if connection.dialect.name == "postgresql":
        statement = f'COPY "{table.name}" ({names}) FROM STDIN'
        with (
            raw.cursor() as cursor,
            cursor.copy(statement) as copy,
        ):
            for row in rows:
                copy.write_row(row)
        return
    marks = ", ".join("?" * len(columns))
    raw.executemany(f'INSERT INTO "{table.name}" ({names}) VALUES ({marks})', rows)


def insert_alike(session: Session, table: Table, rows: Sequence[dict[str, Any]]) -> None:
    """Insert rows of our own values that all name the same columns, in this transaction; their ids
    are not told. A tenth of the time that objects take."""
    if not rows:
        return
    connection = session.connection()
    if len(rows) <= FEW and connection.dialect.name == "postgresql":
        insert_few(session, table, rows)
        return
    columns = list(rows[0])
    written = [
        table.c[name].type.dialect_impl(connection.dialect).bind_processor(connection.dialect)
        for name in columns
    ]
    ways = list(zip(columns, written, strict=True))
    values = ([write(row[name]) if write else row[name] for name, write in ways] for row in rows)
    insert_rows(connection, table, columns, values)


def insert_few(
    session: Session,
    table: Table,
    rows: Sequence[dict[str, Any]],
    *,
    returning: Sequence[str] = (),
    unless: Sequence[str] = (),
) -> Sequence[Any]:
    """Insert some hundred such rows by one statement; these columns of each, in no order.

    `unless`: a row that is there already by its values of these (unique) columns is left out. On
    PostgreSQL all rows are one parameter, so that the statement is the same however many there are
    and is prepared once; a COPY takes three round trips.
    """
    if not rows:
        return []
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        statement = _from_json(table.name, tuple(rows[0]), tuple(returning), tuple(unless))
        found = connection.exec_driver_sql(statement, (orjson.dumps(rows).decode(),))
        return found.all() if returning else []
    insert = sqlite.insert(table)
    if unless:
        insert = insert.on_conflict_do_nothing(index_elements=[table.c[name] for name in unless])
    if not returning:
        connection.execute(insert, rows)
        return []
    return connection.execute(insert.returning(*(table.c[n] for n in returning)), rows).all()


@cache
def _from_json(
    table: str, columns: Sequence[str], returning: Sequence[str], unless: Sequence[str]
) -> str:
    def listed(columns: Sequence[str]) -> str:
        return ", ".join(f'"{name}"' for name in columns)

    return (
        f'INSERT INTO "{table}" ({listed(columns)}) SELECT {listed(columns)} '
        f'FROM json_populate_recordset(NULL::"{table}", %s::json)'
        + (f" ON CONFLICT ({listed(unless)}) DO NOTHING" if unless else "")
        + (f" RETURNING {listed(returning)}" if returning else "")
    )


def any_of(
    session: Session, column: InstrumentedAttribute[Any], values: Iterable[Any]
) -> ColumnElement[bool]:
    """SQL for whether a column holds one of some hundred values; on PostgreSQL they are one
    parameter, so that the statement is the same however many there are."""
    listed = list(values)
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(literal(listed, ARRAY(column.type)))
    return column.in_(listed)


def reserve_ids(session: Session, table: Table, number: int) -> list[int]:
    """Ids for so many rows of a table that this transaction will insert; no one else gets them."""
    if session.get_bind().dialect.name == "postgresql":
        sequence = func.pg_get_serial_sequence(table.name, "id")
        ids = select(func.nextval(sequence)).select_from(func.generate_series(1, number))
        return list(session.scalars(ids))
    # SQLite's one writer is this one.
    last = session.scalar(select(func.max(table.c.id))) or 0
    return list(range(last + 1, last + 1 + number))


def insert_into(
    session: Session, table: Table | type[DeclarativeBase]
) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` on either database."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def give_room(session: Session) -> None:
    """Let the statements of this transaction sort and join a million rows in memory; PostgreSQL's
    4 MB would go through files, and it would take half a second to compile what runs for two.
    SQLite has its cache."""
    _from_here(session, work_mem="64MB", jit="off")


def by_index(session: Session) -> None:
    """Let the statements of this transaction look each row up by its index: they read few rows of
    long tables, and PostgreSQL, which takes an index for slower than it is, would rather read all
    of such a table for a thousand of its rows. SQLite always goes by index."""
    _from_here(session, **_BY_INDEX, random_page_cost="0.1")


def any_way(session: Session) -> None:
    """Let what is left of this transaction join in other ways as well."""
    _from_here(session, enable_hashjoin="on", enable_mergejoin="on")


def all_at_once(session: Session) -> None:
    """Let what is left of this transaction join whole tables in memory, never row by row: for
    statements about everybody. PostgreSQL, before it has counted new rows, takes them for few and
    compares each with each."""
    _from_here(session, work_mem="64MB", jit="off", enable_nestloop="off")


def little_of_much(session: Session) -> None:
    """Let the statements of this transaction never read a whole table where an index leads to the
    rows, nor compile themselves for rows that they only fear to meet. For small transactions
    beside large tables; SQLite does so anyway."""
    _from_here(session, enable_seqscan="off", jit="off")


def as_it_is(session: Session) -> None:
    """`by_index`, with each statement planned for the tables as they are now: a plan that
    PostgreSQL made, and keeps, when a table was nearly empty reads all of it for each row."""
    _from_here(session, **_BY_INDEX, jit="off", plan_cache_mode="force_custom_plan")


_BY_INDEX = {"enable_hashjoin": "off", "enable_mergejoin": "off"}


def _from_here(session: Session, **settings: str) -> None:
    """Set PostgreSQL's settings until the transaction ends, by one statement."""
    connection = session.connection()
    if connection.dialect.name == "postgresql":
        each = (f"set_config('{name}', '{value}', true)" for name, value in settings.items())
        connection.exec_driver_sql(f"SELECT {', '.join(each)}")


def count_anew(connection: Connection, tables: Iterable[str]) -> None:
    """Tell PostgreSQL's planner, after many rows came, what is in these tables now instead of
    when it next looks by itself. SQLite plans by our indexes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {', '.join(tables)}"))
