"""Looking at sources: what is found there, kept as evidence, and seen to change."""

from __future__ import annotations

import socket
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import select

from outreach.core.clock import now
from outreach.petitions.library import copies, look, operations, queries
from outreach.petitions.library.checks import of_petition
from outreach.petitions.library.fetch import NotFetched
from outreach.petitions.models import Petition, Source, SourceText
from tests.petitions.library.conftest import Web
from tests.petitions.worlds import World, revised

PAGE = "<html><title>{}</title><body><p>{}</p></body></html>"
SAID = "The auditor said: two riders in three had no other way home, and 143 shifts start then."


def seen(url: str) -> look.Look:
    return look.look_at(url, loopback=True)


def looked(world: World, source_id: int) -> Source:
    number = look.look_now(
        world.db,
        [source_id],
        by="Mara",
        days=7,
        loopback=True,
        quotations=queries.quoted_in_petitions,
    )
    assert number == 1
    with world.db.reading() as session:
        return session.get_one(Source, source_id)


@pytest.fixture
def late(world: World, web: Web) -> int:
    """The auditor's report (notes 3 and 4), on the server of the test; the text quotes it."""
    with world.db.transaction() as session:
        source = session.scalars(select(Source).where(Source.title.contains("late"))).one()
        source.url = web.page("/late", PAGE.format("The “late” riders", SAID))
        petition = session.get_one(Petition, world.petition.id)
        body = "The auditor found that “two riders in three had no other way home.”[^3][^4]"
        revised(session, petition, body=f"{body} And so.[^2] And so.[^1]")
    return source.id


def test_a_page_that_opens_is_ok_and_says_what_it_is(web: Web) -> None:
    found = seen(web.page("/a", PAGE.format("Letters", SAID)))
    assert (found.state, found.says["title"]) == ("ok", "Letters")
    assert SAID in found.text


@pytest.mark.parametrize(
    ("status", "state"),
    [(404, "dead"), (410, "dead"), (401, "wall"), (403, "wall"), (429, "wall"), (451, "wall"),
     (500, "trouble"), (503, "trouble")],
)  # fmt: skip
def test_what_a_status_means(web: Web, status: int, state: str) -> None:
    assert seen(web.page("/a", "x", status=status)).state == state


def test_a_consent_wall_is_no_source(web: Web) -> None:
    page = web.page("/a", PAGE.format("Before you continue", "Accept all cookies to go on."))
    assert seen(page).state == "wall"


def test_moved_for_good_moved_for_now_and_led_to_the_front_page(web: Web) -> None:
    new = web.page("/new", PAGE.format("T", SAID))
    web.page("/", PAGE.format("Courier", SAID))
    for_good = seen(web.page("/a", status=301, Location="/new"))
    for_now = seen(web.page("/b", status=302, Location="/new"))
    assert (for_good.state, for_good.leads_to) == ("moved", new)
    assert (for_now.state, for_now.leads_to) == ("ok", None)
    assert seen(web.page("/c", status=301, Location="/")).state == "front"


def test_a_change_to_https_or_a_slash_is_no_move(web: Web) -> None:
    web.page("/a/", PAGE.format("T", SAID))
    assert seen(web.page("/a", status=301, Location="/a/")).state == "ok"


def test_a_private_address_is_forbidden() -> None:
    assert look.look_at("http://10.0.0.1/report").state == "forbidden"


def test_the_text_is_kept_with_hash_and_date_once(world: World, late: int) -> None:
    looked(world, late)
    source = looked(world, late)
    with world.db.reading() as session:
        (copy,) = copies.copies(session, source)
        assert len(copy.sha256) == 64 and SAID in copy.text and copy.kept_by == "Mara"
        assert copy.seen_at > copy.kept_at
    assert source.look == "ok" and source.look_due and source.look_due > now() + timedelta(days=6)


