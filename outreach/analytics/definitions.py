"""What is counted, and as what: the letters, states and classes that every figure is made of.

docs/figures.md explains them to people.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from outreach.tracking import classify

BLAST_LETTER = "blast"  # Delivery.kind; test letters, confirmations and thanks are not counted
# Sent and not bounced. `complained` was delivered, or nobody could have complained of it.
DELIVERED_STATES = ("accepted", "delivered", "complained")
HUMAN, PROXY, MACHINE, UNKNOWN = "human", "proxy", "machine", "unknown"
# Verdicts of tracking by the class that a report shows.
_CLASSES: Mapping[str, str] = {
    classify.HUMAN: HUMAN,
    classify.PROXY_OPEN: PROXY,
    classify.MACHINE: MACHINE,
    classify.MACHINE_OPEN: MACHINE,
}
CLASS_VERDICTS = {
    shown: tuple(verdict for verdict, of in _CLASSES.items() if of == shown)
    for shown in (HUMAN, PROXY, MACHINE)
}
MACHINE_VERDICTS = CLASS_VERDICTS[MACHINE]


def earliest(frozen_at: datetime | None) -> datetime | None:
    """No event before is of a blast's letters: a day before the month (UTC) in which it was frozen,
    so that nobody looks for its events in those of all months. None: not frozen."""
    if frozen_at is None:
        return None
    at = frozen_at.astimezone(UTC)
    return datetime(at.year, at.month, 1, tzinfo=UTC) - timedelta(days=1)


def class_of(verdict: str | None) -> str:
    """The class that an event is shown as; one not yet judged is unknown."""
    return _CLASSES.get(verdict or "", UNKNOWN)


def strongest(evidence: Sequence[Mapping[str, Any]]) -> str:
    """The name of an event's weightiest evidence, so that each event counts once.

    `evidence` as a Judgement keeps it: [{"name", "weight"}].
    """
    if not evidence:
        return UNKNOWN
    return str(max(evidence, key=lambda piece: piece["weight"])["name"])
