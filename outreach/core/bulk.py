"""Many rows at once: COPY on PostgreSQL, executemany on SQLite; inserts that settle conflicts."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sqlalchemy import Table, text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.engine import Connection
from sqlalchemy.orm import DeclarativeBase, Session


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


def insert_into(
    session: Session, table: Table | type[DeclarativeBase]
) -> postgresql.Insert | sqlite.Insert:
    """An INSERT with `on_conflict_do_nothing` and `on_conflict_do_update` on either database."""
    if session.get_bind().dialect.name == "postgresql":
        return postgresql.insert(table)
    return sqlite.insert(table)


def give_room(session: Session) -> None:
    """Let the statements of this transaction sort and join a million rows in memory; PostgreSQL's
    4 MB would go through files. SQLite has its cache."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL work_mem = '64MB'"))


def by_index(session: Session) -> None:
    """Let the statements of this transaction look each row up by its index: they read few rows of
    long tables, and PostgreSQL, which takes an index for slower than it is, would rather read all
    of such a table for a thousand of its rows. SQLite always goes by index."""
    _joins(session, "off")


def any_way(session: Session) -> None:
    """Take `by_index` back for what is left of this transaction."""
    _joins(session, "on")


def little_of_much(session: Session) -> None:
    """Let the statements of this transaction never read a whole table where an index leads to the
    rows, nor compile themselves for rows that they only fear to meet. For small transactions
    beside large tables; SQLite does so anyway."""
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("SET LOCAL enable_seqscan = off"))
        session.execute(text("SET LOCAL jit = off"))


def _joins(session: Session, switch: str) -> None:
    if session.get_bind().dialect.name == "postgresql":
        ways = "unnest(ARRAY['enable_hashjoin', 'enable_mergejoin']) AS name"
        session.execute(
            text(f"SELECT set_config(name, :switch, true) FROM {ways}"), {"switch": switch}
        )


def count_anew(connection: Connection, tables: Iterable[str]) -> None:
    """Tell PostgreSQL's planner, after many rows came, what is in these tables now instead of
    when it next looks by itself. SQLite plans by our indexes."""
    if connection.dialect.name == "postgresql":
        connection.execute(text(f"ANALYZE {', '.join(tables)}"))
