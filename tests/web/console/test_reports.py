"""Report screens: figures as text, drawings without script, charts and files to take away."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime
from html import unescape
from xml.etree import ElementTree

import pytest
from pyarrow import parquet

from outreach.accounts.models import Organisation
from outreach.analytics import downloads, report_tables
from outreach.analytics.drawing import charts, pdf, pictures, printed
from outreach.analytics.report import contest
from outreach.analytics.rollups import rollup
from outreach.blasts.models import Variant
from outreach.core.db import Database
from tests.analytics.worlds import World
from tests.web.console.conftest import Browser


@pytest.fixture
def blast_id(db: Database, organisation: Organisation) -> int:
    """A small blast that ran: 6 sent, 5 delivered, 2 clicked, 1 signed, 1 scanned."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        first = made.blast.variants[0]
        letters = [made.letter(variant=first) for _ in range(5)]
        made.letter("bounced")
        made.letter("skipped", reason="no_consent")
        for letter in letters[:2]:
            made.opened(letter)
            made.clicked(letter, minutes=5)
        made.clicked(letters[2], "machine", evidence="hidden_link")
        made.signature(letters[0], new=True, minutes=6)
    rollup.advance(db)
    return made.blast.id


def words(html: str) -> str:
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", html)).split())


def test_a_report_shows_people_with_intervals_and_machines_apart(
    console: Browser, blast_id: int
) -> None:
    page = console.get(f"/console/reports/{blast_id}")
    assert page.status_code == 200
    said = words(page.text)
    assert "Clicked 2 95 % interval 12 to 77 %" in said
    assert "of 5 delivered" in said
    assert "Not sent, 1: 1 no consent" in said
    assert "Why 1 click counts as a scanner’s" in said
    assert "Followed the link that no reader can see 1" in said
    assert "Under 500 delivered" in said
    assert "2 clicked and 1 signed in the first hour" in said
    assert "14 April 2026, 09:00 2 1" in said  # the table of the hours


def test_raw_counts_machines_in(console: Browser, blast_id: int) -> None:
    said = words(console.get(f"/console/reports/{blast_id}?raw=1").text)
    assert "Unique people, machines counted in" in said
    assert "Clicked, machines counted in 3 95 % interval" in said


def test_a_recount_is_shown_when_asked_for(console: Browser, blast_id: int) -> None:
    assert "Recount from the events" in console.get(f"/console/reports/{blast_id}").text
    page = console.get(f"/console/reports/{blast_id}?recount=1").text
    assert "Recounted from the events: equal." in page


def test_nothing_on_the_page_needs_an_inline_style_or_script(
    console: Browser, blast_id: int
) -> None:
    page = console.get(f"/console/reports/{blast_id}").text
    assert 'style="' not in page
    assert "<style" not in page
    assert not re.search(r"<script(?![^>]*src=)", page)


