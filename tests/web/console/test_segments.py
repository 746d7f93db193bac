"""Segments: counted while they are written, saved, used, deleted."""

from __future__ import annotations

from typing import Any

import pytest

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.supporters import lists, operations


@pytest.fixture(autouse=True)
def people(db: Database, organisation: Organisation) -> None:
    """Three on the list Riverton, one of them in CA; one on none."""
    with db.transaction() as session:
        riverton = lists.create(session, organisation, "Riverton")
        for name, country in (("Ana", "CA"), ("Ben", "US"), ("Cleo", "US")):
            person, _ = operations.find_or_create(
                session,
                email=f"{name.lower()}@example.org",
                first_name=name,
                country=country,
                source="test",
            )
            lists.add_member(session, riverton, person, "fair")
        operations.find_or_create(session, email="dana@example.org", source="test")


def test_rules_are_counted_and_explained_without_saving(console: Any) -> None:
    answer = console.post("/console/segments/count", {"rules": "list Riverton and country = US"})
    assert '<p class="fig">2</p>' in answer.text
    assert "list Riverton" in answer.text and "<dd>3</dd>" in answer.text
    assert "Ben" in answer.text and "Ana" not in answer.text
    assert "No segments yet" in console.get("/console/segments/").text


def test_rules_that_can_not_be_read_say_where(console: Any) -> None:
    answer = console.post("/console/segments/count", {"rules": "lst Riverton"})
    assert answer.status_code == 200
    assert "At character 1" in answer.text and "Did you mean “list”?" in answer.text


def test_a_segment_is_saved_renamed_and_deleted(console: Any) -> None:
    saved = console.post(
        "/console/segments/new", {"name": "Locals", "rules": "list Riverton", "do": "save"}
    )
    assert saved.status_code == 302
    assert '<p class="fig">3</p>' in console.get(saved.location).text
    changed = {"name": "Neighbours", "rules": "list Riverton and country = CA", "do": "save"}
    console.post(saved.location, changed)
    page = console.get(saved.location).text
    assert "<h1>Neighbours</h1>" in page and '<p class="fig">1</p>' in page
    assert "Locals" not in console.get("/console/segments/").text
    console.post(f"{saved.location}/delete")
    assert console.get(saved.location).status_code == 404


def test_bad_rules_are_not_saved_and_stay_in_the_form(console: Any) -> None:
    answer = console.post(
        "/console/segments/new", {"name": "Locals", "rules": "list Rivertown", "do": "save"}
    )
    assert answer.status_code == 400
    assert "There is no list “Rivertown”" in answer.text
    assert 'value="Locals"' in answer.text and 'id="rules-fault"' in answer.text
    assert "No segments yet" in console.get("/console/segments/").text


def test_counting_by_button_keeps_what_was_typed(console: Any) -> None:
    answer = console.post(
        "/console/segments/new", {"name": "Locals", "rules": "everyone", "do": "count"}
    )
    assert answer.status_code == 200
    assert '<p class="fig">4</p>' in answer.text and 'value="Locals"' in answer.text
