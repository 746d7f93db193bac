"""The figures of one blast by set-based SELECTs over indexed columns, nothing per person.

`recount.py` finds the same figures from the rows themselves; a test and a command compare them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import TypeVarTuple

from sqlalchemy import Select, Subquery, and_, case, distinct, func, null, select
from sqlalchemy.orm import Session

from outreach.analytics.figures import (
    BLAST_LETTER,
    DELIVERED_STATES,
    MACHINE,
    MACHINE_VERDICTS,
    Figures,
    Hour,
    Letters,
    People,
    Signed,
    Traffic,
    class_of,
    strongest,
)
from outreach.analytics.hours import hour_of
from outreach.blasts.models import Blast
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature
from outreach.tracking import classify
from outreach.tracking.models import ASK_KINDS, Event, Judgement, Link

Columns = TypeVarTuple("Columns")


def figures_of(session: Session, blast_id: int) -> Figures:
    """All figures of a blast, in eight SELECTs whatever its size."""
    letters = letters_of(session, [blast_id]).get(blast_id, Letters({}))
    signed = signed_through(session, [blast_id]).get(blast_id, Signed())
    people, reached = _acts(session, blast_id)
    events = _events(session, blast_id)
    return Figures(
        letters=letters,
        people=people,
        reached=reached,
        signed=signed,
        shared=_signed_in_tree(session, blast_id) - signed.people,
        opens=_traffic(events, "opened"),
        clicks=_traffic(events, "clicked"),
        machine_events=sum(n for (_, shown), n in events.items() if shown == MACHINE),
        evidence=_evidence(session, blast_id),
        timeline=timeline_of(session, blast_id),
    )


def letters_of(session: Session, blast_ids: Sequence[int]) -> dict[int, Letters]:
    """What became of the deliveries of each blast; blasts without any are left out."""
    why = case((Delivery.state == "skipped", Delivery.reason), else_=null()).label("skip_reason")
    rows = session.execute(
        select(Delivery.blast_id, Delivery.state, why, func.count())
        .where(Delivery.blast_id.in_(blast_ids), Delivery.kind == BLAST_LETTER)
        .group_by(Delivery.blast_id, Delivery.state, "skip_reason")
    )
    found: dict[int, Counter[tuple[str, str]]] = {}
    for blast_id, state, reason, number in rows:
        found.setdefault(blast_id, Counter())[state, reason or ""] += number
    return {blast_id: Letters.counted(counts) for blast_id, counts in found.items()}


def signed_through(session: Session, blast_ids: Sequence[int]) -> dict[int, Signed]:
    """Verified signatures that the letters of each blast brought themselves, without shares."""
    reached = case((Delivery.state.in_(DELIVERED_STATES), Delivery.id))
    rows = session.execute(
        _direct(
            select(
                Delivery.blast_id,
                func.count(),
                func.count(distinct(reached)),
                func.sum(case((Signature.is_new, 1), else_=0)),
            )
        )
        .where(Delivery.blast_id.in_(blast_ids), Signature.state == "verified")
        .group_by(Delivery.blast_id)
    )
    return {blast_id: Signed(people, letters, new) for blast_id, people, letters, new in rows}


def _direct(columns: Select[*Columns]) -> Select[*Columns]:
    """Signatures on the blast's own petition whose last followed link was in its letters."""
    return (
        columns.select_from(Signature)
        .join(Delivery, Delivery.id == Signature.last_delivery_id)
        .join(
            Blast,
            and_(Blast.id == Delivery.blast_id, Blast.petition_id == Signature.petition_id),
        )
        .where(Delivery.kind == BLAST_LETTER)
    )


def _signed_in_tree(session: Session, blast_id: int) -> int:
    """Verified signatures through the letters and through all generations of their shares.

    A share counts whatever became of the signature of who shared: it was the letter that led here.
    """
    tree = (
        _direct(select(Signature.id, Signature.petition_id))
        .where(Delivery.blast_id == blast_id)
        .cte("tree", recursive=True)
    )
    # "+ 0" keeps SQLite from finding sharers by petition: each step would read all its signatures.
    same_petition = Signature.petition_id + 0 == tree.c.petition_id
    tree = tree.union(
        select(Signature.id, Signature.petition_id).join(
            tree, and_(Signature.shared_by_id == tree.c.id, same_petition)
        )
    )
    return session.scalars(
        select(func.count())
        .select_from(tree)
        .join(Signature, Signature.id == tree.c.id)
        .where(Signature.state == "verified")
    ).one()


