"""Events that came since are judged, each with its letter's neighbourhood, in slices.

A new event bears on others of its letter up to REACH away, and those are weighed by what lies up
to REACH away from them: later evidence replaces an earlier verdict. On many machines one judges at
a time (judging.take_mark), the others pass by.

Ids are given before they are committed, so that a mark at the newest one would pass over what is
still under way, for ever. It follows two turns behind: once everything that was under way when an
id was seen has ended (pg_snapshot_xmin). What is judged already is known by its judgement.
"""

from __future__ import annotations

import threading
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import Any

import orjson
from sqlalchemy import ColumnElement, Row, func, or_, select, text, update
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.bulk import insert_rows
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.tracking import classify, rules
from outreach.tracking.judging import link_count, request_of, take_mark
from outreach.tracking.models import JUDGEMENTS, Event, Judgement, JudgingMark, Link
from outreach.tracking.rules import Rules

_log = log.get(__name__)
CAUGHT_UP = "tracking.judged"

AT_ONCE = 5_000
# A letter whose link was made public gets any number of clicks; so many are weighed together.
NEIGHBOURS = 400

Held = tuple[int, str, list[dict[str, Any]]]  # event, verdict and evidence

_JUDGED = Event.kind.in_(sorted(classify.JUDGED))
_UNJUDGED = Judgement.event_id.is_(None)


def catch_up(db: Database, stop: threading.Event | None = None, *, wait: bool = False) -> int:
    """Judge all that is stored and not judged yet; how many events that were.

    Where another process is at it nothing is done, unless `wait`.
    """
    if not _anything_new(db):
        return 0
    total, after = 0, 0
    while stop is None or not stop.is_set():
        with db.transaction() as session:
            mark = take_mark(session, wait=wait)
            if mark is None:
                break
            new = _new(session, max(after, mark.through))
            _judge(session, new)
            if len(new) < AT_ONCE:
                _move(session, mark)
        total += len(new)
        if len(new) < AT_ONCE:
            break
        after = new[-1].id
    if total:
        _log.info(CAUGHT_UP, events=total)
    return total


def _anything_new(db: Database) -> bool:
    """Whether a mark has to be moved at least."""
    with db.reading() as session:
        through = session.scalar(select(JudgingMark.through))
        newest = session.scalar(select(func.max(Event.id))) or 0
    if through is None and newest:
        with db.transaction() as session:
            take_mark(session)  # the first one ever
    return newest > (through or 0)


def _new(session: Session, after: int) -> Sequence[Row[int, int | None, datetime]]:
    query = (
        select(Event.id, Event.delivery_id, Event.at)
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(Event.id > after, _JUDGED, _UNJUDGED)
    )
    return session.execute(query.order_by(Event.id).limit(AT_ONCE)).all()


def _move(session: Session, mark: JudgingMark) -> None:
    newest = session.scalar(select(func.max(Event.id))) or 0
    if session.get_bind().dialect.name != "postgresql":
        mark.through = mark.ahead = newest  # one writes at a time
        return
    snapshot = "SELECT {}(pg_current_snapshot())::text::bigint"
    ended = session.scalar(text(snapshot.format("pg_snapshot_xmin"))) or 0
    if ended >= mark.ahead_xid:
        mark.through = mark.ahead
        mark.ahead = newest
        mark.ahead_xid = session.scalar(text(snapshot.format("pg_snapshot_xmax"))) or 0


