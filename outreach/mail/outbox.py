"""The ledger's moves: claim a batch, mark a part before it leaves, end a batch.

A part's way: `mark` says how far the provider may get, and is committed; the provider works with no
transaction open; `outcomes.record` writes what it said. Killed before the mark, nothing was sent;
killed after it, only deliveries up to the mark without an outcome are in doubt (`recovery`).

Statements are built once, because building one takes as long as sending several letters.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Select, Update, bindparam, delete, func, or_, select, update
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.mail.models import (
    BATCH_STATES,
    BATCHES,
    DELIVERIES,
    DELIVERY_STATES,
    SingleLetter,
)

FIRST_RETRY_S = 60.0
MAX_ATTEMPTS = 8

HELD = tuple(sorted(BATCH_STATES.moves["release"].sources))
# Deliveries of a claimed batch that were not sent yet; the parameters are `Claim.after`.
WAITING = (
    (DELIVERIES.c.id > bindparam("after"))
    & (DELIVERIES.c.id <= bindparam("last"))
    & DELIVERIES.c.blast_id.is_not_distinct_from(bindparam("blast"))
    & (DELIVERIES.c.state == "pending")
    & DELIVERIES.c.held.is_(None)
)
# Of these, who may leave at the instant `now`.
DUE = DELIVERIES.c.not_before.is_(None) | (DELIVERIES.c.not_before <= bindparam("now"))
_MINE = (BATCHES.c.id == bindparam("batch")) & (BATCHES.c.lease_owner == bindparam("owner"))
_EXTEND = (
    update(BATCHES).where(_MINE, BATCHES.c.state.in_(HELD)).values(lease_until=bindparam("until"))
)
_MARK = (
    BATCH_STATES.update(BATCHES, "submit")
    .where(_MINE)
    .values(
        handed_after=bindparam("after"), handed_through=bindparam("to"), read_at=bindparam("read")
    )
)
_FINISH = BATCH_STATES.update(BATCHES, "finish").where(_MINE).values(done_at=bindparam("now"))
_RELEASE = (
    BATCH_STATES.update(BATCHES, "release")
    .where(_MINE)
    .values(
        lease_owner=None,
        lease_until=None,
        handed_after=0,
        handed_through=0,
        not_before=bindparam("later"),
        attempts=BATCHES.c.attempts + bindparam("more"),
    )
)
_WAIT = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id.in_(bindparam("rows", expanding=True)), DELIVERIES.c.state == "pending")
    .values(not_before=bindparam("later"))
)
_NOT_BEFORE = DELIVERIES.c.not_before
_ATTEMPTS = select(BATCHES.c.attempts).where(BATCHES.c.id == bindparam("batch"))
_LEFT = select(func.count(), func.count(DELIVERIES.c.not_before), func.min(_NOT_BEFORE)).where(
    WAITING
)
_SKIP = (
    DELIVERY_STATES.update(DELIVERIES, "skip")
    .where(DELIVERIES.c.id == bindparam("row"))
    .values(reason=bindparam("why"))
)
_HOLD = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("row"), DELIVERIES.c.state == "pending")
    .values(held=bindparam("domain"))
)
# The text of a sent single letter need not be kept; that of an unknown one is.
_SETTLED = select(DELIVERIES.c.id).where(
    DELIVERIES.c.id > bindparam("after"),
    DELIVERIES.c.id <= bindparam("last"),
    DELIVERIES.c.blast_id.is_(None),
    DELIVERIES.c.state.in_(("accepted", "refused")),
)
_FORGET = delete(SingleLetter).where(SingleLetter.delivery_id.in_(_SETTLED))


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

    @property
    def key(self) -> dict[str, Any]:
        """Parameters that name the batch as this sender's."""
        return {"batch": self.batch_id, "owner": self.owner}

    def after(self, delivery_id: int) -> dict[str, Any]:
        """Parameters of WAITING for the deliveries behind one; 0: all of the batch."""
        after = max(delivery_id, self.first_id - 1)
        return {"after": after, "last": self.last_id, "blast": self.blast_id}


def claiming(allowed: ColumnElement[bool], *, by_id: bool = False) -> Update:
    """The statement with which `claim` takes the next batch that is due, single letters first,
    then by turn.

    `allowed` limits which batches of blasts may leave (those of blasts that are sending); it may
    use the parameter `now`. `by_id`: it takes the one that `claim` is given, where that one is due.
    """
    due = _due(allowed)
    if by_id:
        due = due.where(BATCHES.c.id == bindparam("batch"))
    return (
        BATCH_STATES.update(BATCHES, "claim")
        .where(BATCHES.c.id == due.limit(1).scalar_subquery())
        .values(lease_owner=bindparam("owner"), lease_until=bindparam("until"))
        .returning(
            BATCHES.c.id,
            BATCHES.c.blast_id,
            BATCHES.c.variant_id,
            BATCHES.c.first_id,
            BATCHES.c.last_id,
        )
    )


