"""Clicks and opens into the database: one thread in each process, many requests in one commit.

A request hands over what it saw and waits. The thread takes all that wait, stores them by one
statement and one commit, and lets them go on: what is answered is durable. While one group is
committed, the next gathers; nobody waits for a full one.

With the database away, whoever asks keeps the observation in the spool and goes on at once, until
the thread has reached the database again. Whether a group was stored that broke off in its commit
nobody can say: it is kept, too, and stored by its keys exactly once.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

import orjson
import psycopg
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError

from outreach.core import log
from outreach.core.db import Database
from outreach.tracking import record, spool
from outreach.tracking.record import LetterSeen, Observation

_log = log.get(__name__)
NOT_STORED = "tracking.not_stored"
NOT_KEPT = "tracking.not_spooled"
TAKES_LONG = "tracking.storing_takes_long"

_AWAY = (SQLAlchemyError, psycopg.Error, OSError)
MOST_AT_ONCE = 1_000
APART_S = 0.002  # commits; under load, two of them cost more than a wait that nobody notices
PATIENCE_S = 2.0  # a click that is not stored by then is kept in the spool, and its reader goes on
LOOK_AGAIN_S = 0.25
IDLE_S = 1.0  # so long the thread keeps its connection

Letters = Mapping[int, LetterSeen]
Store = Callable[[Sequence[Observation]], Letters]

# One statement that asks for the letters and stores their events, planned once. COPY beside a
# SELECT costs a process twice as much, and one key that is there already spoils all of it.
_STORE = """
    WITH seen AS MATERIALIZED (
        SELECT s.*, d.id, d.blast_id, d.supporter_id, d.accepted_at
        FROM json_to_recordset(%s::json) AS s (
            key text, kind text, at timestamptz, delivery_id bigint, link_id bigint,
            method text, agent text, network text, detail jsonb
        ) JOIN deliveries d ON d.id = s.delivery_id
    ), stored AS (
        INSERT INTO events (
            key, kind, at, delivery_id, blast_id, supporter_id, link_id,
            method, agent, network, detail
        )
        SELECT
            key, kind, at, delivery_id, blast_id, supporter_id, link_id,
            method, agent, network, detail
        FROM seen ON CONFLICT DO NOTHING
    )
    SELECT id, blast_id, supporter_id, accepted_at, kind FROM seen
"""


class Ticket:
    """An observation on its way; afterwards `letter` says what it is of, None where that letter is
    no longer kept, and `away` that nobody could be asked."""

    __slots__ = ("_done", "away", "letter", "seen")

    def __init__(self, seen: Observation) -> None:
        self.seen = seen
        self.letter: LetterSeen | None = None
        self.away = False
        self._done = threading.Lock()
        self._done.acquire()

    def wait(self, seconds: float) -> bool:
        """Whether it was settled within that time."""
        return self._done.acquire(timeout=seconds)

    def settle(self) -> None:
        """Let whoever waits go on."""
        self._done.release()


class Writer:
    """Stores the observations of one process."""

    def __init__(self, db: Database, spooled: Path) -> None:
        self._db = db
        self._spooled = spooled
        self._waiting: SimpleQueue[Ticket] = SimpleQueue()
        self._begun = threading.Lock()
        self.is_away = False

    def store(self, seen: Observation) -> Ticket:
        """Returns when the observation, of a letter, is durable: stored, or else in the spool."""
        ticket = Ticket(seen)
        if self.is_away:
            return self._kept(ticket)
        # With the first one: a server may fork after it has loaded the application.
        if self._begun.acquire(blocking=False):
            threading.Thread(target=self._work, name="event-writer", daemon=True).start()
        self._waiting.put(ticket)
        if ticket.wait(PATIENCE_S):
            return ticket
        self.is_away = True
        _log.error(TAKES_LONG)
        # The thread may still store it. Its key sees to it that it is there once.
        return self._kept(Ticket(seen))

    def _work(self) -> None:
        while True:
            group = self._next()
            try:
                with _storing(self._db) as store:
                    while group:
                        began = time.monotonic()
                        letters = store([ticket.seen for ticket in group])
                        self.is_away = False
                        for ticket in group:
                            ticket.letter = letters.get(ticket.seen.delivery_id or 0)
                            ticket.settle()
                        time.sleep(max(began + APART_S - time.monotonic(), 0))
                        group = self._next(IDLE_S)
            except _AWAY as error:
                self.is_away = True
                _log.error(NOT_STORED, observations=len(group), reason=type(error).__name__)
                self._keep(group)
                self._wait_for_return()
                self.is_away = False
            except BaseException:  # a fault of ours: nobody who follows a link has to suffer for it
                self._keep(group)
                self._begun.release()  # whoever comes next begins anew
                raise

    def _next(self, within_s: float | None = None) -> list[Ticket]:
        """All that wait, up to MOST_AT_ONCE; nothing where nobody came within that time."""
        group: list[Ticket] = []
        with suppress(Empty):
            group.append(self._waiting.get(timeout=within_s))
            while len(group) < MOST_AT_ONCE:
                group.append(self._waiting.get_nowait())
        return group

    def _wait_for_return(self) -> None:
        while True:
            time.sleep(LOOK_AGAIN_S)
            self._keep(self._next(0))  # those who came before they could know
            with suppress(*_AWAY), self._db.reading() as session:
                session.execute(text("SELECT 1"))
                return

    def _kept(self, ticket: Ticket) -> Ticket:
        self._keep([ticket])
        return ticket

    def _keep(self, group: Sequence[Ticket]) -> None:
        if not group:
            return
        try:
            spool.append(self._spooled, *(ticket.seen for ticket in group))
        except OSError as error:
            _log.error(NOT_KEPT, observations=len(group), errno=error.errno)
        for ticket in group:
            ticket.away = True
            ticket.settle()


@contextmanager
def _storing(db: Database) -> Iterator[Store]:
    """A way to store observations and get their letters, on a connection that is kept meanwhile."""
    if db.is_sqlite:
        yield lambda observations: _stored(db, observations)
        return
    borrowed = db.engine.raw_connection()
    connection: psycopg.Connection[tuple[Any, ...]] = borrowed.driver_connection  # type: ignore[assignment]
    try:
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield lambda observations: _stored_at_once(cursor, observations)
        connection.autocommit = False
    except BaseException:
        borrowed.invalidate()
        raise
    finally:
        borrowed.close()


def _stored(db: Database, observations: Sequence[Observation]) -> Letters:
    with db.transaction() as session:
        return record.store(session, observations)


def _stored_at_once(
    cursor: psycopg.Cursor[tuple[Any, ...]], observations: Sequence[Observation]
) -> Letters:
    cursor.execute(_STORE, [orjson.dumps(observations).decode()], prepare=True)
    rows = cursor.fetchall()
    record.count_stored(row[4] for row in rows)
    return {row[0]: LetterSeen._make(row[:4]) for row in rows}
