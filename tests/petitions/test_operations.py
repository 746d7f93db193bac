"""Petitions from texts: stored whole or not at all, opened, closed, reworded."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict
from outreach.petitions import operations, queries, signing, tally
from outreach.petitions.exports import signer_lines
from outreach.petitions.intake.read import read_petition
from outreach.petitions.models import Petition, PetitionVersion, Source
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World, understanding

PASTED = """Harbour Lights Action

Tell the Transport Board: keep the night buses!

Petition to the Transport Board:
Keep every night bus that runs today.

The board wants to end all buses after eleven.1 It has tried that on line 4,2 and failed.

1. Harbour Gazette, “What runs at night?” March 3, 2026
2. Ibid.
"""


def test_a_pasted_text_is_stored_whole(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        petition = operations.create_from(session, organisation, read_petition(PASTED))
    with db.reading() as session:
        petition = queries.by_slug(session, petition.slug)
        version = queries.current_version(session, petition)
    assert petition.state == "draft"
    assert petition.slug == "tell-the-transport-board-keep-the-night-buses"
    assert version.number == 1
    assert version.statement == "Keep every night bus that runs today."
    assert "after eleven.[^1] It has tried that on line 4,[^2] and" in version.body
    assert [(note["number"], note["same_as"]) for note in version.notes] == [(1, None), (2, 1)]


def test_a_second_petition_of_the_same_headline_gets_its_own_address(
    db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = [operations.create_from(session, organisation, understanding()) for _ in range(3)]
    assert [p.slug.removeprefix("westhaven-keep-the-night-buses") for p in made] == ["", "-2", "-3"]


@pytest.mark.parametrize(
    ("headline", "slug"),
    [
        ("Señor Múñoz: don’t!", "senor-munoz-dont"),
        ("守れ", "petition"),
        ("Import!", "import-2"),  # the console has a page at “import”
        ("long " * 60, "-".join(["long"] * 15)),
    ],
)
def test_addresses_are_made_of_the_headline(
    db: Database, organisation: Organisation, headline: str, slug: str
) -> None:
    with db.transaction() as session:
        petition = operations.create_from(
            session, organisation, understanding(headline=headline.strip())
        )
    assert petition.slug == slug


@pytest.mark.parametrize(
    ("changes", "slug", "field"),
    [
        ({"headline": " "}, None, "headline"),
        ({"headline": "x" * 401}, None, "headline"),
        ({"statement": "\n"}, None, "statement"),
        ({}, "Not An Address", "slug"),
        ({}, "a--b", "slug"),
        ({}, "import", "slug"),
    ],
)
def test_a_refused_text_leaves_nothing_behind(
    db: Database,
    organisation: Organisation,
    changes: dict[str, str],
    slug: str | None,
    field: str,
) -> None:
    with pytest.raises(BadInput) as refused, db.transaction() as session:
        operations.create_from(session, organisation, understanding(**changes), slug=slug)  # type: ignore[arg-type]
    assert refused.value.field == field
    with db.reading() as session:
        for table in (Petition, Source, PetitionVersion):
            assert session.scalar(select(func.count()).select_from(table)) == 0


def test_a_taken_address_is_refused(world: World) -> None:
    with pytest.raises(Conflict), world.db.transaction() as session:
        operations.create_from(
            session, world.organisation, understanding(), slug=world.petition.slug
        )


def test_a_text_with_a_marker_without_note_is_not_published(
    db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        petition = operations.create_from(
            session, organisation, understanding(body=("It was so.[^7]",))
        )
    with pytest.raises(BadInput, match=r"\[\^7\]"), db.transaction() as session:
        operations.publish(session, session.get_one(Petition, petition.id))


def test_states_move_and_repeats_are_harmless(world: World) -> None:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        first = petition.published_at
        operations.publish(session, petition)
        operations.pause(session, petition)
        operations.pause(session, petition)
        assert petition.state == "paused"
        operations.close(session, petition)
        assert petition.closed_at is not None
        with pytest.raises(Conflict):
            operations.pause(session, petition)
        operations.publish(session, petition)
        assert (petition.state, petition.closed_at, petition.published_at) == (
            "published",
            None,
            first,
        )


def test_the_file_of_signatures_runs_no_formula_and_leaves_out_what_does_not_count(
    world: World,
) -> None:
    people = [world.supporter(name) for name in ("=cmd() Rivera", "Ann Lee", "Bo Fry")]
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        for person in people:
            signing.sign_recognised(
                session,
                petition,
                session.get_one(Supporter, person.id),
                partners=["Lantern Project"],
            )
        bo = queries.signature_by_address(session, petition, "bo@example.org")
        signing.invalidate(session, bo, "asked")
    with world.db.reading() as session:
        lines = list(signer_lines(session, session.get_one(Petition, world.petition.id)))
        assert tally.count(session, world.petition.id) == 2
    assert lines[0].startswith("number,name,email,")
    assert [line.split(",")[1] for line in lines[1:]] == ["'=cmd() Rivera", "Ann Lee"]
    assert lines[2].rstrip().endswith("1,recognised,Lantern Project")
