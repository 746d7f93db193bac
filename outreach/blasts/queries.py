"""Reads: blasts, and the deliveries that are unknown or silent."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import exists, func, select
from sqlalchemy.orm import Session

from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.core.errors import NotFound
from outreach.mail.models import Batch, Delivery
from outreach.supporters.models import Supporter
from outreach.tracking.models import Event


@dataclass(frozen=True)
class UnknownDelivery:
    """A letter of which nobody can say yet whether it left, or arrived."""

    delivery_id: int
    supporter_id: int | None
    address: str
    reason: str


def all_blasts(session: Session) -> Sequence[Blast]:
    """Every blast, the newest first."""
    return session.scalars(select(Blast).order_by(Blast.id.desc())).all()


def by_id(session: Session, blast_id: int, *, lock: bool = False) -> Blast:
    """One blast; locked, no other process moves it meanwhile. Raises NotFound."""
    blast = session.get(Blast, blast_id, with_for_update=lock or None)
    if blast is None:
        raise NotFound("There is no such blast.", hint="See the list of blasts.")
    return blast


def named(session: Session, reference: str) -> Blast:
    """A blast by its name or number, as people type it; raises NotFound."""
    blast = session.scalar(select(Blast).where(Blast.name == reference))
    if blast is None and reference.isdigit():
        blast = session.get(Blast, int(reference))
    if blast is None:
        raise NotFound(
            f"There is no blast “{reference}”.", hint="`outreach blasts list` shows them all."
        )
    return blast


def tried_again_at(session: Session, blast: Blast) -> datetime | None:
    """When the next letters that the provider did not take go out anew; None: none wait for it."""
    if blast.state != "sending":
        return None
    held_back = select(func.min(Batch.not_before)).where(
        Batch.blast_id == blast.id, Batch.state == "ready", Batch.not_before > now()
    )
    return session.scalar(held_back)


def reason_of(session: Session, blast: Blast) -> str:
    """Why a blast is paused, held back, cancelled or failed; "" while nothing is in its way.

    Of one that is sending it is told only while letters wait: what held them back may be over.
    """
    if blast.state == "sending" and tried_again_at(session, blast) is None:
        return ""
    return blast.reason or ""


def unknown(session: Session, blast: Blast) -> list[UnknownDelivery]:
    """The blast's deliveries of which it is not known whether they left."""
    rows = session.execute(
        select(Delivery.id, Delivery.supporter_id, Supporter.address, Delivery.reason)
        .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
        .where(Delivery.blast_id == blast.id, Delivery.state == "unknown")
        .order_by(Delivery.id)
    )
    return [UnknownDelivery(i, who, address or "", why or "") for i, who, address, why in rows]


def silent(session: Session, blast: Blast, *, hours: float) -> list[UnknownDelivery]:
    """The blast's deliveries that were accepted so many hours ago or more, and of which nothing at
    all was heard since: no report of the provider, no bounce mail, no open, no click.

    They count as sent. Only a provider that reports makes silence a sign of anything.
    """
    heard_of = exists().where(Event.delivery_id == Delivery.id)
    rows = session.execute(
        select(
            Delivery.id,
            Delivery.supporter_id,
            Supporter.address,
            Delivery.accepted_at,
            Delivery.provider_ref,
        )
        .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
        .where(
            Delivery.blast_id == blast.id,
            Delivery.state == "accepted",
            Delivery.accepted_at <= now() - timedelta(hours=hours),
            ~heard_of,
        )
        .order_by(Delivery.id)
    )
    return [
        UnknownDelivery(i, who, address or "", f"accepted {at:%Y-%m-%d %H:%M} UTC as {ref or '?'}")
        for i, who, address, at, ref in rows
    ]
