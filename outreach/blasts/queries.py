"""Reads: blasts, and the letters of which nothing was heard."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts import quiet
from outreach.accounts.models import Organisation
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.core.errors import NotFound
from outreach.mail.models import Batch, Delivery
from outreach.supporters.models import Supporter
from outreach.tracking.models import Event

_NUMBER = re.compile("[0-9]{1,18}")  # what a key can be


@dataclass(frozen=True)
class SilentDelivery:
    """A letter that was accepted and of which nothing was heard since."""

    delivery_id: int
    supporter_id: int | None
    address: str
    reason: str


def all_blasts(session: Session) -> Sequence[Blast]:
    """Every blast, the newest first."""
    return session.scalars(select(Blast).order_by(Blast.id.desc())).all()


def by_id(session: Session, blast_id: int, *, lock: bool = False) -> Blast:
    """One blast; locked, it is read anew and no other process moves it meanwhile. Raises
    NotFound."""
    session.flush()
    blast = session.get(Blast, blast_id, with_for_update=lock or None, populate_existing=lock)
    if blast is None:
        raise NotFound("There is no such blast.", hint="See the list of blasts.")
    return blast


def named(session: Session, reference: str, *, lock: bool = False) -> Blast:
    """A blast by its name or number, as people type it, locked as `by_id` has it; raises
    NotFound."""
    blast = session.scalar(select(Blast).where(Blast.name == reference))
    if blast is None and _NUMBER.fullmatch(reference):
        blast = session.get(Blast, int(reference))
    if blast is None:
        raise NotFound(
            f"There is no blast “{reference}”.", hint="`outreach blasts list` shows them all."
        )
    return by_id(session, blast.id, lock=True) if lock else blast


def in_flight(session: Session, blast: Blast) -> int:
    """How many letters are with the provider at this instant, as far as the ledger knows."""
    handed = (
        select(func.count())
        .select_from(Batch)
        .join(Delivery, Delivery.id.between(Batch.first_id, Batch.handed_through))
        .where(Batch.blast_id == blast.id, Batch.state == "submitting")
        .where(Delivery.id > Batch.handed_after)
        .where(or_(Delivery.not_before.is_(None), Delivery.not_before <= Batch.read_at))
        .where(Delivery.blast_id == blast.id, Delivery.state == "pending", Delivery.held.is_(None))
    )
    return session.scalar(handed) or 0


def last_judged(session: Session, blast: Blast) -> int:
    """The last of the blast's deliveries of which an outcome is known; 0: there is none."""
    known = select(func.max(Delivery.id)).where(
        Delivery.blast_id == blast.id, Delivery.state != "pending"
    )
    return session.scalar(known) or 0


def leaves_at(session: Session, blast: Blast) -> datetime | None:
    """When a scheduled blast starts: at its time, or at the end of the quiet hours it falls in."""
    if blast.scheduled_for is None:
        return None
    organisation = session.get_one(Organisation, blast.organisation_id)
    zone = ZoneInfo(organisation.timezone)
    end = quiet.end_of(organisation.quiet_hours, zone, blast.scheduled_for)
    return blast.scheduled_for if end is None else end.astimezone(UTC)


def is_held(blast: Blast) -> bool:
    """Whether its letters wait for longer than a moment, and `held_because` says why."""
    return (
        blast.state == "sending"
        and blast.held_because is not None
        and blast.held_until is not None
        and blast.held_until > now()
    )


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
    if is_held(blast):
        return blast.held_because or ""
    if blast.state == "sending" and tried_again_at(session, blast) is None:
        return ""
    return blast.reason or ""


def silent(session: Session, blast: Blast, *, hours: float) -> list[SilentDelivery]:
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
        SilentDelivery(i, who, address or "", f"accepted {at:%Y-%m-%d %H:%M} UTC as {ref or '?'}")
        for i, who, address, at, ref in rows
    ]
