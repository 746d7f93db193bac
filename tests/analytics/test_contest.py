"""Variants compared: the probability of being best and the expected loss, and what is said."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import exp, lgamma, log

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.analytics import report_tables
from outreach.analytics.drawing import pictures, printed
from outreach.analytics.intervals import Rate
from outreach.analytics.report import contest, plain, reports
from outreach.analytics.report.contest import Verdict
from outreach.analytics.report.figures import BlastReport
from outreach.analytics.report.posterior import standings
from outreach.analytics.rollups import proof
from outreach.core.db import Database
from outreach.core.errors import NotFound
from tests.analytics.worlds import World

Build = Callable[..., World]


def second_is_better(first: tuple[int, int], second: tuple[int, int]) -> float:
    """The closed form of two: a sum over the second's successes (E. Miller)."""

    def beta(a: float, b: float) -> float:
        return lgamma(a) + lgamma(b) - lgamma(a + b)

    (k, n), (j, m) = first, second
    a, b, c, d = 1 + k, 1 + n - k, 1 + j, 1 + m - j
    return sum(exp(beta(a + i, b + d) - log(d + i) - beta(1 + i, d) - beta(a, b)) for i in range(c))


_RATE = st.integers(0, 3000).flatmap(lambda of: st.tuples(st.integers(0, of), st.just(of)))


@settings(max_examples=60, deadline=None)
@given(first=_RATE, second=_RATE)
def test_two_are_as_the_closed_form_says(first: tuple[int, int], second: tuple[int, int]) -> None:
    a, b = standings([first, second])
    assert b.best == pytest.approx(second_is_better(first, second), abs=2e-6)
    assert a.best + b.best == pytest.approx(1, abs=2e-6)
    means = [(1 + k) / (2 + n) for k, n in (first, second)]
    assert a.loss - b.loss == pytest.approx(means[1] - means[0], abs=2e-6)


def test_three_are_as_a_million_draws_say() -> None:
    counts = [(40, 1000), (50, 1000), (58, 1100)]
    lots, wins, losses, times = random.Random(7), [0, 0, 0], [0.0, 0.0, 0.0], 100_000
    for _ in range(times):
        rates = [lots.betavariate(1 + k, 1 + n - k) for k, n in counts]
        highest = max(rates)
        wins[rates.index(highest)] += 1
        losses = [loss + highest - rate for loss, rate in zip(losses, rates, strict=True)]
    for one, won, lost in zip(standings(counts), wins, losses, strict=True):
        assert one.best == pytest.approx(won / times, abs=0.006)
        assert one.loss == pytest.approx(lost / times, abs=0.0001)


@pytest.mark.parametrize(
    "counts",
    [
        [(0, 0), (0, 0)],
        [(0, 1_000_000), (1, 1_000_000)],
        [(1_000_000, 1_000_000), (999_999, 1_000_000)],
        [(1, 10), (60_000, 1_000_000)],
        [(n, 5000) for n in range(200, 360, 20)],
    ],
)
def test_whatever_the_counts_somebody_is_best(counts: list[tuple[int, int]]) -> None:
    found = standings(counts)
    assert sum(one.best for one in found) == pytest.approx(1, abs=1e-5)
    assert all(0 <= one.loss <= 1 for one in found)
    assert standings(counts) == found  # no lots are drawn


def verdict(*counts: tuple[int, int], by: str = "sign") -> Verdict:
    return Verdict(by, "ABCDEFGH"[: len(counts)], [Rate(*one) for one in counts])


def test_what_is_said_names_the_better_one_and_the_risk() -> None:
    assert verdict((3000, 50_000), (3150, 50_000)).said == (
        "B is better with 98 %; choosing it now risks less than 0.01 points of the sign rate on "
        "average."
    )
    assert verdict((3000, 5000), (100, 5000), (90, 5000)).said.startswith(
        "A is the best with over 99.9 %; choosing it now risks less than 0.01 points"
    )
    assert verdict((50, 1000), (58, 1000), by="click").said == (
        "No variant is clearly better by the click rate so far: B leads with 78 %; choosing it "
        "now risks 0.12 points of the click rate on average."
    )
    assert "it hardly matters: B leads with" in verdict((30_000, 90_000), (30_100, 90_000)).said


def test_too_few_are_said_to_be_too_few() -> None:
    few = verdict((0, 499), (499, 5000))
    assert few.said.startswith("Too few to tell: a variant was delivered to fewer than 500 people.")
    assert few.leader is None and not few.is_clear
    assert few.to_json()["best"] == {"A": None, "B": None}


def test_no_other_measure_is_known() -> None:
    assert contest.measure(None) == "sign"
    with pytest.raises(NotFound, match="“share”"):
        contest.measure("share")


@pytest.fixture
def report(db: Database, world: Build, monkeypatch: pytest.MonkeyPatch) -> BlastReport:
    """A was delivered to 6 and signed by 1, B to 6 and signed by 5."""
    monkeypatch.setattr(contest, "SMALL", 4)
    with db.transaction() as session:
        made = world(session)
        first, second = made.second_variant()
        made.answers(first, 6, 1)
        made.answers(second, 6, 5)
        made.letter("bounced", variant=second)
        made.letter("skipped", reason="no_consent", variant=first)
    assert proof.check(db, made.blast.id) == []
    with db.reading() as session:
        return reports.blast_report(session, made.blast.id)


def test_each_variant_has_figures_of_its_own(report: BlastReport) -> None:
    said = report.to_json()
    a, b = said["variants"]
    assert (a["variant"], a["part"], a["subject"]) == ("A", 0.5, "The last bus")
    assert (b["sent"], b["delivered"], b["signed"], b["new"]) == (7, 6, 5, 1)
    assert (a["audience"], a["sent"], a["clicked"]) == (7, 6, 1)
    assert (b["rates"]["sign"]["count"], b["rates"]["sign"]["of"]) == (5, 6)
    assert a["signed"] + b["signed"] == said["signed"]
    assert b["sender_name"] == "Mara"
    by_sign = said["verdicts"]["sign"]
    assert by_sign["leader"] == "B" and by_sign["clear"]
    assert by_sign["best"]["B"] == pytest.approx(second_is_better((1, 6), (5, 6)), abs=1e-6)
    assert set(said["verdicts"]) == {"sign", "click", "open"}


def test_a_blast_with_one_variant_has_no_contest(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        made.a_small_blast()
    with db.reading() as session:
        said = reports.blast_report(session, made.blast.id)
    assert (said.to_json()["variants"], said.to_json()["verdicts"]) == ([], {})
    assert "Variants" not in plain.as_text(said)
    assert pictures.chart_of(said, "variants") is None


def test_text_table_chart_and_paper_say_the_same(report: BlastReport) -> None:
    assert report.figures is not None
    sentence = report.figures.details.contest.by("click").said
    text = plain.as_text(report, by="click")
    assert "Variants, by click rate" in text and sentence in text
    table = report_tables.table_of(1, report.figures, "variants")
    (a, b) = (dict(zip((n for n, _ in table.columns), row, strict=True)) for row in table.rows)
    assert (b["variant"], b["delivered"], b["sign_count"]) == ("B", 6, 5)
    assert a["best_by_sign"] + b["best_by_sign"] == pytest.approx(1, abs=1e-5)
    chart = pictures.chart_of(report, "variants")
    assert chart is not None
    assert "B: No bus home" in str(chart)
    page = printed.report_html(report, organisation="Harbour", language="en", paper="A4")
    assert report.figures.details.contest.by("sign").said in page
