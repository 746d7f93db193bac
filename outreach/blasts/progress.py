"""How far a blast is: counted exactly, and while it moves only where something changed.

Counting a million deliveries takes PostgreSQL a good part of a second, and those who watch a blast
ask every second or two. A `Lookout` therefore counts by batch: a batch that nobody touched since
the last look is not counted again.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    and_,
    bindparam,
    func,
    or_,
    select,
)
from sqlalchemy.orm import Session

from outreach.blasts import queries
from outreach.blasts.domains import domain_of
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.mail.models import BATCHES, DELIVERIES
from outreach.mail.outbox import HELD
from outreach.supporters.models import Supporter

PACE_S = 10.0
PACE_BATCHES = 50  # with more of them in ten seconds, fewer seconds tell enough
ANEW_S = 60.0  # events move letters of batches that are done: all is counted anew
COST = 10  # a look is repeated after ten times what it took, or FRESH_S
FRESH_S, STALE_S = 0.5, 10.0  # but never later than this
NONE: Mapping[str, int] = MappingProxyType({})
MOVING = ("freezing", "sending", "paused")

# As in mail.outbox: no index knows “is not distinct from”, so PostgreSQL goes by the range of ids
# and not by the blast’s index, which costs a million steps for each thousand deliveries.
_RANGE = DELIVERIES.c.id.between(bindparam("first"), bindparam("last")) & (
    DELIVERIES.c.blast_id.is_not_distinct_from(bindparam("blast"))
)
_KIND = (DELIVERIES.c.state, DELIVERIES.c.reason, domain_of(Supporter.address))
_COUNTING = (
    select(*_KIND, func.count())
    .select_from(DELIVERIES)
    .outerjoin(Supporter, Supporter.id == DELIVERIES.c.supporter_id)
    .group_by(*_KIND)
)
_COUNTING_RANGE = _COUNTING.where(_RANGE)
_ACCEPTED = select(func.count()).where(_RANGE, DELIVERIES.c.accepted_at >= bindparam("since"))

Kind = tuple[str, str | None, str]  # state, reason, recipient domain
Counts = Counter[Kind]


@dataclass(frozen=True)
class Progress:
    """How far a blast is. `total` is the audience; `done` has an outcome, `left` waits."""

    state: str
    reason: str | None
    total: int
    by_state: dict[str, int]
    skipped: dict[str, int]  # reason: people
    domains: dict[str, dict[str, int]]  # recipient domain, most people first: by state
    done: int
    left: int
    started_at: datetime | None
    finished_at: datetime | None
    letters_per_second: float | None  # over the last ten seconds, while it runs
    tried_again_at: datetime | None  # when letters that the provider did not take go out anew
    in_flight: int  # handed to the provider, and no answer written down yet; while it is paused
    held_because: str  # why letters wait for longer than their pace: a day's limit, quiet hours
    starts_at: datetime | None  # of a scheduled one: its time, or the end of quiet hours

    @property
    def percent(self) -> float:
        """Share of the audience with an outcome, 0 to 100."""
        return 100.0 * self.done / self.total if self.total else 0.0

    @property
    def seconds_left(self) -> float | None:
        """How long it still takes at the present pace; None while nothing can be said."""
        if not self.letters_per_second or not self.left or self.tried_again_at or self.held_because:
            return None
        return self.left / self.letters_per_second

    @property
    def ends_at(self) -> datetime | None:
        """When it is done at the present pace."""
        return None if self.seconds_left is None else now() + timedelta(seconds=self.seconds_left)


def progress_of(session: Session, blast: Blast) -> Progress:
    """Counted from all deliveries of the blast; for one that moves, ask a Lookout."""
    return _progress(session, blast, _counts(session, DELIVERIES.c.blast_id == blast.id))


@dataclass
class _Seen:
    """What is known of one blast: the counts of each batch as it stood, and their sum."""

    begun: float
    looked: float = 0.0
    took: float = 0.0
    marks: dict[int, Sequence[Any]] = field(default_factory=dict)
    by_batch: dict[int, Counts] = field(default_factory=dict)
    sum: Counts = field(default_factory=Counter)


class Lookout:
    """Looks at blasts that move, for everybody who watches them through this process."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._blasts: dict[int, _Seen] = {}

    def look(self, session: Session, blast: Blast) -> Progress:
        """How far it is; of one that does not move, counted as a whole."""
        if blast.state not in MOVING:
            self._blasts.pop(blast.id, None)
            return progress_of(session, blast)
        with self._lock:
            seen = self._blasts.get(blast.id)
            began = time.monotonic()
            if seen is None or began - seen.begun > max(ANEW_S, 100 * seen.took):
                seen = self._blasts[blast.id] = _Seen(begun=began)
            if began - seen.looked > min(STALE_S, max(FRESH_S, COST * seen.took)):
                _count_changed(session, blast.id, seen)
                seen.looked = time.monotonic()
                seen.took = seen.looked - began
            counts = seen.sum.copy()
        return _progress(session, blast, counts)


