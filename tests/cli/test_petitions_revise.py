"""outreach petitions revise, as typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import config
from outreach.blasts import schedule
from outreach.blasts.models import Blast
from outreach.cli.context import Context
from outreach.cli.petitions import petitions
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import FormErrors, NotFound, OutreachError
from outreach.petitions import queries, signing
from outreach.petitions.models import Petition, PetitionVersion
from outreach.supporters.operations import find_or_create
from tests.standins.world import BASE_URL, PETITION, World

NEW = PETITION.replace("count every letter.\n", "count every letter, twice.\n")
FEWER = PETITION.replace("A count costs less than a stamp.2", "It costs little.").split("2. Ada")[0]


class Typed:
    """A terminal on one database, and a file to write petition texts into."""

    def __init__(self, db: Database, folder: Path) -> None:
        url = db.url.render_as_string(hide_password=False)
        self.context = Context(config.Settings(database_url=url, data_dir=folder))
        self._file = folder / "petition.txt"

    def write(self, text: str) -> str:
        """The name of a file with this text."""
        self._file.write_text(text)
        return str(self._file)

    def __call__(self, *words: str) -> str:
        result = CliRunner().invoke(petitions, words, obj=self.context)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def typed(db: Database, tmp_path: Path) -> Iterator[Typed]:
    """The terminal, whose connections are given back."""
    terminal = Typed(db, tmp_path)
    yield terminal
    terminal.context.services.db.close()


@pytest.fixture
def slug(db: Database, world: World) -> str:
    """The petition of the world, signed once."""
    with db.transaction() as session:
        petition = session.scalars(select(Petition)).one()
        person, _ = find_or_create(session, email="ana@example.org", first_name="Ana", source="x")
        signing.sign_recognised(session, petition, person)
        return petition.slug


def _versions(db: Database) -> int:
    with db.reading() as session:
        return len(session.scalars(select(PetitionVersion)).all())


def test_a_dry_run_says_what_would_change_and_stores_nothing(
    typed: Typed, slug: str, db: Database
) -> None:
    said = typed("revise", slug, typed.write(NEW), "--dry-run")
    assert "Changed: statement. This would make version 2." in said
    assert "1 signature stays under version 1, as it was signed." in said
    assert "Nothing was stored." in said
    assert _versions(db) == 1


def test_a_new_statement_is_a_new_version(typed: Typed, slug: str, db: Database) -> None:
    said = typed("revise", slug, typed.write(NEW), "--reason", "The board met.")
    assert "This makes version 2." in said
    with db.reading() as session:
        version = queries.current_version(session, queries.by_slug(session, slug))
        assert version.statement.endswith("count every letter, twice.")
        assert version.reason == "The board met."
    assert "the file says the same" in typed("revise", slug, typed.write(NEW))


def test_the_same_file_changes_nothing_and_a_goal_makes_no_version(
    typed: Typed, slug: str, db: Database
) -> None:
    assert "the file says the same" in typed("revise", slug, typed.write(PETITION))
    said = typed("revise", slug, typed.write(PETITION), "--goal", "500")
    assert "Changed: goal. This makes no new version." in said
    assert _versions(db) == 1


def test_what_the_file_does_not_have_stays(typed: Typed, slug: str, db: Database) -> None:
    with_partners = f"{PETITION}\nParticipating Organizations:\nLantern Project\n"
    assert "Changed: partners." in typed("revise", slug, typed.write(with_partners))
    told = json.loads(typed("revise", slug, typed.write(FEWER), "--json", "--reason", "Fewer"))
    assert (told["stored"], told["new_version"]) == (True, True)
    assert told["changed"] == ["body", "notes"]
    assert told["signatures_kept_under"] == {"version": 1, "signatures": 1, "waiting": 0}
    with db.reading() as session:
        assert queries.by_slug(session, slug).partners == ["Lantern Project"]


def test_a_scheduled_blast_is_named_and_taken_back(
    typed: Typed, slug: str, world: World, db: Database
) -> None:
    world.add_people(1)
    with db.transaction() as session:
        schedule.schedule(
            session,
            world.blast(session),
            at=now() + timedelta(hours=1),
            actor="test",
            base_url=BASE_URL,
        )
    file = typed.write(PETITION.replace("Letters, counted once", "Letters, counted twice"))
    dry = typed("revise", slug, file, "--dry-run")
    assert "The blast “First ask”, due " in dry and "would be a draft again" in dry
    with db.reading() as session:
        assert session.get_one(Blast, world.blast_id).state == "scheduled"
    assert "its letter cites notes that are changed" in typed(
        "revise", slug, file, "--reason", "Fewer"
    )
    with db.reading() as session:
        assert session.get_one(Blast, world.blast_id).state == "draft"


def test_a_marker_without_note_and_an_unknown_petition_are_refused(
    typed: Typed, slug: str, db: Database
) -> None:
    with pytest.raises(FormErrors, match=r"no note belongs to marker \[\^7\]"):
        typed("revise", slug, typed.write(PETITION.replace("stamp.2", "stamp.[^7]")))
    with pytest.raises(NotFound):
        typed("revise", "none", typed.write(PETITION))
    assert _versions(db) == 1
