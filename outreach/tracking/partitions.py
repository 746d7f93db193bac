"""Events by month: rooms for the months to come, and those that are kept no longer taken away.

On PostgreSQL each month (UTC) is a partition, `events_2026_11`; taking a month away drops a table.
What fits into none is in `events_other`, and moves to its month when that is made. SQLite has one
table.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime

from sqlalchemy import delete, select, text
from sqlalchemy.engine import Connection

from outreach.core import log
from outreach.core.db import Database
from outreach.tracking.models import EVENTS, JUDGEMENTS

_log = log.get(__name__)
MONTH_MADE = "tracking.month_made"
MONTH_DROPPED = "tracking.month_dropped"
EVENTS_FORGOTTEN = "tracking.events_forgotten"

AHEAD = 2  # months that are made before they come
AT_ONCE = 5_000
_LOCK = 0x6F757472  # one machine at a time
_NAME = re.compile(r"events_(\d{4})_(\d{2})")
_NAMES = text("""
    SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = 'events'::regclass
""")
_STRAY_MONTHS = text("""
    SELECT DISTINCT date_trunc('month', at AT TIME ZONE 'UTC') FROM events_other
""")


def keep(db: Database, at: datetime, *, months: int = 0) -> None:
    """Make this month's partition, the next and those of events that came without one; forget
    events of months that ended `months` months ago or more (0: none), with their judgements."""
    since = month_of(at, -months) if months else None
    if not db.is_sqlite:
        with db.connection() as connection:
            if not _prepare(connection):
                return
            made = _made(connection)
            strays = {month.replace(tzinfo=UTC) for month in connection.scalars(_STRAY_MONTHS)}
        wanted = {month_of(at, ahead) for ahead in range(AHEAD + 1)} | strays
        for month in sorted(wanted - set(made)):
            if since is None or month >= since:
                _make(db, month)
        for month in sorted(made):
            if since is not None and month < since:
                _drop(db, month)
    if since is not None:
        _forget(db, since)


def month_of(at: datetime, later: int = 0) -> datetime:
    """The start of the month (UTC) of an instant, or of one so many months later."""
    at = at.astimezone(UTC)
    year, month = divmod(at.year * 12 + at.month - 1 + later, 12)
    return datetime(year, month + 1, 1, tzinfo=UTC)


def _prepare(connection: Connection) -> bool:
    """Whether nobody else is at it. Who waits for a lock makes others wait: one that is not had at
    once is tried for again at the next turn."""
    connection.execute(text("SET LOCAL lock_timeout = '500ms'"))
    return bool(connection.scalar(text(f"SELECT pg_try_advisory_xact_lock({_LOCK})")))


def _made(connection: Connection) -> Sequence[datetime]:
    found = (_NAME.fullmatch(name) for name in connection.scalars(_NAMES))
    return [datetime(int(name[1]), int(name[2]), 1, tzinfo=UTC) for name in found if name]


def _table(month: datetime) -> str:
    return f"events_{month:%Y_%m}"


def _make(db: Database, month: datetime) -> None:
    table, between = _table(month), {"a": month, "b": month_of(month, 1)}
    with db.connection() as connection:
        if not _prepare(connection) or month in _made(connection):
            return
        # Clicks of months that are made go on meanwhile: they do not touch the other ones' table.
        connection.execute(text("LOCK TABLE events_other IN ACCESS EXCLUSIVE MODE"))
        connection.execute(text(f"CREATE TABLE {table} (LIKE events INCLUDING DEFAULTS)"))
        connection.execute(
            text(f"INSERT INTO {table} SELECT * FROM events_other WHERE at >= :a AND at < :b"),
            between,
        )
        connection.execute(text("DELETE FROM events_other WHERE at >= :a AND at < :b"), between)
        bounds = f"FROM ('{month.isoformat()}') TO ('{month_of(month, 1).isoformat()}')"
        connection.execute(text(f"ALTER TABLE events ATTACH PARTITION {table} FOR VALUES {bounds}"))
    _log.info(MONTH_MADE, month=f"{month:%Y-%m}")


def _drop(db: Database, month: datetime) -> None:
    table = _table(month)
    with db.connection() as connection:
        if not _prepare(connection) or month not in _made(connection):
            return
        connection.execute(
            text(f"DELETE FROM judgements WHERE event_id IN (SELECT id FROM {table})")
        )
        connection.execute(text(f"DROP TABLE {table}"))
    _log.info(MONTH_DROPPED, month=f"{month:%Y-%m}")


def _forget(db: Database, since: datetime) -> None:
    """Take away what has no month of its own, a slice at a time."""
    total = 0
    while True:
        with db.connection() as connection:
            old = select(EVENTS.c.id).where(EVENTS.c.at < since).limit(AT_ONCE)
            ids = connection.scalars(old).all()
            connection.execute(delete(JUDGEMENTS).where(JUDGEMENTS.c.event_id.in_(ids)))
            connection.execute(delete(EVENTS).where(EVENTS.c.id.in_(ids), EVENTS.c.at < since))
        total += len(ids)
        if len(ids) < AT_ONCE:
            break
    if total:
        _log.info(EVENTS_FORGOTTEN, events=total)
