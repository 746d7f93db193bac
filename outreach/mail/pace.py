"""Pace: how fast letters may leave, and how many a day, held over any number of processes.

Each scope (a blast, a relay, a sender, the domain of recipients) that has a limit is one row of
`paces`. The transaction that marks a part locks the rows that concern it, cuts the part to what
they have room for, and writes what was used; what it has no room for was certainly not sent.
Nobody waits with a part in hand: the batch goes back, so that single letters and other blasts pass.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from math import ceil
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import bindparam, select, update
from sqlalchemy.orm import Session

from outreach.core.bulk import insert_into
from outreach.mail.models import PACES, Pace
from outreach.mail.pace_scopes import domain_of, in_words, of_domain

# Capacity that nobody used is kept for so long: no more than this leaves at once.
BURST_S = 1.0
# A part is begun when there is room for so many seconds' worth of letters, or for all of it.
STEP_S = 0.25

_ALL = select(PACES.c.scope, PACES.c.per_s)
_LOCKED = (
    select(PACES)
    .where(PACES.c.scope.in_(bindparam("scopes", expanding=True)))
    .order_by(PACES.c.scope)  # all in the same order: nobody waits for one another
    .with_for_update()
)
_USE = (
    update(PACES)
    .where(PACES.c.scope == bindparam("row"))
    .values(
        free_at=bindparam("free"),
        queued_until=bindparam("queued"),
        used_at=bindparam("used"),
        day=bindparam("today"),
        taken=bindparam("now_taken"),
    )
)
_GIVE_BACK = (
    update(PACES)
    .where(
        PACES.c.scope == bindparam("row"),
        PACES.c.day == bindparam("today"),
        PACES.c.taken >= bindparam("less"),
    )
    .values(taken=PACES.c.taken - bindparam("less"))
)


def all_paces(session: Session, configured: Mapping[str, float]) -> dict[str, float | None]:
    """Letters a second by scope; None where only the letters of a day are limited."""
    rows = session.connection().execute(_ALL)
    return {scope: per_s or configured.get(scope) for scope, per_s in rows}


def make_rows(session: Session, scopes: Iterable[str]) -> None:
    """Give each of these scopes a row to be locked."""
    rows = [{"scope": scope, "daily": [], "taken": 0} for scope in sorted(scopes)]
    session.execute(insert_into(session, Pace).values(rows).on_conflict_do_nothing())


@dataclass(frozen=True)
class Hold:
    """Nothing may leave before an instant; `why` is a sentence for a person."""

    until: datetime
    why: str


@dataclass(frozen=True)
class Cut:
    """What of a part may leave now: positions of letters. `waits`: those that are left out for
    their domain's sake, and until when. Those from `through` on are not of this part."""

    go: Sequence[int]
    waits: Mapping[Hold, Sequence[int]]
    through: int
    hold: Hold | None = None  # there is no room for a single letter
    used: Mapping[str, int] = field(default_factory=dict)


@dataclass
class _Room:
    """A locked row, and what it has room for at this instant."""

    row: Any
    at: datetime
    today: date
    per_s: float | None
    letters: int | None = None  # None: any number
    hold: Hold | None = None
    used: int = 0
    left_out: list[int] = field(default_factory=list)
    queued_until: datetime | None = None

    def _told(self, until: datetime | None) -> datetime | None:
        """An instant of the row; None where the clock was set back since it was written."""
        is_ahead = self.row.used_at is not None and self.row.used_at > self.at
        return None if is_ahead else until

    @property
    def row_free_at(self) -> datetime | None:
        """When what was used before has left."""
        return self._told(self.row.free_at)

    @property
    def row_queued_until(self) -> datetime | None:
        """Until when letters wait that were left out before."""
        return self._told(self.row.queued_until)

    @property
    def start(self) -> datetime:
        """From when on capacity is there: not from longer ago than a burst."""
        assert self.per_s
        oldest = self.at - timedelta(seconds=max(BURST_S, 1 / self.per_s))
        return max(self.row_free_at or oldest, oldest)

    def limit(self, letters: int, until: datetime, why: str) -> None:
        """Let no more than so many through."""
        if self.letters is None or letters < self.letters:
            self.letters = letters
        if letters == 0 and (self.hold is None or self.hold.until < until):
            self.hold = Hold(until, why)

    def free_at(self) -> datetime | None:
        """When what was used has left at this pace."""
        if not self.per_s or not self.used:
            return self.row_free_at
        return self.start + timedelta(seconds=self.used / self.per_s)

    def queue(self) -> Iterator[tuple[Hold, Sequence[int]]]:
        """Until when the letters that were left out wait: one behind the other, in groups of those
        that may leave at once. However many wait, each is looked at when its turn has come."""
        self.queued_until = self.row_queued_until
        if not self.left_out or not self.per_s:
            return
        name = domain_of(self.row.scope)
        size = max(1, int(self.per_s * BURST_S))
        why = f"Letters to {name} leave at {in_words(self.per_s)}; the others go on."
        first = max(self.queued_until or self.at, self.free_at() or self.at, self.at)
        for begin in range(0, len(self.left_out), size):
            group = self.left_out[begin : begin + size]
            first += timedelta(seconds=len(group) / self.per_s)
            yield Hold(first, why), group
        self.queued_until = first

    def taken(self) -> int:
        """Letters of today with those used now."""
        return (self.row.taken if self.row.day == self.today else 0) + self.used


