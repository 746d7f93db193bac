"""With the database away a link still leads, and clicks and people who leave are stored later."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from urllib.parse import parse_qsl, urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy import select

from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.tokens import Slot
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature
from outreach.services import Services
from outreach.tracking import link_copy, links
from outreach.tracking.links import NewLink
from outreach.web.public.upkeep import Upkeep
from tests.web.public.conftest import Public
from tests.web.public.letterbox import (
    ASK,
    LATE_ASK,
    LINKS,
    NOTE,
    PETITION_URL,
    TIMETABLE,
    Letterbox,
    browser,
    dump,
    led_to,
)

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def gone() -> Iterator[Database]:
    """A database that nobody reaches."""
    database = Database("postgresql://nobody@127.0.0.1:1/nothing")
    yield database
    database.close()


@pytest.fixture
def away(services: Services, gone: Database) -> FlaskClient:
    """A visitor of a web process that just started on this machine, without its database."""
    return browser(replace(services, db=gone))


@pytest.fixture
def upkeep(services: Services, letter: Letterbox) -> Upkeep:
    """The upkeep of a web process that copied the links while the database was there."""
    made = Upkeep(services)
    made.copy_links()
    return made


@pytest.fixture
def out(letter: Letterbox) -> str:
    """The letter's way out."""
    return f"/u/{letter.token(Slot.UNSUBSCRIBE)}"


def kept(services: Services) -> list[str]:
    """The files that wait for the database."""
    return sorted(path.name for path in (services.data_dir / "spool").glob("*"))


class TestLinks:
    """Promise 9: a redirect always redirects."""

    def test_every_link_of_the_letter_leads_before_anybody_followed_it(
        self, away: FlaskClient, letter: Letterbox, upkeep: Upkeep
    ) -> None:
        for link in LINKS:
            head = away.head(f"/c/{letter.token(link.slot)}")
            assert (head.status_code, head.headers["Location"]) == (302, link.url)
        place, query = led_to(away.get(f"/c/{letter.token(ASK)}"))
        assert (place, set(query)) == (PETITION_URL, {"letter"})
        place, query = led_to(away.get(f"/c/{letter.token(LATE_ASK)}"))
        assert (place, set(query)) == (f"{PETITION_URL}#form", {"lang", "letter"})
        other = away.get(f"/c/{letter.token(TIMETABLE)}")
        assert other.headers["Location"] == "https://timetable.example/?line=7#night"

    def test_clicks_are_stored_when_the_database_is_back(
        self, away: FlaskClient, letter: Letterbox, upkeep: Upkeep
    ) -> None:
        away.get(f"/c/{letter.token(ASK)}")
        away.head(f"/c/{letter.token(TIMETABLE)}")
        assert letter.events() == []
        for _ in range(2):
            upkeep.store_events()
            assert [(kind, method) for kind, method, _ in letter.events()] == [
                ("clicked", "GET"),
                ("clicked", "HEAD"),
            ]
        assert kept(letter.services) == []

    def test_a_link_that_was_never_copied_says_try_again(
        self, away: FlaskClient, letter: Letterbox
    ) -> None:
        answer = away.get(f"/c/{letter.token(ASK)}")
        assert answer.status_code == 503
        assert "Try again in a minute." in answer.text

    def test_a_broken_copy_is_no_fault_that_a_supporter_sees(
        self, away: FlaskClient, letter: Letterbox, upkeep: Upkeep
    ) -> None:
        [file] = link_copy.folder_in(letter.services.data_dir).iterdir()
        file.write_bytes(file.read_bytes()[:40])
        answer = away.get(f"/c/{letter.token(ASK)}")
        assert answer.status_code == 503
        assert "Try again in a minute." in answer.text

    def test_a_full_disk_still_redirects(
        self, away: FlaskClient, services: Services, letter: Letterbox, upkeep: Upkeep
    ) -> None:
        (services.data_dir / "spool").write_text("not a folder")
        assert away.get(f"/c/{letter.token(NOTE)}").headers["Location"] == f"{PETITION_URL}#n1"

    def test_mangled_tokens_are_not_found_and_leave_nothing(
        self, away: FlaskClient, letter: Letterbox, upkeep: Upkeep, out: str
    ) -> None:
        for path in (f"/c/{letter.token(ASK)}", out, f"/v/{letter.token(Slot.VIEW)}"):
            for bad in (path[:-1], path + "A", path.swapcase(), f"{path[:3]}{path[:2:-1]}"):
                assert away.get(bad).status_code == 404
                assert away.head(bad).status_code == 404
        assert away.post(out[:-1]).status_code == 404
        assert away.post(f"/u/{letter.token(ASK)}").status_code == 404
        assert kept(letter.services) == []

    def test_the_image_is_sent_and_the_letter_has_to_wait(
        self, away: FlaskClient, letter: Letterbox, upkeep: Upkeep
    ) -> None:
        assert len(away.get(f"/o/{letter.token(Slot.OPEN)}.gif").data) == 43
        assert away.get(f"/v/{letter.token(Slot.VIEW)}").status_code == 503
        upkeep.store_events()
        assert [kind for kind, _, _ in letter.events()] == ["opened", "viewed"]


