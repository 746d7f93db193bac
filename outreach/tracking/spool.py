"""Observations kept in a file while the database is away, and stored exactly once afterwards.

Two files, so that people who left don't wait behind a thousand clicks. One JSON object a line,
without anybody's name or address. Writers hold a shared lock while they append; a replay moves the
file aside and then waits for their locks, so that nothing is written behind its back. A replay that
dies is repeated: events are unique by key, and leaving knows its own press.
"""

from __future__ import annotations

import errno
import fcntl
import os
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import BinaryIO

import orjson
from sqlalchemy import text
from sqlalchemy.exc import DataError, IntegrityError

from outreach.core import log
from outreach.core.db import Database
from outreach.tracking import leaving, record
from outreach.tracking.classify import UNSUBSCRIBED
from outreach.tracking.record import Observation

_log = log.get(__name__)
SPOOLED = "tracking.spooled"
REPLAYED = "tracking.spool_replayed"
LINE_UNREADABLE = "tracking.spool_line_unreadable"
LINE_REFUSED = "tracking.spool_line_refused"

_AT_ONCE = 500


def path_in(data_dir: Path) -> Path:
    """Where the processes of one machine keep what they saw."""
    return data_dir / "spool" / "events.jsonl"


def leavings_in(data_dir: Path) -> Path:
    """Where they keep who left."""
    return data_dir / "spool" / "leavings.jsonl"


def size(path: Path) -> int:
    """Bytes that are kept there and not stored yet."""
    total = 0
    for part in path.parent.glob(f"{path.name}*"):
        with suppress(FileNotFoundError):
            total += part.stat().st_size
    return total


def append(path: Path, *observations: Observation) -> None:
    """Keep observations; on the disk when this returns. Raises OSError where they are not."""
    # The line break in front keeps a line that a crash tore from swallowing the next one.
    lines = b"\n" + b"".join(orjson.dumps(seen) + b"\n" for seen in observations)
    with _open_for_append(path) as descriptor:
        if os.write(descriptor, lines) != len(lines):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        os.fsync(descriptor)
        if os.fstat(descriptor).st_size == len(lines):  # a new file must be found again, too
            _sync_folders(path)
            _log.warning(SPOOLED)  # once until it is stored, not for each of thousands


def replay(db: Database, path: Path) -> int:
    """Store what was kept and remove it; the number of observations read.

    With the database away again its error is raised, and what is left stays for the next time. A
    line that can't be stored (torn by a crash, or about something that is gone) is logged and left
    out.
    """
    if not any(path.parent.glob(f"{path.name}*")):
        return 0
    with db.reading() as session:  # still away? Then nothing is moved
        session.execute(text("SELECT 1"))
    # Another process may replay at the same time and be first at any of these steps.
    with suppress(FileNotFoundError):
        path.rename(path.with_name(f"{path.name}.{uuid.uuid4().hex}"))
    total = 0
    for aside in sorted(path.parent.glob(f"{path.name}.*")):
        with suppress(FileNotFoundError), aside.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            if not _is_still(aside, file.fileno()):
                continue
            observations = _observations(file)
            while some := list(islice(observations, _AT_ONCE)):
                total += len(some)
                _store(db, some)
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


def _sync_folders(path: Path) -> None:
    for folder in (path.parent, path.parent.parent):
        descriptor = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)


def _observations(file: BinaryIO) -> Iterator[Observation]:
    for number, line in enumerate(file, start=1):
        if line == b"\n":
            continue
        try:
            fields = orjson.loads(line)
            yield Observation(**(fields | {"at": datetime.fromisoformat(fields["at"])}))
        except (orjson.JSONDecodeError, KeyError, TypeError, ValueError):
            _log.error(LINE_UNREADABLE, line=number)


def _store(db: Database, some: Sequence[Observation]) -> None:
    """Presses to leave each by itself, all others by one commit."""
    for press in (seen for seen in some if seen.kind == UNSUBSCRIBED):
        with _refusing(press), db.transaction() as session:
            leaving.store_kept(session, press)
    rest = [seen for seen in some if seen.kind != UNSUBSCRIBED]
    try:
        with db.transaction() as session:
            record.store(session, rest)
    except (IntegrityError, DataError):  # whichever it is, the others can be stored
        for seen in rest:
            with _refusing(seen), db.transaction() as session:
                record.store(session, [seen])


@contextmanager
def _refusing(seen: Observation) -> Iterator[None]:
    try:
        yield
    except (IntegrityError, DataError):
        _log.error(LINE_REFUSED, kind=seen.kind, delivery_id=seen.delivery_id)
