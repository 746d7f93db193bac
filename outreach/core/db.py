"""The database: one engine, a reading and a writing handle, and the types that tables share.

Who commits: the door does, through `Database.transaction()`; operations only flush. No
transaction is open while a provider or the network works.
"""

from __future__ import annotations

import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

import psycopg
from sqlalchemy import (
    DDL,
    JSON,
    BigInteger,
    DateTime,
    Dialect,
    Engine,
    ExceptionContext,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
    text,
)
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.engine import URL, Connection, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, InterfaceError, InvalidatePoolError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from sqlalchemy.orm import DeclarativeBase, Session, mapped_column
from sqlalchemy.pool import ConnectionPoolEntry, NullPool, PoolProxiedConnection
from sqlalchemy.types import TypeDecorator

from outreach.core.errors import BadInput

# Not reachable, not answering, not taking writes, or too busy for one more connection.
AWAY = (OperationalError, InterfaceError, PoolTimeout)
_READ_ONLY_NOW = text(
    "SELECT pg_is_in_recovery() OR current_setting('default_transaction_read_only')::boolean"
)
_READ_ONLY = "25006"  # SQLSTATE: a standby, or a server that was told so

_DRIVERS = ("sqlite", "sqlite+pysqlite", "postgresql", "postgresql+psycopg")
SQLITE_BUSY_TIMEOUT_MS = 5_000
# Somebody waits for a redirect meanwhile: a silent server counts as away, whatever TCP hopes.
AWAY_AFTER_S = 5
ASKED_AFTER_S = 1.0
_RESTS_SINCE = "outreach_rests_since"
SILENT_AFTER_S = 20
# A machine that lost its power or network says goodbye to nobody: the server ends what it began,
# so that the rows that it had locked are free for others.
_LET_GO = " ".join(
    f"-c {name}={value}"
    for name, value in {
        "idle_in_transaction_session_timeout": "60s",
        "tcp_keepalives_idle": 20,
        "tcp_keepalives_interval": 5,
        "tcp_keepalives_count": 4,
    }.items()
)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware instant; stored as timestamptz, or as UTC text where the database has no zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a time without a zone reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Dialect) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


BIG = BigInteger().with_variant(Integer, "sqlite")  # SQLite numbers rows only in INTEGER keys
JSON_VALUE = JSON().with_variant(JSONB, "postgresql")

Id = Annotated[int, mapped_column(BIG, primary_key=True, autoincrement=True)]
Instant = Annotated[datetime, mapped_column(UtcDateTime)]
Word = Annotated[str, mapped_column(String(40))]  # a state, kind or reason of ours
Line = Annotated[str, mapped_column(String(400))]  # one line typed by a person
Prose = Annotated[str, mapped_column(Text)]
Document = Annotated[dict[str, Any], mapped_column(JSON_VALUE)]
Items = Annotated[list[Any], mapped_column(JSON_VALUE)]


class Base(DeclarativeBase):
    """All tables; constraints get predictable names so that migrations can speak of them."""

    type_annotation_map: ClassVar[dict[Any, Any]] = {int: BIG}
    metadata = MetaData(
        naming_convention={
            "ix": "ix_%(table_name)s_%(column_0_N_name)s",
            "uq": "uq_%(table_name)s_%(column_0_N_name)s",
            "ck": "ck_%(table_name)s_%(constraint_name)s",
            "fk": "fk_%(table_name)s_%(column_0_N_name)s",
            "pk": "pk_%(table_name)s",
        }
    )


