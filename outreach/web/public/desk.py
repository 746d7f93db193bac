"""Where the many who come to a petition at once are answered together, in each web process.

A page is made once a second for everybody who gets the same one, and filled in for each; what is
asked of the database for visitors and presses is asked for all who wait (core.together).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Hashable, Iterator, Mapping, Sequence
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, replace
from typing import TypeVar

from flask import current_app, request
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from outreach.core.blanks import Blanks
from outreach.core.together import Together
from outreach.petitions import letters, presses
from outreach.petitions.models import Signature
from outreach.petitions.pages import Pages
from outreach.petitions.presses import FirstPress
from outreach.petitions.saying import Said
from outreach.services import Services
from outreach.tracking import record
from outreach.tracking.classify import Request
from outreach.tracking.record import LetterSeen, Observation
from outreach.web.context import services
from outreach.web.public.seen import judged
from outreach.web.public.visitor import Link, Visitor, credits_of, visitors_of

TURN = "outreach.turn"  # of the environment: what a request holds while it makes a page
_PAGES_MAX = 500

Question = TypeVar("Question")
Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class Pressed:
    """A press of somebody whom a letter's link may recognise; `seen` is the request as an event."""

    link: Link
    fingerprint: str
    partners: tuple[str, ...]
    request: Request
    seen: Observation
    said: Said


class Desk:
    """What a web process keeps between requests."""

    def __init__(self, services: Services) -> None:
        self._services = services
        self._pages = _Kept(services.pages_keep_s)
        self._visitors = Together(self._look_up)
        self._presses = Together(self._sign)

    def visitor(self, link: Link) -> Visitor:
        """Who comes by this link."""
        return Visitor() if link.says_nothing else _resting(self._visitors.ask, link)

    def page(self, key: Hashable, make: Callable[[], str]) -> Blanks:
        """The page of this key, at most as old as pages are kept."""
        return self._pages.get(key, lambda: Blanks(make()))

    def sign(self, pressed: Pressed) -> int | None:
        """The id of the signature that now counts; None: not by this way (presses.sign_first)."""
        return _resting(self._presses.ask, pressed)

    def _look_up(self, links: Sequence[Link]) -> list[Visitor]:
        with self._services.db.reading() as session:
            return visitors_of(session, self._services.tokens, links)

    def _sign(self, group: Sequence[Pressed]) -> list[int | None]:
        found: dict[int, int | None] = {}
        for slug in dict.fromkeys(pressed.link.slug for pressed in group):
            places = [i for i, pressed in enumerate(group) if pressed.link.slug == slug]
            try:
                with self._services.db.transaction() as session:
                    signed = self._sign_one(session, slug, [group[i] for i in places])
            except IntegrityError:  # of one of them; alone the others have nothing to do with it
                signed = [None] * len(places)
            found |= zip(places, signed, strict=True)
        return [found[i] for i in range(len(group))]

    def _sign_one(self, session: Session, slug: str, group: Sequence[Pressed]) -> list[int | None]:
        """Presses under one petition."""
        held = presses.held(session, slug)
        if held is None:
            return [None] * len(group)
        petition, organisation = held
        visitors = visitors_of(
            session, self._services.tokens, [one.link for one in group], pressing=True
        )
        credits = credits_of(session, slug, visitors)
        known, first, seen, led = [], [], {}, {}
        for i, (pressed, visitor) in enumerate(zip(group, visitors, strict=True)):
            if visitor.supporter is None:
                continue
            press = FirstPress(
                person=visitor.supporter,
                fingerprint=pressed.fingerprint,
                partners=pressed.partners,
                press=judged(organisation, pressed.request),
                credit=credits[i],
                said=pressed.said,
            )
            known.append(i)
            first.append(press)
            seen[press.person.id] = pressed.seen
            if visitor.delivery_id is not None:
                letter = LetterSeen(visitor.delivery_id, visitor.blast_id, press.person.id, None)
                led[visitor.delivery_id] = letter

        def welcome(session: Session, signatures: Sequence[Signature]) -> None:
            letters.post_thanks(session, signatures, self._public)
            credit(session, signatures, seen, led)

        signed = presses.sign_first(session, petition, organisation, first, welcome)
        ids = {i: one.id for i, one in zip(known, signed, strict=True) if one is not None}
        return [ids.get(i) for i in range(len(group))]

    @property
    def _public(self) -> Pages:
        return Pages(self._services.tokens, self._services.base_url)


def desk() -> Desk:
    """The desk of the running app."""
    found = current_app.extensions.get("outreach_desk")
    if found is None:
        found = current_app.extensions.setdefault("outreach_desk", Desk(services()))
    return found  # type: ignore[no-any-return]


def credit(
    session: Session,
    signatures: Sequence[Signature],
    seen: Mapping[int, Observation],
    letters: Mapping[int, LetterSeen] | None = None,
) -> None:
    """Tell the letters that led to these signatures. `seen`: by supporter, the request that did;
    `letters`: where they are at hand."""
    record.store(
        session,
        [
            replace(
                seen[one.supporter_id],
                delivery_id=one.last_delivery_id,
                supporter_id=one.supporter_id,
                key=f"signed-{one.id}",
            )
            for one in signatures
            if one.last_delivery_id is not None
        ],
        letters,
    )


def _resting(ask: Callable[[Question], Answer], question: Question) -> Answer:
    """Ask, and let another request make its page while this one waits for the answer."""
    turn = request.environ.get(TURN)
    with _let_go(turn) if turn is not None else nullcontext():
        return ask(question)


@contextmanager
def _let_go(turn: threading.Semaphore) -> Iterator[None]:
    turn.release()
    try:
        yield
    finally:
        turn.acquire()


class _Kept:
    """What was made for a key, for so many seconds. While one makes it anew, others get the last
    one, up to twice as old."""

    def __init__(self, keep_s: float) -> None:
        self._keep_s = keep_s
        self._found: dict[Hashable, tuple[float, Blanks]] = {}
        self._making: set[Hashable] = set()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], Blanks]) -> Blanks:
        began = time.monotonic()
        with self._lock:
            at, page = self._found.get(key, (0.0, None))
            age = began - at
            if page is not None and (
                age < self._keep_s or (key in self._making and age < 2 * self._keep_s)
            ):
                return page
            self._making.add(key)
        try:
            page = make()
        finally:
            with self._lock:
                self._making.discard(key)
        with self._lock:
            if len(self._found) >= _PAGES_MAX:
                self._found.clear()
            self._found[key] = began, page
        return page
