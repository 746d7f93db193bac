"""Letters that are to leave again: put back into their batches, which are opened anew.

Only where nobody sends: what a sender holds is a range of ids whose waiting letters it believes to
have in its hand, so none may join them meanwhile. Senders and these moves lock the batch first.
"""

from __future__ import annotations

from typing import NamedTuple

from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.orm import Session

from outreach.mail.models import BATCH_STATES, BATCHES, DELIVERIES, DELIVERY_STATES, Batch
from outreach.mail.outbox import HELD

AGAIN = DELIVERY_STATES.update(DELIVERIES, "resend").values(
    reason=None,
    attempts=0,
    accepted_at=None,
    lost_at=None,
    provider_ref=None,
    held=None,
    not_before=None,
)
LET_GO = (
    update(DELIVERIES)
    .where(DELIVERIES.c.state == "pending", DELIVERIES.c.held.is_not(None))
    .values(held=None)
)


class PutBack(NamedTuple):
    """How many letters wait again, and how many could not: a sender has their batch in hand."""

    waiting: int = 0
    in_hand: int = 0


def put_back(
    session: Session, blast_id: int | None, statement: Update, chosen: ColumnElement[bool]
) -> PutBack:
    """Let those of a blast's deliveries wait again that are `chosen` and that `statement` moves.

    `statement` is AGAIN or LET_GO. The caller has locked the blast.
    """
    session.flush()
    connection = session.connection()
    movable = chosen if statement.whereclause is None else chosen & statement.whereclause
    inside = DELIVERIES.c.blast_id.is_not_distinct_from(blast_id) & movable
    waiting = in_hand = 0
    for batch in _batches_of(session, blast_id, inside):
        its_own = inside & DELIVERIES.c.id.between(batch.first_id, batch.last_id)
        if batch.state in HELD:
            in_hand += len(connection.execute(select(DELIVERIES.c.id).where(its_own)).all())
            continue
        waiting += connection.execute(statement.where(its_own)).rowcount
        connection.execute(
            BATCH_STATES.update(BATCHES, "open")
            .where(BATCHES.c.id == batch.id)
            .values(
                not_before=None,
                done_at=None,
                attempts=0,
                handed_through=0,
                lease_owner=None,
                lease_until=None,
            )
        )
    session.expire_all()
    return PutBack(waiting, in_hand)


def _batches_of(session: Session, blast_id: int | None, inside: ColumnElement[bool]) -> list[Batch]:
    """The batches that these deliveries lie in, locked in their order."""
    between = DELIVERIES.c.id.between(Batch.first_id, Batch.last_id)
    lies_in = select(DELIVERIES.c.id).where(between, inside).exists()
    return list(
        session.scalars(
            select(Batch)
            .where(Batch.blast_id.is_not_distinct_from(blast_id), lies_in)
            .order_by(Batch.id)
            .with_for_update()
            .execution_options(populate_existing=True)
        )
    )
