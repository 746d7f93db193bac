"""Two blasts side by side: the interval of a difference, and what is said of it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.analytics.intervals import Rate
from outreach.analytics.overview import compare
from outreach.analytics.overview.compare import Difference
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound
from tests.analytics.worlds import World


# Newcombe 1998, table II, method 10: p1 - p2 of these counts.
@pytest.mark.parametrize(
    ("first", "second", "low", "high"),
    [
        ((56, 70), (48, 80), 0.0524, 0.3339),
        ((9, 10), (3, 10), 0.1705, 0.8090),
        ((6, 7), (2, 7), 0.0582, 0.8062),
        ((5, 56), (0, 29), -0.0381, 0.1926),
        ((0, 10), (0, 20), -0.1611, 0.2775),
        ((10, 10), (0, 20), 0.6791, 1.0),
        ((10, 10), (0, 10), 0.6075, 1.0),
    ],
)
def test_the_interval_is_newcombes(
    first: tuple[int, int], second: tuple[int, int], low: float, high: float
) -> None:
    found = Difference("sign", "Signed", a=Rate(*second), b=Rate(*first)).interval
    assert found == pytest.approx((low, high), abs=0.00006)
    turned = Difference("sign", "Signed", a=Rate(*first), b=Rate(*second)).interval
    assert turned == pytest.approx((-high, -low), abs=0.00006)


def test_what_is_said_follows_the_interval() -> None:
    def said(a: tuple[int, int], b: tuple[int, int]) -> str:
        return Difference("sign", "Signed", Rate(*a), Rate(*b)).said

    assert said((600, 10_000), (630, 10_000)) == "No difference that can be told from chance."
    assert said((600, 10_000), (800, 10_000)) == "B is higher by 1.3 to 2.7 points."
    assert said((800, 10_000), (600, 10_000)) == "B is lower by 1.3 to 2.7 points."
    assert "Too few" in said((1, 499), (400, 500))
    assert "no rate" in said((0, 0), (400, 500))


def test_blasts_are_compared_by_their_reports_rates(
    db: Database, world: Callable[..., World]
) -> None:
    with db.transaction() as session:
        ids = []
        for clicked in (1, 3):
            made = world(session)
            letters = [made.letter() for _ in range(4)]
            for letter in letters[:clicked]:
                made.clicked(letter)
            ids.append(made.blast.id)
        draft = world(session, state="draft").blast.id
    rollup.advance(db)
    with db.reading() as session:
        found = compare.compare(session, *ids)
        with pytest.raises(BadInput, match="both sides"):
            compare.compare(session, ids[0], ids[0])
        with pytest.raises(NotFound):
            compare.compare(session, ids[0], 4711)
        with pytest.raises(Conflict, match="has not run"):
            compare.compare(session, ids[0], draft)
    assert [one.key for one in found.rates][:3] == ["delivery", "open", "click"]
    click = found.to_json()["rates"]["click"]
    assert (click["a"]["rate"], click["b"]["rate"]) == (0.25, 0.75)
    assert click["difference"]["points"] == 0.5
    assert click["too_small"]
    assert not click["told_from_chance"]
    assert "different petitions" in found.cautions[0]
