"""From which rates on blasts pause by themselves, on the screens."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.accounts import queries
from outreach.core.db import Database
from tests.web.console.conftest import Browser

PATH = "/console/pace/pausing/"
Enter = Callable[[str], Browser]


def test_an_owner_sets_the_limits_and_a_blast_shows_them(
    enter: Enter, console: Browser, draft: str
) -> None:
    owner = enter("owner")
    assert f'href="{PATH}"' in owner.get("/console/pace/").text
    assert owner.fields(PATH) == dict.fromkeys(("bounced", "complained", "refused", "letters"), "")
    usual = "5 % bounced, 0.3 % reported as spam or 10 % refused by the provider on"
    assert usual in owner.get(PATH).text
    assert owner.post(PATH, {"bounced": "2.5", "refused": "0"}).status_code == 302
    page = owner.get(PATH).text
    own = "A blast pauses by itself from 2.5 % bounced or 0.3 % reported as spam on"
    assert "The limits are saved" in page and own in page
    assert owner.fields(PATH)["bounced"] == "2.5"
    asked = console.post(f"{draft}/schedule", {"when": "now"}).text
    assert own in asked
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    assert own in console.get(draft).text


def test_a_fault_stands_at_its_field_and_nothing_is_stored(enter: Enter, db: Database) -> None:
    answer = enter("owner").post(PATH, {"bounced": "few", "letters": "100"})
    assert answer.status_code == 400
    assert 'id="bounced-fault"' in answer.text and 'value="few"' in answer.text
    with db.reading() as session:
        assert queries.the_organisation(session).pausing == {}


@pytest.mark.parametrize("role", ["campaigner", "approver", "analyst", "api"])
def test_others_read_the_limits_only(enter: Enter, role: str) -> None:
    browser = enter(role)
    page = browser.get(PATH).text
    assert "A blast pauses by itself from" in page and "<input class" not in page
    assert browser.post(PATH, {"bounced": "2"}).status_code == 403
