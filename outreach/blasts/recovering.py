"""Batches whose sender fell silent are put in order, by all that is known of their letters."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.blasts.sender import Sender
from outreach.core import metrics, process
from outreach.mail.flight import Stage
from outreach.mail.provider import Fate, Outcome
from outreach.mail.recovery import in_doubt, lost_batches, outcomes_of, recover


def recover_lost(sender: Sender) -> int:
    """Put batches in order whose sender fell silent; returns how many letters are now unknown."""
    with sender.db.reading() as session:
        lost = [(b.id, b.lease_owner or "", in_doubt(session, b)) for b in lost_batches(session)]
    unknown = 0
    for batch_id, owner, doubtful in lost:
        known = _known(sender, owner, doubtful) if doubtful else []
        with sender.db.transaction() as session:
            unknown += recover(session, batch_id, owner, known)
    if unknown:
        metrics.count(metrics.LETTERS, unknown, sender.provider.name, Fate.UNKNOWN)
    return unknown


def _known(sender: Sender, owner: str, doubtful: Sequence[int]) -> list[Outcome]:
    """What is certain of letters in doubt: by the flight recorder, and by the provider itself."""
    stages = sender.flights.stages(doubtful, owner)
    if not process.has_ended(owner):  # it may wake up and send what is still with it
        stages = {i: stage for i, stage in stages.items() if stage is not Stage.HERE}
    known = outcomes_of(stages)
    told = {outcome.delivery_id for outcome in known}
    return known + sender.provider.settle([i for i in doubtful if i not in told])
