"""Checks of citations, and what mends them with one press."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry
from outreach.core.clock import now
from outreach.core.errors import Conflict
from outreach.petitions import citations
from outreach.petitions import operations as petition_operations
from outreach.petitions.edition import edition_of
from outreach.petitions.library import checks, copies, operations, repairs
from outreach.petitions.library.findings import Finding
from outreach.petitions.models import Citation, CitationSource, Petition, Signature, Source
from outreach.petitions.queries import current_version
from tests.petitions.worlds import World, revised

TEXT = (
    "The auditor wrote: Two riders in three had no other way home, and 143 shifts start at that "
    "hour. Of 2,500,000 journeys a fifth were made at night."
)


def found(world: World, key: str) -> list[Finding]:
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        every = checks.of_petition(session, petition)
    return [finding for finding in every if finding.key.partition(":")[0] == key]


def late(session: Session) -> Source:
    return session.scalars(select(Source).where(Source.author == "City Auditor")).one()


def said(world: World, body: str, text: str = TEXT) -> None:
    """The petition says this of the auditor's report [^3], whose text is kept."""
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        revised(session, petition, body=f"{body}\n\nMore.[^2] More.[^4] More.[^1]")
        if text:
            copies.keep_brought(session, late(session), by="Mara", text=text)


def set_of(world: World, **parts: object) -> int:
    with world.db.transaction() as session:
        source = late(session)
        for name, value in parts.items():
            setattr(source, name, value)
        return source.id


def test_a_quotation_that_stands_there_and_one_that_does_not(world: World) -> None:
    said(world, "It says “two riders in three had no other way home.”[^3]")
    assert found(world, "quote") == []
    said(world, "It says “two riders in five had no other way home.”[^3]")
    (finding,) = found(world, "quote")
    assert finding.level == "stop" and "Two riders in three had no other" in finding.detail
    assert ("quote", "five") in finding.differs and ("source", "three") in finding.differs


def test_a_quotation_is_said_as_its_source_does_unless_it_was_signed(world: World) -> None:
    said(world, "It says “two riders in five had no other way home.”[^3]")
    (finding,) = found(world, "quote")
    repair = finding.repairs[0]
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        repairs.mend_text(session, petition, repair.verb, repair.label, by="Mara")
        assert (
            "“Two riders in three had no other way home.”[^3]" in edition_of(session, petition).body
        )
    assert found(world, "quote") == []
    said(world, "It says “two riders in five had no other way home.”[^3]")
    jane = world.supporter()
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        session.add(
            Signature(
                petition_id=petition.id,
                version_id=current_version(session, petition).id,
                supporter_id=jane.id,
                name="Jane Rivera",
                grade="form",
                is_new=True,
            )
        )
        session.flush()
        with pytest.raises(Conflict, match="People have signed"):
            repairs.mend_text(session, petition, repair.verb, repair.label, by="Mara")


def test_a_quotation_may_stand_in_any_source_of_its_place(world: World) -> None:
    said(world, "It says “two riders in three had no other way home.”[^2][^3]")
    assert found(world, "quote") == []


def test_a_word_in_quotation_marks_is_only_to_be_looked_at(world: World) -> None:
    said(world, "These “late” riders pay.[^3] These “lazy” riders do not.[^3]")
    (finding,) = found(world, "quote")
    assert finding.level == "look" and "“lazy”" in finding.title


def test_without_a_text_a_quotation_can_not_be_checked_and_this_is_said(world: World) -> None:
    said(world, "It says “two riders in three had no other way home.”[^3]", text="")
    assert [finding.level for finding in found(world, "untold")] == ["look"]


def test_the_quoted_words_of_the_library_are_checked_too(world: World) -> None:
    said(world, "So it is.[^3]")
    set_of(world, quoted="143 shifts start at that hour\n144 shifts start at that hour")
    (finding,) = found(world, "quote")
    assert "144 shifts" in finding.title


def test_numbers_that_the_source_does_not_hold_are_warned_of(world: World) -> None:
    said(world, "Of 2.5 million journeys 20 percent were at night, 143 of them theirs.[^3]")
    assert found(world, "number") == []
    said(world, "Of 2.6 million journeys 20 percent were at night.[^3]")
    (finding,) = found(world, "number")
    assert finding.level == "look" and "2.6 million" in finding.title


@pytest.mark.parametrize(
    ("parts", "key", "level"),
    [
        ({"look": "dead", "look_detail": "Gone (404)."}, "dead", "stop"),
        ({"look": "front"}, "dead", "stop"),
        ({"look": "forbidden"}, "dead", "stop"),
        ({"look": "moved", "leads_to": "https://new.example/"}, "moved", "look"),
        ({"look": "wall"}, "wall", "look"),
        ({"look": "trouble"}, "wall", "look"),
        ({"look": ""}, "unseen", "look"),
        ({"lost": ["two riders"]}, "changed", "stop"),
        ({"published_on": f"{now() + timedelta(days=400):%Y-%m-%d}"}, "future", "look"),
        ({"published_on": None}, "missing", "look"),
        ({"publisher": None, "author": None}, "missing", "look"),
        ({"look": "ok", "says": {"titles": ["Another thing altogether"]}}, "title", "look"),
    ],
)
def test_what_is_wrong_with_a_source(
    world: World, parts: dict[str, object], key: str, level: str
) -> None:
    source_id = set_of(world, **parts)
    findings = [one for one in found(world, key) if one.source_id == source_id]
    assert [one.level for one in findings] == [level]
    assert findings[0].title.startswith("Notes [^3], [^4]")


