"""Events that came since are judged, each with its letter's neighbourhood, in slices.

A new event bears on others of its letter up to REACH away, and those are weighed by what lies up
to REACH away from them: later evidence replaces an earlier verdict. On many machines one judges at
a time (judging.take_mark), the others pass by.

Ids are given before they are committed, so that a mark at the newest one would pass over what is
still under way, for ever. It follows two turns behind: once everything that was under way when an
id was seen has ended (pg_snapshot_xmin). What is judged already is known by its judgement.

What the provider saw itself gets no judgement. It has its letter judged anew, where an open of
ours was judged without its flag.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import chain
from operator import attrgetter

from sqlalchemy import Text, and_, cast, func, or_, select, text
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.db import Database
from outreach.tracking import classify, judging
from outreach.tracking.feedback_letters import among
from outreach.tracking.judging import Blasts, Judged, Seen, is_told, request_of, take_mark
from outreach.tracking.models import Event, Judgement, JudgingMark

_log = log.get(__name__)
CAUGHT_UP = "tracking.judged"

AT_ONCE = 5_000
# A letter whose link was made public gets any number of clicks; so many are weighed together.
NEIGHBOURS = 400

_SNAPSHOT = "SELECT pg_snapshot_{}(pg_current_snapshot())::text::bigint"
_IN_ORDER = attrgetter("at", "id")


@dataclass(frozen=True, slots=True)
class _Start:
    """How things stood before anything was read: `through` and `newest` are ids of events, `ended`
    the oldest transaction under way (0 on SQLite)."""

    through: int
    newest: int
    ended: int


def catch_up(db: Database, stop: threading.Event | None = None, *, wait: bool = False) -> int:
    """Judge all that is stored and not judged yet; how many events that were.

    Where another process is at it nothing is done, unless `wait`.
    """
    start = _start(db)
    total, after = 0, start.through
    while after < start.newest and not (stop and stop.is_set()):
        with db.transaction() as session:
            mark = take_mark(session, wait=wait)
            if mark is None:
                break
            judging.plan(session)
            behind = _before_next(session, max(after, mark.through))
            after = behind + AT_ONCE
            total += _judge(session, _new(session, behind, after), behind)
            if after >= start.newest:
                _move(session, mark, start)
    if total:
        _log.info(CAUGHT_UP, events=total)
    return total


def _start(db: Database) -> _Start:
    with db.reading() as session:
        ended = 0 if db.is_sqlite else session.scalar(text(_SNAPSHOT.format("xmin"))) or 0
        through = session.scalar(select(JudgingMark.through))
        newest = session.scalar(select(func.max(Event.id))) or 0
    if through is None and newest:
        with db.transaction() as session:
            take_mark(session)  # the first one ever
    return _Start(through or 0, newest, ended)


def _before_next(session: Session, behind: int) -> int:
    """The same, or later where no event lies between: ids have gaps."""
    following = session.scalar(select(func.min(Event.id)).where(Event.id > behind))
    return behind if following is None else following - 1


def _new(session: Session, behind: int, last: int) -> list[Seen]:
    """Events without a judgement, and what the provider told of opens that have one."""
    query = judging.seen(session).where(
        Event.id > behind,
        Event.id <= last,
        or_(and_(judging.IS_JUDGED, Judgement.event_id.is_(None)), judging.IS_TOLD),
    )
    found = judging.read(session, query.order_by(Event.id))
    told = [event for event in found if event.kind == judging.TOLD]
    if not told:
        return found
    waiting = _unflagged(session, {e.delivery_id for e in told if is_told(e)} - {None})
    return [e for e in found if e.kind != judging.TOLD or e.delivery_id in waiting]


def _unflagged(session: Session, letters: Collection[int | None]) -> Collection[int | None]:
    """Those of the letters with an open that was judged without the provider's flag."""
    query = (
        select(Event.delivery_id)
        .join(Judgement, Judgement.event_id == Event.id)
        .where(
            among(session, Event.delivery_id, (each for each in letters if each is not None)),
            Event.kind == classify.OPENED,
            cast(Judgement.evidence, Text).not_like("%provider_flag%"),
        )
    )
    return frozenset(session.scalars(query))


def _move(session: Session, mark: JudgingMark, start: _Start) -> None:
    """Move the mark past what was under way at no time since it was read."""
    if session.get_bind().dialect.name != "postgresql":
        mark.through = mark.ahead = start.newest  # one writes at a time
    elif start.ended >= mark.ahead_xid:
        mark.through = mark.ahead
        mark.ahead = session.scalar(select(func.max(Event.id))) or 0
        mark.ahead_xid = session.scalar(text(_SNAPSHOT.format("xmax"))) or 0


