"""The screen of all blasts: sorted by links, filtered, taken away as it stands."""

from __future__ import annotations

import csv
import re
from html import unescape

import pytest
from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.analytics.drawing import pictures
from outreach.analytics.rollups import rollup
from outreach.consent import ledger
from outreach.core.db import Database
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser


@pytest.fixture
def two(db: Database, organisation: Organisation) -> tuple[int, int]:
    """Two blasts: 520 delivered with 130 clicks, and 5 with one."""
    made = []
    with db.transaction() as session:
        for delivered, clicked in ((520, 130), (5, 1)):
            world = World(session, organisation.id)
            letters = [world.letter() for _ in range(delivered)]
            for letter in letters[:clicked]:
                world.clicked(letter)
            made.append(world.blast.id)
    rollup.advance(db)
    return made[0], made[1]


def _said(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def _order(html: str) -> list[int]:
    found = re.findall(r'<th scope="row"><a href="/console/reports/(\d+)"', html)
    return [int(number) for number in found]


def test_rates_stand_with_intervals_and_small_blasts_are_marked(
    console: Browser, two: tuple[int, int]
) -> None:
    page = console.get("/console/reports/").text
    said = _said(page)
    assert "25.0 % 21.5 to 28.9 % 130 people" in said
    assert "1 of 5 4 to 62 %" in said
    assert said.count("Too small to compare") == 1
    assert _order(page) == [two[1], two[0]]
    assert "aria-sort" not in page


def test_a_column_sorts_by_its_link_and_turns_round(console: Browser, two: tuple[int, int]) -> None:
    page = console.get("/console/reports/").text
    link = re.search(r'<th scope="col"><a href="([^"]+)">Sent', page)
    assert link is not None
    down = console.get(unescape(link[1])).text
    assert _order(down) == [two[0], two[1]]
    assert down.count('aria-sort="descending"') == 1
    again = re.search(r'aria-sort="descending"><a href="([^"]+)">Sent', down)
    assert again is not None
    up = console.get(unescape(again[1])).text
    assert _order(up) == [two[1], two[0]]
    assert 'aria-sort="ascending"' in up


def test_what_is_asked_for_stays_in_every_link(console: Browser, two: tuple[int, int]) -> None:
    page = console.get("/console/reports/?from=2026-04-14&to=2026-04-14&by=click&down=1").text
    assert _order(page) == [two[0], two[1]]
    for link in re.findall(r'href="(/console/reports/(?:\?|blasts)[^"]*)"', page):
        assert "from=2026-04-14" in link
        assert "to=2026-04-14" in link
    taken = console.get("/console/reports/blasts.csv?by=sent&from=2026-04-14")
    rows = list(csv.DictReader(taken.text.splitlines()))
    assert [int(row["blast"]) for row in rows] == [two[1], two[0]]
    assert (rows[1]["click_people"], rows[1]["click_rate"]) == ("130", "0.25")
    assert [row["too_small_to_compare"] for row in rows] == ["yes", "no"]
    assert _order(console.get("/console/reports/?from=2026-04-15").text) == []


@pytest.mark.parametrize(
    ("asked", "said"),
    [
        ("by=weather", "can’t be sorted by “weather”"),
        ("from=yesterday", "“yesterday” is no day"),
        ("petition=x", "named by its number"),
        ("from=2026-05-01&to=2026-04-01", "lies after the last"),
    ],
)
def test_what_makes_no_sense_is_said(console: Browser, asked: str, said: str) -> None:
    answer = console.get(f"/console/reports/?{asked}")
    assert answer.status_code == 400
    assert said in _said(answer.text)


def test_two_blasts_stand_side_by_side(console: Browser, two: tuple[int, int]) -> None:
    choice = console.get("/console/reports/compare").text
    assert f'<option value="{two[0]}"' in choice
    said = _said(console.get(f"/console/reports/compare?a={two[0]}&b={two[1]}").text)
    assert "130 of 520" in said
    assert "Too few to compare" in said
    assert "The two ask for different petitions." in said
    assert console.get(f"/console/reports/compare?a={two[0]}&b={two[0]}").status_code == 400
    assert console.get(f"/console/reports/compare?a={two[0]}&b=4711").status_code == 404


def test_hours_and_subjects_come_as_tables_and_files(
    console: Browser, two: tuple[int, int]
) -> None:
    page = console.get("/console/reports/times").text
    assert '<th scope="row">09:00</th>' in page
    assert "525 sent 2 blasts" in _said(page)
    taken = csv.DictReader(console.get("/console/reports/send-times.csv").text.splitlines())
    (row,) = taken
    assert (row["weekday"], row["hour"], row["sent"]) == ("Tuesday", "9", "525")
    assert (row["click_count"], row["click_of"]) == ("131", "525")
    assert console.get("/console/reports/subjects.parquet").status_code == 200


def test_without_a_blast_the_screens_say_so(console: Browser) -> None:
    assert "Nothing was sent yet" in console.get("/console/reports/times").text
    assert "Nothing to compare yet" in console.get("/console/reports/compare").text


def test_who_left_stands_by_month_and_comes_as_a_file(
    console: Browser, petition: Petition, db: Database
) -> None:
    assert "Nobody left" in console.get("/console/reports/leaving").text
    with db.transaction() as session:
        person = session.scalars(select(Supporter.id).limit(1)).one()
        ledger.withdraw(session, person, basis="one-click", source="letter:1")
    page = console.get("/console/reports/leaving").text
    assert '<th scope="col">One-click</th>' in page
    rows = list(csv.DictReader(console.get("/console/reports/left-by-month.csv").text.splitlines()))
    assert len(rows) == 12
    assert (rows[-1]["way"], rows[-1]["people"]) == ("one-click", "1")


def test_hours_and_leaving_are_taken_away_as_pictures(
    console: Browser, db: Database, two: tuple[int, int], monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        one = Supporter(address="left@x.example", email="left@x.example")
        session.add(one)
        session.flush()
        ledger.withdraw(session, one.id, basis="one-click", source="x")
    drawn = []
    draw = ("image/svg+xml", lambda *specs: drawn.extend(specs) or [b"drawn"])
    monkeypatch.setitem(pictures.FORMATS, "svg", draw)
    for name in ("send-times", "left-by-month"):
        answer = console.get(f"/console/reports/{name}.svg")
        assert answer.headers["Content-Disposition"] == f'attachment; filename="{name}.svg"'
    hours, left = (list(spec["vconcat"][0]["data"]["values"]) for spec in drawn)
    assert {cell["said"] for cell in hours} == {"0.00 %"}
    assert sum(cell["people"] for cell in left) == 1
    page = console.get("/console/reports/leaving").text
    assert "Left in twelve months, by way: one-click 1." in page
