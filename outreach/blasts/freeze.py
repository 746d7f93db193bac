"""Freezing: the audience becomes deliveries and batches, the letter becomes a plan, in one step.

All of it is one transaction of set-based SQL. Killed in the middle, nothing is frozen and the
next run freezes again; who joins later is not in it.
"""

from __future__ import annotations

from sqlalchemy import case, func, insert, literal, null, select
from sqlalchemy.orm import Session

from outreach.blasts.audience import audience_query
from outreach.blasts.compose import compose
from outreach.blasts.models import BLAST_STATES, Blast, FrozenLetter
from outreach.consent.gate import reason_not_to_write
from outreach.core import log
from outreach.core.clock import now
from outreach.mail.models import Batch, Delivery
from outreach.supporters.models import Supporter
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
    reason = reason_not_to_write(Supporter.id.expression, Supporter.address.expression)
    session.execute(
        insert(Delivery).from_select(
            ["blast_id", "variant_id", "supporter_id", "kind", "state", "reason", "attempts"],
            select(
                literal(blast.id),
                literal(variant.id),
                Supporter.id,
                literal("blast"),
                case((reason.is_(None), "pending"), else_="skipped"),
                reason,
                literal(0),
            )
            .where(Supporter.id.in_(audience_query(session, blast)))
            .order_by(Supporter.id),
        )
    )
    waiting = _cut_into_batches(session, blast, batch_size)
    blast.frozen_at = blast.started_at = now()
    blast.state = BLAST_STATES.after(blast.state, "send")
    session.flush()
    _log.info("blast.frozen", blast=blast.id, waiting=waiting)
    return waiting


def _cut_into_batches(session: Session, blast: Blast, size: int) -> int:
    """Batches of at most `size` waiting deliveries, as ranges of ids; returns how many wait."""
    numbered = (
        select(
            Delivery.id,
            # `//` is whole-number division in both databases
            ((func.row_number().over(order_by=Delivery.id) - 1) // size).label("part"),
        )
        .where(Delivery.blast_id == blast.id, Delivery.state == "pending")
        .subquery()
    )
    ranges = (
        select(
            literal(blast.id),
            literal(blast.variants[0].id),
            func.min(numbered.c.id),
            func.max(numbered.c.id),
            literal("ready"),
            literal(0),
            literal(0),
            literal(now()),
            null(),
        )
        .group_by(numbered.c.part)
        .order_by(func.min(numbered.c.id))
    )
    session.execute(
        insert(Batch).from_select(
            [
                "blast_id",
                "variant_id",
                "first_id",
                "last_id",
                "state",
                "handed_through",
                "attempts",
                "created_at",
                "not_before",
            ],
            ranges,
        )
    )
    waiting = select(func.count()).where(Delivery.blast_id == blast.id, Delivery.state == "pending")
    return session.scalar(waiting) or 0
