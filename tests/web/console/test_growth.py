"""The screen of the list's growth: by week or month and source, charts and files of the same."""

from __future__ import annotations

import csv
import re
from html import unescape

import orjson
import pytest

from outreach.accounts.models import Organisation
from outreach.analytics.days import days, growth
from outreach.analytics.drawing import charts, pictures
from outreach.consent import ledger
from outreach.core.db import Database
from outreach.supporters.models import Supporter
from tests.web.console.conftest import Browser


@pytest.fixture
def grown(db: Database, organisation: Organisation) -> None:
    """Three who joined, of whom one left, as of now."""
    with db.transaction() as session:
        for n, source in enumerate(("import:1", "list:Riverton", "list:Riverton")):
            one = Supporter(address=f"p{n}@x.example", email=f"p{n}@x.example")
            session.add(one)
            session.flush()
            ledger.grant(session, one.id, basis="b", source=source)
        ledger.withdraw(session, one.id, basis="one-click", source="letter:1")
    days.advance(db, growth.PEOPLE)


def _said(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


@pytest.mark.usefixtures("grown")
def test_who_joined_by_what_and_who_left(console: Browser) -> None:
    page = console.get("/console/reports/growth").text
    said = _said(page)
    assert "3 joined or came back and 1 left: the list grew by 2." in said
    assert "by source: import 1, entered by hand 2." in said
    assert "Month Import Entered by hand Joined Came back Left Grew by Agree at its end" in said
    assert re.search(r"\w+ \d{4} 1 2 3 0 1 2 2 ", said)
    assert said.count("20") > 12  # a row for each of twelve months
    weeks = _said(console.get("/console/reports/growth?by=week").text)
    assert "Week by week" in weeks
    assert console.get("/console/reports/growth?by=year").status_code == 400
    assert console.get("/console/reports/growth?from=never").status_code == 400


@pytest.mark.usefixtures("grown")
def test_the_same_is_taken_away_as_table_and_chart(
    console: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = list(csv.DictReader(console.get("/console/reports/list-growth.csv").text.splitlines()))
    assert len(rows) == 12
    last = rows[-1]
    assert (last["joined_import"], last["joined_entry"], last["left"]) == ("1", "2", "1")
    assert (last["net"], last["agreed_at_the_end"]) == ("2", "2")
    drawn = []
    monkeypatch.setitem(
        pictures.FORMATS, "svg", ("image/svg+xml", lambda *s: drawn.append(s) or [b"x"])
    )
    for name in ("growth", "growth-by-source"):
        answer = console.get(f"/console/reports/{name}.svg?by=week")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.svg"'
    titles = [spec["title"] for ((spec,),) in zip(drawn, strict=True)]
    assert [one["text"] for one in titles] == [
        "Joined and left, by week",
        "Joined, by week and source",
    ]
    assert all(one["subtitle"].startswith("people for each week") for one in titles)
    if charts.bundle_name():
        spec = orjson.loads(console.get("/console/reports/growth.json?theme=dark").data)
        assert spec["width"] == "container"


def test_a_list_that_was_not_counted_yet_says_so(console: Browser) -> None:
    assert "Not counted yet" in console.get("/console/reports/growth").text
