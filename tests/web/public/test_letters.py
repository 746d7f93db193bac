"""The doors of a letter, knocked at by people, scanners, mailbox providers and strangers."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import timedelta

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select

from outreach.core.clock import now
from outreach.core.tokens import Slot, Tokens
from outreach.mail.models import Delivery
from outreach.services import Services
from outreach.supporters.models import Supporter
from outreach.tracking.models import Event
from tests.web.public.letterbox import (
    ASK,
    LATE_ASK,
    NOTE,
    PETITION_URL,
    TIMETABLE,
    Letterbox,
    browser,
    dump,
    led_to,
)


class TestClicks:
    """GET and HEAD /c/<token>."""

    def test_an_ask_leads_to_the_petition_that_will_know_the_reader(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        place, query = led_to(client.get(f"/c/{letter.token(ASK)}"))
        assert place == PETITION_URL
        tokens = letter.services.tokens
        assert tokens.unseal("recognise", query["letter"][0]) == (letter.delivery_id,)
        assert letter.events() == [("clicked", "GET", "human")]

    def test_an_ask_keeps_its_own_query_and_place(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        place, query = led_to(client.get(f"/c/{letter.token(LATE_ASK)}"))
        assert place == f"{PETITION_URL}#form"
        assert query["lang"] == ["es"]
        assert set(query) == {"lang", "letter"}

    def test_other_links_lead_just_where_they_say(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        timetable = client.get(f"/c/{letter.token(TIMETABLE)}")
        assert timetable.headers["Location"] == "https://timetable.example/?line=7#night"
        assert client.get(f"/c/{letter.token(NOTE)}").headers["Location"] == f"{PETITION_URL}#n1"
        assert client.get(f"/c/{letter.token(Slot.TRAP)}").headers["Location"] == PETITION_URL

    def test_recognition_ends_with_the_letters_age(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        tokens = letter.services.tokens
        with time_machine.travel(now() + timedelta(days=29)):
            _, query = led_to(client.get(f"/c/{letter.token(ASK)}"))
            recognised = query["letter"][0]
            assert tokens.unseal("recognise", recognised) == (letter.delivery_id,)
        with time_machine.travel(now() + timedelta(days=31)):
            _, query = led_to(client.get(f"/c/{letter.token(ASK)}"))
            assert set(query) == {"from"}
            assert tokens.unseal("credit", query["from"][0]) == (letter.delivery_id,)

    def test_a_click_before_the_sender_noted_the_letter_is_known_too(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        with letter.services.db.transaction() as session:
            delivery = session.get_one(Delivery, letter.delivery_id)
            delivery.state, delivery.accepted_at = "unknown", None
        _, query = led_to(client.get(f"/c/{letter.token(ASK)}"))
        assert set(query) == {"letter"}

    def test_an_erased_supporter_is_recognised_by_nobody(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        with letter.services.db.transaction() as session:
            session.execute(delete(Supporter))
        _, query = led_to(client.get(f"/c/{letter.token(ASK)}"))
        assert set(query) == {"from"}

    def test_head_is_evidence_and_gets_no_token(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        assert client.head(f"/c/{letter.token(ASK)}").headers["Location"] == PETITION_URL
        assert letter.events() == [("clicked", "HEAD", "machine")]

    def test_nobody_in_between_keeps_or_learns_the_address(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        for path in [*letter.doors(), "/c/mangled"]:
            headers = client.get(path).headers
            assert headers["Cache-Control"] == "no-store"
            assert headers["Referrer-Policy"] == "no-referrer"
            assert headers["X-Robots-Tag"] == "noindex"
            assert "Set-Cookie" not in headers

    def test_an_event_keeps_the_network_and_not_the_address(
        self, letter: Letterbox, services: Services
    ) -> None:
        browser(services).get(f"/c/{letter.token(ASK)}")
        browser(replace(services, keep_networks=False)).get(f"/c/{letter.token(ASK)}")
        with services.db.reading() as session:
            kept, left_out = session.scalars(select(Event.network).order_by(Event.id))
        assert re.fullmatch("[0-9a-f]{32}", kept)
        assert left_out == ""


@pytest.mark.parametrize("method", ["GET", "HEAD"])
@pytest.mark.parametrize("door", ["/c/{}", "/o/{}.gif", "/u/{}", "/v/{}"])
def test_mangled_and_foreign_tokens_are_not_found_and_leave_nothing(
    client: FlaskClient, letter: Letterbox, door: str, method: str
) -> None:
    slots = {"/c/{}": ASK, "/o/{}.gif": Slot.OPEN, "/u/{}": Slot.UNSUBSCRIBE, "/v/{}": Slot.VIEW}
    good = letter.token(slots[door])
    foreign = Tokens("another secret").letter(letter.delivery_id, letter.blast_id, [slots[door]])[0]
    wrong_door = letter.token(ASK if door != "/c/{}" else Slot.UNSUBSCRIBE)
    no_such_link = letter.token(99)
    swapped = good[:5] + good[5].swapcase() + good[6:] if good[5].isalpha() else good[::-1]
    before = dump(letter.services.db)
    turned = (good[1:] + good[0], good.replace(good[3], "%00"), good.upper(), good.lower(), "…")
    cut = (good[:-1], good + "A", swapped)
    for bad in (*turned, *cut, foreign, wrong_door, no_such_link):
        answer = client.open(door.format(bad), method=method)
        assert answer.status_code == 404, bad
        assert "image" not in answer.content_type
    assert dump(letter.services.db) == before


class TestOpens:
    """GET /o/<token>.gif."""

    def test_the_image_is_sent_and_the_open_kept(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        answer = client.get(f"/o/{letter.token(Slot.OPEN)}.gif")
        assert answer.status_code == 200
        assert answer.mimetype == "image/gif"
        assert answer.data.startswith(b"GIF89a\x01\x00\x01\x00")
        assert answer.data.endswith(b";")
        assert len(answer.data) == 43
        assert letter.events() == [("opened", "GET", "human")]

    def test_apples_prefetch_is_told_from_a_reader(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        path = f"/o/{letter.token(Slot.OPEN)}.gif"
        client.get(path, headers={"User-Agent": "Mozilla/5.0"})
        client.get(path, headers={"User-Agent": "Mozilla/5.0 (X) GoogleImageProxy"})
        assert [verdict for _, _, verdict in letter.events()] == ["machine_open", "proxy_open"]


class TestView:
    """GET /v/<token>."""

    def test_the_letter_is_shown_without_the_person(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        answer = client.get(f"/v/{letter.token(Slot.VIEW)}")
        assert answer.status_code == 200
        assert "Dear friend," in answer.text
        assert "Ada" not in answer.text
        assert f"https://act.example/c/{letter.token(ASK)}" in answer.text
        assert "script-src" not in answer.headers["Content-Security-Policy"]
        assert letter.events() == [("viewed", "GET", "human")]

    def test_a_letter_without_a_blast_is_not_kept(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        with letter.services.db.transaction() as session:
            session.get_one(Delivery, letter.delivery_id).variant_id = None
        answer = client.get(f"/v/{letter.token(Slot.VIEW)}")
        assert answer.status_code == 404
        assert "no longer kept" in answer.text


def test_a_scanner_follows_everything_and_nothing_happens(
    client: FlaskClient, letter: Letterbox
) -> None:
    """It looks like a browser, asks by HEAD and GET, and tries mangled tokens as well."""
    observations = frozenset(("events", "judgements", "rollup_changes"))
    before = dump(letter.services.db, without=observations)
    for path in letter.doors():
        for method in ("HEAD", "GET"):
            answer = client.open(path, method=method)
            assert answer.status_code in (200, 302)
        stem, _, end = path.partition(".")
        for mangled in (stem[:-2] + "zz" + (f".{end}" if end else ""), stem.swapcase()):
            assert client.get(mangled).status_code == 404
    assert dump(letter.services.db, without=observations) == before
    events = letter.events()
    assert len(events) == 2 * len(letter.doors())
    assert {verdict for _, _, verdict in events} == {"machine", "machine_open"}


def test_a_person_after_the_scanner_is_a_person(client: FlaskClient, letter: Letterbox) -> None:
    for path in letter.doors():
        client.get(path, environ_base={"REMOTE_ADDR": "198.51.100.7"})
    with time_machine.travel(now() + timedelta(hours=1)):
        client.get(f"/o/{letter.token(Slot.OPEN)}.gif")
        client.get(f"/c/{letter.token(ASK)}")
    assert [verdict for _, _, verdict in letter.events()[-2:]] == ["human", "human"]


def test_a_clicks_letter_may_be_gone_and_the_link_still_leads(
    client: FlaskClient, letter: Letterbox
) -> None:
    with letter.services.db.transaction() as session:
        session.execute(delete(Delivery))
    assert client.get(f"/c/{letter.token(ASK)}").headers["Location"] == PETITION_URL
    with letter.services.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 0
