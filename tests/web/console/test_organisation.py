"""The organisation on the screens: read by all, changed by owners, faults at their fields."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from outreach.accounts import queries
from outreach.core.db import Database

PATH = "/console/organisation/"


def test_an_owner_changes_what_letters_say_of_their_sender(
    enter: Callable[[str], Any], db: Database
) -> None:
    owner = enter("owner")
    assert PATH in owner.get("/console/").text
    typed = owner.fields(PATH)
    assert typed["sender_address"] == "mara@harbourlights.example"
    new = {"postal_address": "5 Quay Street\r\nWesthaven", "reply_to": "desk@harbour.example"}
    assert owner.post(PATH, {**typed, **new}).status_code == 302
    page = owner.get(PATH).text
    assert "The organisation is saved" in page and "5 Quay Street" in page
    with db.reading() as session:
        stored = queries.the_organisation(session)
        assert stored.postal_address == "5 Quay Street\nWesthaven"
        assert stored.reply_to == "desk@harbour.example"
        assert stored.name == "Harbour Lights Action"


def test_a_fault_stands_at_its_field_and_what_was_typed_stays(
    enter: Callable[[str], Any], db: Database
) -> None:
    owner = enter("owner")
    typed = owner.fields(PATH)
    forged = {"sender_name": "Mara\r\nBcc: all@example.org", "name": "Quay Watch"}
    answer = owner.post(PATH, {**typed, **forged})
    assert answer.status_code == 400
    assert 'id="sender_name-fault"' in answer.text and 'value="Quay Watch"' in answer.text
    with db.reading() as session:
        assert queries.the_organisation(session).name == "Harbour Lights Action"


@pytest.mark.parametrize("role", ["campaigner", "approver", "analyst", "api"])
def test_others_read_it_only(enter: Callable[[str], Any], role: str) -> None:
    browser = enter(role)
    page = browser.get(PATH).text
    assert "4 Quay Street" in page and "<input class" not in page
    assert browser.post(PATH, {"name": "Quay Watch"}).status_code == 403
