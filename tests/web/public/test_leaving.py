"""The way out: one-click and page, undone at will, and closed to scanners."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import delete

from outreach.accounts.models import Organisation
from outreach.consent.models import ConsentStanding
from outreach.core.clock import now
from outreach.core.tokens import TRIAL, Slot, slot_name
from outreach.supporters.models import Supporter
from tests.web.public.letterbox import (
    Letterbox,
    dump,
)

UNDO = re.compile(r'name="stay" value="([^"]+)"')


class TestLeaving:
    """GET and POST /u/<token>."""

    @pytest.fixture
    def door(self, letter: Letterbox) -> str:
        return f"/u/{letter.token(Slot.UNSUBSCRIBE)}"

    def test_looking_changes_nothing_and_names_nobody(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        before = dump(
            letter.services.db, without=frozenset(("events", "judgements", "rollup_changes"))
        )
        answer = client.get(door)
        client.head(door)
        assert answer.status_code == 200
        assert "a•••@riverton.example" in answer.text
        assert "ada@" not in answer.text
        assert "Ada" not in answer.text
        assert answer.text.count("<form") == 1
        assert (
            dump(letter.services.db, without=frozenset(("events", "judgements", "rollup_changes")))
            == before
        )
        assert {kind for kind, _, _ in letter.events()} == {"viewed"}

    @pytest.mark.parametrize(
        "content_type", ["application/x-www-form-urlencoded", "multipart/form-data"]
    )
    def test_one_click_of_the_mailbox_provider(
        self, client: FlaskClient, letter: Letterbox, door: str, content_type: str
    ) -> None:
        for _ in range(2):
            answer = client.post(
                door,
                data={"List-Unsubscribe": "One-Click"},
                content_type=content_type,
                headers={"User-Agent": ""},
            )
            assert answer.status_code == 200
            assert "You have left" in answer.text
            assert "Set-Cookie" not in answer.headers
        assert letter.consent() == [("granted", "import"), ("withdrawn", "one-click")]
        assert letter.events() == [("unsubscribed", "POST", "human")]

    def test_the_pages_own_button(self, client: FlaskClient, letter: Letterbox, door: str) -> None:
        answer = client.post(door, data={"leave": "all"})
        assert "You have left" in answer.text
        assert letter.consent()[-1] == ("withdrawn", "asked on the unsubscribe page")
        assert "You have left" in client.get(door).text

    def test_leaving_can_be_taken_back(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        undo = UNDO.findall(client.post(door).text)[0]
        answer = client.post(door, data={"stay": undo})
        assert "You stay" in answer.text
        assert letter.consent()[-1] == ("granted", "asked to stay on the unsubscribe page")
        assert "Leave all lists" in client.get(door).text
        client.post(door, data={"stay": undo})
        assert len(letter.consent()) == 3
        assert "You have left" in client.post(door).text
        assert letter.consent()[-1][0] == "withdrawn"

    def test_who_holds_the_letter_alone_cannot_put_anyone_back(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        undo = UNDO.findall(client.post(door).text)[0]
        assert "stay" not in client.get(door).text
        other = letter.services.tokens.seal("stay", letter.delivery_id + 1)
        for bad in ("1", other, letter.services.tokens.seal("credit", letter.delivery_id)):
            assert client.post(door, data={"stay": bad}).status_code == 409
        with time_machine.travel(now() + timedelta(hours=2)):
            assert client.post(door, data={"stay": undo}).status_code == 409
        assert letter.consent()[-1][0] == "withdrawn"

    def test_a_forwarded_letter_puts_nobody_back_who_left_before(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        client.post(door)
        answer = client.post(door)
        assert "You have left" in answer.text
        assert not UNDO.findall(answer.text)
        assert [status for status, _ in letter.consent()] == ["granted", "withdrawn"]

    def test_an_undo_takes_back_its_own_leaving_only(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        first = UNDO.findall(client.post(door).text)[0]
        client.post(door, data={"stay": first})
        client.post(door)
        assert "You have left" in client.post(door, data={"stay": first}).text
        assert letter.consent()[-1][0] == "withdrawn"

    def test_the_way_out_is_open_for_ever(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        with time_machine.travel(now() + timedelta(days=4000)):
            assert "Leave all lists" in client.get(door).text
            assert "You have left" in client.post(door).text
        with letter.services.db.reading() as session:
            standing = session.get_one(ConsentStanding, (letter.supporter_id, "email"))
            assert standing.status == "withdrawn"

    def test_an_erased_supporter_gets_a_calm_answer(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        with letter.services.db.transaction() as session:
            session.execute(delete(Supporter))
        for answer in (client.get(door), client.post(door)):
            assert answer.status_code == 200
            assert "no longer kept here" in answer.text

    def test_links_of_test_letters_say_what_they_are(
        self, client: FlaskClient, organisation: Organisation
    ) -> None:
        way_out, view = (f"{slot_name(slot)}{TRIAL}" for slot in (Slot.UNSUBSCRIBE, Slot.VIEW))
        for answer in (
            client.get(f"/u/{way_out}"),
            client.post(f"/u/{way_out}"),
            client.get(f"/v/{view}"),
        ):
            assert answer.status_code == 200
            assert "This was a letter to try" in answer.text
