"""The deliverability score card: how far mailbox providers have reason to take our letters.

Every figure is read from small tables: kept readings of the DNS, letters by provider's domain
(provider_figures.py), the ledger's withdrawals by an index, suppressions by theirs.

Limits of 0.1 % and 0.3 %: Google’s and Yahoo’s rules for who writes to many
(https://support.google.com/a/answer/81126, https://senders.yahooinc.com/best-practices/).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from outreach.analytics.deliverability import sender_readings
from outreach.analytics.deliverability import weeks as scorecard_weeks
from outreach.analytics.deliverability.models import ProviderFigure, SenderReading
from outreach.analytics.deliverability.provider_figures import LOOKED_AT
from outreach.analytics.deliverability.spans import seconds_between
from outreach.analytics.deliverability.weeks import Sums, WeekLine
from outreach.analytics.intervals import Rate
from outreach.analytics.report.counting import counted_until
from outreach.blasts.models import Blast, FrozenLetter, Variant
from outreach.consent.models import EMAIL, WITHDRAWN, ConsentEntry
from outreach.core.clock import now
from outreach.tracking.leaving import BY_ONE_CLICK, ON_THE_PAGE

AIM, LIMIT = 0.001, 0.003  # complaint rate to stay under, and never to reach
WEEK, MONTH = timedelta(days=7), timedelta(days=30)
AT_ONCE_S = 10  # a press that takes effect within so long was obeyed at once
PRESSES = (BY_ONE_CLICK, ON_THE_PAGE)


@dataclass(frozen=True)
class ProviderLine:
    """A mailbox domain ("": all that few people have): letters of blasts that began in the last
    7 and 30 days, and in the 90 days before the last 7."""

    domain: str
    week: Sums
    month: Sums
    before: Sums

    @property
    def falls(self) -> bool:
        """Whether more of the last week's letters came back than chance explains: the intervals
        of this week's and the former bounce rate lie apart."""
        new, old = self.week.bounce.interval, self.before.bounce.interval
        return new is not None and old is not None and new[0] > old[1]


@dataclass(frozen=True)
class Leaving:
    """How fast presses on “unsubscribe” of the last 30 days took effect: `at_once` of `presses`
    within AT_ONCE_S; `slowest_s` in seconds, None without any."""

    way: str
    presses: int
    at_once: int
    slowest_s: float | None


@dataclass(frozen=True)
class ScoreCard:
    """All of it, as of an instant; `unsubscribable` counts blasts' letters of the last 30 days
    that carry a List-Unsubscribe header with RFC 8058's one-click."""

    as_of: datetime
    readings: Sequence[SenderReading]
    unsubscribable: Rate
    whole: ProviderLine
    providers: Sequence[ProviderLine]
    leaving: Sequence[Leaving]
    weeks: Sequence[WeekLine]

    def to_json(self) -> dict[str, Any]:
        """For machines: rates from 0 to 1, instants as ISO 8601."""
        return {
            "as_of": self.as_of.isoformat(),
            "limits": {"complaint_aim": AIM, "complaint_limit": LIMIT},
            "records": [
                {
                    "domain": one.domain,
                    "kind": one.kind,
                    "name": one.name,
                    "level": one.level,
                    "found": one.found,
                    "todo": one.todo,
                    "read_at": one.read_at.isoformat(),
                }
                for one in self.readings
            ],
            "list_unsubscribe": self.unsubscribable.to_json(),
            "all": _line_json(self.whole),
            "providers": [{"domain": one.domain, **_line_json(one)} for one in self.providers],
            "unsubscribing": [
                {
                    "way": one.way,
                    "presses": one.presses,
                    "within_s": AT_ONCE_S,
                    "at_once": one.at_once,
                    "slowest_s": one.slowest_s,
                }
                for one in self.leaving
            ],
            "weeks": [
                {
                    "week": one.monday.isoformat(),
                    "suppressed": dict(one.suppressed),
                    "complaint_rate": one.letters.complaint.to_json(),
                    "bounce_rate": one.letters.bounce.to_json(),
                }
                for one in self.weeks
            ],
        }


