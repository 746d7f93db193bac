"""Which of several rates is the highest: probability and expected loss, after the counts.

Each rate is a share of people who each did it or not, so with a prior that holds all rates for
equally likely (Beta(1, 1)) what is known after `count` of `of` is Beta(1 + count, 1 + of - count).
The probability of being best and the expected loss of a choice (how much lower than the best one
it is on average, 0 where it is the best) are integrals over these, found by Simpson's rule on
points that lie close where a curve bends: no drawing of lots, the same counts give the same
answer. The loss as a measure for a choice: C. Stucchio, "Bayesian A/B Testing at VWO" (2015).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from math import exp, lgamma, log, log1p, prod, sqrt

_STEP, _CORE, _FAR, _GROWTH = 0.1, 9.0, 60.0, 1.06  # in standard deviations


@dataclass(frozen=True)
class Standing:
    """One rate beside the others: `best` from 0 to 1, `loss` in the unit of the rate."""

    best: float
    loss: float


def standings(counts: Sequence[tuple[int, int]]) -> list[Standing]:
    """For each rate, `count` of `of`, in the order given. Exact to 1e-6."""
    curves = [_Curve(1 + count, 1 + of - count) for count, of in counts]
    points = sorted({0.0, 1.0, *(at for curve in curves for at in curve.points())})
    known = [_on(curve, points) for curve in curves]
    widths = [right - left for left, right in pairwise(points)]
    found = []
    for i, (density, below) in enumerate(known):
        others = [of for j, (_, of) in enumerate(known) if j != i]
        lower = [prod(all_) for all_ in zip(*others, strict=True)] or [1.0] * len(below)
        best = _simpson([f * p for f, p in zip(density, lower, strict=True)], widths)
        loss = _simpson([b * (1 - p) for b, p in zip(below, lower, strict=True)], widths)
        found.append(Standing(min(1.0, best), max(0.0, loss)))
    return found


@dataclass(frozen=True)
class _Curve:
    """The density of Beta(a, b), a and b at least 1."""

    a: float
    b: float

    def density(self, x: float) -> float:
        if x <= 0:
            return self.b if self.a == 1 else 0.0
        if x >= 1:
            return self.a if self.b == 1 else 0.0
        return exp(self._scale + (self.a - 1) * log(x) + (self.b - 1) * log1p(-x))

    @cached_property
    def _scale(self) -> float:
        return lgamma(self.a + self.b) - lgamma(self.a) - lgamma(self.b)

    def points(self) -> Iterator[float]:
        """Where it has to be known: close around its mean, further apart in its tails."""
        whole = self.a + self.b
        mean = self.a / whole
        deviation = sqrt(mean * (1 - mean) / (whole + 1))
        away, step = 0.0, _STEP
        while away <= _FAR:
            for at in (mean - away * deviation, mean + away * deviation):
                if 0 < at < 1:
                    yield at
            away += step
            step *= _GROWTH if away > _CORE else 1


def _on(curve: _Curve, points: Sequence[float]) -> tuple[list[float], list[float]]:
    """Density and share below, at each point and in the middle between two: 2n - 1 values."""
    density = [curve.density(points[0])]
    below = [0.0]
    for left, right in pairwise(points):
        middle, last = curve.density((left + right) / 2), curve.density(right)
        first, width, start = density[-1], right - left, below[-1]
        density += (middle, last)
        # The parabola through the three, up to the middle and to the end.
        below += (
            start + width / 24 * (5 * first + 8 * middle - last),
            start + width / 6 * (first + 4 * middle + last),
        )
    whole = below[-1]
    return [f / whole for f in density], [min(1.0, max(0.0, share / whole)) for share in below]


def _simpson(values: Sequence[float], widths: Sequence[float]) -> float:
    pieces = zip(widths, values[::2], values[1::2], values[2::2], strict=False)
    return sum(width / 6 * (first + 4 * middle + last) for width, first, middle, last in pieces)
