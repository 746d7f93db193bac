"""The screen of petitions beside each other: visits, notes, and both as files."""

from __future__ import annotations

import csv
import re
from html import unescape

import pytest

from outreach.accounts.models import Organisation
from outreach.analytics.days import conversion, days
from outreach.analytics.drawing import pictures
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from outreach.tracking import visits
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser


@pytest.fixture
def visited(db: Database, organisation: Organisation) -> World:
    """Two found the page, one of them signed; of three who got a letter one followed a note."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        for number in ("a" * 32, "b" * 32):
            visits.record(session, made.petition.id, number, by_machine=False)
        signature = made.signature(None)
        visits.signed(session, made.petition.id, "a" * 32, signature.id)
        made.links["citation"].label = "source 1"
        letters = [made.letter() for _ in range(3)]
        made.clicked(letters[0], link="citation")
    rollup.advance(db)
    days.advance(db, conversion.VISITS)
    return made


def _said(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_visits_and_notes_stand_with_their_intervals(console: Browser, visited: World) -> None:
    page = console.get("/console/reports/petitions").text
    said = _said(page)
    assert "Found otherwise 1 of 2 95 % interval 9 to 91 %" in said
    assert f"{visited.petition.headline} 1 of 2 9 to 91 % 1 of 2" in said
    assert f"https://x.example/citation {visited.petition.headline} 1 of 3 6 to 79 %" in said
    nobody = _said(console.get("/console/reports/petitions?to=2020-01-01").text)
    assert "Nobody is known to have come in these days." in nobody


def test_each_table_is_taken_away(
    console: Browser, visited: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    def rows(name: str) -> list[dict[str, str]]:
        return list(csv.DictReader(console.get(f"/console/reports/{name}").text.splitlines()))

    whole, own = rows("petition-visits.csv")
    assert (whole["petition"], whole["source"], whole["signed"], whole["visits"]) == (
        *("0", "page"),
        *("1", "2"),
    )
    assert own["petition"] == str(visited.petition.id)
    [note] = rows("citations.csv")
    assert (note["url"], note["source_people"]) == ("https://x.example/citation", "1")
    assert rows("citations-by-source.csv")[0]["petition"] == "0"
    monkeypatch.setitem(pictures.FORMATS, "png", ("image/png", lambda *specs: [b"drawn"]))
    assert console.get("/console/reports/petition-visits.png").data == b"drawn"
