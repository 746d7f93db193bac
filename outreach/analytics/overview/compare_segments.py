"""Two segments side by side over the same blasts: each rate of both, and what chance explains.

A letter is in a segment whose rules its person met when the blast was frozen. Read from the
rollups, a row for each blast, variant and measure of the two.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import func, literal_column, select
from sqlalchemy.orm import Session

from outreach.analytics.intervals import Rate
from outreach.analytics.overview.compare import Difference, differences
from outreach.analytics.overview.overview import Asked, names_of, rates_of
from outreach.analytics.rollups.cells import SEGMENT
from outreach.analytics.rollups.models import Rollup
from outreach.blasts.models import FrozenSegment
from outreach.core.errors import BadInput, Conflict, NotFound


@dataclass(frozen=True)
class Members:
    """The letters to one segment's people in the blasts compared."""

    name: str
    sent: int
    delivered: int
    rates: Mapping[str, Rate]

    def to_json(self) -> dict[str, Any]:
        """Its name and counts; the rates stand in the comparison."""
        return {"segment": self.name, "sent": self.sent, "delivered": self.delivered}


@dataclass(frozen=True)
class SegmentComparison:
    """Segment b held against segment a, over `blasts` (those that had both on record)."""

    a: Members
    b: Members
    rates: Sequence[Difference]
    blasts: Sequence[tuple[int, str]]

    @property
    def cautions(self) -> list[str]:
        """What has to be known before a difference is put down to the people."""
        return [
            "Who is in both segments stands on both sides, which draws the two together.",
            "Letters of several blasts to one person are counted each: people who get many weigh "
            "more, and the intervals are somewhat too narrow.",
            f"{len(self.rates)} rates are compared; one in twenty looks different by chance alone.",
        ]

    def to_json(self) -> dict[str, Any]:
        """Both segments, the blasts, and each rate by its name; shares run from 0 to 1."""
        return {
            "a": self.a.to_json(),
            "b": self.b.to_json(),
            "blasts": [{"blast": number, "name": name} for number, name in self.blasts],
            "rates": {one.key: one.to_json() for one in self.rates},
            "cautions": self.cautions,
        }


def names(session: Session) -> Sequence[str]:
    """Segments that any blast's letters are on record with."""
    query = select(FrozenSegment.name).distinct().order_by(FrozenSegment.name)
    return session.scalars(query).all()


def compare(
    session: Session,
    a: str,
    b: str,
    zone: ZoneInfo,
    *,
    blasts: Collection[int] = (),
    since: date | None = None,
    until: date | None = None,
) -> SegmentComparison:
    """Segment b held against segment a over these blasts, else over all that began in the span.

    Raises BadInput for one and the same, NotFound for a segment that no letter is on record with,
    Conflict where no blast has both.
    """
    if a == b:
        raise BadInput("The same segment stands on both sides.", hint="Choose another for one.")
    known = names(session)
    for name in (a, b):
        if name not in known:
            raise NotFound(
                f"No letter is on record with a segment “{name[:80]}”.",
                hint="Blasts record segments when they are frozen; those before that have none.",
            )
    in_span = names_of(session, Asked(since=since, until=until), zone)
    chosen = {number: name for number, name in in_span.items() if not blasts or number in blasts}
    both = _with_both(session, a, b) & chosen.keys()
    if not both:
        raise Conflict(
            "No blast of these has both segments on record: there is nothing to compare.",
            hint="Choose other blasts or days.",
        )
    numbers = _numbers(session, a, b, both)
    first, second = (_members(name, numbers[name]) for name in (a, b))
    in_order = [(number, chosen[number]) for number in sorted(both, reverse=True)]
    return SegmentComparison(first, second, differences(first, second), in_order)


def _with_both(session: Session, a: str, b: str) -> set[int]:
    of: defaultdict[int, set[str]] = defaultdict(set)
    query = select(FrozenSegment.blast_id, FrozenSegment.name).where(FrozenSegment.name.in_((a, b)))
    for blast_id, name in session.execute(query):
        of[blast_id].add(name)
    return {blast_id for blast_id, found in of.items() if len(found) == len({a, b})}


def _numbers(session: Session, a: str, b: str, blasts: set[int]) -> dict[str, Counter[str]]:
    found: dict[str, Counter[str]] = {a: Counter(), b: Counter()}
    # Written out, as in overview.py: both databases know the index of these rows by it.
    of_segments = Rollup.dimension == literal_column(f"'{SEGMENT}'")
    by = (Rollup.value, Rollup.measure)
    query = select(*by, func.sum(Rollup.number)).group_by(*by)
    for value, measure, number in session.execute(
        query.where(of_segments, Rollup.value.in_((a, b)), Rollup.blast_id.in_(blasts))
    ):
        found[value][measure] = int(number)
    return found


def _members(name: str, of: Counter[str]) -> Members:
    return Members(name, *rates_of(of))
