"""Where links lead, in the memory of a process: a click asks nobody about it.

Links never change once letters carry them (links.py), so what was read once holds. What is not
known here is asked of the database, and with the database away of this machine's copy.
"""

from __future__ import annotations

import threading
from contextlib import suppress
from pathlib import Path

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from outreach.core.db import Database
from outreach.tracking import link_copy, links
from outreach.tracking.links import Destination

BLASTS_IN_MEMORY = 2_000  # some twenty links each


class NobodyKnows(Exception):
    """The database is away, and this machine has no copy of the blast's links."""


class Destinations:
    """The destinations that one process knows."""

    def __init__(self, db: Database, copy: Path) -> None:
        self._db = db
        self._copy = copy
        self._known: dict[int, dict[int, Destination]] = {}
        self._asking = threading.Lock()

    def find(self, blast_id: int, slot: int, *, away: bool = False) -> Destination | None:
        """Where a slot leads; None where no such link is stored. Raises NobodyKnows.

        `away`: the database is known to be, and need not be asked.
        """
        try:
            return self._known[blast_id][slot]
        except KeyError:
            pass
        if not away:
            with self._asking:  # a new blast's first clicks come all at once
                known = self._known.get(blast_id, {})
                if slot in known:
                    return known[slot]
                # Whatever is wrong with the database: the reader's link leads.
                with suppress(DBAPIError, PoolTimeout):
                    return self._asked(blast_id).get(slot)
        found = link_copy.find(self._copy, blast_id, slot)
        if found is None:
            raise NobodyKnows
        return found

    def _asked(self, blast_id: int) -> dict[int, Destination]:
        with self._db.reading() as session:
            found = links.of_blast(session, blast_id)
        if found:
            while len(self._known) >= BLASTS_IN_MEMORY:
                self._known.pop(next(iter(self._known)))
            self._known[blast_id] = found
        return found