class TestTheReader:
    """Who clicked while the database was away is known by the page when it is back."""

    def test_is_known_and_signs_with_one_press(self, public: Public, gone: Database) -> None:
        letter = public.letter_to(public.supporter())
        address = clicked_meanwhile(public, gone, letter)
        assert "Not Jane?" in public.browser.get(address).text
        query = dict(parse_qsl(urlsplit(address).query))
        thanks = public.browser.post(f"{public.path}/sign", data=query)
        assert thanks.status_code == 303 and "/thanks?" in thanks.location
        with public.db.reading() as session:
            [signature] = session.scalars(select(Signature))
            assert signature.supporter_id == letter.supporter_id
            assert signature.last_delivery_id == letter.id

    def test_of_an_old_letter_is_not_known_and_the_letter_keeps_its_credit(
        self, public: Public, gone: Database
    ) -> None:
        letter = public.letter_to(public.supporter())
        with public.db.transaction() as session:
            session.get_one(Delivery, letter.id).accepted_at = now() - timedelta(days=31)
        address = clicked_meanwhile(public, gone, letter)
        page = public.browser.get(address).text
        assert "Jane" not in page and 'name="from"' in page and 'name="letter"' not in page
        query = dict(parse_qsl(urlsplit(address).query))
        assert public.browser.post(f"{public.path}/sign", data=query).status_code == 400
        with public.db.reading() as session:
            assert session.scalars(select(Signature)).all() == []


def clicked_meanwhile(public: Public, gone: Database, letter: Delivery) -> str:
    """Where the button of this letter leads while nobody reaches the database."""
    blast_id = letter.blast_id or 0
    found: Services = public.browser.application.extensions["outreach"]
    with public.db.transaction() as session:
        url = f"{found.base_url}{public.path}"
        links.store(session, blast_id, [NewLink(ASK, "ask", url, "Sign")])
    Upkeep(found).copy_links()
    [token] = public.tokens.letter(letter.id, blast_id, [ASK])
    answer = browser(replace(found, db=gone)).get(f"/c/{token}")
    return answer.headers["Location"].removeprefix(found.base_url)


class TestLeaving:
    """GET shows, POST leaves; what is promised is on the disk."""

    def test_looking_shows_the_button_names_nobody_and_changes_nothing(
        self, away: FlaskClient, letter: Letterbox, upkeep: Upkeep, out: str
    ) -> None:
        before = dump(
            letter.services.db, without=frozenset(("events", "judgements", "rollup_changes"))
        )
        page = away.get(out)
        assert page.status_code == away.head(out).status_code == 200
        assert page.text.count("<form") == 1
        assert "riverton" not in page.text
        assert kept(letter.services) == ["events.jsonl"]
        upkeep.store_leavings()
        upkeep.store_events()
        assert (
            dump(letter.services.db, without=frozenset(("events", "judgements", "rollup_changes")))
            == before
        )
        assert [(kind, method) for kind, method, _ in letter.events()] == [
            ("viewed", "GET"),
            ("viewed", "HEAD"),
        ]

    @pytest.mark.parametrize(
        ("form", "basis"),
        [(ONE_CLICK, "one-click"), ({"leave": "all"}, "asked on the unsubscribe page")],
    )
    def test_a_press_is_kept_and_takes_effect_once(
        self,
        away: FlaskClient,
        letter: Letterbox,
        upkeep: Upkeep,
        out: str,
        form: dict[str, str],
        basis: str,
    ) -> None:
        answer = away.post(out, data=form)
        assert answer.status_code == 200
        assert "takes effect by itself" in answer.text
        assert "<form" not in answer.text and "You have left" not in answer.text
        assert letter.consent() == [("granted", "import")]
        for _ in range(2):
            upkeep.store_leavings()
            assert letter.consent() == [("granted", "import"), ("withdrawn", basis)]
            assert letter.events() == [("unsubscribed", "POST", "human")]
        assert "You have left" in browser(letter.services).get(out).text

    def test_what_could_not_be_kept_is_not_said_to_be(
        self, away: FlaskClient, services: Services, out: str
    ) -> None:
        (services.data_dir / "spool").write_text("not a folder")
        answer = away.post(out, data=ONE_CLICK)
        assert answer.status_code == 503
        assert "Nothing was changed." in answer.text

    def test_staying_has_to_wait_and_is_not_taken_for_leaving(
        self, client: FlaskClient, away: FlaskClient, letter: Letterbox, out: str
    ) -> None:
        undo = client.post(out).text.partition('name="stay" value="')[2].partition('"')[0]
        assert away.post(out, data={"stay": undo}).status_code == 503
        assert kept(letter.services) == []


def test_upkeep_starts_with_the_first_request_and_once(
    services: Services, letter: Letterbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    begun: list[str] = []
    monkeypatch.setattr(
        "outreach.web.public.upkeep._repeat", lambda duty: begun.append(duty.__name__)
    )
    client = browser(services)
    Upkeep(services).begin_with(client.application)
    assert begun == []
    for _ in range(3):
        client.get("/healthz")
    assert sorted(begun) == ["copy_links", "store_events", "store_leavings"]


def test_a_petitions_page_has_to_wait(away: FlaskClient) -> None:
    assert away.get("/petitions/night-buses").status_code == 503
