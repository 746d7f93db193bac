"""The events of the touched letters, each read once, with what it is held to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, case, func, insert, literal, null, or_, select
from sqlalchemy.orm import Session

from outreach.analytics.definitions import (
    BLAST_LETTER,
    CLASS_VERDICTS,
    HUMAN,
    MACHINE,
    UNKNOWN,
    earliest,
)
from outreach.analytics.rollups.cells import DEVICE_BITS, DEVICES, OTHER
from outreach.analytics.rollups.hours import ascii_lower, strongest_of
from outreach.analytics.rollups.touched import EVENTS, LETTERS, known
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
        events = _events(session.scalars(asks).all(), blasts, since)
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


def _events(
    asks: Sequence[int], blasts: Sequence[int], since: datetime | None
) -> Select[*tuple[Any, ...]]:
    of = _read(blasts, since).subquery("read").c
    opened, clicked = of.kind == "opened", of.kind == "clicked"
    human = of.verdict.in_(CLASS_VERDICTS[HUMAN])
    machine = of.verdict.in_(CLASS_VERDICTS[MACHINE])
    shown = case(
        *((of.verdict.in_(verdicts), name) for name, verdicts in CLASS_VERDICTS.items()),
        else_=UNKNOWN,
    )
    return select(
        of.delivery_id,
        of.kind,
        shown,
        case((and_(clicked, of.link_id.in_(asks)), 1), else_=0),
        of.at,
        case((clicked, of.link_id)),
        case((and_(human, or_(opened, clicked)), _device(of.agent)), else_=0),
        case((and_(machine, clicked), strongest_of(of.evidence)), else_=null()),
    )


def _read(blasts: Sequence[int], since: datetime | None) -> Select[*tuple[Any, ...]]:
    """The events of the touched letters of these blasts as they are stored.

    From letter to letter by its index, and nothing else: a blast's has all its letters and events,
    which PostgreSQL takes for few where a month has only begun. What is read is read once: without
    the offset the agent would be turned to lower case for each word that it may hold.
    """
    of_them = func.coalesce(Delivery.blast_id, 0)
    read = (
        select(
            Event.delivery_id,
            Event.kind,
            Event.at,
            Event.link_id,
            ascii_lower(Event.agent).label("agent"),
            Judgement.verdict,
            Judgement.evidence,
        )
        .select_from(LETTERS)
        .join(Delivery, Delivery.id == LETTERS.c.id)
        .join(
            Event,
            and_(Event.delivery_id == Delivery.id, func.coalesce(Event.blast_id, 0) == of_them),
        )
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(Delivery.kind == BLAST_LETTER, of_them.in_(blasts))
        .offset(0)
    )
    return read if since is None else read.where(Event.at >= since)


def _device(agent: ColumnElement[str]) -> ColumnElement[int]:
    named = (
        (or_(*(agent.contains(word) for word in words)), literal(DEVICE_BITS[name]))
        for name, words in DEVICES
    )
    return case(*named, else_=literal(DEVICE_BITS[OTHER]))
