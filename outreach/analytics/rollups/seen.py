"""The events of the touched letters, each read once, with what it is held to be."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    FromClause,
    Select,
    and_,
    case,
    func,
    insert,
    join,
    literal,
    null,
    or_,
    select,
)
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
from outreach.analytics.rollups.hours import ascii_lower, place_in, strongest_of
from outreach.analytics.rollups.touched import EVENTS, LETTERS, known
from outreach.blasts.models import Blast
from outreach.mail.models import Delivery
from outreach.tracking.models import ASK_KINDS, Event, Judgement, Link


def gather(session: Session) -> None:
    """Read the events of the touched letters into a table of this connection."""
    mine = select(Delivery.blast_id).join(LETTERS, LETTERS.c.id == Delivery.id).distinct()
    _gather(session, _by_month(session, mine), _of_letters)


def gather_all(session: Session, blasts: Collection[int]) -> None:
    """Read all events of these blasts, whatever letters are touched."""
    _gather(session, _by_month(session, blasts), _of_blasts)


def _gather(
    session: Session,
    by_month: dict[datetime | None, list[int]],
    source: Callable[[Sequence[int]], Select[*tuple[Any, ...]]],
) -> None:
    """Those of blasts of one month at a time: what is older than a blast is not its, so that
    PostgreSQL looks into no earlier month's events."""
    for since, blasts in by_month.items():
        asks = select(Link.id).where(Link.blast_id.in_(blasts), Link.kind.in_(ASK_KINDS))
        read = source(blasts)
        if since is not None:
            read = read.where(Event.at >= since)
        events = _events(session.scalars(asks).all(), read)
        names = [column.name for column in EVENTS.columns]
        session.execute(insert(EVENTS).from_select(names, events))
    known(session, EVENTS)


def _by_month(session: Session, blasts: Any) -> dict[datetime | None, list[int]]:
    """Blasts by the instant that no event of theirs lies before."""
    rows = session.execute(select(Blast.id, Blast.frozen_at).where(Blast.id.in_(blasts)))
    found: defaultdict[datetime | None, list[int]] = defaultdict(list)
    for blast_id, frozen_at in rows:
        found[earliest(frozen_at)].append(blast_id)
    return found


def _events(asks: Sequence[int], stored: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    of = _in_order(stored).subquery("read").c
    opened, clicked = of.kind == "opened", of.kind == "clicked"
    human = Judgement.verdict.in_(CLASS_VERDICTS[HUMAN])
    machine = Judgement.verdict.in_(CLASS_VERDICTS[MACHINE])
    shown = case(
        *((Judgement.verdict.in_(verdicts), name) for name, verdicts in CLASS_VERDICTS.items()),
        else_=UNKNOWN,
    )
    return select(
        of.delivery_id,
        of.kind,
        shown,
        case((and_(clicked, of.link_id.in_(asks)), 1), else_=0),
        of.at,
        case((clicked, of.link_id)),
        case((and_(human, or_(opened, clicked)), of.device), else_=0),
        case((and_(machine, clicked), strongest_of(Judgement.evidence)), else_=null()),
    ).outerjoin(Judgement, Judgement.event_id == of.id)


def _in_order(stored: Select[*tuple[Any, ...]]) -> Select[*tuple[Any, ...]]:
    """Events with their devices, in the order of their ids, in which their verdicts lie: from
    letter to letter each of those stood elsewhere, and finding them took half of all counting.

    What is read is read once: without the offset the agent would be turned to lower case for each
    word that it may hold.
    """
    of = stored.offset(0).subquery("stored").c
    acted = of.kind.in_(("opened", "clicked"))
    return (
        select(
            of.id,
            of.delivery_id,
            of.kind,
            of.at,
            of.link_id,
            case((acted, _device(of.agent)), else_=0).label("device"),
        )
        .order_by(of.id)
        .offset(0)
    )


def _of_letters(blasts: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """The events of the touched letters of these blasts as they are stored.

    From letter to letter by its index, and nothing else: a blast's has all its letters and events,
    which PostgreSQL takes for few where a month has only begun.
    """
    of_them = func.coalesce(Delivery.blast_id, 0)
    mine = and_(Event.delivery_id == Delivery.id, func.coalesce(Event.blast_id, 0) == of_them)
    letters = join(LETTERS, Delivery, Delivery.id == LETTERS.c.id)
    return _stored(letters.join(Event, mine)).where(of_them.in_(blasts))


def _of_blasts(blasts: Sequence[int]) -> Select[*tuple[Any, ...]]:
    """All events of these blasts as they are stored: by the index of blasts, and each one's letter
    by its id."""
    mine = and_(Delivery.id == Event.delivery_id, Delivery.blast_id + 0 == Event.blast_id)
    return _stored(join(Event, Delivery, mine)).where(Event.blast_id.in_(blasts))


def _stored(source: FromClause) -> Select[*tuple[Any, ...]]:
    return (
        select(
            Event.id,
            Event.delivery_id,
            Event.kind,
            Event.at,
            Event.link_id,
            ascii_lower(Event.agent).label("agent"),
        )
        .select_from(source)
        .where(Delivery.kind == BLAST_LETTER)
    )


def _device(agent: ColumnElement[str]) -> ColumnElement[int]:
    named = (
        (or_(*(place_in(agent, word) > 0 for word in words)), literal(DEVICE_BITS[name]))
        for name, words in DEVICES
    )
    return case(*named, else_=literal(DEVICE_BITS[OTHER]))
