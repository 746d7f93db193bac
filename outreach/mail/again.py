"""Letters that are to leave again: put back into their batches, which are opened anew.

Only where nobody sends: what a sender holds is a range of ids whose waiting letters it believes to
have in its hand, so none may join them meanwhile. Senders and these moves lock the batch first.
"""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from sqlalchemy import ColumnElement, Update, select, update
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.mail.models import BATCH_STATES, BATCHES, DELIVERIES, DELIVERY_STATES, Batch
from outreach.mail.outbox import HELD

SOON_S = 10.0  # much longer than a part is read or a change of ours takes to be committed

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


def look_now(session: Session, batches: ColumnElement[bool], letters: ColumnElement[bool]) -> None:
    """Let those of these `letters` that wait for an instant be due now, in `batches` of theirs.

    Where a sender has the batch in hand they are due in SOON_S: had they been due when it read its
    part, they would be taken for letters of that part.
    """
    session.flush()
    connection = session.connection()
    found = connection.execute(
        select(BATCHES.c.state, BATCHES.c.first_id, BATCHES.c.last_id, BATCHES.c.read_at)
        .where(batches, BATCHES.c.state != "done")
        .order_by(BATCHES.c.id)
        .with_for_update()
    )
    waiting = letters & (DELIVERIES.c.state == "pending") & DELIVERIES.c.not_before.is_not(None)
    instant = now()
    for state, first, last, read_at in found.all():
        if state in HELD:
            inside = DELIVERIES.c.id.between(first, last)
            soon = max(instant, read_at or instant) + timedelta(seconds=SOON_S)
            later = waiting & inside & (DELIVERIES.c.not_before > soon)
            connection.execute(update(DELIVERIES).where(later).values(not_before=soon))
            waiting &= ~inside
    connection.execute(update(DELIVERIES).where(waiting).values(not_before=None))
    ready = batches & (BATCHES.c.state == "ready")
    connection.execute(update(BATCHES).where(ready).values(not_before=None))


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
