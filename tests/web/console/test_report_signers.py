"""Who signed through a blast: by letter or by share, page by page, and as files."""

from __future__ import annotations

import csv
import io
import re
from html import unescape

import pytest
from pyarrow import parquet

from outreach.accounts.models import Organisation
from outreach.analytics.report import signers
from outreach.analytics.report.counting import figures_of
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser


@pytest.fixture
def world(db: Database, organisation: Organisation) -> World:
    """One signed by the letter and shared it twice; the one who came by that was taken off again,
    but had shared to a third. A last one signed by another blast's letter after such a share."""
    with db.transaction() as session:
        made, other = World(session, organisation.id), World(session, organisation.id)
        letter = made.letter()
        root = made.signature(letter, new=True)
        root.first_delivery_id, root.name = other.letter().id, "=Ana Quay"
        made.signature(shared_by=root, minutes=1)
        gone = made.signature(shared_by=root, minutes=2, state="invalidated")
        made.signature(shared_by=gone, minutes=3, new=True)
        made.signature(minutes=4)
    rollup.advance(db)
    return made


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_the_list_says_who_signed_how_and_after_which_letters(
    console: Browser, world: World
) -> None:
    said = words(console.get(f"/console/reports/{world.blast.id}/signers").text)
    assert "1 through this blast’s letters, 2 more through shares" in said
    first = "A person 14 April 2026, 09:03 Yes Share, generation 2 — —"
    second = "A person 14 April 2026, 09:01 No Share, generation 1 — —"
    assert f"{first} {second} =Ana Quay 14 April 2026, 09:00 Yes Letter Night buses" in said
    assert "This one" in said


def test_the_report_counts_shares_by_generation_over_whoever_was_taken_off(
    console: Browser, db: Database, world: World
) -> None:
    said = words(console.get(f"/console/reports/{world.blast.id}").text)
    assert "The letters 1 Shares, generation 1 1 Shares, generation 2 1" in said
    with db.reading() as session:
        figures = figures_of(session, world.blast.id)
    assert list(figures.details.generations) == [(1, 1), (2, 1)]
    assert sum(number for _, number in figures.details.generations) == figures.shared
    rows = console.get(f"/console/reports/{world.blast.id}/generations.csv").text
    assert rows.split() == ["generation,signatures", "1,1", "2,1"]


def test_everybody_stands_in_the_files_and_no_name_runs_as_a_formula(
    console: Browser, world: World
) -> None:
    text = console.get(f"/console/reports/{world.blast.id}/signers.csv").text
    rows = list(csv.DictReader(io.StringIO(text)))
    assert [(row["brought_by"], row["generation"]) for row in rows] == [
        ("share", "2"),
        ("share", "1"),
        ("letter", "0"),
    ]
    assert rows[2]["name"] == "'=Ana Quay"
    assert rows[2]["last_letter"] == world.blast.name
    file = console.get(f"/console/reports/{world.blast.id}/signers.parquet").data
    assert parquet.read_table(io.BytesIO(file)).column("name").to_pylist()[2] == "=Ana Quay"


def test_a_long_list_comes_in_pages(
    console: Browser, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(signers, "PAGE", 2)
    said = words(console.get(f"/console/reports/{world.blast.id}/signers?page=2").text)
    assert "Page 2 of 2 Before" in said
    assert "=Ana Quay" in said
    assert "generation 2 —" not in said
    assert "Page 2 of 2" in words(
        console.get(f"/console/reports/{world.blast.id}/signers?page=99").text
    )


def test_before_the_blast_has_run_nobody_is_listed(
    console: Browser, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        blast = World(session, organisation.id, state="scheduled").blast
    assert "This blast has not run." in console.get(f"/console/reports/{blast.id}/signers").text
    assert console.get(f"/console/reports/{blast.id}/signers.csv").status_code == 404
    assert console.get("/console/reports/4711/signers").status_code == 404
