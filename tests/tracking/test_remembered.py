"""What is remembered of requests that are like others is what weighing each anew would find."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.tracking import classify, origins, signs
from outreach.tracking.classify import JUDGED, Request, judge, judge_together
from outreach.tracking.rules import AS_THEY_COME, Rules
from tests.tracking.worlds import DELIVERED

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)
IPHONE = (
    "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15 "
    "(KHTML, like Gecko) Version/18.1 Mobile/15E148 Safari/604.1"
)


def _after(seconds: float) -> datetime:
    return DELIVERED + timedelta(seconds=seconds)


_REQUESTS = st.builds(
    Request,
    at=st.one_of(st.integers(-5, 200), st.floats(0, 12), st.integers(0, 9000)).map(_after),
    kind=st.sampled_from(sorted(JUDGED)),
    method=st.sampled_from(["GET", "GET", "GET", "HEAD", "POST"]),
    agent=st.sampled_from([CHROME, IPHONE, "", "Mozilla/5.0", "curl/8", "GoogleImageProxy"]),
    network=st.sampled_from(["", "home", "office", "lab"]),
    place=st.sampled_from(["", "", "link:1", "link:2", "link:3"]),
    hidden=st.sampled_from([False, False, False, True]),
    noted=st.fixed_dictionaries(
        {},
        optional={
            "signs": st.lists(st.sampled_from([signs.PREFETCH, signs.ANY_ANSWER]), max_size=2),
            "origin": st.sampled_from([origins.HOSTING, origins.SECURITY, origins.APPLE]),
            "touched": st.booleans(),
            "machine_open": st.booleans(),
        },
    ),
)
_MINE = Rules(weights={"soon": 3}, reader_agents=["iphone"], networks=frozenset(["lab"]))


@given(
    requests=st.lists(_REQUESTS, min_size=1, max_size=5),
    delivered_at=st.sampled_from([None, DELIVERED]),
    links=st.integers(0, 5),
    rules=st.sampled_from([AS_THEY_COME, _MINE]),
    told=st.lists(st.integers(0, 200).map(_after), max_size=1),
)
def test_what_is_remembered_is_what_weighing_all_together_finds(
    requests: list[Request],
    delivered_at: datetime | None,
    links: int,
    rules: Rules,
    told: list[datetime],
) -> None:
    about: Any = {"delivered_at": delivered_at, "links": links, "rules": rules, "told": told}
    quick, full = judge(requests, **about), judge_together(requests, **about)
    assert [(v, v.weights) for v in quick] == [(v, v.weights) for v in full]


def test_no_more_is_remembered_than_there_is_room_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(classify, "REMEMBERED", 3)
    rules = Rules()
    for number in range(10):
        assert judge([Request("viewed", DELIVERED, agent=f"curl/{number}")], rules=rules)
        assert len(rules.remembered) <= 3
