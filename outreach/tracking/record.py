"""Events in: each stored once, whoever tells of it how often. What they are held to be: judging.py.

What providers and bounce mail tell, and what it does to deliveries: tracking/feedback.py.
"""

from __future__ import annotations

import os
import re
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.core import log, metrics
from outreach.core.bulk import any_of, insert_few
from outreach.core.db import Base
from outreach.mail.models import Delivery
from outreach.tracking.models import Event

_log = log.get(__name__)
EVENTS_STORED = "tracking.events_stored"
LETTER_GONE = "tracking.letter_gone"

AGENT_CHARS = 400
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


def new_key() -> str:
    """A name for a new observation: 32 hex digits that begin with the time, so that those of one
    hour lie side by side in the index."""
    return f"{time.time_ns():016x}{os.urandom(8).hex()}"


@dataclass(slots=True)  # not frozen: to make one takes a third of the time, and thousands come
class Observation:
    """One thing seen from outside, before it is an event.

    Blast and supporter are taken from the delivery where they are not given. `key` and `at` name
    the observation for ever: storing it a second time changes nothing. `detail` may hold `place`:
    which page of the letter was looked at.
    """

    kind: str
    at: datetime
    delivery_id: int | None
    blast_id: int | None = None
    supporter_id: int | None = None
    link_id: int | None = None
    method: str = "GET"
    agent: str = ""
    network: str = ""
    key: str = field(default_factory=new_key)
    detail: dict[str, Any] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if len(self.agent) > AGENT_CHARS or not self.agent.isprintable():
            self.agent = _CONTROL.sub(" ", self.agent)[:AGENT_CHARS].strip()


class LetterSeen(NamedTuple):
    """What an event takes from its letter, and its door from when it was accepted."""

    delivery_id: int
    blast_id: int | None
    supporter_id: int | None
    accepted_at: datetime | None


def observe(session: Session, observation: Observation) -> Event | None:
    """Store an observation; None when its letter is no longer kept.

    It is known by its key alone, whenever it is told: its letter's row is locked, so that two
    requests at the same instant take turns.
    """
    if observation.delivery_id is not None:
        lock = {"key_share": True}
        if session.get(Delivery, observation.delivery_id, with_for_update=lock) is None:
            _log.info(LETTER_GONE, delivery_id=observation.delivery_id)
            return None
    query = select(Event).where(Event.key == observation.key)
    event = session.scalars(query).one_or_none()
    if event is None:
        store(session, [observation])
        event = session.scalars(query).one()
    return event


def store(
    session: Session,
    observations: Sequence[Observation],
    letters: Mapping[int, LetterSeen] | None = None,
) -> Mapping[int, LetterSeen]:
    """Store many observations by two statements; their letters by id. One statement where these
    `letters` are at hand, read in this transaction.

    Known are those of the same key and instant; where the instant may differ, `observe` asks first.
    Those of letters that are no longer kept are left out.
    """
    if letters is None:
        ids = {seen.delivery_id for seen in observations if seen.delivery_id is not None}
        found = session.execute(_LETTERS.where(any_of(session, _ID, ids)))
        letters = {row.id: LetterSeen(*row) for row in found}
    rows = [row for seen in observations if (row := row_of(seen, letters)) is not None]
    stored = insert_few(session, _EVENTS, rows, returning=("kind",), unless=("key", "at"))
    count_stored(kind for (kind,) in stored)
    return letters


def row_of(seen: Observation, letters: Mapping[int, LetterSeen]) -> dict[str, Any] | None:
    """The event's columns; None where its letter is not among those that are kept."""
    blast_id, supporter_id = seen.blast_id, seen.supporter_id
    if seen.delivery_id is not None:
        letter = letters.get(seen.delivery_id)
        if letter is None:
            return None
        blast_id = letter.blast_id if blast_id is None else blast_id
        supporter_id = letter.supporter_id if supporter_id is None else supporter_id
    return {
        "key": seen.key,
        "kind": seen.kind,
        "at": seen.at,
        "delivery_id": seen.delivery_id,
        "blast_id": blast_id,
        "supporter_id": supporter_id,
        "link_id": seen.link_id,
        "method": seen.method[:8],
        "agent": seen.agent,
        "network": seen.network,
        "detail": seen.detail,
    }


def count_stored(kinds: Iterable[str]) -> None:
    """Tell metrics and the log how many events of each kind were stored."""
    counted = Counter(kinds)
    for kind, number in counted.items():
        metrics.count(metrics.EVENTS, number, kind)
    _log.debug(EVENTS_STORED, events=counted.total())


_EVENTS = Base.metadata.tables["events"]
_ID = Delivery.id
_LETTERS = select(Delivery.id, Delivery.blast_id, Delivery.supporter_id, Delivery.accepted_at)