def _seen(columns: Select[*Columns]) -> Select[*Columns]:
    """Events of a blast's letters with what each is held to be."""
    return (
        columns.select_from(Event)
        .join(Delivery, Delivery.id == Event.delivery_id)
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .outerjoin(Link, Link.id == Event.link_id)
        .where(Delivery.kind == BLAST_LETTER)
    )


_OPENED = Event.kind == "opened"
_ASK_CLICKED = and_(Event.kind == "clicked", Link.kind.in_(ASK_KINDS))
_BY_A_PERSON = Judgement.verdict == classify.HUMAN


def _acts(session: Session, blast_id: int) -> tuple[People, People]:
    """Who did what: everybody, and those whose letter was delivered."""
    done = {
        "opened": and_(_OPENED, _BY_A_PERSON),
        "clicked": and_(_ASK_CLICKED, _BY_A_PERSON),
        "unsubscribed": Event.kind == "unsubscribed",
        "raw_opened": _OPENED,
        "raw_clicked": _ASK_CLICKED,
    }
    reached = case((Delivery.state.in_(DELIVERED_STATES), 1), else_=0)
    person = (
        _seen(
            select(
                func.max(reached).label("reached"),
                *(func.max(case((act, 1), else_=0)).label(name) for name, act in done.items()),
            )
        )
        .where(Event.blast_id == blast_id, Event.kind.in_(("opened", "clicked", "unsubscribed")))
        .group_by(Delivery.id)
        .subquery("person")
    )
    everybody = [func.coalesce(func.sum(person.c[name]), 0) for name in done]
    delivered = [func.coalesce(func.sum(person.c[name] * person.c.reached), 0) for name in done]
    counts = [int(n) for n in session.execute(select(*everybody, *delivered)).one()]
    return (
        People(**dict(zip(done, counts[: len(done)], strict=True))),
        People(**dict(zip(done, counts[len(done) :], strict=True))),
    )


def _events(session: Session, blast_id: int) -> Counter[tuple[str, str]]:
    """Events by kind and by the class that their verdict is shown as."""
    rows = session.execute(
        _seen(select(Event.kind, Judgement.verdict, func.count()))
        .where(Event.blast_id == blast_id)
        .group_by(Event.kind, Judgement.verdict)
    )
    counts: Counter[tuple[str, str]] = Counter()
    for kind, verdict, number in rows:
        counts[kind, class_of(verdict)] += number
    return counts


def _traffic(events: Mapping[tuple[str, str], int], kind: str) -> Traffic:
    return Traffic(**{shown: number for (of, shown), number in events.items() if of == kind})


def _evidence(session: Session, blast_id: int) -> list[tuple[str, int]]:
    """Machine clicks by their strongest evidence; grouped as stored, so few rows come back."""
    rows = session.execute(
        _seen(select(Judgement.evidence, func.count()))
        .where(
            Event.blast_id == blast_id,
            Event.kind == "clicked",
            Judgement.verdict.in_(MACHINE_VERDICTS),
        )
        .group_by(Judgement.evidence)
    )
    counts: Counter[str] = Counter()
    for evidence, number in rows:
        counts[strongest(evidence)] += number
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def timeline_of(session: Session, blast_id: int) -> list[Hour]:
    """Hours in which people clicked for the first time, or signed (by the letter itself)."""
    clicks = (
        _seen(select(hour_of(func.min(Event.at)).label("hour")))
        .where(Event.blast_id == blast_id, _ASK_CLICKED, _BY_A_PERSON)
        .group_by(Delivery.id)
        .subquery("clicks")
    )
    signatures = (
        _direct(select(hour_of(Signature.verified_at).label("hour")))
        .where(Delivery.blast_id == blast_id, Signature.state == "verified")
        .subquery("signatures")
    )
    clicked = _per_hour(session, clicks)
    signed = _per_hour(session, signatures)
    return [Hour(hour, clicked[hour], signed[hour]) for hour in sorted(clicked | signed)]


def _per_hour(session: Session, rows: Subquery) -> Counter[datetime]:
    counted = session.execute(select(rows.c.hour, func.count()).group_by(rows.c.hour))
    return Counter({datetime.fromisoformat(hour): number for hour, number in counted})
