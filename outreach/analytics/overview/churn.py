"""How many people took their consent to letters back, by month and in which way.

Read from the consent ledger through its index of withdrawals: as many rows as people left in the
months shown, however many joined.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from zoneinfo import ZoneInfo

from sqlalchemy import case, func, select
from sqlalchemy.orm import Session

from outreach.consent.models import EMAIL, WITHDRAWN, ConsentEntry

MONTHS = 12
WAYS = 20  # at most; rarer ones stand together
OTHER = "in another way"


@dataclass(frozen=True)
class Churn:
    """People who left in each month (its first day), by way, the most frequent first. Who left
    twice in a month counts once for each way."""

    months: Sequence[date]
    ways: Mapping[str, Sequence[int]]

    @property
    def totals(self) -> list[int]:
        """All ways together, for each month."""
        return [sum(column) for column in zip(*self.ways.values(), strict=True)]


def churn(session: Session, today: date, zone: ZoneInfo) -> Churn:
    """The month of `today` and the eleven before it, by the zone's clock."""
    months = [_months_before(today, back) for back in reversed(range(MONTHS))]
    begins = [datetime.combine(month, time(), zone) for month in months]
    # The first bound that an instant lies before says which month it is in.
    month = case(
        *((ConsentEntry.at < end, n) for n, end in enumerate(begins[1:])), else_=MONTHS - 1
    )
    left = (
        select(month.label("month"), ConsentEntry.basis.label("way"), ConsentEntry.supporter_id)
        .where(ConsentEntry.status == WITHDRAWN, ConsentEntry.purpose == EMAIL)
        .where(ConsentEntry.at >= begins[0])
        .subquery()
    )
    people = func.count(left.c.supporter_id.distinct())
    rows = session.execute(select(left.c.way, left.c.month, people).group_by("way", "month")).all()
    totals: Counter[str] = Counter()
    for way, _, count in rows:
        totals[way] += count
    kept = {way for way, _ in totals.most_common(WAYS)}
    found: defaultdict[str, list[int]] = defaultdict(lambda: [0] * MONTHS)
    for way, number, count in rows:
        found[way if way in kept else OTHER][number] += count
    order = sorted(found, key=lambda way: (way == OTHER, -totals[way], way))
    return Churn(months, {way: found[way] for way in order})


def _months_before(day: date, months: int) -> date:
    count = day.year * 12 + day.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)