def _judge(session: Session, new: Sequence[Seen], behind: int) -> int:
    """Judge the letters of new events, and store the verdicts within their reach; how many events
    had none before."""
    if not new:
        return 0
    letters = defaultdict[int, list[Seen]](list)
    strays = []
    for event in new:
        delivery_id = event.delivery_id
        if delivery_id is None:
            strays.append(event)
        else:
            letters[delivery_id].append(event)
    others, told = _around(session, letters, behind)
    kinds = judging.link_kinds(session, chain(new, *others.values()))
    blasts, judged = Blasts(session), Judged()
    for event in strays:
        _weigh([event], (), kinds, blasts, judged)
    for delivery_id, events in letters.items():
        if delivery_id not in others and delivery_id not in told and len(events) <= NEIGHBOURS:
            _weigh(events, (), kinds, blasts, judged)
            continue
        times = sorted(event.at for event in events)
        known = [event for event in events if event.kind != judging.TOLD]
        known = _fewer(known + others.get(delivery_id, []))
        for at in range(0, len(known), NEIGHBOURS):
            some, flags = known[at : at + NEIGHBOURS], told.get(delivery_id, ())
            _weigh(some, flags, kinds, blasts, judged, times)
    judged.store(session)
    return len(judged.new)


def _weigh(
    events: Sequence[Seen],
    told: Sequence[datetime],
    kinds: dict[int, str],
    blasts: Blasts,
    judged: Judged,
    times: Sequence[datetime] | None = None,
) -> None:
    """Judge events of one letter together; keep the verdicts near these times, or all."""
    first = events[0]
    own, links = blasts[first.blast_id]
    verdicts = classify.judge(
        [request_of(event, kinds) for event in events],
        delivered_at=first.accepted_at,
        links=links,
        rules=own,
        told=told,
    )
    for event, verdict in zip(events, verdicts, strict=True):
        if times is None or _is_near(event.at, times):
            judged.add(event, verdict)


def _around(
    session: Session, letters: dict[int, list[Seen]], behind: int
) -> tuple[dict[int, list[Seen]], dict[int, list[datetime]]]:
    """What else is known of letters around their new events: events, as many as are weighed
    together, and when the provider saw a machine open them. Those yet to be judged have their turn.
    """
    others, told = defaultdict[int, list[Seen]](list), defaultdict[int, list[datetime]](list)
    if not letters:
        return others, told
    times = [event.at for events in letters.values() for event in events]
    reach = 2 * classify.REACH
    since, until = (
        (min(times) - reach).replace(tzinfo=UTC),
        (max(times) + reach).replace(tzinfo=UTC),
    )
    past = or_(Judgement.event_id.is_not(None), Event.id <= behind)
    newest_first = func.row_number().over(
        partition_by=(Event.delivery_id, Event.kind == judging.TOLD), order_by=Event.id.desc()
    )
    rows = (
        judging.seen(session)
        .add_columns(newest_first.label("place"))
        .where(
            among(session, Event.delivery_id, letters),
            Event.at.between(since.replace(tzinfo=UTC), until.replace(tzinfo=UTC)),
            or_(judging.IS_TOLD, and_(judging.IS_JUDGED, past)),
        )
        .subquery()
    )
    few = select(rows).where(or_(rows.c.place <= NEIGHBOURS, rows.c.verdict.is_(None)))
    for event in judging.read(session, few):
        if event.delivery_id is None:
            continue
        if event.kind != judging.TOLD:
            others[event.delivery_id].append(event)
        elif is_told(event):
            told[event.delivery_id].append(event.at)
    return others, told


def _fewer(events: list[Seen]) -> list[Seen]:
    """In their order; of a letter with very many the newest, and those that wait."""
    if len(events) > NEIGHBOURS:
        newest_first = sorted(events, key=attrgetter("id"), reverse=True)
        events = [e for n, e in enumerate(newest_first) if n < NEIGHBOURS or e.verdict is None]
    return sorted(events, key=_IN_ORDER)


def _is_near(at: datetime, times: Sequence[datetime]) -> bool:
    """Whether one of these times, in order, is within reach."""
    place = bisect_left(times, at - classify.REACH)
    return place < len(times) and times[place] <= at + classify.REACH
