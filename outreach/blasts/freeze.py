"""Freezing: the audience becomes deliveries and batches, the letter becomes a plan, in one step.

All of it is one transaction of set-based SQL. Killed in the middle, nothing is frozen and the
next run freezes again; who joins later is not in it.
"""

from __future__ import annotations

from math import ceil
from operator import itemgetter

from sqlalchemy import case, func, insert, literal, select
from sqlalchemy.orm import Session

from outreach.blasts import weights
from outreach.blasts.audience import members_and_traits
from outreach.blasts.compose import compose_all, links_of
from outreach.blasts.models import BLAST_STATES, PARTS, REST, Blast, FrozenLetter, Variant
from outreach.blasts.split import drawn
from outreach.core import bulk, log
from outreach.core.clock import now
from outreach.mail.models import DELIVERIES, Batch, Delivery
from outreach.tracking import links

_log = log.get(__name__)
# Claiming and ending a batch costs what eight letters cost, so batches are large; but each of so
# many lanes of senders is to have one, and a whole request of SendGrid's is to be in it.
SENDERS, SMALL = 32, 1000


def freeze(session: Session, blast: Blast, *, base_url: str, batch_size: int) -> int:
    """Turn a due blast into deliveries; returns how many letters will go out.

    Members whom the consent gate holds back get a delivery too, skipped with the reason. Raises
    BadInput where letter or audience can't be understood any more.
    """
    blast.state = BLAST_STATES.after(blast.state, "freeze")
    _keep_letters(session, blast, base_url)
    if blast.keeps_a_rest:
        session.add(Variant(blast_id=blast.id, letter=REST, subject="", body=""))
        session.flush()
        session.expire(blast, ["rest"])
    whom = drawn(blast, members_and_traits(session, blast)).subquery("drawn")
    supporter_id, reason, variant_id, *traits = whom.c
    bulk.give_room(session)
    session.execute(
        insert(DELIVERIES).from_select(
            ["blast_id", "variant_id", "supporter_id", "kind", "state", "reason", "attempts"]
            + [trait.name for trait in traits],
            select(
                literal(blast.id),
                variant_id,
                supporter_id,
                literal("blast"),
                case((reason.is_(None), "pending"), else_="skipped"),
                reason,
                literal(0),
                *traits,
            ).order_by(variant_id, supporter_id),  # so that a range of ids is of one variant
        )
    )
    waiting = _cut_into_batches(session, blast, batch_size)
    blast.frozen_at = blast.started_at = now()
    blast.state = BLAST_STATES.after(blast.state, "send")
    session.flush()
    _log.info("blast.frozen", blast=blast.id, waiting=waiting)
    return waiting


def _keep_letters(session: Session, blast: Blast, base_url: str) -> None:
    """Store what the letters say, how they are compiled, and where their links lead."""
    letters = compose_all(session, blast, base_url)
    unresolved = {label for letter in letters for label in letter.unresolved}
    if unresolved:
        # Overridden by a person at the preflight; the marker is printed as “?”.
        _log.warning("blast.unresolved_citations", blast=blast.id, count=len(unresolved))
    links.store(session, blast.id, links_of(letters))
    texts = [{part: variant.says(part) for part in PARTS} for variant in blast.variants]
    for variant, written, letter in zip(blast.variants, texts, letters, strict=True):
        for part, text in written.items():
            setattr(variant, part, text)
        session.add(FrozenLetter(variant_id=variant.id, plan=letter.plan.to_json()))


def _cut_into_batches(session: Session, blast: Blast, most: int) -> int:
    """Batches of at most so many delivery ids, and so letters; returns how many wait.

    Ids of one statement are next to each other but for those that others took meanwhile, and for
    members who were skipped: a few batches are smaller for them. Variants take turns, so that their
    letters leave over the same time; those who wait for the winner come last.
    """
    of_blast = select(func.min(Delivery.id), func.max(Delivery.id), func.count()).where(
        Delivery.blast_id == blast.id, Delivery.state == "pending"
    )
    # One by one: to group them costs one variant, which is the rule, a fiftieth of freezing.
    ranges = [
        (variant, *session.execute(of_blast.where(Delivery.variant_id == variant.id)).one())
        for variant in (*blast.variants, *filter(None, [blast.rest]))
    ]
    waiting = sum(number for *_, number in ranges)
    tried = sum(number for variant, *_, number in ranges if variant.letter != REST)
    size = min(most, max(1, ceil(waiting / SENDERS / SMALL)) * SMALL)
    base = weights.present_turn(session) if waiting else 0.0
    batches = [
        {
            "blast_id": blast.id,
            "variant_id": variant.id,
            "first_id": start,
            "last_id": min(start + size - 1, last),
            "turn": weights.turn(base, _place(variant, start - first, tried, number), blast.weight),
        }
        for variant, first, last, number in ranges
        if number
        for start in range(first, last + 1, size)
    ]
    if batches:
        session.execute(insert(Batch), sorted(batches, key=itemgetter("turn", "first_id")))
    return waiting


def _place(variant: Variant, letters: int, tried: int, of_variant: int) -> float:
    """How far into the blast a batch stands that has so many letters of its variant before it."""
    return tried + letters if variant.letter == REST else letters * tried / of_variant
