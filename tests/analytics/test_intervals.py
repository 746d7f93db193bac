"""Wilson intervals against published values, and rates as they are written."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.analytics.intervals import Rate, wilson


@pytest.mark.parametrize(
    ("count", "of", "low", "high"),
    [
        # R. G. Newcombe, "Two-sided confidence intervals for the single proportion", Statistics in
        # Medicine 17 (1998), table I, method 3.
        (81, 263, 0.2553, 0.3662),
        (15, 148, 0.0624, 0.1605),
        (0, 20, 0.0000, 0.1611),
        (1, 29, 0.0061, 0.1718),
        (0, 10, 0.0000, 0.2775),
        (10, 10, 0.7225, 1.0000),
        (50, 100, 0.4038, 0.5962),
    ],
)
def test_wilson_agrees_with_published_values(count: int, of: int, low: float, high: float) -> None:
    assert wilson(count, of) == pytest.approx((low, high), abs=5e-5)


@given(st.integers(1, 10**7).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of))))
def test_the_interval_holds_the_share_and_mirrors(counts: tuple[int, int]) -> None:
    count, of = counts
    low, high = wilson(count, of)
    assert 0 <= low <= count / of <= high <= 1
    assert low < high
    mirrored = wilson(of - count, of)
    assert mirrored == pytest.approx((1 - high, 1 - low), abs=1e-12)


@pytest.mark.parametrize(
    ("count", "of", "percent", "between"),
    [
        (46988, 47612, "98.69 %", "98.58 to 98.79 %"),
        (13204, 46988, "28.1 %", "27.7 to 28.5 %"),
        (3912, 46988, "8.33 %", "8.08 to 8.58 %"),
        (2871, 46988, "6.11 %", "5.90 to 6.33 %"),
        (9, 46988, "0.019 %", "0.010 to 0.036 %"),
        (50, 100, "50 %", "40 to 60 %"),
        (0, 0, "–", "–"),
    ],
)
def test_decimals_are_those_that_the_interval_supports(
    count: int, of: int, percent: str, between: str
) -> None:
    rate = Rate(count, of)
    assert (rate.percent, rate.between) == (percent, between)


def test_a_rate_of_nobody_is_unknown_and_not_zero() -> None:
    assert Rate(0, 0).to_json() == {
        "count": 0, "of": 0, "rate": None, "low": None, "high": None,
    }  # fmt: skip
