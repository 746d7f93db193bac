"""All history judged anew: letter by letter, in slices of their own transactions, resumable.

Each slice holds the mark of judging, so that it may run beside those who judge what is new.
The mark moves in the transaction that stored the slice: stopped anywhere, nothing is skipped.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain

from sqlalchemy import func, or_, select
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.tracking import classify, judging
from outreach.tracking.feedback_letters import among
from outreach.tracking.judging import Blasts, Judged, Seen, is_told, request_of, take_mark
from outreach.tracking.models import Event, Rejudging

_log = log.get(__name__)
REJUDGED = "tracking.rejudged"

LETTERS_AT_ONCE = 200
STRAYS_AT_ONCE = 1000
TRIES, WAIT_S = 5, 0.2  # where another transaction holds the same letters the other way round


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
    judging.plan(session)
    run = session.get_one(Rejudging, run_id, with_for_update=True)
    if run.finished_at is None:
        letters = _next_letters(session, run)
        if letters:
            run.done_to = letters[-1]
        _judge_letters(session, run, letters)
        if len(letters) < LETTERS_AT_ONCE:
            _judge_strays(session, run)
            run.finished_at = now()
            _log.info(REJUDGED, run_id=run.id, judged=run.judged, changed=run.changed)
    return Progress(run.judged, run.total, run.changed, run.finished_at is not None)


def _next_letters(session: Session, run: Rejudging) -> Sequence[int]:
    seen = select(Event.delivery_id).where(
        Event.delivery_id > run.done_to, Event.delivery_id <= run.last_id, judging.IS_JUDGED
    )
    ids = session.scalars(seen.distinct().order_by(Event.delivery_id).limit(LETTERS_AT_ONCE)).all()
    held = select(Delivery.id).where(Delivery.id.in_(ids)).order_by(Delivery.id)
    return session.scalars(held.with_for_update(key_share=True)).all()


def _judge_letters(session: Session, run: Rejudging, letters: Sequence[int]) -> None:
    every = or_(judging.IS_JUDGED, judging.IS_TOLD)
    query = judging.seen(session).where(among(session, Event.delivery_id, letters), every)
    of_letter = defaultdict[int | None, list[Seen]](list)
    for event in judging.read(session, query):
        of_letter[event.delivery_id].append(event)
    _weigh(session, run, of_letter.values())


def _judge_strays(session: Session, run: Rejudging) -> None:
    """Events of no letter: each is all that is known of its visitor."""
    after = 0
    while True:
        query = judging.seen(session).where(
            Event.delivery_id.is_(None), Event.id > after, judging.IS_JUDGED
        )
        events = judging.read(session, query.order_by(Event.id).limit(STRAYS_AT_ONCE))
        if not events:
            return
        after = events[-1].id
        _weigh(session, run, [[event] for event in events])


def _weigh(session: Session, run: Rejudging, letters: Collection[Sequence[Seen]]) -> None:
    """Judge all events of each letter, and store what is other than before."""
    kinds = judging.link_kinds(session, chain.from_iterable(letters))
    blasts, judged = Blasts(session), Judged()
    for events in letters:
        known = [event for event in events if event.kind != judging.TOLD]
        if not known:
            continue
        own, links = blasts[known[0].blast_id]
        verdicts = classify.judge(
            [request_of(event, kinds) for event in known],
            delivered_at=known[0].accepted_at,
            links=links,
            rules=own,
            told=[event.at for event in events if is_told(event)],
        )
        for event, verdict in zip(known, verdicts, strict=True):
            judged.add(event, verdict)
        run.judged += len(known)
    run.changed += len(judged.new) + judged.others
    judged.store(session)
