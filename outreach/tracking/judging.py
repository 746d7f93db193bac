"""What stored events and links are to the rules: for whoever judges letters by them."""

from __future__ import annotations

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.tracking.classify import Request
from outreach.tracking.links import TRAP
from outreach.tracking.models import Event, Link


def request_of(event: Event, link: Link | None) -> Request:
    """An event of a kind in JUDGED as the rules see it; `link`: what was followed."""
    return Request(
        kind=event.kind,
        at=event.at,
        method=event.method,
        agent=event.agent,
        network=event.network,
        place=f"link:{link.id}" if link else str(event.detail.get("place", "")),
        hidden=link is not None and link.kind == TRAP,
        noted=event.detail,
    )


def link_count(session: Session, blast_id: int | None) -> int:
    """How many links a reader can follow in a blast's letters; 0: not known."""
    if blast_id is None:
        return 0
    links = select(func.count()).where(Link.blast_id == blast_id, Link.kind != TRAP)
    return session.scalar(links) or 0
