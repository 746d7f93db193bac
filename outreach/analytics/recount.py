"""A second, independent count of a blast's figures: plain Python over the rows themselves.

It shares the definitions of figures.py with the report, and nothing of its SQL. It reads every
event of the blast (about 1 kB of memory each), so it is a proof on demand and no screen.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.analytics.figures import (
    BLAST_LETTER,
    DELIVERED_STATES,
    HUMAN,
    MACHINE,
    Figures,
    Hour,
    Letters,
    People,
    Signed,
    Traffic,
    class_of,
    strongest,
)
from outreach.blasts.models import Blast
from outreach.core.errors import NotFound
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature
from outreach.tracking.models import ASK_KINDS, Event, Judgement, Link


@dataclass(frozen=True, slots=True)
class Seen:
    """One event with what the definitions need of it."""

    kind: str
    delivery_id: int
    at: datetime
    shown: str  # its class
    follows_ask: bool
    why: str  # the strongest evidence


def recount(session: Session, blast_id: int) -> Figures:
    """The figures of a blast, counted row by row; raises NotFound."""
    blast = session.get(Blast, blast_id)
    if blast is None:
        raise NotFound(f"There is no blast {blast_id}.")
    deliveries = {
        delivery.id: delivery
        for delivery in session.scalars(select(Delivery).where(Delivery.blast_id == blast_id))
        if delivery.kind == BLAST_LETTER
    }
    seen = _seen(session, blast_id, deliveries)
    signatures = session.scalars(
        select(Signature).where(Signature.petition_id == blast.petition_id)
    ).all()
    direct = [
        one for one in signatures if one.state == "verified" and one.last_delivery_id in deliveries
    ]
    arrived = {one.id for one in deliveries.values() if one.state in DELIVERED_STATES}
    why = Counter(e.why for e in seen if e.kind == "clicked" and e.shown == MACHINE)
    return Figures(
        letters=_letters(deliveries.values()),
        people=_people(seen),
        reached=_people([event for event in seen if event.delivery_id in arrived]),
        signed=Signed(
            people=len(direct),
            reached=len({one.last_delivery_id for one in direct} & arrived),
            new=sum(one.is_new for one in direct),
        ),
        shared=_shared(signatures, deliveries),
        opens=_traffic(seen, "opened"),
        clicks=_traffic(seen, "clicked"),
        machine_events=sum(event.shown == MACHINE for event in seen),
        evidence=sorted(why.items(), key=lambda item: (-item[1], item[0])),
        timeline=_timeline(seen, direct),
    )


def _seen(session: Session, blast_id: int, deliveries: Mapping[int, Delivery]) -> list[Seen]:
    links = {link.id: link.kind for link in session.scalars(select(Link))}
    judged = {
        one.event_id: one
        for one in session.scalars(
            select(Judgement)
            .join(Event, Event.id == Judgement.event_id)
            .where(Event.blast_id == blast_id)
        )
    }
    seen = []
    for event in session.scalars(select(Event).where(Event.blast_id == blast_id)):
        if event.delivery_id is None or event.delivery_id not in deliveries:
            continue
        judgement = judged.get(event.id)
        seen.append(
            Seen(
                kind=event.kind,
                delivery_id=event.delivery_id,
                at=event.at,
                shown=class_of(judgement.verdict if judgement else None),
                follows_ask=links.get(event.link_id or 0) in ASK_KINDS,
                why=strongest(judgement.evidence if judgement else []),
            )
        )
    return seen


def _letters(deliveries: Iterable[Delivery]) -> Letters:
    return Letters.counted(
        Counter(
            (one.state, (one.reason or "") if one.state == "skipped" else "") for one in deliveries
        )
    )


def _people(seen: Sequence[Seen]) -> People:
    def who(kind: str, *, ask: bool = False, by_person: bool = False) -> int:
        return len(
            {
                event.delivery_id
                for event in seen
                if event.kind == kind
                and (event.follows_ask or not ask)
                and (event.shown == HUMAN or not by_person)
            }
        )

    return People(
        opened=who("opened", by_person=True),
        clicked=who("clicked", ask=True, by_person=True),
        unsubscribed=who("unsubscribed"),
        raw_opened=who("opened"),
        raw_clicked=who("clicked", ask=True),
    )


def _shared(signatures: Iterable[Signature], deliveries: Mapping[int, Delivery]) -> int:
    """Verified signatures from which a chain of shares leads back to one of the letters."""
    by_id = {one.id: one for one in signatures}

    def comes_from_letters(signature: Signature) -> bool:
        passed: set[int] = set()
        sharer = by_id.get(signature.shared_by_id or 0)
        while sharer is not None and sharer.id not in passed:
            if sharer.last_delivery_id in deliveries:
                return True
            passed.add(sharer.id)
            sharer = by_id.get(sharer.shared_by_id or 0)
        return False

    return sum(
        one.state == "verified"
        and one.last_delivery_id not in deliveries
        and comes_from_letters(one)
        for one in by_id.values()
    )


def _traffic(seen: Iterable[Seen], kind: str) -> Traffic:
    return Traffic(**Counter(event.shown for event in seen if event.kind == kind))


def _timeline(seen: Iterable[Seen], direct: Iterable[Signature]) -> list[Hour]:
    first: dict[int, datetime] = {}
    for event in seen:
        if event.kind == "clicked" and event.follows_ask and event.shown == HUMAN:
            first[event.delivery_id] = min(event.at, first.get(event.delivery_id, event.at))
    clicked = Counter(_hour(at) for at in first.values())
    signed = Counter(_hour(one.verified_at) for one in direct if one.verified_at)
    return [Hour(hour, clicked[hour], signed[hour]) for hour in sorted(clicked | signed)]


def _hour(at: datetime) -> datetime:
    return at.replace(minute=0, second=0, microsecond=0)
