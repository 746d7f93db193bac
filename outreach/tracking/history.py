"""What was seen of a person’s letters, with what each event is held to be, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.mail.feedback import Word
from outreach.tracking.evidence import MACHINE_OPEN, WEIGHTS, WHY
from outreach.tracking.models import Event, Judgement, Link

SHOWN = 100
_FLAGGED = [{"name": "provider_flag", "weight": WEIGHTS["provider_flag"]}]


@dataclass(frozen=True, slots=True)
class Reason:
    """One piece of evidence for a judgement, in words."""

    name: str
    weight: int
    why: str


@dataclass(frozen=True, slots=True)
class Seen:
    """One event; `verdict` is "" for those that nobody judges (accepted, bounced, …)."""

    id: int
    kind: str
    at: datetime
    delivery_id: int | None
    place: str  # where the link leads, or what was looked at
    method: str
    agent: str
    verdict: str
    reasons: Sequence[Reason]


def of_supporter(session: Session, supporter_id: int, limit: int = SHOWN) -> list[Seen]:
    """A person’s latest events, the newest first."""
    rows = session.execute(
        select(Event, Link, Judgement)
        .outerjoin(Link, Link.id == Event.link_id)
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(Event.supporter_id == supporter_id)
        .order_by(Event.at.desc(), Event.id.desc())
        .limit(limit)
    )
    return [
        Seen(
            id=event.id,
            kind=event.kind,
            at=event.at,
            delivery_id=event.delivery_id,
            place=link.url if link else str(event.detail.get("place", "")),
            method=event.method,
            agent=event.agent,
            verdict=judgement.verdict if judgement else _told(event),
            reasons=reasons(judgement.evidence if judgement else _FLAGGED[: bool(_told(event))]),
        )
        for event, link, judgement in rows
    ]


def _told(event: Event) -> str:
    """What the provider says of an open that it saw itself; shown, never counted."""
    flagged = event.kind == Word.PROVIDER_OPENED and event.detail.get("machine") is True
    return MACHINE_OPEN if flagged else ""


def reasons(evidence: Sequence[dict[str, Any]]) -> list[Reason]:
    """Stored evidence, [{name, weight}], in words; what is no longer known keeps its name."""
    return [
        Reason(each["name"], each["weight"], WHY.get(each["name"], each["name"]))
        for each in evidence
    ]
