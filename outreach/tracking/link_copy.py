"""A copy of all links on this machine: where a click leads while the database is away.

One small file for each blast, replaced as a whole or not at all, and read only for the click that
needs it. Links never change once letters carry them, so files are only added. A file that can't be
read is logged, costs no other blast, and is written anew by the next refresh from the start.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from itertools import groupby
from operator import attrgetter
from pathlib import Path
from typing import Any

import orjson
from sqlalchemy import Select, select

from outreach.core import log
from outreach.core.db import Database
from outreach.tracking.links import Destination
from outreach.tracking.models import Link

_log = log.get(__name__)
LINKS_COPIED = "tracking.links_copied"
COPY_UNREADABLE = "tracking.link_copy_unreadable"
COPY_NOT_WRITTEN = "tracking.link_copy_not_written"

# Ids behind the newest that are looked at again: two blasts may be frozen at the same time, and the
# one with the lower ids be committed last. A blast has at most 249 links, usually some twenty.
LATE = 1_000
_AT_ONCE = 1_000  # rows in memory


def folder_in(data_dir: Path) -> Path:
    """Where the processes of one machine keep their copy."""
    return data_dir / "links"


def has_any(data_dir: Path) -> bool:
    """Whether links were copied to this machine before."""
    return any(folder_in(data_dir).glob("*.json"))


def find(folder: Path, blast_id: int, slot: int) -> Destination | None:
    """Where a slot of a blast's letters leads, if this machine has a copy of it."""
    try:
        kept = orjson.loads(_file(folder, blast_id).read_bytes())
        found = kept.get(str(slot))
        return Destination(found["id"], found["kind"], found["url"]) if found else None
    except FileNotFoundError:
        return None
    except (OSError, ValueError, AttributeError, KeyError, TypeError) as error:
        _log.error(COPY_UNREADABLE, blast_id=blast_id, reason=type(error).__name__)
        return None


def refresh(db: Database, folder: Path, read_through: int = 0) -> int:
    """Bring the copy up to date; returns how far it was read, for the next call.

    From 0 everything is read and compared; later only what may be new. A copy that can't be written
    (the disk is full) is logged and tried again. With the database away its error is raised.
    """
    after = max(0, read_through - LATE)
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with db.reading() as session:
            rows = session.execute(_blasts_behind(after)).yield_per(_AT_ONCE)
            written = 0
            for blast_id, group in groupby(rows, attrgetter("blast_id")):
                links = list(group)
                written += _put(folder, blast_id, links)
                after = max(after, *(link.id for link in links))
        if written:
            _sync(folder)
            _log.info(LINKS_COPIED, blasts=written)
    except OSError as error:
        _log.error(COPY_NOT_WRITTEN, errno=error.errno)
        return read_through
    return after


def _blasts_behind(after: int) -> Select[int, int, int, str, str]:
    """All links of the blasts that have one behind this id."""
    new = select(Link.blast_id).where(Link.id > after)
    return (
        select(Link.blast_id, Link.slot, Link.id, Link.kind, Link.url)
        .where(Link.blast_id.in_(new))
        .order_by(Link.blast_id, Link.slot)
    )


def _put(folder: Path, blast_id: int, links: Sequence[Any]) -> bool:
    """Write a blast's file unless it says the same already; whether it was written."""
    content = orjson.dumps(
        {str(link.slot): {"id": link.id, "kind": link.kind, "url": link.url} for link in links}
    )
    path = _file(folder, blast_id)
    if path.exists() and path.read_bytes() == content:
        return False
    new = path.with_name(f"{path.name}.{os.getpid()}")
    with new.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    new.replace(path)
    return True


def _sync(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _file(folder: Path, blast_id: int) -> Path:
    return folder / f"{blast_id}.json"
