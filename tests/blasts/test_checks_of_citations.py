"""What a letter cites: dead sources, quotations that are not there, and overrides by source."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry
from outreach.blasts import preflight, schedule
from outreach.blasts.checks import Finding
from outreach.blasts.checks_of_citations import blasts_citing, quoted_anywhere
from outreach.blasts.compose import preview
from outreach.core.errors import Conflict
from outreach.petitions.edition import edition_of, notes_from_markdown
from outreach.petitions.library import copies, operations
from outreach.petitions.models import Petition, Source
from outreach.petitions.revising import revise
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


def cited_by(world: World, notes: str, style: str, body: str) -> tuple[str, str]:
    """The letter's HTML and text where the petition has these notes, in this style."""
    with world.db.transaction() as session:
        blast = world.blast(session)
        petition = session.get_one(Petition, blast.petition_id)
        edition = replace(
            edition_of(session, petition),
            notes=notes_from_markdown(notes),
            body="One.[^1] Two.[^2] Three.[^3]",
        )
        revise(session, petition, edition, by="Mara")
        operations.set_style(session, petition, style, by="Mara")
    letter(world, body)
    with world.db.reading() as session:
        blast = world.blast(session)
        shown = preview(session, blast, blast.variants[0], None, BASE_URL)
    return shown.html, shown.text


NOTES = """[^1]: Harbour Board, “Letters, counted once,” January 14, 2026.
[^2]: Ada Okafor, “What a stamp costs,” Westhaven Courier, August 9, 2025.
[^3]: Harbour Board, “Letters, counted once,” January 14, 2026."""


def test_two_notes_of_one_source_are_one_in_the_house_style_in_letters_too(world: World) -> None:
    html, text = cited_by(world, NOTES, "house", "Lost.[^3] Costly.[^2] Lost again.[^1]")
    assert re.findall(r'aria-label="Note (\d)"', html) == ["1", "2", "1"]
    assert html.count("Letters, counted once") == 1 and "Lost.[1] Costly.[2]" in text
    assert text.count("[1] Harbour Board") == 1


def test_a_letter_writes_out_what_repeats_a_note_that_it_does_not_show(world: World) -> None:
    ibid = NOTES.rsplit("[^3]", 1)[0] + "[^3]: Ibid., p. 4."
    _, text = cited_by(world, ibid, "pasted", "Costly.[^3]")
    assert "[3] Ada Okafor, “What a stamp costs,” Westhaven Courier, August 9, 2025, p. 4." in text
    _, text = cited_by(world, ibid, "chicago", "Costly.[^2] And so.[^3]")
    assert "[3] Ibid., p. 4. (note 2)" in text
