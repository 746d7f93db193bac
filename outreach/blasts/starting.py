"""Starting blasts: those whose time has come are frozen, one that can't be waits for a person."""

from __future__ import annotations

import threading
from contextlib import ExitStack

from outreach.blasts import queries, schedule
from outreach.blasts.freeze import freeze
from outreach.core.clock import now
from outreach.core.db import AWAY, Database
from outreach.core.errors import OutreachError


def start_due(db: Database, stop: threading.Event, *, base_url: str, batch_size: int) -> None:
    """Freeze the blasts whose time has come; those that come too late wait for a person.

    One that can't be started is held with the reason, and the others start all the same; a fault
    of ours among the reasons is raised behind them.
    """
    with db.reading() as session:
        due = schedule.due(session)
    with ExitStack() as starts:  # each is called, whatever the one before it raises
        for blast_id in reversed(due):
            starts.callback(_start_or_hold, db, stop, blast_id, base_url, batch_size)


def _start_or_hold(
    db: Database, stop: threading.Event, blast_id: int, base_url: str, batch_size: int
) -> None:
    if stop.is_set():
        return
    try:
        _start(db, blast_id, base_url, batch_size)
    except AWAY:
        raise
    except OutreachError as error:
        _hold(db, blast_id, str(error))
    except Exception:
        _hold(db, blast_id, "A fault of ours stopped it; the worker’s log tells more.")
        raise


def _start(db: Database, blast_id: int, base_url: str, batch_size: int) -> None:
    with db.transaction() as session:
        blast = queries.by_id(session, blast_id, lock=True)
        if blast.state not in ("scheduled", "freezing"):
            return
        leaves = queries.leaves_at(session, blast)
        if leaves and leaves > now():
            return  # quiet hours
        if schedule.hold_if_late(session, blast):
            return
        if not schedule.hold_if_stopped(session, blast, base_url):
            freeze(session, blast, base_url=base_url, batch_size=batch_size)


def _hold(db: Database, blast_id: int, why: str) -> None:
    with db.transaction() as session:
        schedule.hold(session, queries.by_id(session, blast_id, lock=True), why)
