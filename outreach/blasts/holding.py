"""Letters that were handed over and have not left: what is done to a blast reaches them, too."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import timedelta
from typing import Protocol, runtime_checkable

from sqlalchemy import func, select

from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import TryLater
from outreach.mail.models import DELIVERIES, DELIVERY_STATES, Delivery

_log = log.get(__name__)
REACHED = "blast.held_letters_reached"
NOT_REACHED = "blast.held_letters_not_reached"

RECALLED = "Cancelled at the provider before it left."
_AT_A_TIME = 5_000  # references in one statement
_LONGEST_PAUSE = timedelta(hours=72)  # a provider forgets what was paused for longer


@runtime_checkable
class HoldsLetters(Protocol):
    """A provider that takes letters at once and lets them leave later."""

    held_for: timedelta  # none: letters leave at once
    last_word: timedelta  # so long before a letter leaves, nothing stops it any more

    def holds(self, ref: str) -> bool:
        """Whether the letters of this reference can be moved; others left at once."""
        ...

    def move_held(self, verb: str, refs: Collection[str]) -> None:
        """Pause, cancel or resume letters by the references of their outcomes.

        Repeats change nothing. Raises TryLater where it did not reach all.
        """
        ...


def reach(db: Database, provider: object, blast_id: int, verb: str) -> str:
    """Pause, cancel or resume what the provider still holds of a blast; what was reached, as a
    sentence, "" where there is nothing to say.

    To be called after the move of the blast itself was committed; with the provider away the blast
    is moved all the same.
    """
    if not isinstance(provider, HoldsLetters) or not provider.held_for:
        return ""
    # Paused ones wait longer than they would have.
    back_to = now() - (provider.held_for if verb == "pause" else _LONGEST_PAUSE)
    held = (
        select(Delivery.provider_ref, func.count(), func.min(Delivery.accepted_at))
        .where(
            Delivery.blast_id == blast_id,
            Delivery.state == "accepted",
            Delivery.accepted_at > back_to,
            Delivery.provider_ref.is_not(None),
        )
        .group_by(Delivery.provider_ref)
    )
    with db.reading() as session:
        found = session.execute(held).all()
    rows = [(ref, number, at) for ref, number, at in found if ref and provider.holds(ref)]
    letters = sum(number for _, number, _ in rows)
    if not rows:
        return ""
    try:
        provider.move_held(verb, [ref for ref, _, _ in rows])
    except TryLater as error:
        _log.warning(NOT_REACHED, blast=blast_id, verb=verb, letters=letters, reason=str(error))
        return (
            f"Letters that were handed over before were not all reached ({letters:,} may still "
            f"wait there): {error} Try the same again."
        )
    _log.info(REACHED, blast=blast_id, verb=verb, letters=letters)
    if verb == "resume":
        return "Letters that the provider held back leave, too."
    in_time = now() - provider.held_for + provider.last_word
    too_late = sum(number for _, number, at in rows if at is None or at < in_time)
    if verb == "cancel":
        _recall(db, blast_id, [ref for ref, _, at in rows if at and at >= in_time])
    done = "paused" if verb == "pause" else "cancelled"
    sentence = f"Handed over and {done} at the provider: {letters - too_late:,}."
    return sentence + (f" Perhaps too late for {too_late:,} more." if too_late else "")


def _recall(db: Database, blast_id: int, refs: Sequence[str]) -> None:
    """Cancelled in time: these letters never leave, and count among those who did not get it."""
    for start in range(0, len(refs), _AT_A_TIME):
        recall = DELIVERY_STATES.update(DELIVERIES, "recall").where(
            DELIVERIES.c.blast_id == blast_id,
            DELIVERIES.c.provider_ref.in_(refs[start : start + _AT_A_TIME]),
        )
        with db.transaction() as session:
            session.connection().execute(recall.values(reason=RECALLED))