class Database:
    """One engine with two handles: `reading()` can't write, `transaction()` commits at its end.

    On SQLite reads BEGIN and writes BEGIN IMMEDIATE: a read that turned to writing would fail
    with BUSY_SNAPSHOT whatever the time-out, so a writer takes its place before it reads.
    """

    def __init__(self, url: str, *, pool_size: int = 10) -> None:
        """Connects to nothing yet. Raises BadInput for an address of no database that we know."""
        self.url = _known(url)
        self.is_sqlite = self.url.get_backend_name() == "sqlite"
        if self.is_sqlite:
            self.engine = create_engine(
                self.url, poolclass=NullPool if _in_memory(url) else None, hide_parameters=True
            )
            _prepare_sqlite(self.engine)
        else:
            self.engine = create_engine(
                self.url,
                pool_size=pool_size,
                pool_timeout=AWAY_AFTER_S,
                connect_args={
                    "connect_timeout": AWAY_AFTER_S,
                    # Unanswered, a statement of ours ends after so many milliseconds.
                    "tcp_user_timeout": SILENT_AFTER_S * 1000,
                    "options": _LET_GO,
                },
                hide_parameters=True,  # an error's text goes into the log
            )
            _take_read_only_as_away(self.engine)
            _ask_who_rested(self.engine)
        self._reader = self.engine.execution_options(outreach_mode="read")
        self._writer = self.engine.execution_options(outreach_mode="write")
        if not self.is_sqlite:
            self._reader = self._reader.execution_options(postgresql_readonly=True)

    def takes_writes(self) -> bool:
        """False of a server that stands by, or was told to be read only; raises one of AWAY."""
        with self.reading() as session:
            return not session.scalar(text("SELECT 0") if self.is_sqlite else _READ_ONLY_NOW)

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session that may only read; a write in it is an error on every database."""
        with Session(self._reader, expire_on_commit=False, autoflush=False) as session:
            yield session

    @contextmanager
    def transaction(self) -> Iterator[Session]:
        """A session that commits when its block ends and rolls back when it raises."""
        with Session(self._writer, expire_on_commit=False) as session, session.begin():
            yield session

    @contextmanager
    def connection(self) -> Iterator[Connection]:
        """A bare writing connection for set-based statements at speed; commits at the end."""
        with self._writer.begin() as connection:
            yield connection

    def close(self) -> None:
        """Give every connection back (before a fork, at the end of a process)."""
        self.engine.dispose()


def _known(url: str) -> URL:
    try:
        found = make_url(url)
    except ArgumentError:
        found = None
    if found is None or found.drivername not in _DRIVERS:
        # The address itself may hold a password: it is not repeated.
        raise BadInput(
            "The setting OUTREACH_DATABASE_URL is no address of a SQLite or PostgreSQL database.",
            hint="Write postgresql://USER@HOST/NAME, or leave it empty for SQLite in the "
            "data folder.",
        )
    return found


def _take_read_only_as_away(engine: Engine) -> None:
    """After a switch to another server, connections may still lead to the one that takes no more
    writes: they are closed, and whoever waits for the database waits for this, too."""

    @event.listens_for(engine, "handle_error")
    def failed(context: ExceptionContext) -> None:
        connection, error = context.connection, context.original_exception
        reading = connection and connection.get_execution_options().get("outreach_mode") == "read"
        if getattr(error, "sqlstate", None) == _READ_ONLY and not reading:
            context.is_disconnect = True
            raise OperationalError(
                context.statement, None, error, hide_parameters=True, connection_invalidated=True
            ) from error

    @event.listens_for(engine, "checkin")
    def forget(connection: psycopg.Connection[Any] | None, _record: object) -> None:
        # After reading SQLAlchemy would ask for a writing transaction, whatever the server says.
        if connection is not None and not connection.closed:
            connection.read_only = None


def _ask_who_rested(engine: Engine) -> None:
    """Ask a connection that rested whether it is still there, and open another where it is not
    (pool_pre_ping does so each time, which is one round trip of every five)."""

    @event.listens_for(engine, "checkin")
    def rests(_connection: object, record: ConnectionPoolEntry) -> None:
        record.info[_RESTS_SINCE] = time.monotonic()

    @event.listens_for(engine, "checkout")
    def asked(
        connection: DBAPIConnection, record: ConnectionPoolEntry, _proxy: PoolProxiedConnection
    ) -> None:
        now = time.monotonic()
        if now - record.info.get(_RESTS_SINCE, now) < ASKED_AFTER_S:  # a new one has not rested
            return
        try:
            engine.dialect.do_ping(connection)
        except psycopg.Error as error:
            raise InvalidatePoolError("the connection was closed while it rested") from error


def _in_memory(url: str) -> bool:
    return ":memory:" in url or url in ("sqlite://", "sqlite:///")


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def connect(connection: sqlite3.Connection, _record: object) -> None:
        connection.isolation_level = None  # BEGIN is ours, see below
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = NORMAL")
        connection.execute(f"PRAGMA busy_timeout = {SQLITE_BUSY_TIMEOUT_MS}")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -32000")  # kB: the set-based steps of a large blast

    @event.listens_for(engine, "begin")
    def begin(connection: Connection) -> None:
        reading = connection.get_execution_options().get("outreach_mode") == "read"
        connection.exec_driver_sql(f"PRAGMA query_only = {'ON' if reading else 'OFF'}")
        connection.exec_driver_sql("BEGIN" if reading else "BEGIN IMMEDIATE")


def forget_deleted_people(table: Table) -> None:
    """Let a trigger empty a table's `supporter_id` when the supporter is deleted, as a foreign key
    would; checking one costs more than writing a row of the long tables."""
    name = table.name
    on_sqlite = f"""
        CREATE TRIGGER {name}_forget AFTER DELETE ON supporters BEGIN
            UPDATE {name} SET supporter_id = NULL WHERE supporter_id = OLD.id;
        END
    """
    on_postgresql = f"""
        CREATE OR REPLACE FUNCTION {name}_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            UPDATE {name} SET supporter_id = NULL FROM gone WHERE supporter_id = gone.id;
            RETURN NULL;
        END $$;
        CREATE TRIGGER {name}_forget AFTER DELETE ON supporters
            REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION {name}_forget()
    """
    for dialect, statement in (("sqlite", on_sqlite), ("postgresql", on_postgresql)):
        ddl = DDL(statement)  # type: ignore[no-untyped-call]
        event.listen(Base.metadata, "after_create", ddl.execute_if(dialect=dialect))
