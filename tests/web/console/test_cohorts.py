"""The screen of cohorts, and the same as files."""

from __future__ import annotations

import csv
import re
from html import unescape

import pytest

from outreach.accounts.models import Organisation
from outreach.analytics.days import cohorts, days, growth
from outreach.analytics.drawing import pictures
from outreach.analytics.rollups import rollup
from outreach.consent import ledger
from outreach.core.clock import now
from outreach.core.db import Database
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser


@pytest.fixture
def reached(db: Database, organisation: Organisation) -> None:
    """Three who joined this month and got a letter; one clicked."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        made.blast.started_at = now()
        for n in range(3):
            letter = made.letter("delivered")
            assert letter.supporter_id is not None
            ledger.grant(session, letter.supporter_id, basis="b", source="list:x")
            if not n:
                made.clicked(letter)
    rollup.advance(db)
    for subject in (growth.PEOPLE, cohorts.COHORTS):
        days.advance(db, subject)


@pytest.mark.usefixtures("reached")
def test_each_figure_has_its_map_and_its_files(
    console: Browser, monkeypatch: pytest.MonkeyPatch
) -> None:
    def said(address: str) -> str:
        page = console.get(address).text
        return " ".join(unescape(re.sub(r"<[^>]+>", " ", page)).split())

    month = f"{now():%B %Y}"
    assert f"{month} 3 1 of 3" in said("/console/reports/cohorts?what=clicked")
    assert f"{month} 3 0 of 3" in said("/console/reports/cohorts")
    assert console.get("/console/reports/cohorts?what=weather").status_code == 400
    table = console.get("/console/reports/cohorts.csv?what=clicked").text
    [row] = csv.DictReader(table.splitlines())
    assert (row["joined"], row["months_since"], row["clicked"], row["reached"]) == (
        *("3", "0"),
        *("1", "3"),
    )
    monkeypatch.setitem(pictures.FORMATS, "svg", ("image/svg+xml", lambda *specs: [b"drawn"]))
    answer = console.get("/console/reports/cohorts.svg?what=clicked")
    assert answer.headers["Content-Disposition"] == 'attachment; filename="cohorts-clicked.svg"'


def test_before_anything_is_counted_the_screen_says_so(console: Browser) -> None:
    assert "Not counted yet" in console.get("/console/reports/cohorts").text
