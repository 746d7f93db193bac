"""Observations kept in a file while the database is away, and stored exactly once afterwards.

One JSON object a line. Writers hold a shared lock while they append; a replay moves the file aside
and then waits for their locks, so that nothing is written behind its back. A replay that dies is
repeated: events are unique by key.
"""

from __future__ import annotations

import fcntl
import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import asdict
from datetime import datetime
from pathlib import Path

import orjson
from sqlalchemy.exc import DataError, IntegrityError

from outreach.core import log
from outreach.core.db import Database
from outreach.tracking.record import Observation, observe

_log = log.get(__name__)
SPOOLED = "tracking.spooled"
REPLAYED = "tracking.spool_replayed"
LINE_UNREADABLE = "tracking.spool_line_unreadable"
LINE_REFUSED = "tracking.spool_line_refused"


def path_in(data_dir: Path) -> Path:
    """Where the processes of one machine keep their spool."""
    return data_dir / "spool" / "events.jsonl"


def append(path: Path, observation: Observation) -> None:
    """Keep an observation; on the disk when this returns."""
    # The line break in front keeps a line that a crash tore from swallowing this one.
    line = b"\n" + orjson.dumps(asdict(observation)) + b"\n"
    with _open_for_append(path) as descriptor:
        os.write(descriptor, line)
        os.fsync(descriptor)
    _log.warning(SPOOLED, kind=observation.kind, delivery_id=observation.delivery_id)


def replay(db: Database, path: Path) -> int:
    """Store what was kept and remove it; the number of observations read.

    With the database away again its error is raised, and what is left stays for the next time. A
    line that can't be stored (torn by a crash, or about something that is gone) is logged and left
    out.
    """
    # Another process may replay at the same time and be first at any of these steps.
    with suppress(FileNotFoundError):
        path.rename(path.with_name(f"{path.name}.{uuid.uuid4().hex}"))
    total = 0
    for aside in sorted(path.parent.glob(f"{path.name}.*")):
        with suppress(FileNotFoundError), aside.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            for observation in _observations(file.read()):
                total += 1
                _store(db, observation)
            aside.unlink()
    if total:
        _log.info(REPLAYED, observations=total)
    return total


@contextmanager
def _open_for_append(path: Path) -> Iterator[int]:
    path.parent.mkdir(parents=True, exist_ok=True)
    while True:
        descriptor = os.open(path, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_SH)
            if _is_still(path, descriptor):
                yield descriptor
                return
        finally:
            os.close(descriptor)


def _is_still(path: Path, descriptor: int) -> bool:
    """Whether the file behind the descriptor was not moved aside before it was locked."""
    try:
        return path.stat().st_ino == os.fstat(descriptor).st_ino
    except FileNotFoundError:
        return False


def _observations(content: bytes) -> Iterator[Observation]:
    for number, line in enumerate(content.split(b"\n"), start=1):
        if not line:
            continue
        try:
            fields = orjson.loads(line)
            yield Observation(**(fields | {"at": datetime.fromisoformat(fields["at"])}))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            _log.error(LINE_UNREADABLE, line=number)


def _store(db: Database, observation: Observation) -> None:
    try:
        with db.transaction() as session:
            observe(session, observation)
    except (IntegrityError, DataError):
        _log.error(LINE_REFUSED, kind=observation.kind, delivery_id=observation.delivery_id)
