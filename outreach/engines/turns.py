"""One at a time, on however many machines: a job's turn is a lock that dies with its holder."""

from __future__ import annotations

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from outreach.services import Services

# A session's lock: no transaction stays open, and the server frees it when the process is gone.
_TAKE = text("SELECT pg_try_advisory_lock(hashtextextended(:name, 0))")
_FREE = text("SELECT pg_advisory_unlock(hashtextextended(:name, 0))")


@contextmanager
def turn(services: Services, name: str) -> Iterator[bool]:
    """Whether it is this process's turn with `name` until the block ends; nobody waits."""
    if services.db.is_sqlite:  # on one machine by nature
        with _by_file(services.data_dir / "turns" / name) as mine:
            yield mine
        return
    with services.db.engine.connect() as pooled:
        connection = pooled.execution_options(isolation_level="AUTOCOMMIT")
        mine = bool(connection.scalar(_TAKE, {"name": f"outreach:{name}"}))
        try:
            yield mine
        finally:
            if mine:
                try:
                    connection.execute(_FREE, {"name": f"outreach:{name}"})
                except DBAPIError:  # the connection is gone, and the lock with it
                    connection.invalidate()


@contextmanager
def _by_file(path: Path) -> Iterator[bool]:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
        else:
            yield True
