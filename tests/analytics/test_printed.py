"""The report on paper: the same figures, on the paper of the place, or why nothing is printed."""

from __future__ import annotations

import contextlib
import os
import re
import zlib
from collections.abc import Callable
from html import unescape
from typing import Any

import pytest

from outreach.analytics.drawing import bounded, paper, pdf, pictures, printed
from outreach.analytics.report import reports, wording
from outreach.analytics.report.figures import BlastReport
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from outreach.core.errors import Conflict, NotFound
from tests.analytics.worlds import World

Build = Callable[..., World]
GIVEN = {"organisation": "Harbour <Lights>", "language": "en", "paper": paper.A4}


@pytest.fixture
def report(db: Database, world: Build) -> BlastReport:
    """Of 11 in the audience 8 opened, 1 clicked and signed, 1 click is a machine's."""
    with db.transaction() as session:
        made = world(session)
        made.a_small_blast()
    rollup.advance(db)
    with db.reading() as session:
        return reports.blast_report(session, made.blast.id)


@pytest.fixture
def printer() -> None:
    """WeasyPrint with pango; without it left out, with CI=true an error."""
    try:
        pdf.as_pdf("<html lang=en><p>")
    except Conflict as error:
        if os.environ.get("CI"):
            pytest.fail(str(error))
        pytest.skip(f"left out: {error}")


def words(html: str) -> str:
    body = html.partition("</head>")[2]
    return " ".join(unescape(re.sub(r"<[^>]+>", " ", body)).split())


def test_paper_has_the_figures_of_the_report_with_intervals(report: BlastReport) -> None:
    html = printed.report_html(report, **GIVEN)
    said = words(html)
    assert "Harbour <Lights>" in said
    assert "size:A4" in html
    assert "Delivered 9 10 sent 60 to 98 %" in said
    assert "Clicked 1 9 delivered 2 to 43 %" in said
    assert "Not sent: no consent 1" in said
    assert "Clicks 1 0 1 0" in said  # by people, proxy, machines, unknown
    assert "Followed the link that no reader can see 1" in said
    assert "14 April 2026, 09:00 1 1" in said
    assert wording.instant(report.as_of, "UTC") in said
    assert "Mailbox providers Provider Delivered Bounced Complaints" in said
    assert "Segment 1" in said
    # A chart for each but variants: there is one.
    assert html.count('src="data:image/svg+xml;base64,') == len(pictures.KINDS) - 1 == 7
    assert not re.search(r'(?:src|href)="(?!data:)', html)


def test_without_charts_the_rest_is_printed(
    report: BlastReport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pictures, "draws", lambda: False)
    html = printed.report_html(report, **GIVEN)
    assert "Charts are left out" in html
    assert "Delivered 9 10 sent 60 to 98 %" in words(html)


def unpacked(made: bytes) -> bytes:
    """What stands in the compressed streams of a PDF, fonts and text alike."""
    found = b""
    for stream in re.findall(rb"stream\r?\n(.*?)\r?\nendstream", made, re.S):
        with contextlib.suppress(zlib.error):
            found += zlib.decompress(stream)
    return made + found


@pytest.mark.parametrize(("size", "width"), [(paper.A4, 595), (paper.LETTER, 612)])
def test_pages_have_the_size_that_was_asked_for(
    report: BlastReport, printer: None, size: str, width: int
) -> None:
    made = printed.report_pdf(report, **(GIVEN | {"paper": size}))
    assert made.startswith(b"%PDF-")
    boxes = re.findall(rb"/MediaBox ?\[0 0 ([\d.]+)", unpacked(made))
    assert len(boxes) >= 1
    assert {int(float(box)) for box in boxes} == {width}


def test_printing_fetches_nothing(printer: None, tmp_path: Any) -> None:
    secret = tmp_path / "secret.png"
    secret.write_bytes(b"never read")
    plain = pdf.as_pdf("<html lang=en><p>a</p>")
    assert len(pdf.as_pdf(f'<html lang=en><p>a</p><img src="file://{secret}">')) <= len(plain) + 200


def test_what_has_not_run_is_not_printed(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session, state="draft")
    with db.reading() as session:
        report = reports.blast_report(session, made.blast.id)
    with pytest.raises(NotFound, match="This blast has not run"):
        printed.report_pdf(report, **GIVEN)


def test_where_nothing_can_be_printed_it_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def without_pango(*_given: object, **_named: object) -> list[bytes]:
        raise bounded.Missing("cannot load library libpango-1.0-0")

    install = r"pip install weasyprint.*libpango-1.0-0"
    monkeypatch.setattr(pdf, "made", without_pango)
    with pytest.raises(Conflict, match=f"does not find pango.*{install}"):
        pdf.as_pdf("<p>")
    monkeypatch.setattr(pdf, "prints", lambda: False)
    with pytest.raises(Conflict, match=f"not installed.*{install}"):
        pdf.as_pdf("<p>")


@pytest.mark.parametrize(
    ("language", "zone", "usual"),
    [
        ("en-US", "Europe/Berlin", paper.LETTER),
        ("es-Latn-MX", "UTC", paper.LETTER),
        ("en-GB", "America/New_York", paper.A4),
        ("en", "America/New_York", paper.LETTER),
        ("de", "Europe/Berlin", paper.A4),
        ("en", "UTC", paper.A4),
    ],
)
def test_paper_is_that_of_the_place(language: str, zone: str, usual: str) -> None:
    assert paper.paper_of(language, zone) == usual