def test_a_large_blast_shows_rates(
    console: Browser, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = World(session, organisation.id)
        for number in range(520):
            letter = made.letter()
            if number < 130:
                made.clicked(letter)
    rollup.advance(db)
    said = words(console.get(f"/console/reports/{made.blast.id}").text)
    assert "Clicked 25.0 % 95 % interval 21.5 to 28.9 %" in said
    assert "130 of 520 delivered" in said
    assert "Under 500" not in said


def test_a_blast_that_has_not_run_says_so_and_gives_no_files(
    console: Browser, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = World(session, organisation.id, state="scheduled")
    for name in ("report.pdf", "funnel.svg", "hours.parquet"):
        assert console.get(_file(made.blast.id, name)).status_code == 404
    page = console.get(f"/console/reports/{made.blast.id}")
    assert "This blast has not run." in page.text
    assert "Delivered" not in page.text
    assert console.get(f"/console/reports/{made.blast.id}/figures.csv").status_code == 404
    assert console.get(f"/console/reports/{made.blast.id}/timeline.json").status_code == 404


def test_a_report_of_no_blast_is_not_found(console: Browser) -> None:
    assert console.get("/console/reports/4711").status_code == 404


def test_all_blasts_stand_in_the_list_with_their_headline(
    console: Browser, blast_id: int, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        draft = World(session, organisation.id, state="draft").blast
    said = words(console.get("/console/reports/").text)
    assert "6 5 2 of 5 12 to 77 %" in said  # sent, delivered, opened, interval
    assert "1 of 5 4 to 62 %" in said  # signed, interval
    assert f"{draft.name} Draft Nobody has been written to." in said


def test_the_chart_comes_as_a_spec_and_its_bundle_is_kept_for_ever(
    console: Browser, blast_id: int
) -> None:
    page = console.get(f"/console/reports/{blast_id}").text
    spec = console.get(f"/console/reports/{blast_id}/timeline.json?theme=dark").get_json()
    assert spec["data"]["values"][0]["clicked"] == 2
    bundle = re.search(r'data-bundle="([^"]+)"', page)
    assert bundle is not None
    with console.get(bundle[1]) as script:
        assert script.mimetype == "text/javascript"
        assert "immutable" in script.headers["Cache-Control"]
        assert len(script.data) > 500_000
    assert console.get("/console/reports/assets/other.js").status_code == 404


def test_without_the_extra_the_page_says_so_and_opens_the_table(
    console: Browser, blast_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(charts, "bundle_name", lambda: None)
    page = console.get(f"/console/reports/{blast_id}").text
    assert "The chart is left out" in page
    assert re.search(r"<details[^>]* open>", page)
    assert "report.js" not in page
    assert console.get(f"/console/reports/{blast_id}/timeline.json").status_code == 404


def test_figures_can_be_taken_away(console: Browser, blast_id: int) -> None:
    answer = console.get(f"/console/reports/{blast_id}/figures.csv")
    assert (
        answer.headers["Content-Disposition"]
        == f'attachment; filename="blast-{blast_id}-figures.csv"'
    )
    rows = {row["figure"]: row for row in csv.DictReader(answer.text.splitlines())}
    assert rows["sent"]["count"] == "6"
    assert (rows["sign rate"]["count"], rows["sign rate"]["of"]) == ("1", "5")
    assert float(rows["sign rate"]["rate"]) == 0.2
    hours = console.get(f"/console/reports/{blast_id}/hours.csv").text.splitlines()
    assert hours == ["hour,clicked,signed", "2026-04-14T09:00:00+00:00,2,1"]


def test_every_table_comes_as_csv_and_parquet(console: Browser, blast_id: int) -> None:
    page = console.get(f"/console/reports/{blast_id}").text
    for name, kind in report_tables.TABLES.items():
        for ending in downloads.FORMATS:
            url = f"/console/reports/{blast_id}/{name}.{ending}"
            assert f'href="{url}"' in page
            assert console.get(url).status_code == 200
        made = parquet.read_table(io.BytesIO(console.get(url).data))
        assert made.column_names == [column for column, _ in kind.columns]
    hours = parquet.read_table(io.BytesIO(console.get(_file(blast_id, "hours.parquet")).data))
    assert hours.to_pylist() == [
        {"hour": datetime(2026, 4, 14, 9, tzinfo=UTC), "clicked": 2, "signed": 1}
    ]
    assert console.get(_file(blast_id, "nothing.csv")).status_code == 404
    assert console.get(_file(blast_id, "hours.xlsx")).status_code == 404


def test_the_list_of_blasts_comes_as_csv_and_parquet(
    console: Browser, blast_id: int, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        draft = World(session, organisation.id, state="draft").blast
        draft.name = "=1+1"
    rows = list(csv.DictReader(console.get("/console/reports/blasts.csv").text.splitlines()))
    assert (rows[0]["name"], rows[0]["sent"]) == ("'=1+1", "")  # not a zero
    assert (rows[1]["sent"], rows[1]["sign_rate"]) == ("6", "0.2")
    table = parquet.read_table(io.BytesIO(console.get("/console/reports/blasts.parquet").data))
    assert table.to_pylist()[0]["name"] == "=1+1"  # no spreadsheet runs it
    assert table.to_pylist()[1]["sent"] == 6


def test_every_chart_comes_as_svg_and_png(console: Browser, db: Database, blast_id: int) -> None:
    with db.transaction() as session:  # a chart of its own for what has two variants
        session.add(Variant(blast_id=blast_id, letter="B", subject="No bus home", body="Sign."))
    page = console.get(f"/console/reports/{blast_id}").text
    for name, kind in pictures.KINDS.items():
        url = f"/console/reports/{blast_id}/{name}"
        assert f'href="{url}.png"' in page
        svg = console.get(f"{url}.svg")
        assert svg.mimetype == "image/svg+xml"
        drawn = ElementTree.fromstring(svg.data)
        said = " ".join(drawn.itertext())
        assert kind.title in said
        assert kind.unit in said
        assert f"report of blast {blast_id}" in said
    png = console.get(_file(blast_id, "funnel.png"))
    assert png.mimetype == "image/png"
    assert png.data.startswith(b"\x89PNG")
    assert console.get(_file(blast_id, "nothing.png")).status_code == 404


def test_where_nobody_did_anything_there_is_no_chart_of_it(
    console: Browser, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = World(session, organisation.id)
        made.letter()
    rollup.advance(db)
    page = console.get(f"/console/reports/{made.blast.id}").text
    assert "funnel.svg" in page
    assert "hours.svg" not in page
    assert console.get(_file(made.blast.id, "hours.svg")).status_code == 404


def test_without_the_extras_files_are_left_out_and_a_link_says_what_to_install(
    console: Browser, blast_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(downloads, "writes_parquet", lambda: False)
    monkeypatch.setattr(pictures, "draws", lambda: False)
    page = console.get(f"/console/reports/{blast_id}").text
    assert ".parquet" not in page
    assert ".svg" not in page
    assert "hours.csv" in page
    for name, package in (("hours.parquet", "pyarrow"), ("hours.svg", "vl-convert-python")):
        answer = console.get(_file(blast_id, name))
        assert answer.status_code == 409
        assert package in unescape(answer.text)


def _file(blast_id: int, name: str) -> str:
    return f"/console/reports/{blast_id}/{name}"


def test_a_report_comes_as_pdf_on_the_paper_that_is_asked_for(
    console: Browser, blast_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []
    monkeypatch.setattr(printed, "as_pdf", lambda html: asked.append(html) or b"%PDF-")
    url = _file(blast_id, "report.pdf")
    assert f'href="{url}"' in console.get(f"/console/reports/{blast_id}").text
    answer = console.get(url)
    assert (answer.mimetype, answer.data) == ("application/pdf", b"%PDF-")
    assert console.get(f"{url}?paper=Letter").status_code == 200
    assert ["size:A4" in asked[0], "size:Letter" in asked[1]] == [True, True]
    assert console.get(f"{url}?paper=Foolscap").status_code == 404


def test_where_nothing_can_be_printed_the_page_says_what_to_install(
    console: Browser, blast_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "draws", lambda: False)
    monkeypatch.setattr(pdf, "prints", lambda: False)
    answer = console.get(_file(blast_id, "report.pdf"))
    assert answer.status_code == 409
    assert "pip install weasyprint" in unescape(answer.text)


def test_a_stranger_sees_no_figures(app: object, enter: Callable[[str], Browser]) -> None:
    stranger = app.test_client()  # type: ignore[attr-defined]
    answer = stranger.get("/console/reports/1")
    assert answer.status_code == 302
    assert "/console/sign-in" in answer.headers["Location"]


def test_variants_stand_beside_each_other_with_a_verdict(
    console: Browser, db: Database, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(contest, "SMALL", 4)
    with db.transaction() as session:
        made = World(session, organisation.id)
        first, second = made.second_variant()
        made.answers(first, 6, 1)
        made.answers(second, 6, 5)
    rollup.advance(db)
    address = f"/console/reports/{made.blast.id}"
    said = words(console.get(address).text)
    assert "B is better with" in said and "of the sign rate on average" in said
    assert "A The last bus Mara, 50 % of the audience" in said
    by_open = words(console.get(f"{address}?by=open").text)
    assert "of the open rate on average" in by_open
    assert console.get(f"{address}?by=share").status_code == 404
    (_, row) = csv.DictReader(io.StringIO(console.get(f"{address}/variants.csv").text))
    assert (row["variant"], row["signed"], row["sign_of"]) == ("B", "5", "6")


def test_a_report_of_one_letter_has_no_variants(console: Browser, blast_id: int) -> None:
    assert 'id="variants"' not in console.get(f"/console/reports/{blast_id}").text