def _line_json(line: ProviderLine) -> dict[str, Any]:
    return {
        "complaint_7_days": line.week.complaint.to_json() | {"verdict": verdict(line.week)},
        "complaint_30_days": line.month.complaint.to_json() | {"verdict": verdict(line.month)},
        "bounce_7_days": line.week.bounce.to_json(),
        "bounce_before": line.before.bounce.to_json(),
        "falls": line.falls,
    }


def verdict(sums: Sums) -> str:
    """Where a complaint rate stands: over (the limit, certainly), perhaps (over it, by its count),
    above (the aim, certainly), under (the aim, certainly), open (too few letters to tell), none
    (no letters)."""
    rate = sums.complaint
    if rate.share is None or rate.interval is None:
        return "none"
    low, high = rate.interval
    if sums.few:
        return "open"
    if low >= LIMIT:
        return "over"
    if rate.share >= LIMIT:
        return "perhaps"
    if low >= AIM:
        return "above"
    return "under" if high < AIM else "open"


def score_card(session: Session) -> ScoreCard:
    """The score card as of the last count."""
    lines = _providers(session)
    return ScoreCard(
        as_of=counted_until(session),
        readings=sender_readings.readings(session),
        unsubscribable=_unsubscribable(session),
        whole=_together(lines),
        providers=[line for line in lines if line.month.sent],
        leaving=_leaving(session),
        weeks=scorecard_weeks.weeks(session),
    )


def _providers(session: Session) -> list[ProviderLine]:
    """Domains that letters went to, most letters of the last 30 days first."""
    at = now()
    spans = {
        "week": Blast.started_at >= at - WEEK,
        "month": Blast.started_at >= at - MONTH,
        "before": Blast.started_at < at - WEEK,
    }
    sums = [
        func.coalesce(func.sum(case((within, number))), 0)
        for within in spans.values()
        for number in (ProviderFigure.sent, ProviderFigure.bounced, ProviderFigure.complained)
    ]
    rows = session.execute(
        select(ProviderFigure.domain, *sums)
        .join(Blast, Blast.id == ProviderFigure.blast_id)
        .where(Blast.started_at >= at - LOOKED_AT)
        .group_by(ProviderFigure.domain)
    )
    lines = [
        ProviderLine(domain, *(Sums(*map(int, numbers[n : n + 3])) for n in (0, 3, 6)))
        for domain, *numbers in rows
    ]
    return sorted(lines, key=lambda line: (not line.domain, -line.month.sent, line.domain))


def _together(lines: Sequence[ProviderLine]) -> ProviderLine:
    def added(name: str) -> Sums:
        each = [getattr(line, name) for line in lines]
        return Sums(
            *(sum(getattr(sums, of) for sums in each) for of in ("sent", "bounced", "complained"))
        )

    return ProviderLine("", added("week"), added("month"), added("before"))


def _unsubscribable(session: Session) -> Rate:
    """Versions of letters that went out in the last 30 days, and those of them with the header."""
    can = FrozenLetter.plan["envelope"]["can_unsubscribe"].as_boolean()
    row = session.execute(
        select(func.count(case((can, 1))), func.count())
        .select_from(FrozenLetter)
        .join(Variant, Variant.id == FrozenLetter.variant_id)
        .join(Blast, Blast.id == Variant.blast_id)
        .where(Blast.started_at >= now() - MONTH)
    ).one()
    return Rate(*row)


def _leaving(session: Session) -> list[Leaving]:
    took: ColumnElement[float] = seconds_between(ConsentEntry.at, ConsentEntry.stored_at)
    rows = session.execute(
        select(
            ConsentEntry.basis,
            func.count(),
            func.count(case((took <= AT_ONCE_S, 1))),
            func.max(took),
        )
        .where(ConsentEntry.status == WITHDRAWN, ConsentEntry.at >= now() - MONTH)
        .where(ConsentEntry.purpose == EMAIL, ConsentEntry.basis.in_(PRESSES))
        .where(ConsentEntry.stored_at.is_not(None))
        .group_by(ConsentEntry.basis)
    )
    found = {
        basis: Leaving(basis, presses, at_once, float(most))
        for basis, presses, at_once, most in rows
    }
    return [found.get(way, Leaving(way, 0, 0, None)) for way in PRESSES]