@pytest.mark.parametrize(
    "title",
    ["The ‘late’ riders", "The “late” riders — City of Westhaven", "The late riders | Report 2026"],
)
def test_a_title_may_carry_the_name_of_its_site(world: World, title: str) -> None:
    set_of(world, look="ok", says={"titles": [title]})
    assert found(world, "title") == []


def test_this_year_is_not_in_the_future(world: World) -> None:
    set_of(world, published_on=f"{now():%Y}")
    assert found(world, "future") == []


def test_unchecked_sources_are_named_and_vouched_for_one_by_one(world: World) -> None:
    assert len(found(world, "unchecked")) == 3
    with world.db.transaction() as session:
        repairs.mend(session, late(session), "vouch", by="Mara")
    assert len(found(world, "unchecked")) == 2


def test_repairs_take_what_the_page_says(world: World) -> None:
    says = {"title": "The late ones", "publisher": "Westhaven", "published_on": "2026-02-12"}
    set_of(world, publisher=None, published_on=None, says=says, leads_to="https://n.example/l")
    with world.db.transaction() as session:
        source = late(session)
        for verb in ("fill", "title", "move"):
            repairs.mend(session, source, verb, by="Mara")
        assert (source.publisher, source.published_on) == ("Westhaven", "2026-02-12")
        assert (source.title, source.url) == ("The late ones", "https://n.example/l")
        with pytest.raises(Conflict):
            repairs.mend(session, source, "move", by="Mara")
        entries = session.scalars(select(AuditEntry).where(AuditEntry.action == "source.edit"))
        assert [list(entry.detail["was"]) for entry in entries][-1] == ["url"]


def test_a_dead_address_is_replaced_by_its_archived_copy(world: World) -> None:
    set_of(world, look="dead", archived_url="https://archive.example/late")
    (finding,) = found(world, "dead")
    assert [repair.verb for repair in finding.repairs] == ["look", "archived"]
    with world.db.transaction() as session:
        repairs.mend(session, late(session), "archived", by="Mara")
    assert found(world, "dead") == []


def test_duplicates_are_found_and_made_one(world: World) -> None:
    with world.db.transaction() as session:
        twin = Source(title='THE "LATE" RIDERS', publisher="city of westhaven", quoted="143 shifts")
        session.add(twin)
    (finding,) = found(world, "duplicate")
    (repair,) = finding.repairs
    with world.db.transaction() as session:
        copies.keep_brought(session, session.get_one(Source, repair.other), by="x", text=TEXT)
        nine = Citation(petition_id=world.petition.id, label="9", raw="T")
        session.add(nine)
        session.flush()
        session.add(CitationSource(citation_id=nine.id, place=1, source_id=twin.id))
        repairs.mend(session, late(session), repair.verb, by="Mara", other=repair.other)
        source = late(session)
        assert source.quoted == "143 shifts" and len(copies.copies(session, source)) == 1
        nine = session.scalars(select(Citation).where(Citation.label == "9")).one()
        assert nine.source.id == source.id
    assert found(world, "duplicate") == []


def test_a_note_without_a_marker_and_a_marker_without_a_note_are_taken_out(world: World) -> None:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        revised(session, petition, body="Only this.[^2] And this.[^3]")
    assert [one.repairs[0].label for one in found(world, "unused")] == ["4"]
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        repairs.mend_text(session, petition, "drop", "4", by="Mara")
        with pytest.raises(Conflict):
            repairs.mend_text(session, petition, "unmark", "9", by="Mara")
        assert [label for label, _ in edition_of(session, petition).notes] == ["1", "2", "3"]
    assert found(world, "unused") == []


def test_a_marker_that_leads_nowhere_is_taken_out(world: World) -> None:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        session.execute(Citation.__table__.delete().where(Citation.label == "2"))  # type: ignore[attr-defined]
        assert [one.level for one in checks.stops(session, petition)] == ["stop"]
        repairs.mend_text(session, petition, "unmark", "2", by="Mara")
        assert citations.unresolved(session, petition, edition_of(session, petition).text) == []


def test_a_publication_with_a_failing_check_needs_a_name_and_a_reason(world: World) -> None:
    set_of(world, look="dead")
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        petition_operations.publish(session, petition)  # it is open already
        petition_operations.pause(session, petition)
    for word in ({}, {"by": "Mara"}, {"reason": "x"}, {"by": "Mara", "reason": "  "}):
        with pytest.raises(Conflict, match="dead"), world.db.transaction() as session:
            petition = session.get_one(Petition, world.petition.id)
            petition_operations.publish(session, petition, **word)
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        assert petition.state == "paused"
        petition_operations.publish(session, petition, by="Mara", reason="It is back tomorrow.")
        entry = session.scalars(
            select(AuditEntry).where(AuditEntry.action == "petition.override")
        ).one()
        assert (entry.actor, entry.detail["reason"]) == ("Mara", "It is back tomorrow.")
        assert "[^3]" in entry.detail["checks"][0]


def test_another_address_is_looked_at_anew_and_has_to_be_checked_again(world: World) -> None:
    set_of(world, look="dead", checked_at=now(), checked_by="Mara")
    with world.db.transaction() as session:
        source = late(session)
        assert operations.edit(session, source, {"title": "Late riders"}, by="Ben") == ["title"]
        assert source.checked_by == "Mara"
        operations.edit(session, source, {"url": "https://elsewhere.example/late"}, by="Ben")
        assert (source.look, source.checked_by) == ("", None)


def test_a_source_in_use_is_not_removed(world: World) -> None:
    with world.db.transaction() as session:
        with pytest.raises(Conflict):
            operations.remove(session, late(session), by="Mara")
        alone = operations.add(session, {"title": "Alone"}, by="Mara")
        copies.keep_brought(session, alone, by="Mara", text="words")
        operations.remove(session, alone, by="Mara")
