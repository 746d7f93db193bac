"""All history judged anew: letter by letter, in slices of their own transactions, resumable.

Each slice holds the mark of judging, so that it may run beside those who judge what is new.
The mark moves in the transaction that stored the slice: stopped anywhere, nothing is skipped.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.tracking import classify, rules
from outreach.tracking.judging import link_count, request_of, take_mark
from outreach.tracking.models import Event, Judgement, Link, Rejudging
from outreach.tracking.rules import Rules

_log = log.get(__name__)
REJUDGED = "tracking.rejudged"

LETTERS_AT_ONCE = 200
STRAYS_AT_ONCE = 1000
TRIES, WAIT_S = 5, 0.2  # where another transaction holds the same letters the other way round

_INSERTS: dict[str, Any] = {"postgresql": postgresql.insert, "sqlite": sqlite.insert}
Found = tuple[Event, Link | None, Judgement | None]


@dataclass(frozen=True, slots=True)
class Progress:
    """Events judged so far, of how many; those whose verdict is another now."""

    judged: int
    total: int
    changed: int
    finished: bool


def unfinished(session: Session) -> Rejudging | None:
    """The run that was stopped, or that goes on elsewhere."""
    query = select(Rejudging).where(Rejudging.finished_at.is_(None)).order_by(Rejudging.id.desc())
    return session.scalars(query.limit(1)).first()


def begin(session: Session, *, actor: str, anew: bool = False) -> Rejudging:
    """The unfinished run, or a new one over all that is stored now; `anew` ends the former."""
    run = unfinished(session)
    if run is not None and not anew:
        return run
    if run is not None:
        run.finished_at = now()
    last = session.scalar(select(func.max(Event.delivery_id))) or 0
    total = session.scalar(select(func.count()).where(Event.kind.in_(classify.JUDGED))) or 0
    run = Rejudging(actor=actor, last_id=last, total=total, done_to=0, judged=0, changed=0)
    session.add(run)
    session.flush()
    return run


def run_all(db: Database, *, actor: str, anew: bool = False) -> Iterator[Progress]:
    """Judge all history, a slice at each turn; stopping between two loses nothing."""
    with db.transaction() as session:
        run_id = begin(session, actor=actor, anew=anew).id
    while True:
        progress = _slice(db, run_id)
        yield progress
        if progress.finished:
            return


def _slice(db: Database, run_id: int) -> Progress:
    for attempt in range(1, TRIES + 1):
        try:
            with db.transaction() as session:
                return _step(session, run_id)
        except OperationalError:
            if attempt == TRIES:
                raise
            time.sleep(WAIT_S * attempt)
    raise AssertionError("the last try returns or raises")


def _step(session: Session, run_id: int) -> Progress:
    """The next letters of a run; where none are left, what belongs to no letter, and its end."""
    take_mark(session)
    run = session.get_one(Rejudging, run_id, with_for_update=True)
    if run.finished_at is None:
        letters = _next_letters(session, run)
        for delivery in letters:
            run.done_to = delivery.id
        _judge_letters(session, run, letters)
        if len(letters) < LETTERS_AT_ONCE:
            _judge_strays(session, run)
            run.finished_at = now()
            _log.info(REJUDGED, run_id=run.id, judged=run.judged, changed=run.changed)
    return Progress(run.judged, run.total, run.changed, run.finished_at is not None)


def _next_letters(session: Session, run: Rejudging) -> Sequence[Delivery]:
    seen = select(Event.delivery_id).where(
        Event.delivery_id > run.done_to,
        Event.delivery_id <= run.last_id,
        Event.kind.in_(classify.JUDGED),
    )
    ids = session.scalars(seen.distinct().order_by(Event.delivery_id).limit(LETTERS_AT_ONCE)).all()
    held = select(Delivery).where(Delivery.id.in_(ids)).order_by(Delivery.id)
    return session.scalars(held.with_for_update(key_share=True)).all()


def _judge_letters(session: Session, run: Rejudging, letters: Sequence[Delivery]) -> None:
    events: dict[int | None, list[Found]] = defaultdict(list)
    ids = [delivery.id for delivery in letters]
    for event, link, before in session.execute(_events().where(Event.delivery_id.in_(ids))):
        events[event.delivery_id].append((event, link, before))
    known: dict[int | None, tuple[Rules, int]] = {}
    for delivery in letters:
        blast_id = delivery.blast_id
        if blast_id not in known:
            known[blast_id] = rules.of_blast(session, blast_id), link_count(session, blast_id)
        own, links = known[blast_id]
        rows = events[delivery.id]
        verdicts = classify.judge(
            [request_of(event, link.kind if link else None) for event, link, _ in rows],
            delivered_at=delivery.accepted_at,
            links=links,
            rules=own,
        )
        _store(session, run, rows, verdicts)


def _judge_strays(session: Session, run: Rejudging) -> None:
    """Events of no letter: each is all that is known of its visitor."""
    after = 0
    while True:
        query = _events().where(Event.delivery_id.is_(None), Event.id > after)
        query = query.order_by(Event.id).limit(STRAYS_AT_ONCE)
        rows = [(event, link, before) for event, link, before in session.execute(query)]
        if not rows:
            return
        after = rows[-1][0].id
        verdicts = [
            classify.judge(
                [request_of(event, link.kind if link else None)],
                links=link_count(session, event.blast_id),
                rules=rules.of_blast(session, event.blast_id),
            )[0]
            for event, link, _ in rows
        ]
        _store(session, run, rows, verdicts)


def _store(
    session: Session,
    run: Rejudging,
    rows: Sequence[Found],
    verdicts: Sequence[classify.Verdict],
) -> None:
    new = []
    for (event, _, before), verdict in zip(rows, verdicts, strict=True):
        evidence = verdict.as_json()
        if before is not None and (before.verdict, before.evidence) == (verdict.verdict, evidence):
            continue
        run.changed += before is None or before.verdict != verdict.verdict
        new.append(
            {
                "event_id": event.id,
                "verdict": verdict.verdict,
                "evidence": evidence,
                "judged_at": now(),
            }
        )
    run.judged += len(rows)
    if new:
        insert = _INSERTS[session.get_bind().dialect.name](Judgement)
        names = ("verdict", "evidence", "judged_at")
        replaced = {name: insert.excluded[name] for name in names}
        session.execute(
            insert.on_conflict_do_update(index_elements=[Judgement.event_id], set_=replaced), new
        )


def _events() -> Select[Event, Link, Judgement]:
    return (
        select(Event, Link, Judgement)
        .outerjoin(Link, Link.id == Event.link_id)
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(Event.kind.in_(classify.JUDGED))
    )