def test_quoted_words_that_are_gone_are_a_stop_until_a_person_vouches(
    world: World, web: Web, late: int
) -> None:
    with world.db.transaction() as session:
        operations.vouch(session, session.get_one(Source, late), by="Mara")
    looked(world, late)
    web.page("/late", PAGE.format("The “late” riders", "We have corrected this report."))
    source = looked(world, late)
    assert source.lost == []  # the copy that she vouched for was never kept
    with world.db.transaction() as session:
        operations.vouch(session, session.get_one(Source, late), by="Mara")
    web.page("/late", PAGE.format("T", SAID))
    looked(world, late)
    with world.db.transaction() as session:
        operations.vouch(session, session.get_one(Source, late), by="Mara")
    web.page("/late", PAGE.format("T", "We have corrected this report again."))
    source = looked(world, late)
    assert source.lost == ["two riders in three had no other way home."]
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        assert f"changed:{late}" in [finding.key for finding in of_petition(session, petition)]
        assert [one.id for one in queries.troubled(session)] == [late]
        operations.vouch(session, session.get_one(Source, late), by="Mara")
        assert queries.troubled(session) == []


def test_of_many_changes_the_vouched_copy_and_the_newest_stay(
    world: World, web: Web, late: int
) -> None:
    for n in range(5):
        web.page("/late", PAGE.format("T", f"{SAID} Edition {n}."))
        looked(world, late)
        if n == 1:
            with world.db.transaction() as session:
                operations.vouch(session, session.get_one(Source, late), by="Mara")
    with world.db.reading() as session:
        kept = [copy.text[-2:-1] for copy in session.scalars(select(SourceText))]
    assert sorted(kept) == ["1", "3", "4"]


def test_silence_is_trouble_and_death_only_where_others_answer(world: World, late: int) -> None:
    def failing(at: timedelta, kind: str = "silent") -> str:
        with time_machine.travel(now() + at, tick=True), world.db.transaction() as session:
            source = session.get_one(Source, late)
            gone = look.Look("trouble", "No connection.", kind=kind)
            look.store(session, source, gone, by="x", days=7)
            return source.look

    assert failing(timedelta()) == "trouble"
    assert failing(timedelta(days=3)) == "trouble"  # perhaps it is our own network
    with time_machine.travel(now() + timedelta(days=3)), world.db.transaction() as session:
        other = session.scalars(select(Source).where(Source.id != late)).first()
        assert other is not None
        look.store(session, other, look.Look("ok"), by="x", days=7)
    assert failing(timedelta(days=3, hours=1)) == "dead"


def test_a_host_that_does_not_exist_is_dead_at_once_where_others_answer(
    world: World, late: int, web: Web, monkeypatch: pytest.MonkeyPatch
) -> None:
    looked(world, late)
    with world.db.transaction() as session:
        other = session.scalars(select(Source).where(Source.url.contains("board"))).one()

    def nowhere(*_a: Any, **_k: Any) -> Any:
        raise socket.gaierror(socket.EAI_NONAME, "no")

    monkeypatch.setattr(socket, "getaddrinfo", nowhere)
    assert looked(world, other.id).look == "dead"


def test_only_cited_sources_with_an_address_are_due(world: World) -> None:
    with world.db.transaction() as session:
        operations.add(session, {"title": "Alone", "url": "https://alone.example/"}, by="x")
        assert look.due(session, days=0) == []
        due = look.due(session, days=7)
        assert {one.title for one in session.scalars(select(Source).where(Source.id.in_(due)))} == {
            "Night services: options",
            'The "late" riders',
        }
        look.ask(session.get_one(Source, due[-1]))
        session.flush()
        assert look.due(session, days=0) == due[-1:]


def test_no_transaction_is_open_while_the_network_works(
    world: World, late: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fetch(_url: str, **_limits: Any) -> Any:
        assert world.db.engine.pool.checkedout() == 0  # type: ignore[attr-defined]
        raise NotFetched("silent", "no")

    if not world.db.is_sqlite:  # whose connections are not pooled
        monkeypatch.setattr(look, "fetch", fetch)
    looked(world, late)


def test_an_edit_while_it_is_looked_at_wins(
    world: World, late: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    def edited(url: str, *, loopback: bool) -> look.Look:
        with world.db.transaction() as session:
            source = session.get_one(Source, late)
            operations.edit(session, source, {"url": "https://new.example/late"}, by="Ben")
        return look.Look("dead", url=url)

    monkeypatch.setattr(look, "look_at", edited)
    number = look.look_now(
        world.db, [late], by="x", days=7, loopback=True, quotations=lambda *_: []
    )
    with world.db.reading() as session:
        assert (number, session.get_one(Source, late).look) == (0, "")
