"""Events in: each stored once, and the judgements over its letter brought up to date with it.

What providers and bounce mail tell, and what it does to deliveries: tracking/feedback.py.
"""

from __future__ import annotations

import re
import uuid
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session
from sqlalchemy.sql.dml import ReturningInsert

from outreach.core import log, metrics
from outreach.core.clock import now
from outreach.mail.models import Delivery
from outreach.tracking import classify, rules
from outreach.tracking.judging import link_count, request_of
from outreach.tracking.models import Event, Judgement, Link

_log = log.get(__name__)
EVENT_STORED = "tracking.event_stored"
LETTER_GONE = "tracking.letter_gone"

AGENT_CHARS = 400
# A letter whose link was made public gets any number of clicks; this many around the new one are
# weighed together.
NEIGHBOURS = 400

_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
_CONTROL = re.compile(r"[\x00-\x1f\x7f]+")


@dataclass(frozen=True)
class Observation:
    """One thing seen from outside, before it is an event.

    Blast and supporter are taken from the delivery where they are not given. `key` names the
    observation for ever: storing it a second time changes nothing. `detail` may hold `place`: which
    page of the letter was looked at.
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
    key: str = field(default_factory=lambda: uuid.uuid4().hex)
    detail: dict[str, Any] = field(default_factory=dict)


def observe(session: Session, observation: Observation) -> Event | None:
    """Store an observation and judge its letter anew; None when the letter is no longer kept.

    Idempotent by key. Letters are judged one at a time (their row is locked), so that two requests
    at the same instant see each other.
    """
    delivery = None
    if observation.delivery_id is not None:
        delivery = session.get(
            Delivery, observation.delivery_id, with_for_update={"key_share": True}
        )
        if delivery is None:
            _log.info(LETTER_GONE, delivery_id=observation.delivery_id)
            return None
    stored = session.execute(_insert(session, observation, delivery)).scalar_one_or_none()
    event = session.scalars(select(Event).where(Event.key == observation.key)).one()
    if stored is not None:
        metrics.count(metrics.EVENTS, 1, event.kind)
        _log.debug(EVENT_STORED, kind=event.kind, event_id=event.id, delivery_id=event.delivery_id)
        if event.kind in classify.JUDGED:
            _judge(session, event, delivery)
    return event


def _insert(
    session: Session, observation: Observation, delivery: Delivery | None
) -> ReturningInsert[int]:
    insert = _INSERTS[session.get_bind().dialect.name]
    blast_id, supporter_id = observation.blast_id, observation.supporter_id
    if delivery is not None:
        blast_id = delivery.blast_id if blast_id is None else blast_id
        supporter_id = delivery.supporter_id if supporter_id is None else supporter_id
    statement: ReturningInsert[int] = (
        insert(Event)
        .values(
            key=observation.key,
            kind=observation.kind,
            at=observation.at,
            delivery_id=observation.delivery_id,
            blast_id=blast_id,
            supporter_id=supporter_id,
            link_id=observation.link_id,
            method=observation.method[:8],
            agent=_CONTROL.sub(" ", observation.agent)[:AGENT_CHARS].strip(),
            network=observation.network,
            detail=observation.detail,
        )
        .on_conflict_do_nothing(index_elements=[Event.key])
        .returning(Event.id)
    )
    return statement


def _judge(session: Session, event: Event, delivery: Delivery | None) -> None:
    """Judge the event's neighbourhood anew and store what changed.

    A new event bears on others up to REACH away, and those are weighed by what lies up to REACH
    away from them.
    """
    neighbours = _neighbours(session, event)
    verdicts = classify.judge(
        [request_of(other, link) for other, link, _ in neighbours],
        delivered_at=delivery.accepted_at if delivery else None,
        links=link_count(session, event.blast_id),
        rules=rules.of_blast(session, event.blast_id),
    )
    for (other, _, judgement), verdict in zip(neighbours, verdicts, strict=True):
        if abs(other.at - event.at) > classify.REACH:
            continue
        evidence = verdict.as_json()
        if judgement is None:
            session.add(Judgement(event_id=other.id, verdict=verdict.verdict, evidence=evidence))
        elif (judgement.verdict, judgement.evidence) != (verdict.verdict, evidence):
            judgement.verdict, judgement.evidence = verdict.verdict, evidence
            judgement.judged_at = now()
    session.flush()


def _neighbours(
    session: Session, event: Event
) -> list[tuple[Event, Link | None, Judgement | None]]:
    found = (
        select(Event, Link, Judgement)
        .outerjoin(Link, Link.id == Event.link_id)
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(Event.kind.in_(classify.JUDGED))
    )
    if event.delivery_id is None:
        found = found.where(Event.id == event.id)
    else:
        found = found.where(
            Event.delivery_id == event.delivery_id,
            Event.at.between(event.at - 2 * classify.REACH, event.at + 2 * classify.REACH),
        )
    rows = session.execute(found.order_by(Event.id.desc()).limit(NEIGHBOURS))
    return [(other, link, judgement) for other, link, judgement in rows]
