"""The screen of two segments, and comparisons as files."""

from __future__ import annotations

import csv
import re
from html import unescape

import pytest

from outreach.accounts.models import Organisation
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser


@pytest.fixture
def blasts(db: Database, organisation: Organisation) -> list[int]:
    """Two blasts of twelve letters; a clicked one in each."""
    made = []
    with db.transaction() as session:
        for _ in range(2):
            one = World(session, organisation.id)
            letters = [one.letter() for _ in range(12)]
            for n, letter in enumerate(letters):
                letter.segments = n % 3 + 1
            one.clicked(letters[0])
            made.append(one.blast.id)
    rollup.advance(db)
    return made


def _said(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_segments_are_compared_over_what_the_address_says(
    console: Browser, blasts: list[int]
) -> None:
    choice = _said(console.get("/console/reports/compare/segments").text)
    assert "Segment 1 Segment 2" in choice
    both = "a=Segment+1&b=Segment+2"
    page = console.get(f"/console/reports/compare/segments?{both}").text
    assert "over 2 blasts that had both on record" in _said(page)
    assert "Too few to compare" in page
    assert re.search(r'href="/console/reports/compare-segments.csv\?a=', page)
    one = console.get(f"/console/reports/compare/segments?{both}&blast={blasts[0]}").text
    assert "over 1 blast that had both on record" in _said(one)
    rows = list(
        csv.DictReader(
            console.get(f"/console/reports/compare-segments.csv?{both}").text.splitlines()
        )
    )
    assert [row["rate"] for row in rows][:3] == ["delivery", "open", "click"]
    assert console.get("/console/reports/compare/segments?a=Segment+1&b=Nobody").status_code == 404
    assert (
        console.get("/console/reports/compare/segments?a=Segment+1&b=Segment+1").status_code == 400
    )


def test_two_blasts_are_taken_away_and_a_report_leads_to_them(
    console: Browser, blasts: list[int]
) -> None:
    a, b = blasts
    table = console.get(f"/console/reports/compare.csv?a={a}&b={b}").text
    click = next(row for row in csv.DictReader(table.splitlines()) if row["rate"] == "click")
    assert (click["a_count"], click["a_of"], float(click["difference"])) == ("1", "12", 0.0)
    assert console.get("/console/reports/compare.csv").status_code == 400
    report = console.get(f"/console/reports/{b}").text
    assert f'href="/console/reports/compare?b={b}">Compare with…' in report
    assert f'<option value="{b}" selected>' in console.get(f"/console/reports/compare?b={b}").text
