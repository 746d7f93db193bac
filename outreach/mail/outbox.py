"""The ledger's moves: post a letter, claim a batch, mark a part before it leaves, end a batch.

A part's way: `mark` says how far the provider may get, and is committed; the provider works with no
transaction open; `outcomes.record` writes what it said. Killed before the mark, nothing was sent;
killed after it, only deliveries up to the mark without an outcome are in doubt (`recovery`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import ColumnElement, CursorResult, delete, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.mail.models import Batch, Delivery, SingleLetter
from outreach.mail.render import Rendered

FIRST_RETRY_S = 60.0


@dataclass(frozen=True)
class Claim:
    """A batch in a sender's hands until its lease runs out."""

    batch_id: int
    blast_id: int | None
    variant_id: int | None
    first_id: int
    last_id: int
    owner: str
    lease_s: int


def post_single(
    session: Session,
    *,
    organisation_id: int,
    kind: str,
    to_address: str,
    to_name: str,
    rendered: Rendered,
    supporter_id: int | None = None,
) -> Delivery:
    """Put a letter to one person into the outbox, in the transaction of its cause.

    It leaves after the commit, ahead of blasts.
    """
    delivery = Delivery(kind=kind, supporter_id=supporter_id)
    session.add(delivery)
    session.flush()
    session.add(
        SingleLetter(
            delivery_id=delivery.id,
            organisation_id=organisation_id,
            to_address=to_address,
            to_name=to_name,
            subject=rendered.subject,
            html=rendered.html,
            text=rendered.text,
        )
    )
    session.add(Batch(first_id=delivery.id, last_id=delivery.id))
    session.flush()
    return delivery


def claim(
    session: Session, *, owner: str, lease_s: int, allowed: ColumnElement[bool]
) -> Claim | None:
    """Take the next batch that is due, single letters first; None when there is none.

    `allowed` limits which batches may leave (blasts that are sending). Safe against any number of
    senders: the state is part of the UPDATE, and PostgreSQL skips rows that another one holds.
    """
    instant = now()
    due = (
        select(Batch.id)
        .where(
            Batch.state == "ready",
            or_(Batch.not_before.is_(None), Batch.not_before <= instant),
            or_(Batch.blast_id.is_(None), allowed),
        )
        .order_by(Batch.blast_id.is_not(None), Batch.id)
        .limit(1)
        .with_for_update(skip_locked=True)
    )
    batch_id = session.scalar(due)
    if batch_id is None:
        return None
    batch = session.get_one(Batch, batch_id)
    batch.state = "claimed"
    batch.lease_owner = owner
    batch.lease_until = instant + timedelta(seconds=lease_s)
    session.flush()
    return Claim(
        batch.id, batch.blast_id, batch.variant_id, batch.first_id, batch.last_id, owner, lease_s
    )


def holds(session: Session, claim: Claim) -> bool:
    """Whether the batch is still this sender's; extends the lease where it is."""
    found: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Batch)
        .where(
            Batch.id == claim.batch_id,
            Batch.lease_owner == claim.owner,
            Batch.state.in_(("claimed", "submitting")),
        )
        .values(lease_until=now() + timedelta(seconds=claim.lease_s))
    )
    return bool(found.rowcount)


def waiting(claim: Claim) -> ColumnElement[bool]:
    """Condition on Delivery: of this batch, and not yet sent."""
    return (
        Delivery.id.between(claim.first_id, claim.last_id)
        & of_blast(claim.blast_id)
        & (Delivery.state == "pending")
    )


def of_blast(blast_id: int | None) -> ColumnElement[bool]:
    """Condition on Delivery: belongs to this blast (None: to no blast)."""
    return Delivery.blast_id.is_(None) if blast_id is None else Delivery.blast_id == blast_id


def mark(session: Session, claim: Claim, through: int) -> None:
    """Say, before they leave, that deliveries up to this id may reach the provider."""
    session.execute(
        update(Batch)
        .where(Batch.id == claim.batch_id)
        .values(state="submitting", handed_through=through)
    )


def skip(session: Session, skipped: Sequence[tuple[int, str]]) -> None:
    """Record those whom the gate held back: pairs of delivery id and reason."""
    for delivery_ids, reason in _grouped(skipped):
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(delivery_ids), Delivery.state == "pending")
            .values(state="skipped", reason=reason)
        )


def finish(session: Session, claim: Claim) -> bool:
    """End a batch: done, or ready again later for those who were put off. True when done."""
    left = session.scalar(select(func.count()).where(waiting(claim)))
    batch = session.get_one(Batch, claim.batch_id)
    if left:
        give_back(session, claim, wait_s=FIRST_RETRY_S * 2**batch.attempts)
        batch.attempts += 1
        return False
    batch.state, batch.done_at = "done", now()
    if claim.blast_id is None:  # a sent single letter's text need not be kept; an unknown one's is
        session.execute(
            delete(SingleLetter).where(
                SingleLetter.delivery_id == claim.first_id,
                SingleLetter.delivery_id.in_(
                    select(Delivery.id).where(Delivery.state.in_(("accepted", "refused")))
                ),
            )
        )
    return True


def give_back(session: Session, claim: Claim, *, wait_s: float = 0.0) -> None:
    """Let go of a batch of which nothing is in flight; it may be claimed again after `wait_s`."""
    session.execute(
        update(Batch)
        .where(Batch.id == claim.batch_id, Batch.lease_owner == claim.owner)
        .values(
            state="ready",
            lease_owner=None,
            lease_until=None,
            handed_through=0,
            not_before=now() + timedelta(seconds=wait_s) if wait_s else None,
        )
    )


def _grouped(pairs: Sequence[tuple[int, str]]) -> list[tuple[list[int], str]]:
    reasons = dict.fromkeys(reason for _, reason in pairs)
    return [([i for i, r in pairs if r == reason], reason) for reason in reasons]
