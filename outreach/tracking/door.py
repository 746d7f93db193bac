"""The door that letters' links and images knock at: a WSGI callable that needs no framework.

It reads the token, finds in memory where the link leads, hands the observation to the writer, and
answers once it is durable. Whatever is not its own it leaves to the pages behind it: another
address or method, and a token that is mangled or foreign, of which nothing is recorded.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from outreach.core import metrics
from outreach.core.clock import now
from outreach.core.tokens import BadToken, LetterToken, Slot, Tokens
from outreach.tracking import signs
from outreach.tracking.classify import CLICKED, OPENED
from outreach.tracking.destinations import Destinations, NobodyKnows
from outreach.tracking.links import Destination
from outreach.tracking.network import network_hash
from outreach.tracking.record import Observation
from outreach.tracking.writer import Ticket, Writer

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
# Where a click leads that is stored; of what is said of it, `head` that somebody only looks.
Lead = Callable[[Destination, Ticket, bool], str]

CLICKS, OPENS, IMAGE = "/c/", "/o/", ".gif"
# What the pages behind find in the environment of a click that nobody can lead on just now.
TRY_LATER = "outreach.try_later"
# 1 × 1, transparent
PIXEL = bytes.fromhex(
    "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002024401003b"
)


@dataclass(frozen=True)
class Door:
    """Answers clicks and opens, and lets `behind` answer everything else.

    `secret` hashes networks; None: nothing of an address is kept. `headers` are on each answer.
    `names` are what metrics call the two doors; None: not timed.
    """

    behind: Application
    tokens: Tokens
    destinations: Destinations
    writer: Writer
    lead: Lead
    secret: str | None
    headers: Sequence[tuple[str, str]]
    names: tuple[str, str] | None = None

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        door = environ["PATH_INFO"][:3]
        if door not in (CLICKS, OPENS) or environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
            return self.behind(environ, start_response)
        began = time.perf_counter()
        try:
            answer = self._clicked if door == CLICKS else self._opened
            status, own, body = answer(environ)
        except BadToken:
            return self.behind(environ, start_response)
        except NobodyKnows:
            environ[TRY_LATER] = True
            return self.behind(environ, start_response)
        start_response(status, [*own, ("Content-Length", str(len(body))), *self.headers])
        if self.names:
            method, took = environ["REQUEST_METHOD"], time.perf_counter() - began
            name = self.names[door == OPENS]
            metrics.observe(metrics.REQUESTS, took, name, method, status[:3])
        return [] if environ["REQUEST_METHOD"] == "HEAD" else [body]

    def _clicked(self, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
        letter = self.tokens.read_letter(environ["PATH_INFO"][len(CLICKS) :])
        if letter.slot < Slot.FIRST_LINK and letter.slot != Slot.TRAP:
            raise BadToken
        link = self.destinations.find(letter.blast_id, letter.slot, away=self.writer.is_away)
        if link is None:
            raise BadToken
        ticket = self._store(CLICKED, letter, environ, link.id)
        location = self.lead(link, ticket, environ["REQUEST_METHOD"] == "HEAD")
        return "302 Found", [("Location", location)], b""

    def _opened(self, environ: Environ) -> tuple[str, list[tuple[str, str]], bytes]:
        name = environ["PATH_INFO"][len(OPENS) :]
        letter = self.tokens.read_letter(name.removesuffix(IMAGE))
        if letter.slot != Slot.OPEN or not name.endswith(IMAGE):
            raise BadToken
        self._store(OPENED, letter, environ)
        return "200 OK", [("Content-Type", "image/gif")], PIXEL

    def _store(
        self, kind: str, letter: LetterToken, environ: Environ, link_id: int | None = None
    ) -> Ticket:
        agent = environ.get("HTTP_USER_AGENT", "")
        address = environ.get("REMOTE_ADDR", "") if self.secret else ""
        return self.writer.store(
            Observation(
                kind=kind,
                at=now(),
                delivery_id=letter.delivery_id,
                link_id=link_id,
                method=environ["REQUEST_METHOD"],
                agent=agent,
                network=network_hash(address, self.secret or ""),
                detail=signs.noted(_headers(environ), agent, address, part=kind == OPENED),
            )
        )


# What the environment calls the headers that are looked at.
_LOOKED_AT = {f"HTTP_{name.upper().replace('-', '_')}": name for name in signs.NAMES}


def _headers(environ: Environ) -> dict[str, str]:
    return {name: environ[key] for key, name in _LOOKED_AT.items() if key in environ}
