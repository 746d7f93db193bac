"""What a letter cites: dead sources, quotations that are not there, and overrides by source."""

from __future__ import annotations

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry
from outreach.blasts import preflight, schedule
from outreach.blasts.checks import Finding
from outreach.blasts.checks_of_citations import blasts_citing, quoted_anywhere
from outreach.core.errors import Conflict
from outreach.petitions.library import copies
from outreach.petitions.models import Source
from outreach.tracking.models import Link
from tests.standins.world import BASE_URL, World


def letter(world: World, body: str) -> None:
    with world.db.transaction() as session:
        world.blast(session).variants[0].body = f"{body}\n\n[[Sign the petition]]\n"


def counted(session: Session) -> Source:
    return session.scalars(select(Source).where(Source.title == "Letters, counted once")).one()


def found(world: World, key: str) -> list[Finding]:
    with world.db.reading() as session:
        every = preflight.run(session, world.blast(session), BASE_URL)
    return [finding for finding in every if finding.key.startswith(f"citations.{key}")]


def test_a_letter_on_a_dead_source_is_stopped_and_each_source_has_an_override_of_its_own(
    world: World,
) -> None:
    world.add_people(2)
    letter(world, "Letters get lost.[^1] A stamp costs more.[^2]")
    with world.db.transaction() as session:
        counted(session).look = "dead"
    (dead,) = found(world, "dead")
    assert dead.level == "stop" and dead.can_override
    with pytest.raises(Conflict, match="dead"), world.db.transaction() as session:
        blast = world.blast(session)
        schedule.schedule(session, blast, at=None, actor="Mara", base_url=BASE_URL)
    with world.db.transaction() as session:
        blast = world.blast(session)
        preflight.override(session, blast, check=dead.key, reason="It is archived.", actor="Mara")
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "blast.override"))
        assert entry.one().detail == {"check": dead.key, "reason": "It is archived."}
        schedule.schedule(session, blast, at=None, actor="Mara", base_url=BASE_URL)
        schedule.unschedule(session, blast, actor="Mara")
        stamp = session.scalars(select(Source).where(Source.title == "What a stamp costs")).one()
        stamp.url, stamp.look = "https://courier.example/stamp", "dead"
    assert [one.level for one in found(world, "dead")] == ["stop", "look"]


def test_a_source_that_dies_before_the_hour_holds_the_blast(world: World) -> None:
    world.add_people(1)
    with world.db.transaction() as session:
        blast = world.blast(session)
        schedule.schedule(session, blast, at=None, actor="Mara", base_url=BASE_URL)
        counted(session).look = "dead"
        assert schedule.hold_if_stopped(session, blast, BASE_URL)


def test_what_a_letter_quotes_is_held_against_the_text_in_every_block(world: World) -> None:
    letter(
        world,
        "{% if first_name %}{{ first_name }}, they wrote “one letter in ten is lost.”[^1]"
        "{% else %}They wrote “two letters in ten are lost.”[^1]{% endif %}",
    )
    with world.db.transaction() as session:
        copies.keep_brought(session, counted(session), by="Mara", text="One letter in ten is lost.")
        quoted = quoted_anywhere(session, counted(session))
        assert quoted == ["one letter in ten is lost.", "two letters in ten are lost."]
        assert [one.id for one in blasts_citing(session, counted(session))] == [world.blast_id]
    (finding,) = found(world, "quote")
    assert "two letters in ten" in finding.title and finding.can_override


def test_notes_lead_to_the_page_and_to_the_source_and_never_count_as_the_ask(world: World) -> None:
    world.add_people(1)
    world.start()
    with world.db.reading() as session:
        links = session.scalars(select(Link).where(Link.blast_id == world.blast_id)).all()
    cited = {link.url for link in links if link.kind == "citation"}
    page = f"{BASE_URL}/petitions/tell-the-harbour-board-count-every-letter"
    assert cited == {f"{page}#n1", "https://board.example.org/letters"}
    assert {link.url for link in links if link.kind == "ask"} == {page}
