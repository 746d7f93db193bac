"""With the database away a link still leads, and what was seen is stored later, once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from outreach.core.db import Database
from outreach.core.tokens import Slot
from outreach.services import Services
from outreach.tracking import links, spool
from tests.web.public.letterbox import (
    ASK,
    NOTE,
    PETITION_URL,
    TIMETABLE,
    Letterbox,
    browser,
    led_to,
)


class TestDatabaseAway:
    """Promise 9: a redirect always redirects."""

    @pytest.fixture
    def away(self, services: Services, tmp_path: Path) -> Iterator[FlaskClient]:
        gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
        yield browser(replace(services, db=gone))
        gone.close()

    def test_a_known_link_redirects_and_the_click_is_stored_later(
        self, client: FlaskClient, away: FlaskClient, letter: Letterbox
    ) -> None:
        client.get(f"/c/{letter.token(ASK)}")
        client.get(f"/c/{letter.token(TIMETABLE)}")
        place, query = led_to(away.get(f"/c/{letter.token(ASK)}"))
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
        away = browser(replace(services, db=gone, data_dir=tmp_path / "full"))
        assert away.get(f"/c/{letter.token(NOTE)}").headers["Location"] == f"{PETITION_URL}#n1"
