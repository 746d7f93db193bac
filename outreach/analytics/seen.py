"""The events of the touched letters, each read once, with what it is held to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, literal, null, or_, select
from sqlalchemy.orm import Session

from outreach.analytics.cells import DEVICE_BITS, DEVICES, OTHER
from outreach.analytics.figures import (
    BLAST_LETTER,
    CLASS_VERDICTS,
    HUMAN,
    MACHINE,
    UNKNOWN,
    earliest,
)
from outreach.analytics.hours import strongest_of
from outreach.analytics.touched import EVENTS, LETTERS, known
from outreach.blasts.models import Blast
from outreach.mail.models import Delivery
from outreach.tracking.models import ASK_KINDS, Event, Judgement, Link


def gather(session: Session) -> None:
    """Read the events of the touched letters into a table of this connection.

    Those of blasts of one month at a time: what is older than a blast is not its, so that
    PostgreSQL looks into no earlier month's events.
    """
    for since, blasts in _by_month(session).items():
        asks = select(Link.id).where(Link.blast_id.in_(blasts), Link.kind.in_(ASK_KINDS))
        events = _events(session.scalars(asks).all()).where(Delivery.blast_id.in_(blasts))
        if since is not None:
            events = events.where(Event.at >= since)
        names = [column.name for column in EVENTS.columns]
        session.execute(insert(EVENTS).from_select(names, events))
    known(session, EVENTS)


def _by_month(session: Session) -> dict[datetime | None, list[int]]:
    """The touched letters' blasts by the instant that no event of theirs lies before."""
    mine = select(Delivery.blast_id).join(LETTERS, LETTERS.c.id == Delivery.id).distinct()
    rows = session.execute(select(Blast.id, Blast.frozen_at).where(Blast.id.in_(mine)))
    found: defaultdict[datetime | None, list[int]] = defaultdict(list)
    for blast_id, frozen_at in rows:
        found[earliest(frozen_at)].append(blast_id)
    return found


def _events(asks: Sequence[int]) -> Select[*tuple[Any, ...]]:
    opened, clicked = Event.kind == "opened", Event.kind == "clicked"
    human = Judgement.verdict.in_(CLASS_VERDICTS[HUMAN])
    machine = Judgement.verdict.in_(CLASS_VERDICTS[MACHINE])
    shown = case(
        *((Judgement.verdict.in_(verdicts), name) for name, verdicts in CLASS_VERDICTS.items()),
        else_=UNKNOWN,
    )
    return (
        select(
            Delivery.id,
            Event.kind,
            shown,
            case((and_(clicked, Event.link_id.in_(asks)), 1), else_=0),
            Event.at,
            case((clicked, Event.link_id)),
            case((and_(human, or_(opened, clicked)), _device()), else_=0),
            case((and_(machine, clicked), strongest_of(Judgement.evidence)), else_=null()),
        )
        .select_from(LETTERS)
        .join(Delivery, Delivery.id == LETTERS.c.id)
        .join(Event, and_(Event.delivery_id == Delivery.id, Event.blast_id == Delivery.blast_id))
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(Delivery.kind == BLAST_LETTER)
    )


def _device() -> ColumnElement[int]:
    agent = func.lower(Event.agent)
    named = (
        (or_(*(agent.contains(word) for word in words)), literal(DEVICE_BITS[name]))
        for name, words in DEVICES
    )
    return case(*named, else_=literal(DEVICE_BITS[OTHER]))
