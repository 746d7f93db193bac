"""outreach petitions, as typed."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select

import config
from outreach.accounts.models import AuditEntry, Organisation
from outreach.cli.context import Context
from outreach.cli.petitions import petitions
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound, OutreachError
from outreach.petitions import queries, signing
from outreach.petitions.grades import Press
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter

TEXT = """Harbour Lights Action

Tell the Transport Board: keep the night buses!

Petition to the Transport Board:
Keep every night bus that runs today.

The board wants to end all buses after eleven.1 It has tried that on line 4,2 and failed.

1. Harbour Gazette, “What runs at night?” March 3, 2026.
2. Ibid.
"""
SLUG = "night-buses"


class Typed:
    """A terminal on one database, with a petition text beside it."""

    def __init__(self, db: Database, folder: Path) -> None:
        url = db.url.render_as_string(hide_password=False)
        self.context = Context(config.Settings(database_url=url, data_dir=folder))
        self.file = folder / "petition.txt"
        self.file.write_text(TEXT)

    def __call__(self, *words: str) -> str:
        result = CliRunner().invoke(petitions, words, obj=self.context)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def typed(db: Database, organisation: Organisation, tmp_path: Path) -> Iterator[Typed]:
    terminal = Typed(db, tmp_path)
    yield terminal
    terminal.context.services.db.close()


def test_read_tells_what_was_understood_and_stores_nothing(typed: Typed, db: Database) -> None:
    shown = typed("read", str(typed.file))
    assert "Keep every night bus that runs today." in shown
    assert "publisher: Harbour Gazette" in shown and "date: 2026-03-03" in shown
    assert "repeats note: 1" in shown
    assert "stands in paragraph 1 after “eleven” (line 8)" in shown
    read = json.loads(typed("read", str(typed.file), "--json"))
    assert read["citations"][1]["same_as"] == 1
    assert [marker["citation"] for marker in read["markers"]] == [1, 2]
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Petition)) == 0


def test_import_stores_and_show_prints_notes_by_number(typed: Typed) -> None:
    said = typed("import", str(typed.file), "--slug", SLUG, "--goal", "500")
    assert "Stored as night-buses (draft), 2 notes." in said
    assert "outreach petitions publish night-buses" in said
    shown = typed("show", SLUG)
    assert "  1. Harbour Gazette, “What runs at night?” March 3, 2026." in shown
    assert "  2. Ibid. (note 1)" in shown
    told = json.loads(typed("show", SLUG, "--json"))
    assert (told["goal"], told["state"], len(told["citations"])) == (500, "draft", 2)


def test_a_text_without_a_statement_is_refused_and_nothing_kept(typed: Typed, db: Database) -> None:
    typed.file.write_text("A headline\n\nAnd a paragraph that asks for nothing.\n")
    with pytest.raises(BadInput):
        typed("import", str(typed.file))
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Petition)) == 0


def test_a_text_that_is_not_understood_is_kept_whole_on_demand(typed: Typed, db: Database) -> None:
    words = "A headline\n\nAnd a paragraph that asks for nothing.\n"
    typed.file.write_text(words)
    said = typed("import", str(typed.file), "--keep", "--slug", SLUG)
    assert "no statement was found" in said and "was kept" in said
    with db.reading() as session:
        petition = queries.by_slug(session, SLUG)
        assert (petition.state, petition.headline, petition.pasted) == (
            "draft",
            "A headline",
            words,
        )
    with pytest.raises(BadInput, match="needs a statement"):
        typed("publish", SLUG)


def test_read_says_where_and_how_sure(typed: Typed) -> None:
    findings = json.loads(typed("read", str(typed.file), "--json"))["findings"]
    headline = next(found for found in findings if found["part"] == "headline")
    assert set(headline) == {"part", "sure", "why", "line", "last_line"}
    assert headline["line"] > 0


def test_states_are_moved_listed_and_put_on_record(typed: Typed, db: Database) -> None:
    typed("import", str(typed.file), "--slug", SLUG)
    assert "draft" in typed("list")
    typed("publish", SLUG)
    typed("publish", SLUG)
    typed("pause", SLUG)
    assert json.loads(typed("list", "--json"))[0]["state"] == "paused"
    typed("close", SLUG)
    with pytest.raises(Conflict):
        typed("pause", SLUG)
    with pytest.raises(NotFound):
        typed("publish", "none")
    with db.reading() as session:
        actions = session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert actions == [f"petition.{x}" for x in ("import", "publish", "publish", "pause", "close")]


def test_signatures_leave_as_a_file_that_is_never_overwritten(
    typed: Typed, db: Database, tmp_path: Path
) -> None:
    typed("import", str(typed.file), "--slug", SLUG, "--publish")
    with db.transaction() as session:
        for name in ("=1+1", "Ann"):
            person = Supporter(
                address=f"{name[-1]}@example.org", email=f"{name[-1]}@example.org", first_name=name
            )
            session.add(person)
            session.flush()
            signing.sign_recognised(session, queries.by_slug(session, SLUG), person)
    path = tmp_path / "out.csv"
    assert "2 signatures written" in typed("signatures", SLUG, "--csv", str(path))
    with path.open(newline="") as file:
        assert [row["name"] for row in csv.DictReader(file)] == ["'=1+1", "Ann"]
    with pytest.raises(BadInput, match="exists already"):
        typed("signatures", SLUG, "--csv", str(path))
    with pytest.raises(NotFound):
        typed("signatures", "none", "--csv", str(tmp_path / "other.csv"))
    assert not (tmp_path / "other.csv").exists()
    said = typed("invalidate", SLUG, "N@example.org", "--reason", "not hers")
    assert "night-buses has 1 signature now" in said


def test_grades_name_what_is_suspicious_and_why(typed: Typed, db: Database) -> None:
    typed("import", str(typed.file), "--slug", SLUG, "--publish")
    assert typed("grades", SLUG) == "No signatures yet.\n"
    with db.transaction() as session:
        for name, doubts in (("Ann", []), ("Bo", [{"name": "head", "weight": 4}])):
            address = f"{name.lower()}@example.org"
            person = Supporter(address=address, email=address, first_name=name)
            session.add(person)
            session.flush()
            petition, press = queries.by_slug(session, SLUG), Press(doubts)
            signing.sign_recognised(session, petition, person, press=press)
    said = typed("grades", SLUG)
    assert "1  recognised" in said and "1  suspicious" in said
    assert "Bo (recognised)\n    Asked with HEAD" in said
    shown = json.loads(typed("grades", SLUG, "--json"))
    assert shown["grades"] == {"recognised": 1, "suspicious": 1}
    assert [each["name"] for each in shown["suspicious"]] == ["Bo"]


def test_a_text_that_is_stored_twice_is_named(typed: Typed) -> None:
    assert "its headline is also" not in typed("import", str(typed.file), "--slug", SLUG)
    said = typed("import", str(typed.file), "--slug", "buses-again")
    assert f"Look at this: its headline is also that of {SLUG}\n" in said


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (TEXT, "1 source is checked by Mara."),
        (TEXT.replace("2. Ibid.", "2. Ada Okafor, “Line 4,” 2025."), "2 sources are checked by"),
    ],
)
def test_sources_are_counted_in_their_number(typed: Typed, text: str, said: str) -> None:
    typed.file.write_text(text)
    typed("import", str(typed.file), "--slug", SLUG)
    assert said in typed("check", SLUG, "--by", "Mara")
