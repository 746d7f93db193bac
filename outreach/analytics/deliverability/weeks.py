"""Suppressions and complaints by week: what the score card shows as a trend."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.rollups.cells import WHOLE
from outreach.analytics.rollups.models import Rollup
from outreach.blasts.models import Blast
from outreach.consent.models import Suppression
from outreach.core.clock import now
from outreach.mail.models import SENT_STATES

WEEKS = 12


@dataclass(frozen=True)
class Sums:
    """Letters that were sent, came back, were reported as spam."""

    sent: int = 0
    bounced: int = 0
    complained: int = 0

    @property
    def complaint(self) -> Rate:
        """Reported as spam, of delivered."""
        return Rate(self.complained, self.sent - self.bounced)

    @property
    def few(self) -> bool:
        """Too few delivered for a verdict: counts and the interval are shown."""
        return self.complaint.of < SMALL

    @property
    def bounce(self) -> Rate:
        """Came back, of sent."""
        return Rate(self.bounced, self.sent)


@dataclass(frozen=True)
class WeekLine:
    """A week from its Monday (UTC): new suppressions by reason; letters of blasts that began."""

    monday: date
    suppressed: Counter[str]
    letters: Sums


def weeks(session: Session) -> list[WeekLine]:
    """The last WEEKS weeks, this one first; quiet ones as well."""
    today = now().date()
    this = today - timedelta(days=today.weekday())
    mondays = [this - timedelta(weeks=n) for n in range(WEEKS)]
    starts = [datetime(one.year, one.month, one.day, tzinfo=UTC) for one in mondays]
    suppressed, letters = _suppressed(session, starts), _letters(session, starts)
    return [WeekLine(one, suppressed[n], letters[n]) for n, one in enumerate(mondays)]


def _suppressed(session: Session, starts: Sequence[datetime]) -> list[Counter[str]]:
    """New suppressions by reason, for each week that starts then (the latest first)."""
    # Comparing costs less than asking for each row’s week, which the databases say differently.
    week = case(*((Suppression.at >= start, n) for n, start in enumerate(starts))).label("week")
    rows = session.execute(
        select(week, Suppression.reason, func.count())
        .where(Suppression.at >= starts[-1])
        .group_by("week", Suppression.reason)
    )
    found: list[Counter[str]] = [Counter() for _ in starts]
    for n, reason, number in rows:
        found[n][reason] = number
    return found


def _letters(session: Session, starts: Sequence[datetime]) -> list[Sums]:
    """Letters of the blasts that began in each week: from the rollups, a few rows a blast."""
    week = case(*((Blast.started_at >= start, n) for n, start in enumerate(starts))).label("week")
    states = (SENT_STATES, ("bounced",), ("complained",))
    sums = [func.sum(case((Rollup.measure.in_(those), Rollup.number), else_=0)) for those in states]
    rows = session.execute(
        select(week, *sums)
        .select_from(Blast)
        .join(Rollup, Rollup.blast_id == Blast.id)
        .where(Blast.started_at >= starts[-1])
        .where(Rollup.dimension == WHOLE, Rollup.value == "", Rollup.measure.in_(SENT_STATES))
        .group_by("week")
    )
    found = [Sums() for _ in starts]
    for n, *numbers in rows:
        found[n] = Sums(*map(int, numbers))
    return found