def cut(
    session: Session,
    scopes: Collection[str],
    domains: Sequence[str],
    paced_domains: Collection[str],
    *,
    at: datetime,
    zone: ZoneInfo,
    most: int,
    configured: Mapping[str, float],
) -> Cut:
    """Cut a part to what may leave now, and use that much of each scope's capacity.

    `domains`: of the recipients, in order. `scopes` concern all of them, the domains' scopes those
    at `paced_domains` alone. `most`: letters at most. `configured`: the pace of scopes whose row
    has none of its own. To be called last before the mark: the rows stay locked until the commit.
    """
    wanted = min(len(domains), most)
    concerned = {of_domain(name) for name in set(domains) & set(paced_domains)}
    rooms = _rooms(session, {*scopes, *concerned}, wanted, at, zone, configured)
    general = [room for scope, room in rooms.items() if scope not in concerned]
    holds = [room.hold for room in general if room.hold]
    if holds:
        return Cut((), {}, 0, max(holds, key=lambda hold: hold.until))
    limit = min([wanted, *(r.letters for r in general if r.letters is not None)])
    go: list[int] = []
    through = 0
    for position, name in enumerate(domains):
        if len(go) == limit:
            break
        room = rooms.get(of_domain(name)) if concerned else None
        if room is not None and room.letters is not None and room.used >= room.letters:
            room.left_out.append(position)
        else:
            go.append(position)
            if room is not None:
                room.used += 1
        through = position + 1
    for room in general:
        room.used = len(go)
    waits = {hold: positions for room in rooms.values() for hold, positions in room.queue()}
    _use(session, rooms.values())
    used = {scope: room.used for scope, room in rooms.items() if room.used}
    return Cut(go, waits, through, used=used)


def count_single(
    session: Session,
    scopes: Collection[str],
    letters: int,
    *,
    at: datetime,
    zone: ZoneInfo,
    configured: Mapping[str, float],
) -> None:
    """So many single letters leave: they wait for nobody, and blasts go the slower for them."""
    rooms = _rooms(session, scopes, letters, at, zone, configured)
    for room in rooms.values():
        room.used = letters
    _use(session, rooms.values())


def give_back(session: Session, used: Mapping[str, int], *, at: datetime, zone: ZoneInfo) -> None:
    """None of these letters left after all: they don't count for the day."""
    today = at.astimezone(zone).date()
    rows = [{"row": scope, "today": today, "less": used[scope]} for scope in sorted(used)]
    if rows:
        session.connection().execute(_GIVE_BACK, rows)


def _rooms(
    session: Session,
    scopes: Iterable[str],
    wanted: int,
    at: datetime,
    zone: ZoneInfo,
    configured: Mapping[str, float],
) -> dict[str, _Room]:
    rows = session.connection().execute(_LOCKED, {"scopes": sorted(scopes)}).all()
    return {row.scope: _room(row, wanted, at, zone, configured.get(row.scope)) for row in rows}


def _room(row: Any, wanted: int, at: datetime, zone: ZoneInfo, configured: float | None) -> _Room:
    today = at.astimezone(zone).date()
    room = _Room(row, at, today, row.per_s or configured)
    kind, _, name = row.scope.partition(":")
    of = "" if kind == "blast" else f" of {name}"
    if room.per_s:
        letters = int((at - room.start).total_seconds() * room.per_s + 1e-6)
        enough = max(1, min(wanted, ceil(room.per_s * STEP_S)))
        ready = room.start + timedelta(seconds=enough / room.per_s)
        why = f"The pace{of}: {in_words(room.per_s)}."
        room.limit(letters if letters >= enough else 0, ready, why)
    if (day_limit := limit_of(row.daily, row.starts_on, today)) is not None:
        tomorrow = datetime.combine(today + timedelta(days=1), time(), zone)
        why = f"Today’s {day_limit:,} letters{of} have left (warm-up). It goes on tomorrow."
        room.limit(max(0, day_limit - room.taken()), tomorrow, why)
    return room


def limit_of(daily: Sequence[int], starts_on: date | None, day: date) -> int | None:
    """How many letters may leave on that day by a warm-up plan; None: any number."""
    number = (day - starts_on).days if starts_on else -1
    return daily[number] if 0 <= number < len(daily) else None


def _use(session: Session, rooms: Iterable[_Room]) -> None:
    rows = [
        {
            "row": room.row.scope,
            "free": room.free_at(),
            "queued": room.queued_until or room.row_queued_until,
            "used": room.at,
            "today": room.today,
            "now_taken": room.taken(),
        }
        for room in rooms
        if room.used or room.left_out
    ]
    if rows:
        session.connection().execute(_USE, rows)
