"""Two blasts side by side: each rate of both, and how far chance alone explains the difference."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sqlalchemy.orm import Session

from outreach.analytics.intervals import MAX_DECIMALS, SMALL, Rate, difference
from outreach.analytics.overview import overview
from outreach.analytics.overview.overview import RATES, Line
from outreach.core.errors import BadInput, Conflict, NotFound


@dataclass(frozen=True)
class Difference:
    """One rate of two blasts; `points` and `interval` are b less a, from -1 to 1, None where one
    of the two is of nobody."""

    key: str
    title: str
    a: Rate
    b: Rate
    of: str = "delivered"

    @property
    def points(self) -> float | None:
        """How much higher the rate of b is."""
        if self.a.share is None or self.b.share is None:
            return None
        return self.b.share - self.a.share

    @property
    def interval(self) -> tuple[float, float] | None:
        """Newcombe's 95 % interval of that."""
        return difference(self.b, self.a)

    @property
    def small(self) -> bool:
        """Too few delivered in one of the two for a verdict."""
        return min(self.a.of, self.b.of) < SMALL

    @property
    def told_apart(self) -> bool:
        """Chance alone does not explain the difference: the interval leaves 0 out."""
        return self.interval is not None and not self.interval[0] <= 0 <= self.interval[1]

    @property
    def between(self) -> str:
        """The difference's interval in words: −0.31 to +1.20 points."""
        if self.interval is None:
            return "–"
        return " to ".join(_signed(end, self._decimals) for end in self.interval) + " points"

    @property
    def difference(self) -> str:
        """The difference in words: +0.45 points."""
        return "–" if self.points is None else f"{_signed(self.points, self._decimals)} points"

    @property
    def said(self) -> str:
        """What it comes to, in one sentence."""
        if self.interval is None:
            return "There is no rate to compare: one of the two is of nobody."
        if self.small:
            return f"Too few to compare: under {SMALL} {self.of} in one of the two."
        if not self.told_apart:
            return "No difference that can be told from chance."
        low, high = sorted(abs(end) * 100 for end in self.interval)
        way = "higher" if self.interval[0] > 0 else "lower"
        digits = self._decimals
        return f"B is {way} by {low:.{digits}f} to {high:.{digits}f} points."

    @property
    def _decimals(self) -> int:
        if self.interval is None:
            return 0
        points = (self.interval[1] - self.interval[0]) * 50
        return min(MAX_DECIMALS, max(0, math.floor(-math.log10(points / 4)) + 1))

    def to_json(self) -> dict[str, Any]:
        """Both rates, and b less a with its interval, from -1 to 1."""
        low, high = self.interval or (None, None)
        return {
            "a": self.a.to_json(),
            "b": self.b.to_json(),
            "difference": {"points": self.points, "low": low, "high": high},
            "too_small": self.small,
            "told_from_chance": self.told_apart and not self.small,
            "said": self.said,
        }


class Side(Protocol):
    """What can be held against another: how many were sent, delivered, and did each of RATES."""

    @property
    def sent(self) -> int: ...

    @property
    def delivered(self) -> int: ...

    @property
    def rates(self) -> Mapping[str, Rate]: ...


@dataclass(frozen=True)
class Comparison:
    """Two blasts and the difference of each of their rates."""

    a: Line
    b: Line
    rates: Sequence[Difference]

    @property
    def cautions(self) -> list[str]:
        """What has to be known before a difference is put down to the letters."""
        said = [
            "Nobody was drawn by lot: the two differ in their people and their days, too.",
            f"{len(self.rates)} rates are compared; one in twenty looks different by chance alone.",
        ]
        if self.a.petition_id != self.b.petition_id:
            said.insert(0, "The two ask for different petitions.")
        return said

    def to_json(self) -> dict[str, Any]:
        """Both blasts and each rate by its name; shares run from 0 to 1."""
        return {
            "a": _head(self.a),
            "b": _head(self.b),
            "rates": {one.key: one.to_json() for one in self.rates},
            "cautions": self.cautions,
        }


def compare(session: Session, a: int, b: int) -> Comparison:
    """Blast b held against blast a. Raises BadInput for one and the same, NotFound, and Conflict
    for one that has not run."""
    if a == b:
        raise BadInput("The same blast stands on both sides.", hint="Choose another for one.")
    first, second = _ran(session, a), _ran(session, b)
    return Comparison(first, second, differences(first, second))


def differences(a: Side, b: Side) -> list[Difference]:
    """Each rate of b held against that of a."""
    delivery = Difference(
        "delivery",
        "Delivered of sent",
        Rate(a.delivered, a.sent),
        Rate(b.delivered, b.sent),
        of="sent",
    )
    others = [Difference(key, label, a.rates[key], b.rates[key]) for key, label, _ in RATES]
    return [delivery, *others]


def _ran(session: Session, blast_id: int) -> Line:
    line = overview.line_of(session, blast_id)
    if line is None:
        raise NotFound(f"There is no blast {blast_id}.", hint="See `outreach blasts list`.")
    if not line.has_run:
        raise Conflict(
            f"“{line.name}” has not run: there is nothing to compare.",
            hint="Choose a blast that went out.",
        )
    return line


def _head(line: Line) -> dict[str, Any]:
    return {
        "blast": line.blast_id,
        "name": line.name,
        "petition": line.petition,
        "started_at": line.started_at.isoformat() if line.started_at else None,
        "sent": line.sent,
        "delivered": line.delivered,
    }


def _signed(share: float, digits: int) -> str:
    written = f"{abs(share) * 100:.{digits}f}"
    if not float(written):
        return written
    return f"{'+' if share > 0 else '−'}{written}"
