"""A pasted text becomes a petition: seen first, stored only when that was asked for."""

from __future__ import annotations

import io
from typing import Any

from sqlalchemy import func, select

from outreach.core.db import Database
from outreach.petitions.models import Petition, Source

TEXT = """\
Tell the harbour board: Keep the night ferry

The night ferry carried 412 nurses and cleaners home last winter.1 It is to stop in May.2

Petition to the harbour board: Keep the night ferry running on every day of the year.

1. Harbour Board, "Winter passenger count," March 3, 2026.
2. The Quay Ledger, "Board to end night ferry," April 9, 2026.
"""
NO_STATEMENT = "Tell the harbour board: Keep the night ferry\n\nIt is late, and people walk.\n"


def _petitions(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Petition)) or 0


def test_reading_shows_what_was_understood_and_stores_nothing(console: Any, db: Database) -> None:
    console.get("/console/petitions/import")
    answer = console.post("/console/petitions/import", {"text": TEXT, "do": "read"})
    assert answer.status_code == 200
    assert "Keep the night ferry running on every day of the year." in answer.text
    assert "2 notes" in answer.text and "Winter passenger count" in answer.text
    assert "last winter.[^1]" in answer.text
    assert _petitions(db) == 0


def test_a_text_without_a_statement_stays_in_the_form_with_its_fault(
    console: Any, db: Database
) -> None:
    answer = console.post("/console/petitions/import", {"text": NO_STATEMENT, "do": "store"})
    assert answer.status_code == 400
    assert "to put right" in answer.text and "statement" in answer.text
    assert "It is late, and people walk." in answer.text
    assert _petitions(db) == 0


def test_an_empty_form_asks_for_a_text(console: Any) -> None:
    answer = console.post("/console/petitions/import", {"text": "  ", "do": "read"})
    assert answer.status_code == 400
    assert 'href="#text"' in answer.text and 'aria-invalid="true"' in answer.text


def test_a_file_takes_the_place_of_the_text(console: Any) -> None:
    file = (io.BytesIO(TEXT.encode("utf-16")), "ferry.txt")
    answer = console.post("/console/petitions/import", {"text": "old", "do": "read", "file": file})
    assert answer.status_code == 200
    assert "412 nurses" in answer.text


def test_a_petition_is_stored_published_paused_and_closed(console: Any, db: Database) -> None:
    stored = console.post("/console/petitions/import", {"text": TEXT, "do": "store"})
    assert stored.status_code == 302
    page = console.get(stored.location).text
    assert ">Draft<" in page and "Supporters can’t see it" in page
    for act, state in (("publish", "Published"), ("pause", "Paused"), ("close", "Closed")):
        assert console.post(f"{stored.location}/{act}").status_code == 302
        assert f">{state}<" in console.get(stored.location).text
    refused = console.post(f"{stored.location}/pause")
    assert refused.status_code == 409
    assert "closed" in refused.text


def test_sources_are_vouched_for_by_name(console: Any, db: Database) -> None:
    stored = console.post("/console/petitions/import", {"text": TEXT, "do": "publish"})
    assert "2 sources are not checked" in console.get(stored.location).text
    console.post(f"{stored.location}/checked")
    assert "Every source was read and checked" in console.get(stored.location).text
    with db.reading() as session:
        assert set(session.scalars(select(Source.checked_by))) == {
            "campaigner@harbourlights.example"
        }


def test_signers_come_as_a_file(console: Any) -> None:
    stored = console.post("/console/petitions/import", {"text": TEXT, "do": "publish"})
    answer = console.get(f"{stored.location}/signers.csv")
    assert answer.mimetype == "text/csv"
    assert answer.text.startswith("number,name,email")


def test_an_unknown_petition_is_a_page_that_says_so(console: Any) -> None:
    answer = console.get("/console/petitions/nothing-here")
    assert answer.status_code == 404
    assert "There is no petition" in answer.text


def test_a_text_that_is_stored_twice_is_named(console: Any) -> None:
    for _ in range(2):
        stored = console.post("/console/petitions/import", {"text": TEXT, "do": "store"})
        page = console.get(stored.location).text
    assert "This headline is there twice" in page and "Close the one" in page
