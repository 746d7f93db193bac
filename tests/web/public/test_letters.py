"""The doors of a letter, knocked at by people, scanners, mailbox providers and strangers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from flask.testing import FlaskClient
from sqlalchemy import delete, func, select
from werkzeug.test import TestResponse

from outreach.accounts.models import Organisation
from outreach.app import create_app
from outreach.consent.models import ConsentStanding
from outreach.core.clock import now
from outreach.core.db import Base, Database
from outreach.core.tokens import Slot, Tokens
from outreach.mail.models import Delivery
from outreach.providers.null import NullProvider
from outreach.services import Services
from outreach.supporters.models import Supporter
from outreach.tracking import links, spool
from outreach.tracking.models import Event
from tests.web.public.letterbox import (
    ASK,
    LATE_ASK,
    NOTE,
    PETITION_URL,
    TIMETABLE,
    Letterbox,
    put_letter,
)

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)
UNDO = re.compile(r'name="stay" value="([^"]+)"')


@pytest.fixture
def services(db: Database, tmp_path: Path) -> Services:
    """Services of an installation that writes to nobody."""
    return Services(
        db=db,
        tokens=Tokens("a secret of the tests"),
        provider=NullProvider(),
        base_url="https://act.example",
        data_dir=tmp_path,
        secret="a secret of the tests",
        batch_size=1000,
        lease_s=60,
        late_limit_s=3600,
        recognise_days=30,
        keep_networks=True,
        test_sends_to="",
        watches_worker=False,
    )


@pytest.fixture
def letter(services: Services, organisation: Organisation) -> Letterbox:
    """A letter that came ten minutes ago."""
    return put_letter(services, organisation, now() - timedelta(minutes=10))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    return _browser(services)


def _browser(services: Services) -> FlaskClient:
    client = create_app(services).test_client()
    client.environ_base["HTTP_USER_AGENT"] = CHROME
    return client


def _led_to(answer: TestResponse) -> tuple[str, dict[str, list[str]]]:
    """Where a redirect leads, without and with its query."""
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    return parts._replace(query="").geturl(), parse_qs(parts.query)


def _dump(db: Database, *, without: frozenset[str] = frozenset()) -> dict[str, list[object]]:
    with db.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
            if table.name not in without
        }


class TestClicks:
    """GET and HEAD /c/<token>."""

    def test_an_ask_leads_to_the_petition_that_will_know_the_reader(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        place, query = _led_to(client.get(f"/c/{letter.token(ASK)}"))
        assert place == PETITION_URL
        tokens = letter.services.tokens
        assert tokens.unseal("recognise", query["letter"][0]) == (letter.delivery_id,)
        assert letter.events() == [("clicked", "GET", "human")]

    def test_an_ask_keeps_its_own_query_and_place(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        place, query = _led_to(client.get(f"/c/{letter.token(LATE_ASK)}"))
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
            _, query = _led_to(client.get(f"/c/{letter.token(ASK)}"))
            recognised = query["letter"][0]
            assert tokens.unseal("recognise", recognised) == (letter.delivery_id,)
        with time_machine.travel(now() + timedelta(days=31)):
            _, query = _led_to(client.get(f"/c/{letter.token(ASK)}"))
            assert set(query) == {"from"}
            assert tokens.unseal("credit", query["from"][0]) == (letter.delivery_id,)

    def test_a_click_before_the_sender_noted_the_letter_is_known_too(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        with letter.services.db.transaction() as session:
            delivery = session.get_one(Delivery, letter.delivery_id)
            delivery.state, delivery.accepted_at = "unknown", None
        _, query = _led_to(client.get(f"/c/{letter.token(ASK)}"))
        assert set(query) == {"letter"}

    def test_an_erased_supporter_is_recognised_by_nobody(
        self, client: FlaskClient, letter: Letterbox
    ) -> None:
        with letter.services.db.transaction() as session:
            session.execute(delete(Supporter))
        _, query = _led_to(client.get(f"/c/{letter.token(ASK)}"))
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
        _browser(services).get(f"/c/{letter.token(ASK)}")
        _browser(replace(services, keep_networks=False)).get(f"/c/{letter.token(ASK)}")
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
    before = _dump(letter.services.db)
    turned = (good[1:] + good[0], good.replace(good[3], "%00"), good.upper(), good.lower(), "…")
    cut = (good[:-1], good + "A", swapped)
    for bad in (*turned, *cut, foreign, wrong_door, no_such_link):
        answer = client.open(door.format(bad), method=method)
        assert answer.status_code == 404, bad
        assert "image" not in answer.content_type
    assert _dump(letter.services.db) == before


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


class TestLeaving:
    """GET and POST /u/<token>."""

    @pytest.fixture
    def door(self, letter: Letterbox) -> str:
        return f"/u/{letter.token(Slot.UNSUBSCRIBE)}"

    def test_looking_changes_nothing_and_names_nobody(
        self, client: FlaskClient, letter: Letterbox, door: str
    ) -> None:
        before = _dump(letter.services.db, without=frozenset(("events", "judgements")))
        answer = client.get(door)
        client.head(door)
        assert answer.status_code == 200
        assert "a•••@riverton.example" in answer.text
        assert "ada@" not in answer.text
        assert "Ada" not in answer.text
        assert answer.text.count("<form") == 1
        assert _dump(letter.services.db, without=frozenset(("events", "judgements"))) == before
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

    @pytest.mark.parametrize("token", ["test", "preview"])
    def test_links_of_test_letters_say_what_they_are(
        self, client: FlaskClient, organisation: Organisation, token: str
    ) -> None:
        for answer in (
            client.get(f"/u/{token}"),
            client.post(f"/u/{token}"),
            client.get(f"/v/{token}"),
        ):
            assert answer.status_code == 200
            assert "This was a letter to try" in answer.text


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


class TestDatabaseAway:
    """Promise 9: a redirect always redirects."""

    @pytest.fixture
    def away(self, services: Services, tmp_path: Path) -> Iterator[FlaskClient]:
        gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
        yield _browser(replace(services, db=gone))
        gone.close()

    def test_a_known_link_redirects_and_the_click_is_stored_later(
        self, client: FlaskClient, away: FlaskClient, letter: Letterbox
    ) -> None:
        client.get(f"/c/{letter.token(ASK)}")
        client.get(f"/c/{letter.token(TIMETABLE)}")
        place, query = _led_to(away.get(f"/c/{letter.token(ASK)}"))
        assert (place, set(query)) == (PETITION_URL, {"from"})
        assert away.head(f"/c/{letter.token(ASK)}").headers["Location"] == PETITION_URL
        other = away.get(f"/c/{letter.token(TIMETABLE)}")
        assert other.headers["Location"] == "https://timetable.example/?line=7#night"
        assert len(letter.events()) == 2
        path = spool.path_in(letter.services.data_dir)
        assert spool.replay(letter.services.db, path) == 3
        assert [(kind, method) for kind, method, _ in letter.events()] == [
            *[("clicked", "GET")] * 3,
            ("clicked", "HEAD"),
            ("clicked", "GET"),
        ]

    def test_a_link_never_seen_here_says_try_again(
        self, away: FlaskClient, letter: Letterbox, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(links, "_remembered", {})
        answer = away.get(f"/c/{letter.token(ASK)}")
        assert answer.status_code == 503
        assert "Try again in a minute." in answer.text

    def test_the_image_and_the_way_out_are_shown(
        self, away: FlaskClient, letter: Letterbox
    ) -> None:
        assert len(away.get(f"/o/{letter.token(Slot.OPEN)}.gif").data) == 43
        page = away.get(f"/u/{letter.token(Slot.UNSUBSCRIBE)}")
        assert page.status_code == 200
        assert "Leave all lists" in page.text
        assert away.get(f"/v/{letter.token(Slot.VIEW)}").status_code == 503
        assert spool.replay(letter.services.db, spool.path_in(letter.services.data_dir)) == 3
        assert [kind for kind, _, _ in letter.events()] == ["opened", "viewed", "viewed"]

    def test_leaving_is_never_said_to_be_done_when_it_is_not(
        self, away: FlaskClient, letter: Letterbox
    ) -> None:
        assert away.post(f"/u/{letter.token(Slot.UNSUBSCRIBE)}").status_code == 503
        assert letter.consent() == [("granted", "import")]

    def test_a_full_disk_still_redirects(
        self, client: FlaskClient, services: Services, letter: Letterbox, tmp_path: Path
    ) -> None:
        client.get(f"/c/{letter.token(NOTE)}")
        (tmp_path / "full").write_text("not a folder")
        gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
        away = _browser(replace(services, db=gone, data_dir=tmp_path / "full"))
        assert away.get(f"/c/{letter.token(NOTE)}").headers["Location"] == f"{PETITION_URL}#n1"


def test_a_scanner_follows_everything_and_nothing_happens(
    client: FlaskClient, letter: Letterbox
) -> None:
    """It looks like a browser, asks by HEAD and GET, and tries mangled tokens as well."""
    observations = frozenset(("events", "judgements"))
    before = _dump(letter.services.db, without=observations)
    for path in letter.doors():
        for method in ("HEAD", "GET"):
            answer = client.open(path, method=method)
            assert answer.status_code in (200, 302)
        stem, _, end = path.partition(".")
        for mangled in (stem[:-2] + "zz" + (f".{end}" if end else ""), stem.swapcase()):
            assert client.get(mangled).status_code == 404
    assert _dump(letter.services.db, without=observations) == before
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
