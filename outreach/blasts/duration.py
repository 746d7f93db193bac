"""How long a blast’s letters take at least: by its own pace, and those of its sender, the relays
and the domains of its recipients, with their warm-up plans."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from math import ceil, inf
from zoneinfo import ZoneInfo

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.audience import members
from outreach.blasts.domains import domain_of
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.mail import pace, pace_scopes
from outreach.mail.models import Pace
from outreach.mail.pace_scopes import in_words
from outreach.mail.provider import Provider, ways_of
from outreach.supporters.models import Supporter


@dataclass(frozen=True)
class Estimate:
    """`seconds` that letters take at least; by a warm-up plan the number of `days` on which they
    leave, otherwise 1; and a sentence that says what holds them back."""

    seconds: float
    days: int
    why: str

    @property
    def span(self) -> str:
        """As people say it: 40 seconds, 12 minutes, 1.5 hours; by a warm-up plan 3 days."""
        if self.days > 1:
            return f"{self.days} days"
        for unit, size, below in (("second", 1, 90), ("minute", 60, 5400), ("hour", 3600, 129_600)):
            if self.seconds < below:
                return _counted(self.seconds / size, unit, whole=size < 3600)
        return _counted(self.seconds / 86_400, "day")


@dataclass(frozen=True)
class _Way:
    """One scope that letters may leave through. `per_s`: infinite without a pace."""

    per_s: float = inf
    daily: Sequence[int] = ()
    starts_on: date | None = None
    taken: int = 0  # on the first day
    queued_until: datetime | None = None

    def room(self, day: date, seconds: float, *, first: bool) -> float:
        """Letters that it takes in so many seconds of a day."""
        limit = pace.limit_of(self.daily, self.starts_on, day)
        left = inf if limit is None else max(0, limit - (self.taken if first else 0))
        return min(left, self.per_s * seconds)

    def is_free_from(self, day: date) -> bool:
        """Whether no plan limits that day or a later one."""
        return self.starts_on is None or day >= self.starts_on + timedelta(days=len(self.daily))


def at_least(
    session: Session, blast: Blast, letters: int, provider: Provider | None = None
) -> Estimate | None:
    """How long so many letters of a blast take at least, from its start; None where no pace and no
    plan holds them back. `provider`: whose relays are counted.

    Other blasts and single letters that leave meanwhile make it longer.
    """
    zone = ZoneInfo(session.get_one(Organisation, blast.organisation_id).timezone)
    start = max(now(), blast.scheduled_for or now()).astimezone(zone)
    configured = pace_scopes.configured(provider) if provider else {}
    known = _known(session, configured, start.date())
    found = []
    for why, number, ways in _hurdles(session, blast, letters, provider, known):
        at_once = sum(way.per_s for way in ways)
        seconds, days = _taken(ways, number, start)
        if days > 1 and seconds > number / at_once + 1:
            found.append(Estimate(seconds, days, f"The warm-up plan of {why} allows no more."))
        elif at_once < inf:
            found.append(Estimate(seconds, 1, f"The pace of {why} is {in_words(at_once)}."))
    return max(found, key=lambda one: one.seconds, default=None)


def _known(session: Session, configured: Mapping[str, float], day: date) -> dict[str, _Way]:
    known = {scope: _Way(per_s) for scope, per_s in configured.items()}
    for row in session.scalars(select(Pace)):
        known[row.scope] = _Way(
            row.per_s or configured.get(row.scope, inf),
            row.daily,
            row.starts_on,
            row.taken if row.day == day else 0,
            row.queued_until,
        )
    return known


def _hurdles(
    session: Session,
    blast: Blast,
    letters: int,
    provider: Provider | None,
    known: Mapping[str, _Way],
) -> Iterator[tuple[str, int, list[_Way]]]:
    """What letters have to get through: in words, how many of them, and by which ways at once."""
    yield "this blast", letters, [known.get(pace_scopes.of_blast(blast.id), _Way())]
    sender = pace_scopes.of_sender(blast.sender_address)
    yield f"{blast.sender_address}", letters, [known.get(sender, _Way())]
    names = [way.name for way in ways_of(provider, blast.sender_address)] if provider else []
    if names:
        relays = [known.get(pace_scopes.of_relay(name), _Way()) for name in names]
        yield f"{' and '.join(names)}", letters, relays
    domains = {name: way for scope, way in known.items() if (name := pace_scopes.domain_of(scope))}
    for name, number in _by_domain(session, blast, domains):
        yield f"{name}, for {_counted(number, 'letter')},", number, [domains[name]]


def _by_domain(
    session: Session, blast: Blast, domains: Mapping[str, _Way]
) -> Sequence[tuple[str, int]]:
    """How many letters would leave to these domains."""
    if not domains:
        return ()
    chosen = members(session, blast).subquery()
    name = domain_of(Supporter.address)
    query = (
        select(name, func.count())
        .select_from(chosen)
        .join(Supporter, Supporter.id == chosen.c.id)
        .where(chosen.c.reason.is_(None), name.in_(domains))
        .group_by(name)
    )
    return [(found, number) for found, number in session.execute(query)]


def _taken(ways: Sequence[_Way], letters: float, start: datetime) -> tuple[float, int]:
    """Seconds until so many letters have left by these ways, and on how many days they do."""
    queued = max((way.queued_until for way in ways if way.queued_until), default=start)
    at = max(start, queued.astimezone(start.tzinfo))
    days = 1
    while not all(way.is_free_from(at.date()) for way in ways):
        midnight = datetime.combine(at.date() + timedelta(days=1), time(), start.tzinfo)
        seconds = midnight.timestamp() - at.timestamp()
        first = at.date() == start.date()
        room = sum(way.room(at.date(), seconds, first=first) for way in ways)
        if room >= letters:
            break
        at, letters, days = midnight, letters - room, days + 1
    at_once = sum(way.per_s for way in ways)
    return at.timestamp() - start.timestamp() + letters / at_once, days


def _counted(number: float, what: str, *, whole: bool = True) -> str:
    shown = max(1, ceil(number)) if whole else ceil(number * 10) / 10
    return f"{shown:,.10g} {what}{'' if shown == 1 else 's'}"
