"""Who answers first: the letters' door, and behind it the pages, a few at a time.

Clicks and opens wait for their commit, many at a time in threads of their own. Pages are made by
as many threads as there are connections for them, so that slow ones hold up no click.
"""

from __future__ import annotations

import threading
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from flask import Flask

from outreach.core.clock import now
from outreach.core.tokens import Tokens
from outreach.petitions.pages import CREDIT, RECOGNISE, RECOGNISE_IF_YOUNG
from outreach.services import Services
from outreach.tracking import link_copy, links
from outreach.tracking.destinations import Destinations
from outreach.tracking.door import Application, Door, Environ, StartResponse
from outreach.tracking.links import Destination
from outreach.tracking.writer import Ticket
from outreach.web import headers
from outreach.web.public.desk import TURN
from outreach.web.public.letters import PRIVATE


def put_before(app: Flask, services: Services, *, pages_at_a_time: int) -> None:
    """Let the door answer clicks and opens, and the application the rest."""

    app.wsgi_app = Door(  # type: ignore[method-assign]
        behind=_Turns(app.wsgi_app, pages_at_a_time),
        tokens=services.tokens,
        destinations=Destinations(services.db, link_copy.folder_in(services.data_dir)),
        writer=services.event_writer,
        lead=Leading(services.tokens, timedelta(days=services.recognise_days)),
        secret=services.secret if services.keep_networks else None,
        headers=list((headers.of_every_answer(services.base_url) | PRIVATE).items()),
        names=("public_letters.follow", "public_letters.opened")
        if services.metrics_token
        else None,
    )


@dataclass(frozen=True)
class Leading:
    """Where a click leads: an ask tells the petition's page whose letter brought the reader.

    A letter younger than `known_for` (whole days) lets the page know its reader by name; an old one
    only keeps the credit. With the database away or slow it is the page that finds out how old it
    is. Who only looks (HEAD) gets neither: that needs no token with power.
    """

    tokens: Tokens
    known_for: timedelta

    def __call__(self, link: Destination, ticket: Ticket, only_looks: bool) -> str:
        """The address for this click."""
        delivery_id, letter = ticket.seen.delivery_id, ticket.letter
        if link.kind != links.ASK or only_looks or delivery_id is None:
            return link.url
        if ticket.away:
            until, days = now() + self.known_for, self.known_for.days
            sealed = self.tokens.seal(RECOGNISE_IF_YOUNG, delivery_id, days, expires=until)
            return link.with_query(f"letter={sealed}")
        if letter is None:
            return link.url
        # The click may be faster than the sender's own note that the letter was accepted.
        until = (letter.accepted_at or now()) + self.known_for
        if letter.supporter_id is None or until <= now():
            return link.with_query(f"from={self.tokens.seal(CREDIT, delivery_id)}")
        return link.with_query(f"letter={self.tokens.seal(RECOGNISE, delivery_id, expires=until)}")


class _Turns:
    """An application that answers a few requests at a time."""

    def __init__(self, application: Application, at_a_time: int) -> None:
        self._application = application
        self._turns = threading.Semaphore(at_a_time)

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        """WSGI."""
        environ[TURN] = self._turns
        with self._turns:
            return self._application(environ, start_response)