def _judge(session: Session, new: Sequence[Row[int, int | None, datetime]]) -> None:
    """Judge the letters of new events, and store the verdicts within their reach."""
    if not new:
        return
    at = defaultdict[int, list[datetime]](list)
    strays = [row.id for row in new if row.delivery_id is None]
    for row in new:
        if row.delivery_id is not None:
            at[row.delivery_id].append(row.at)
    known: dict[int | None, tuple[Rules, int]] = {}
    fresh: list[Held] = []
    changed: list[Held] = []
    for letter, delivered_at in _letters(session, at, strays):
        blast_id = letter[0].blast_id
        if blast_id not in known:
            known[blast_id] = rules.of_blast(session, blast_id), link_count(session, blast_id)
        own, links = known[blast_id]
        requests = [request_of(event, event.link_kind) for event in letter]
        verdicts = classify.judge(requests, delivered_at=delivered_at, links=links, rules=own)
        times = sorted(at.get(letter[0].delivery_id, ()))
        for event, verdict in zip(letter, verdicts, strict=True):
            evidence = verdict.as_json()
            if (event.verdict, event.evidence) == (verdict.verdict, evidence):
                continue
            if event.delivery_id is None or _is_near(event.at, times):
                stored = changed if event.verdict else fresh
                stored.append((event.id, verdict.verdict, evidence))
    _store(session, fresh, changed)


def _letters(
    session: Session, at: dict[int, list[datetime]], strays: Sequence[int]
) -> Iterator[tuple[Sequence[Row[Any]], datetime | None]]:
    """The events of each letter around its new ones, as many as are weighed together, and when
    it was accepted. An event of no letter is all that is known of its visitor."""
    if at:
        accepted = select(Delivery.id, Delivery.accepted_at).where(Delivery.id.in_(at))
        accepted_at = dict(session.execute(accepted).all())
        times = [each for some in at.values() for each in some]
        reach = 2 * classify.REACH
        around = Event.at.between(min(times) - reach, max(times) + reach)
        rows = _events(session, Event.delivery_id.in_(at), around)
        for delivery_id, events in groupby(rows, attrgetter("delivery_id")):
            for letter in _together(list(events)):
                yield letter, accepted_at.get(delivery_id)
    if strays:
        for event in _events(session, Event.id.in_(strays)):
            yield [event], None


def _events(session: Session, *where: ColumnElement[bool]) -> Iterable[Row[Any]]:
    newest_first = func.row_number().over(partition_by=Event.delivery_id, order_by=Event.id.desc())
    rows = (
        select(
            Event.id,
            Event.delivery_id,
            Event.blast_id,
            Event.kind,
            Event.at,
            Event.method,
            Event.agent,
            Event.network,
            Event.link_id,
            Event.detail,
            Link.kind.label("link_kind"),
            Judgement.verdict,
            Judgement.evidence,
            newest_first.label("place"),
        )
        .outerjoin(Link, Link.id == Event.link_id)
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(_JUDGED, *where)
        .subquery()
    )
    few = or_(rows.c.place <= NEIGHBOURS, rows.c.verdict.is_(None), rows.c.delivery_id.is_(None))
    return session.execute(
        select(rows).where(few).order_by(rows.c.delivery_id, rows.c.at, rows.c.id)
    )


def _together(events: Sequence[Row[Any]]) -> Iterator[Sequence[Row[Any]]]:
    return (events[at : at + NEIGHBOURS] for at in range(0, len(events), NEIGHBOURS))


def _is_near(at: datetime, times: Sequence[datetime]) -> bool:
    """Whether one of these times, in order, is within reach."""
    place = bisect_left(times, at - classify.REACH)
    return place < len(times) and times[place] <= at + classify.REACH


def _store(session: Session, fresh: Sequence[Held], changed: Sequence[Held]) -> None:
    connection = session.connection()
    at: datetime | str = now()
    if connection.dialect.name == "sqlite":
        at = f"{now().replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}"  # as UtcDateTime writes it
    rows = ((id_, verdict, orjson.dumps(why).decode(), at) for id_, verdict, why in fresh)
    insert_rows(connection, JUDGEMENTS, ["event_id", "verdict", "evidence", "judged_at"], rows)
    for id_, verdict, evidence in changed:
        connection.execute(
            update(JUDGEMENTS).where(JUDGEMENTS.c.event_id == id_),
            {"verdict": verdict, "evidence": evidence, "judged_at": now()},
        )
