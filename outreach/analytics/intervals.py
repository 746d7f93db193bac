"""Rates with the interval that their counts support, and how both are written.

Wilson's score interval: E. B. Wilson, "Probable Inference, the Law of Succession, and Statistical
Inference", Journal of the American Statistical Association 22 (1927). It holds for small counts
and for shares near 0 and 1, where the textbook's p ± 1.96 s fails.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

Z_95 = 1.959963984540054  # the normal quantile of a two-sided 95 % interval

MAX_DECIMALS = 3
SMALL = 500  # delivered; under it a report gives counts and the band, no verdict


def wilson(count: int, of: int, z: float = Z_95) -> tuple[float, float]:
    """The interval of a share of `count` in `of`, from 0 to 1; `of` is at least 1."""
    share = count / of
    shrink = 1 + z * z / of
    middle = (share + z * z / (2 * of)) / shrink
    half = z / shrink * math.sqrt(share * (1 - share) / of + z * z / (4 * of * of))
    # At the ends the formula gives exactly 0 and 1; rounding in floats would miss them.
    return (middle - half if count else 0.0, middle + half if count < of else 1.0)


def difference(b: Rate, a: Rate, z: float = Z_95) -> tuple[float, float] | None:
    """Newcombe's hybrid score interval of b less a, from -1 to 1; None where one is of nobody.

    R. G. Newcombe, "Interval Estimation for the Difference Between Independent Proportions",
    Statistics in Medicine 17 (1998), method 10: made of both Wilson intervals, so that it holds for
    small counts and rates near 0.
    """
    if not a.of or not b.of:
        return None
    p, q = b.count / b.of, a.count / a.of
    (low_b, high_b), (low_a, high_a) = wilson(b.count, b.of, z), wilson(a.count, a.of, z)
    below = math.hypot(p - low_b, high_a - q)
    above = math.hypot(high_b - p, q - low_a)
    return max(-1.0, p - q - below), min(1.0, p - q + above)


@dataclass(frozen=True, slots=True)
class Rate:
    """So many of so many. Share and interval run from 0 to 1 and are None of nobody."""

    count: int
    of: int

    @property
    def share(self) -> float | None:
        """The rate itself."""
        return self.count / self.of if self.of else None

    @property
    def interval(self) -> tuple[float, float] | None:
        """Wilson's 95 % interval."""
        return wilson(self.count, self.of) if self.of else None

    @property
    def decimals(self) -> int:
        """As many as the interval supports: 28.1 % where it is ± 0.41 points, 6.11 % at ± 0.22.

        A further decimal is shown only where the half interval is less than 40 units of it.
        """
        if self.interval is None:
            return 0
        low, high = self.interval
        points = (high - low) * 50
        return min(MAX_DECIMALS, max(0, math.floor(-math.log10(points / 4)) + 1))

    @property
    def percent(self) -> str:
        """The rate in words: 6.11 %; of nobody a dash."""
        return "–" if self.share is None else f"{self.share * 100:.{self.decimals}f} %"

    @property
    def between(self) -> str:
        """The interval in words: 5.90 to 6.33 %; of nobody a dash."""
        if self.interval is None:
            return "–"
        low, high = (f"{end * 100:.{self.decimals}f}" for end in self.interval)
        return f"{low} to {high} %"

    def to_json(self) -> dict[str, Any]:
        """count, of, rate, low, high; the last three from 0 to 1, or None of nobody."""
        low, high = self.interval or (None, None)
        return {"count": self.count, "of": self.of, "rate": self.share, "low": low, "high": high}
