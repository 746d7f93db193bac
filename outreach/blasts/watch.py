"""While parts are in the air: keep their batches ours, and stop those that may not go on."""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from math import ceil
from types import TracebackType

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.blasts.models import Blast
from outreach.core import log
from outreach.core.db import AWAY, Database
from outreach.mail import outbox, pace, pace_scopes
from outreach.mail.flight import Flight
from outreach.mail.outbox import Claim

EVERY_S = 0.5  # a pause is to be felt within two seconds

_log = log.get(__name__)


class Watch:
    """A thread that looks after the parts in the air, every EVERY_S seconds, and knows which
    paces there are: where there is none, nothing is asked for each part.

    `paces`: letters a second by scope; None: only a limit a day. `configured`: those of relays in
    the settings, for rows without a pace of their own. `domains`: those that have one.
    """

    paces: Mapping[str, float | None]
    domains: Collection[str]

    def __init__(
        self, db: Database, stop: threading.Event, configured: Mapping[str, float] | None = None
    ) -> None:
        self._db = db
        self.configured = configured or {}
        self._stop = stop
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._in_air: dict[int, tuple[Claim, Flight]] = {}
        self._thread = threading.Thread(target=self._run, name="watch", daemon=True)

    def __enter__(self) -> Watch:
        if self.configured:
            with self._db.transaction() as session:
                pace.make_rows(session, self.configured)
        self._read_paces()
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._ended.set()
        self._thread.join()

    @property
    def stopping(self) -> bool:
        """This process is to end: nothing more is begun."""
        return self._stop.is_set()

    def rest(self, seconds: float) -> bool:
        """Wait for so long; True as soon as this process is to end."""
        return self._stop.wait(seconds)

    def most(self, scopes: Collection[str], letters: int) -> int:
        """How many letters of these scopes may leave at once, at most `letters`."""
        for scope in self.paces.keys() & scopes:
            per_s = self.paces[scope]
            if per_s:
                letters = min(letters, max(1, ceil(per_s * pace.BURST_S)))
        return letters

    @contextmanager
    def over(self, claim: Claim, flight: Flight) -> Iterator[None]:
        """Look after this flight meanwhile; its batch was made ours for another lease just now.

        A sender that can't reach the database begins no letter after half its lease: whoever takes
        its batch over later does not meet it.
        """
        flight.go_on(claim.lease_s / 2)
        with self._lock:
            self._in_air[claim.batch_id] = (claim, flight)
        try:
            yield
        finally:
            with self._lock:
                del self._in_air[claim.batch_id]

    def _run(self) -> None:
        while not self._ended.wait(EVERY_S):
            with self._lock:
                in_air = list(self._in_air.values())
            if self.stopping:
                for _, flight in in_air:
                    flight.stop()
            else:
                try:
                    self._read_paces()
                    if in_air:
                        with self._db.transaction() as session:
                            self._look(session, in_air)
                except AWAY as error:  # the flights end by themselves
                    _log.warning("watch.database_away", error=type(error).__name__)

    def _read_paces(self) -> None:
        with self._db.reading() as session:
            self.paces = pace.all_paces(session, self.configured)
        domains = (pace_scopes.domain_of(scope) for scope in self.paces)
        self.domains = frozenset(name for name in domains if name)

    def _look(self, session: Session, in_air: list[tuple[Claim, Flight]]) -> None:
        blasts = {claim.blast_id for claim, _ in in_air if claim.blast_id}
        sending = set(
            session.scalars(select(Blast.id).where(Blast.id.in_(blasts), Blast.state == "sending"))
        )
        for claim, flight in in_air:
            may_go_on = claim.blast_id is None or claim.blast_id in sending
            # Extends the lease, too, for relays that take longer than it lasts.
            if may_go_on and outbox.holds(session, claim):
                flight.go_on(claim.lease_s / 2)
            else:
                flight.stop()
