"""What stored events and links are to the rules, and who may write judgements: one at a time."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.core.bulk import insert_into
from outreach.tracking.classify import Request
from outreach.tracking.links import TRAP
from outreach.tracking.models import JudgingMark, Link


class Seen(Protocol):
    """An event, or a row with what the rules need of one."""

    kind: Any
    at: Any
    method: Any
    agent: Any
    network: Any
    link_id: Any
    detail: Any


def request_of(event: Seen, link_kind: str | None) -> Request:
    """An event of a kind in JUDGED as the rules see it; `link_kind` of the link that was followed,
    None where there is none."""
    at: datetime = event.at
    return Request(
        kind=event.kind,
        at=at,
        method=event.method,
        agent=event.agent,
        network=event.network,
        place=str(event.detail.get("place", "")) if link_kind is None else f"link:{event.link_id}",
        hidden=link_kind == TRAP,
        noted=event.detail,
    )


def link_count(session: Session, blast_id: int | None) -> int:
    """How many links a reader can follow in a blast's letters; 0: not known."""
    if blast_id is None:
        return 0
    links = select(func.count()).where(Link.blast_id == blast_id, Link.kind != TRAP)
    return session.scalar(links) or 0


def take_mark(session: Session, *, wait: bool = True) -> JudgingMark | None:
    """The mark, locked until the transaction ends: so long nobody else writes judgements.

    None where somebody else has it, or nobody ever had, and `wait` is not wanted.
    """
    held = select(JudgingMark).with_for_update(skip_locked=not wait)
    held = held.execution_options(populate_existing=True)
    mark = session.scalars(held).one_or_none()
    if mark is None and wait:
        first = insert_into(session, JudgingMark).on_conflict_do_nothing()
        session.execute(first, {"id": 1, "through": 0, "ahead": 0, "ahead_xid": 0})
        mark = session.scalars(held).one()
    return mark