def _count_changed(session: Session, blast_id: int, seen: _Seen) -> None:
    columns = BATCHES.c
    rows = session.execute(
        select(
            columns.id,
            columns.first_id,
            columns.last_id,
            columns.state,
            columns.lease_until,
            columns.handed_through,
            columns.attempts,
            columns.not_before,
            columns.read_at,  # moves with every part, also of a batch that went back meanwhile
        ).where(columns.blast_id == blast_id)
    ).all()
    done = seen.marks.keys() - seen.by_batch.keys()
    if any(row.id in done and row.state != "done" for row in rows):
        # Letters of it are sent again, and what was counted of it was not kept.
        seen.marks.clear()
        seen.by_batch.clear()
    if not seen.marks:
        ours = DELIVERIES.c.blast_id == blast_id
        if rows:  # those who were skipped before the first and behind the last who is written to
            first, last = min(row.first_id for row in rows), max(row.last_id for row in rows)
            ours = ours & or_(DELIVERIES.c.id < first, DELIVERIES.c.id > last)
        seen.sum = _counts(session, ours)
    changed = [row for row in rows if row.state in HELD or seen.marks.get(row.id) != row[3:]]
    for row in changed:
        counts = _counts_of(session, blast_id, row)
        seen.sum.update(counts)
        seen.sum.subtract(seen.by_batch.pop(row.id, Counter()))
        seen.marks[row.id] = row[3:]
        if row.state != "done":  # what is done is not counted again, and need not be kept
            seen.by_batch[row.id] = counts
    seen.sum = +seen.sum


def _counts(session: Session, which: ColumnElement[bool]) -> Counts:
    return _tally(session, _COUNTING.where(which))


def _counts_of(session: Session, blast_id: int, batch: Any) -> Counts:
    # One statement for each batch: joined with many ranges at once, PostgreSQL compares every
    # delivery with every range, and a million of them took two minutes.
    return _tally(session, _COUNTING_RANGE, {"blast": blast_id, **_range(batch)})


def _tally(session: Session, statement: Select[Any], values: Mapping[str, int] = NONE) -> Counts:
    rows = session.connection().execute(statement, values)
    return Counter({_kind(*row[:3]): row[3] for row in rows})


def _range(batch: Any) -> dict[str, int]:
    return {"first": batch.first_id, "last": batch.last_id}


def _kind(state: str, reason: str | None, domain: str | None) -> Kind:
    # The same few texts stand in the counts of every batch.
    return sys.intern(state), reason and sys.intern(reason), sys.intern(domain or "")


def _progress(session: Session, blast: Blast, counts: Counts) -> Progress:
    by_state: Counter[str] = Counter()
    skipped: Counter[str] = Counter()
    domains: dict[str, Counter[str]] = {}
    for (state, reason, domain), number in counts.items():
        by_state[state] += number
        domains.setdefault(domain, Counter())[state] += number
        if state == "skipped":
            skipped[reason or "unknown"] += number
    total, left = by_state.total(), by_state["pending"]
    largest = sorted(domains.items(), key=lambda item: (-item[1].total(), item[0]))
    return Progress(
        state=blast.state,
        reason=blast.reason,
        total=total,
        by_state={state: number for state, number in by_state.items() if number},
        skipped=dict(skipped),
        domains={domain: dict(states) for domain, states in largest},
        done=total - left,
        left=left,
        started_at=blast.started_at,
        finished_at=blast.finished_at,
        letters_per_second=_pace(session, blast),
        tried_again_at=queries.tried_again_at(session, blast),
        in_flight=queries.in_flight(session, blast) if blast.state == "paused" else 0,
        held_because=(blast.held_because or "") if queries.is_held(blast) else "",
        starts_at=queries.leaves_at(session, blast),
    )


def _pace(session: Session, blast: Blast) -> float | None:
    """Letters a second that were accepted in the last PACE_S seconds."""
    if blast.state != "sending" or blast.started_at is None:
        return None
    instant = now()
    since = max(instant - timedelta(seconds=PACE_S), blast.started_at)
    recent = session.execute(
        select(BATCHES.c.first_id, BATCHES.c.last_id, BATCHES.c.done_at)
        .where(
            BATCHES.c.blast_id == blast.id,
            or_(
                BATCHES.c.state.in_(HELD),
                and_(BATCHES.c.state == "done", BATCHES.c.done_at >= since),
                # Back between two parts, because its pace or somebody's turn wants it so.
                and_(BATCHES.c.state == "ready", BATCHES.c.read_at >= since),
            ),
        )
        .order_by(BATCHES.c.done_at.desc().nulls_first())
        .limit(PACE_BATCHES)
    ).all()
    ended = [row.done_at for row in recent if row.done_at]
    if len(recent) == PACE_BATCHES and ended:
        since = min(ended)
    asked = ({"blast": blast.id, "since": since, **_range(row)} for row in recent)
    letters = sum(session.connection().execute(_ACCEPTED, one).scalar_one() for one in asked)
    return letters / max((instant - since).total_seconds(), 1.0)
