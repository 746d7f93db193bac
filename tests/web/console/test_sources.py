"""The library of sources on the screens, checks with one-press repairs, and the named override."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from sqlalchemy import select

from outreach.accounts.models import AuditEntry
from outreach.core.db import Database
from outreach.jobs import upkeep
from outreach.petitions.models import Petition, Source
from tests.petitions.library.conftest import Web

SLUG = "tell-the-harbour-board-keep-the-night-ferry"
PAGE = "<html><title>Winter passenger count</title><p>The ferry carried 412 nurses home.</p></html>"


@pytest.fixture
def web() -> Iterator[Web]:
    """A server without any page."""
    server = Web()
    yield server
    server.close()


@pytest.fixture
def counted(db: Database, petition: Petition) -> int:
    """The one source of the petition, dead."""
    with db.transaction() as session:
        source = session.scalars(select(Source)).one()
        source.url, source.look, source.look_detail = "https://board.example/w", "dead", "Gone."
        source.archived_url = "https://archive.example/w"
    return source.id


def of(db: Database, source_id: int) -> Source:
    with db.reading() as session:
        return session.get_one(Source, source_id)


def test_the_list_searches_and_narrows(console: Any, counted: int) -> None:
    assert "Winter passenger count" in console.get("/console/sources/?q=winter+board").text
    assert "No source is like that" in console.get("/console/sources/?q=summer").text
    assert "Is dead" in console.get("/console/sources/?only=attention").text
    assert "No source is like that" in console.get("/console/sources/?only=unused").text


def test_a_source_shows_where_it_is_used_and_is_edited(
    console: Any, db: Database, counted: int, draft: str
) -> None:
    path = f"/console/sources/{counted}"
    page = console.get(path).text
    assert "Keep the night ferry" in page and "[^1]" in page and "First ask" in page
    assert console.post(path, {"published_on": "soon"}).status_code == 400
    assert (
        console.post(path, {"title": "Winter count", "url": "https://new.example/"}).status_code
        == 302
    )
    source = of(db, counted)
    assert (source.title, source.look, source.checked_by) == ("Winter count", "", None)


def test_sources_are_added_by_hand_and_by_file(console: Any, db: Database) -> None:
    made = console.post("/console/sources/new", {"title": "Alone", "url": "https://a.example/x"})
    assert made.status_code == 302
    again = console.post("/console/sources/new", {"title": "B", "url": "http://www.a.example/x/"})
    assert again.status_code == 400 and "has this address" in again.text
    file = io.BytesIO(b'[{"title": "From Zotero", "URL": "https://z.example/"}, {}]')
    sent = console.post("/console/sources/import", {"file": (file, "library.json")})
    assert sent.status_code == 302
    assert "Number 2 was refused" in console.get("/console/sources/").text
    assert "From Zotero" in console.get("/console/sources/sources.json").text
    assert "“From Zotero.” https://z.example/" in console.get("/console/sources/sources.txt").text


def test_a_look_is_asked_for_and_the_job_does_it(
    console: Any, db: Database, services: Any, counted: int, web: Web
) -> None:
    with db.transaction() as session:
        session.get_one(Source, counted).url = web.page("/w", PAGE)
    path = f"/console/sources/{counted}"
    console.post(f"{path}/do/look")
    assert "data-poll" in console.get(f"{path}/seen").text
    object.__setattr__(services, "sources_loopback", True)
    upkeep.look_at_sources(services, threading.Event())
    page = console.get(path).text
    assert "data-poll" not in page and "Kept texts" in page
    source = of(db, counted)
    assert (source.look, source.look_due) == ("ok", None)  # no days: never again by itself
    copy = console.get(path).text.split(f"{path}/text/")[1].split('"')[0]
    assert "412 nurses" in console.get(f"{path}/text/{copy}").text


def test_a_pasted_text_and_a_file_are_kept(console: Any, db: Database, counted: int) -> None:
    path = f"/console/sources/{counted}/text"
    assert console.post(path, {"text": " "}).status_code == 400
    assert console.post(path, {"text": "412 nurses and cleaners"}).status_code == 302
    picture = (io.BytesIO(b"\x89PNG\r\n\x1a\n\x00"), "count.png")
    refused = console.post(path, {"file": picture})
    assert refused.status_code == 400 and "holds no text" in refused.text
    assert console.post(path, {"file": (io.BytesIO(PAGE.encode()), "w.html")}).status_code == 302
    assert "pasted" in console.get(f"/console/sources/{counted}").text


def test_one_press_mends_what_a_check_found(console: Any, db: Database, counted: int) -> None:
    page = console.get(f"/console/petitions/{SLUG}").text
    assert "Checks of its citations" in page and "Lead to the archived copy" in page
    back = f"/console/petitions/{SLUG}#checks"
    pressed = console.post(f"/console/sources/{counted}/do/archived", {"back": back})
    assert pressed.location == back
    assert of(db, counted).url == "https://archive.example/w"
    elsewhere = {"back": "https://evil.example/"}
    pressed = console.post(f"/console/sources/{counted}/do/vouch", elsewhere)
    assert pressed.location == "/console/"
    assert console.post(f"/console/sources/{counted}/do/nothing").status_code == 404


def test_publishing_on_a_failing_check_takes_a_reason(
    console: Any, db: Database, counted: int
) -> None:
    path = f"/console/petitions/{SLUG}"
    console.post(f"{path}/pause")
    console.post(f"{path}/publish")
    page = console.get(path).text
    assert "It is not published" in page and "Publish it all the same" in page
    console.post(f"{path}/publish", {"reason": "The site is down for a day."})
    with db.reading() as session:
        assert session.scalars(select(Petition)).one().state == "published"
        query = select(AuditEntry).where(AuditEntry.action == "petition.override")
        entry = session.scalars(query).one()
    assert entry.actor == "campaigner@harbourlights.example"
    assert entry.detail["reason"] == "The site is down for a day."


def test_home_says_that_a_source_died(console: Any, counted: int) -> None:
    home = console.get("/console/").text
    assert "A source is dead: Winter passenger count" in home


def test_notes_are_written_in_another_style(console: Any, db: Database, petition: Petition) -> None:
    path = f"/console/sources/of/{petition.slug}/style"
    assert console.post(path, {"style": "chicago"}).status_code == 302
    page = console.get(f"/console/petitions/{petition.slug}").text
    assert "“Winter passenger count,” Harbour Board, March 3, 2026." in page
    assert console.post(path, {"style": "apa"}).status_code == 400


def test_an_analyst_reads_and_changes_nothing(enter: Any, counted: int) -> None:
    analyst = enter("analyst")
    page = analyst.get(f"/console/sources/{counted}")
    assert page.status_code == 200 and "Look now" not in page.text
    assert analyst.post(f"/console/sources/{counted}/do/look").status_code == 403
