"""Weights: how blasts that are sending share capacity. Their batches are claimed by `turn`; those
of one blast are as far apart as they hold letters, divided by the blast's weight."""

from __future__ import annotations

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.blasts.models import Blast
from outreach.core.errors import BadInput
from outreach.mail.models import BATCHES

WEIGHTS = (0.1, 100.0)


def turn(base: float, letters: float, weight: float) -> float:
    """Whose turn it is at that many letters into a blast that joined at `base`."""
    return base + letters / weight


def present_turn(session: Session) -> float:
    """The furthest turn that was claimed: where a blast joins that begins or goes on now."""
    furthest = 0.0
    for state in ("claimed", "submitting", "done"):
        found = session.scalar(select(func.max(BATCHES.c.turn)).where(BATCHES.c.state == state))
        furthest = max(furthest, found or 0.0)
    return furthest


def join(session: Session, blast: Blast) -> None:
    """Line up what waits of a blast from now on, by its weight; what it missed meanwhile (paused)
    it does not get in advance of others."""
    waiting = (BATCHES.c.blast_id == blast.id) & (BATCHES.c.state == "ready")
    size = session.scalar(
        select(func.max(BATCHES.c.last_id - BATCHES.c.first_id + 1)).where(waiting)
    )
    if size is None:
        return
    # By turn, so that variants go on taking turns.
    place = func.row_number().over(order_by=(BATCHES.c.turn, BATCHES.c.id)) - 1
    lined = select(BATCHES.c.id, place.label("place")).where(waiting).subquery("lined")
    base = present_turn(session)
    session.execute(
        update(BATCHES)
        .where(BATCHES.c.id == lined.c.id)
        .values(turn=base + lined.c.place * size / float(blast.weight))
    )


def set_weight(session: Session, blast: Blast, weight: float, *, actor: str) -> None:
    """Give a blast another share; felt with the next batch. Raises BadInput."""
    low, high = WEIGHTS
    if not low <= weight <= high:
        raise BadInput(f"A weight is a number from {low:g} to {high:g}.", field="weight")
    blast.weight = weight
    join(session, blast)
    session.flush()
    audit.record(
        session, actor=actor, action="blast.weight", subject=f"blast:{blast.id}", weight=weight
    )