def claim(
    session: Session, statement: Update, *, owner: str, lease_s: int, batch_id: int | None = None
) -> Claim | None:
    """Take a batch by a statement of `claiming`; None when none is due.

    Safe against any number of senders: the state is part of the UPDATE, and PostgreSQL skips rows
    that another one holds.
    """
    instant = now()
    until = instant + timedelta(seconds=lease_s)
    wanted = {} if batch_id is None else {"batch": batch_id}
    row = (
        session.connection()
        .execute(statement, {"now": instant, "owner": owner, "until": until, **wanted})
        .one_or_none()
    )
    if row is None:
        return None
    return Claim(row.id, row.blast_id, row.variant_id, row.first_id, row.last_id, owner, lease_s)


def offering(allowed: ColumnElement[bool]) -> Update:
    """The statement with which `offer` names batches that are due; `allowed` as in `claiming`."""
    free = or_(
        BATCHES.c.lease_until.is_(None),
        BATCHES.c.lease_until <= bindparam("now"),
        BATCHES.c.lease_until > bindparam("until"),  # the clock was set back since it was offered
    )
    # As a subquery PostgreSQL may run it again for each row, and then its limit is none.
    found = _due(allowed).where(free).limit(bindparam("number")).cte("found")
    return (
        update(BATCHES)
        .where(BATCHES.c.id.in_(select(found.c.id)), BATCHES.c.state == "ready")
        .values(lease_until=bindparam("until"))
        .returning(BATCHES.c.turn, BATCHES.c.id)
    )


def offer(session: Session, statement: Update, *, number: int, offer_s: float) -> list[int]:
    """Ids of up to so many due batches that are not on offer yet, by turn.

    They are on offer for so many seconds: who carries the ids may forget them, and then they are
    named again. An offer reserves nothing; `claim` decides who sends.
    """
    instant = now()
    until = instant + timedelta(seconds=offer_s)
    found = session.connection().execute(
        statement, {"now": instant, "until": until, "number": number}
    )
    return [batch_id for _, batch_id in sorted(row[:] for row in found)]


def _due(allowed: ColumnElement[bool]) -> Select[tuple[int]]:
    return (
        select(BATCHES.c.id)
        .where(
            BATCHES.c.state == "ready",
            or_(BATCHES.c.not_before.is_(None), BATCHES.c.not_before <= bindparam("now")),
            or_(BATCHES.c.blast_id.is_(None), allowed),
        )
        .order_by(BATCHES.c.turn, BATCHES.c.id)
        .with_for_update(skip_locked=True)
    )


def holds(session: Session, claim: Claim) -> bool:
    """Whether the batch is still this sender's; extends the lease where it is."""
    until = now() + timedelta(seconds=claim.lease_s)
    return bool(session.connection().execute(_EXTEND, {**claim.key, "until": until}).rowcount)


def mark(session: Session, claim: Claim, *, after: int, through: int, read_at: datetime) -> None:
    """Say, before they leave, that the due deliveries behind `after` up to `through` may reach the
    provider: those that were due when the part was read. Who is left out of it is to be made
    to wait before."""
    values = {**claim.key, "after": after, "to": through, "read": read_at}
    session.connection().execute(_MARK, values)


def skip(session: Session, skipped: Sequence[tuple[int, str]]) -> None:
    """Record those whom the gate held back: pairs of delivery id and reason."""
    if skipped:
        rows = [{"row": delivery_id, "why": reason} for delivery_id, reason in skipped]
        session.connection().execute(_SKIP, rows)


def hold(session: Session, held: Sequence[tuple[int, str]]) -> None:
    """Pass letters over whose domain is stopped: pairs of delivery id and domain."""
    if held:
        rows = [{"row": delivery_id, "domain": domain} for delivery_id, domain in held]
        session.connection().execute(_HOLD, rows)


def wait(session: Session, delivery_ids: Sequence[int], until: datetime) -> None:
    """Leave these out of the part that is about to be marked: they are not due before `until`."""
    session.connection().execute(_WAIT, {"rows": delivery_ids, "later": until})


def finish(session: Session, claim: Claim) -> bool:
    """End a batch: done, or ready again when the first of those is due who are to wait. True when
    done."""
    connection = session.connection()
    left, waiting, first_due = connection.execute(_LEFT, claim.after(0)).one()
    if left:
        attempts = connection.execute(_ATTEMPTS, claim.key).scalar_one()
        wait_s = FIRST_RETRY_S * 2 ** min(attempts, MAX_ATTEMPTS)
        if left == waiting:
            wait_s = (first_due - now()).total_seconds()
        give_back(session, claim, wait_s=max(0.0, wait_s), failed=True)
        return False
    connection.execute(_FINISH, {**claim.key, "now": now()})
    if claim.blast_id is None:
        connection.execute(_FORGET, {"after": claim.first_id - 1, "last": claim.last_id})
    return True


def give_back(session: Session, claim: Claim, *, wait_s: float = 0.0, failed: bool = False) -> None:
    """Let go of a batch of which nothing is in flight; it may be claimed again after `wait_s`.

    `failed`: some of it was put off, and the next wait is to be longer.
    """
    session.connection().execute(
        _RELEASE,
        {
            **claim.key,
            "later": now() + timedelta(seconds=wait_s) if wait_s else None,
            "more": int(failed),
        },
    )
