"""A petition revised: in place until somebody signed, then as a new version that says so."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.core.errors import FormErrors
from outreach.petitions import checking, citations, history, operations, queries, signing
from outreach.petitions.edition import (
    edition_of,
    notes_as_markdown,
    notes_from_markdown,
    read_into,
)
from outreach.petitions.intake.read import read_petition_file
from outreach.petitions.models import Petition, PetitionVersion, Signature, Source
from outreach.petitions.revising import ChangedMeanwhile, Revision, revise
from outreach.supporters.models import Supporter
from tests.petitions.worlds import NOTES, STATEMENT, World, revised

TEXTS = sorted((Path(__file__).parent / "texts").iterdir())
WORDS = tuple((str(note.number), note.raw) for note in NOTES)
NEW = "Harbour Gazette, “What ran at night,” April 1, 2026."


def change(world: World, **changes: Any) -> Revision:
    """One revision in a transaction of its own."""
    with world.db.transaction() as session:
        return revised(session, session.get_one(Petition, world.petition.id), **changes)


def sign(world: World, name: str = "Jane Rivera") -> int:
    """The version that somebody signs now."""
    person = world.supporter(name)
    with world.db.transaction() as session:
        signature = signing.sign_recognised(
            session,
            session.get_one(Petition, world.petition.id),
            session.get_one(Supporter, person.id),
        )
        return session.get_one(PetitionVersion, signature.version_id).number


def numbers(world: World) -> dict[str, int]:
    """The numbers of the notes as page and letters show them, by label."""
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        text = queries.current_version(session, petition).text
        return {n.label: n.number for n in citations.notes_of(session, petition, text)}


def test_before_the_first_signature_a_text_is_changed_in_place(world: World) -> None:
    revision = change(world, body="Shorter.[^2]", goal=500)
    assert (revision.version, revision.is_new_version) == (1, False)
    assert revision.changed == ("body", "goal")
    assert revision.about_signatures.startswith("Nobody has signed version 1 yet")
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        version = queries.current_version(session, petition)
        assert (version.body, petition.goal) == ("Shorter.[^2]", 500)
        assert [note["label"] for note in version.notes] == ["1", "2"]


def test_after_the_first_signature_a_changed_wording_is_a_new_version(world: World) -> None:
    assert sign(world) == 1
    assert not change(world, headline="A better headline").is_new_version
    changed = change(world, statement="Keep them all.", reason="The board met.")
    assert (changed.before, changed.version) == (1, 2)
    assert "1 signature stays under version 1" in changed.about_signatures
    assert not change(world, statement="Keep them all, please.").is_new_version  # unsigned yet
    with world.db.reading() as session:
        signed = session.get_one(
            PetitionVersion, session.scalars(select(Signature.version_id)).one()
        )
        now = queries.current_version(session, session.get_one(Petition, world.petition.id))
    assert (signed.number, signed.statement, len(signed.notes)) == (1, STATEMENT, 4)
    assert (now.number, now.reason) == (2, "The board met.")


def test_a_changed_note_is_a_changed_wording_with_its_own_source(world: World) -> None:
    with world.db.transaction() as session:
        checking.mark_checked(session, session.get_one(Petition, world.petition.id), by="Mara")
    sign(world)
    before = queries_fingerprint(world)
    revision = change(world, notes=(("1", NEW), *WORDS[1:]))
    assert (revision.version, revision.notes) == (2, {"1"})
    assert queries_fingerprint(world) != before  # who reads the page now must read it again
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        unchecked = checking.unchecked(session, petition)
        assert [source.title for source in unchecked] == ["What ran at night"]
        first = session.scalars(select(PetitionVersion).where(PetitionVersion.number == 1)).one()
        assert first.notes[0]["raw"] == WORDS[0][1]
        assert len(session.scalars(select(Source)).all()) == 4  # the library keeps the old one


def queries_fingerprint(world: World) -> str:
    """The mark of the wording that a form carries."""
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        return queries.current_version(session, petition).fingerprint


def test_a_note_that_no_marker_leads_to_makes_no_version(world: World) -> None:
    sign(world)
    revision = change(world, notes=(*WORDS, ("5", NEW)))
    assert (revision.version, revision.changed) == (1, ("notes",))
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        text = queries.current_version(session, petition).text
        assert [c.label for c in citations.unused(session, petition, text)] == ["5"]


def test_ibid_leads_to_the_note_before_it_wherever_that_now_is(world: World) -> None:
    moved = (WORDS[0], WORDS[2], WORDS[1], WORDS[3])  # “Ibid.” now stands behind note 2
    change(world, notes=moved)
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        text = queries.current_version(session, petition).text
        found = {n.label: n for n in citations.notes_of(session, petition, text)}
        assert (found["4"].sources[0].url, found["4"].same_as) == ("https://board.example/7", 2)
        assert edition_of(session, petition).notes == moved


def test_numbers_follow_the_text(world: World) -> None:
    change(world, body="First the auditor.[^3] Then the board.[^2]", notes=WORDS[:3])
    assert numbers(world) == {"1": 1, "3": 2, "2": 3}


def test_everything_that_is_wrong_is_said_at_its_field_and_the_text_kept(world: World) -> None:
    with pytest.raises(FormErrors) as refused:
        change(world, headline=" ", statement="Keep.[^9]", body="Look.[^8]", goal=-1, thanks="\x07")
    fields = [field for field, _ in refused.value.faults]
    assert fields == ["headline", "statement", "body", "goal", "thanks"]
    assert "[^8]" in refused.value.message
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        assert petition.headline == world.petition.headline
        assert "[^8]" not in queries.current_version(session, petition).body


def test_of_two_editors_the_second_is_told_and_nothing_is_lost(world: World) -> None:
    with world.db.reading() as session:
        opened = edition_of(session, session.get_one(Petition, world.petition.id)).tidied()
    change(world, headline="Hers", goal=900)
    with pytest.raises(ChangedMeanwhile) as refused, world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        revise(session, petition, replace(opened, goal=100), by="ben", seen=opened.marks)
    assert refused.value.fields == ("headline", "goal")
    assert "mara@harbourlights.example saved this petition" in str(refused.value)
    assert refused.value.edition.goal == 900
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        again = replace(refused.value.edition, goal=100)
        revise(session, petition, again, by="ben", seen=refused.value.edition.marks)
        assert (petition.headline, petition.goal) == ("Hers", 100)


def test_the_history_counts_each_signature_once_and_names_who_changed_what(world: World) -> None:
    sign(world, "Ann Lee")
    sign(world, "Bo Fry")
    change(world, headline="A better headline")
    change(world, statement="Keep them all.", reason="The board met.")
    sign(world, "Cy Dow")
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        bo = queries.signature_by_address(session, petition, "bo@example.org")
        signing.invalidate(session, bo, "asked")
    with world.db.reading() as session:
        second, first = history.chapters(session, session.get_one(Petition, world.petition.id))
    assert [c.signed.counted for c in (first, second)] == [1, 1]
    (edit,) = first.edits
    assert (edit.by, edit.changed) == ("mara@harbourlights.example", ("headline",))
    assert edit.was == {"headline": "Westhaven: keep the night buses"}
    assert [(e.changed, e.reason) for e in second.edits] == [(("statement",), "The board met.")]


def test_saving_the_same_changes_nothing_and_is_no_deed(world: World) -> None:
    assert change(world).changed == ()
    with world.db.reading() as session:
        (only,) = history.chapters(session, session.get_one(Petition, world.petition.id))
    assert only.edits == ()


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_a_text_read_again_changes_nothing_and_a_note_more_moves_no_other(
    db: Database, organisation: Organisation, path: Path
) -> None:
    understood = read_petition_file(path)
    with db.transaction() as session:
        petition = operations.create_from(session, organisation, understood)
        stored = edition_of(session, petition)
        assert notes_from_markdown(notes_as_markdown(stored.notes)) == stored.notes
        again = revise(session, petition, read_into(stored, understood), by="mara")
        assert again.changed == ()
        before = citations.notes_of(session, petition, stored.text)
        revised(session, petition, notes=(*stored.notes, ("99", NEW)))
        assert citations.notes_of(session, petition, stored.text) == before
