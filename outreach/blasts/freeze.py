"""Freezing: the audience becomes deliveries and batches, the letter becomes a plan, in one step.

All of it is one transaction of set-based SQL. Killed in the middle, nothing is frozen and the
next run freezes again; who joins later is not in it.
"""

from __future__ import annotations

from sqlalchemy import case, func, insert, literal, select
from sqlalchemy.orm import Session

from outreach.blasts import weights
from outreach.blasts.audience import members
from outreach.blasts.compose import compose
from outreach.blasts.models import BLAST_STATES, Blast, FrozenLetter
from outreach.core import bulk, log
from outreach.core.clock import now
from outreach.mail.models import DELIVERIES, Batch, Delivery
from outreach.tracking import links

_log = log.get(__name__)


def freeze(session: Session, blast: Blast, *, base_url: str, batch_size: int) -> int:
    """Turn a due blast into deliveries; returns how many letters will go out.

    Members whom the consent gate holds back get a delivery too, skipped with the reason. Raises
    BadInput where letter or audience can't be understood any more.
    """
    blast.state = BLAST_STATES.after(blast.state, "freeze")
    variant = blast.variants[0]
    composed = compose(session, blast, variant, base_url)
    if composed.unresolved:
        # Overridden by a person at the preflight; the marker is printed as “?”.
        _log.warning("blast.unresolved_citations", blast=blast.id, count=len(composed.unresolved))
    links.store(session, blast.id, composed.links)
    session.add(FrozenLetter(variant_id=variant.id, plan=composed.plan.to_json()))
    supporter_id, reason = members(session, blast).subquery("members").c
    bulk.give_room(session)
    session.execute(
        insert(DELIVERIES).from_select(
            ["blast_id", "variant_id", "supporter_id", "kind", "state", "reason", "attempts"],
            select(
                literal(blast.id),
                literal(variant.id),
                supporter_id,
                literal("blast"),
                case((reason.is_(None), "pending"), else_="skipped"),
                reason,
                literal(0),
            ).order_by(supporter_id),
        )
    )
    waiting = _cut_into_batches(session, blast, batch_size)
    blast.frozen_at = blast.started_at = now()
    blast.state = BLAST_STATES.after(blast.state, "send")
    session.flush()
    _log.info("blast.frozen", blast=blast.id, waiting=waiting)
    return waiting


def _cut_into_batches(session: Session, blast: Blast, size: int) -> int:
    """Batches of `size` delivery ids, so of at most as many letters; returns how many wait.

    Ids of one statement are next to each other but for those that others took meanwhile, and for
    members who were skipped: a few batches are smaller for them.
    """
    first, last, waiting = session.execute(
        select(func.min(Delivery.id), func.max(Delivery.id), func.count()).where(
            Delivery.blast_id == blast.id, Delivery.state == "pending"
        )
    ).one()
    if waiting:
        base = weights.present_turn(session)
        session.execute(
            insert(Batch),
            [
                {
                    "blast_id": blast.id,
                    "variant_id": blast.variants[0].id,
                    "first_id": start,
                    "last_id": min(start + size - 1, last),
                    "turn": weights.turn(base, start - first, blast.weight),
                }
                for start in range(first, last + 1, size)
            ],
        )
    return int(waiting)
