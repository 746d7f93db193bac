"""After a crash: batches whose sender fell silent, and which of their letters are in doubt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.core import log, process
from outreach.core.clock import now
from outreach.mail.flight import Stage
from outreach.mail.models import BATCH_STATES, Batch, Delivery
from outreach.mail.outbox import DUE, HELD, WAITING
from outreach.mail.outcomes import record
from outreach.mail.provider import Fate, Outcome

LOST = "The sender stopped before the provider’s answer was recorded."

_log = log.get(__name__)


def lost_batches(session: Session) -> Sequence[Batch]:
    """Batches whose sender fell silent: the lease ran out, or its process has ended."""
    held = session.scalars(select(Batch).where(Batch.state.in_(HELD))).all()
    return [batch for batch in held if _is_lost(batch)]


def _is_lost(batch: Batch) -> bool:
    ran_out = batch.lease_until is None or batch.lease_until < now()
    return ran_out or process.has_ended(batch.lease_owner or "")


def in_doubt(session: Session, batch: Batch) -> list[int]:
    """Deliveries that may have reached the provider without a recorded outcome."""
    return list(
        session.scalars(
            select(Delivery.id).where(WAITING, DUE),
            {
                "after": max(batch.first_id - 1, batch.handed_after),
                "last": batch.handed_through,
                "blast": batch.blast_id,
                "now": batch.read_at or now(),
            },
        )
    )


def recover(session: Session, batch_id: int, owner: str, known: Sequence[Outcome]) -> int:
    """Put a lost batch in order; returns how many of its deliveries are now unknown.

    `known` is what is certain (Provider.settle, the flight recorder); the others up to the mark
    become unknown. What was certainly not sent waits again.
    """
    batch = session.get_one(Batch, batch_id, with_for_update=True)
    if batch.lease_owner != owner or batch.state not in HELD or not _is_lost(batch):
        return 0  # its sender came back, or another sweep was first
    settled = {o.delivery_id for o in known}
    part = in_doubt(session, batch)
    doubtful = [i for i in part if i not in settled]
    lost = [Outcome(i, Fate.UNKNOWN, LOST) for i in doubtful]
    left = [outcome for outcome in known if outcome.fate is not Fate.LATER]
    record(session, batch.blast_id, [*left, *lost], part, batch.read_at or now())
    batch.state = BATCH_STATES.after(batch.state, "release")
    batch.lease_owner, batch.lease_until = None, None
    batch.handed_after, batch.handed_through = 0, 0
    session.flush()
    _log.warning("batch.recovered", batch=batch_id, unknown=len(doubtful), settled=len(settled))
    return len(doubtful)


def outcomes_of(stages: Mapping[int, Stage]) -> list[Outcome]:
    """What the flight recorder’s stages make certain: came not out of our hands, or was taken."""
    fates = {Stage.HERE: Fate.LATER, Stage.TAKEN: Fate.ACCEPTED}
    return [Outcome(i, fates[stage]) for i, stage in stages.items() if stage in fates]
