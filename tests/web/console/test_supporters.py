"""Supporters: found by name and address, shown whole; files tried, imported, stopped, undone."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.accounts.models import Organisation
from outreach.consent import ledger
from outreach.core.db import Database
from outreach.services import Services
from outreach.supporters import imports, lists, operations
from outreach.supporters.models import Import, Supporter

FILE = """\
Email,First name,Favourite boat
ana@example.org,Ana,ferry
ben@example.org,Ben,
not an address,Cleo,
ana@example.org,Ana again,
"""


@pytest.fixture
def ana(db: Database, organisation: Organisation) -> int:
    """A supporter with a list, a tag and a word in the ledger."""
    with db.transaction() as session:
        person, _ = operations.find_or_create(
            session, email="Ana@example.org", first_name="Ana", last_name="Öz", source="test"
        )
        riverton = lists.create(session, organisation, "Riverton")
        lists.add_member(session, riverton, person, "harbour fair")
        operations.tag(session, person, "volunteer")
        ledger.grant(session, person.id, basis="signed up at the fair", source="list:Riverton")
        operations.find_or_create(session, email="ben@example.org", source="test")
        return person.id


def _people(db: Database) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(Supporter)) or 0


def _send(console: Any, **fields: str) -> Any:
    data = {"list": "new", "list_name": "Boats", "basis": "signed up at the pier", **fields}
    return console.post(
        "/console/supporters/imports/new",
        {**data, "file": (io.BytesIO(FILE.encode()), "boats.csv")},
    )


@pytest.mark.parametrize(
    ("query", "found"),
    [("ana@exa", True), ("na ö", True), ("ANA", True), ("ben@", False), ("100%", False)],
)
def test_people_are_found_by_address_and_name(
    console: Any, ana: int, query: str, found: bool
) -> None:
    page = console.post("/console/supporters/", {"q": query}).text
    assert (f"/console/supporters/{ana}" in page) is found


def test_a_search_stands_in_no_address(console: Any, ana: int) -> None:
    page = console.get("/console/supporters/?q=ben@example.org").text
    assert f"/console/supporters/{ana}" in page, "a search by GET is not looked at"
    assert 'method="post" role="search"' in page


def test_one_person_is_shown_whole(console: Any, ana: int) -> None:
    page = console.get(f"/console/supporters/{ana}").text
    for words in ("Ana Öz", "Ana@example.org", "Riverton", "harbour fair", "volunteer"):
        assert words in page
    assert "signed up at the fair" in page and ">Granted<" in page


def test_a_person_is_added_by_hand_but_nobody_who_left(
    console: Any, ana: int, db: Database
) -> None:
    path = "/console/supporters/new"
    typed = {"email": "zoe@example.org", "first_name": "Zoë", "list": "Riverton"}
    refused = console.post(path, typed)
    assert refused.status_code == 400
    assert 'id="basis-fault"' in refused.text and 'value="Zoë"' in refused.text
    added = console.post(path, {**typed, "basis": "wrote to us in May"})
    page = console.get(added.location).text
    assert "This person is on the list" in page and "wrote to us in May" in page
    with db.transaction() as session:
        ledger.withdraw(session, ana, basis="one-click", source="letter:1")
    left = console.post(path, {**typed, "email": "ANA@example.org", "basis": "fair"})
    assert left.status_code == 400
    assert 'id="email-fault"' in left.text and "This person unsubscribed." in left.text


def test_a_taken_list_name_is_said_at_the_field(console: Any, ana: int) -> None:
    answer = console.post("/console/supporters/lists", {"name": "Riverton", "wording": "We write."})
    assert answer.status_code == 400
    assert 'id="name-fault"' in answer.text and "We write." in answer.text


def test_trying_a_file_reports_each_row_and_stores_nothing(console: Any, db: Database) -> None:
    answer = _send(console, do="try")
    assert answer.status_code == 200
    assert "4 rows" in answer.text and "Import 2 people" in answer.text
    assert "is not an email address" in answer.text and "Same address as line 2" in answer.text
    assert "field.favourite_boat" in answer.text
    assert _people(db) == 0


def test_a_file_that_was_tried_need_not_be_sent_again(
    console: Any, db: Database, services: Services
) -> None:
    _send(console, do="try")
    kept = next(p.name for p in (services.data_dir / "uploads").iterdir())
    started = console.post(
        "/console/supporters/imports/new",
        {
            "list": "new",
            "list_name": "Boats",
            "basis": "signed up at the pier",
            "upload": kept,
            "filename": "boats.csv",
            "do": "import",
        },
    )
    assert started.status_code == 302
    assert not list((services.data_dir / "uploads").iterdir())
    assert "data-poll" in console.get(started.location).text
    imports.run_waiting(db)
    page = console.get(started.location).text
    assert ">Finished<" in page and "data-poll" not in page
    assert _people(db) == 2


def test_the_kept_file_can_not_be_any_file(console: Any, services: Services) -> None:
    secret = services.data_dir / "secret.csv"
    secret.write_text(FILE)
    answer = console.post(
        "/console/supporters/imports/new",
        {"list": "new", "list_name": "x", "basis": "x", "upload": "../secret.csv", "do": "try"},
    )
    assert answer.status_code == 400
    assert "not kept any more" in answer.text


def test_refused_rows_come_as_a_file(console: Any, db: Database) -> None:
    started = _send(console, do="import")
    imports.run_waiting(db)
    answer = console.get(f"{started.location}/refusals.csv")
    lines = answer.data.decode("utf-8-sig").splitlines()
    assert len(lines) == 3
    assert "not an address" in lines[1] and lines[1].startswith("4,")


def test_an_import_is_undone(console: Any, db: Database) -> None:
    started = _send(console, do="import")
    imports.run_waiting(db)
    console.post(f"{started.location}/undo")
    page = console.get(started.location).text
    assert "The import is undone" in page and ">Undone<" in page
    assert _people(db) == 0


def test_an_import_is_stopped_and_goes_on(console: Any, db: Database) -> None:
    started = _send(console, do="import")
    console.post(f"{started.location}/stop")
    imports.run_waiting(db)
    assert _people(db) == 0
    console.post(f"{started.location}/resume")
    imports.run_waiting(db)
    assert _people(db) == 2


def test_a_form_with_faults_keeps_the_file(console: Any, db: Database, tmp_path: Path) -> None:
    answer = _send(console, do="import", basis="")
    assert answer.status_code == 400
    assert "boats.csv is here" in answer.text and 'id="basis-fault"' in answer.text
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Import)) == 0


def test_a_file_without_addresses_is_refused_by_its_columns(console: Any) -> None:
    file = (io.BytesIO(b"name,town\nAna,Riverton\n"), "towns.csv")
    answer = console.post(
        "/console/supporters/imports/new",
        {"list": "new", "list_name": "x", "basis": "x", "do": "try", "file": file},
    )
    assert answer.status_code == 400
    assert "no column with email addresses" in answer.text and "town" in answer.text
