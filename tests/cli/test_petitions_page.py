"""outreach petitions page, translations and comments, as typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.core.db import Database
from outreach.core.errors import FormErrors
from outreach.petitions import queries, signing
from outreach.petitions.saying import Said
from outreach.supporters.operations import find_or_create
from tests.cli.test_petitions import SLUG, Typed

TOML = """
headline = "Que sigan los autobuses"
targets = ["la Junta"]
statement = "Que sigan todos los autobuses nocturnos."
body = "Lo quieren suprimir.[^1] Ya lo intentaron,[^2] y no."
"""


@pytest.fixture
def typed(db: Database, organisation: object, tmp_path: Path) -> Iterator[Typed]:
    """A terminal with a petition that is open."""
    terminal = Typed(db, tmp_path)
    terminal("import", str(terminal.file), "--slug", SLUG, "--publish")
    yield terminal
    terminal.context.close()


def test_the_page_is_shown_and_changed(typed: Typed) -> None:
    assert json.loads(typed("page", SLUG, "--json"))["comments"] == "off"
    typed("page", SLUG, "--comments", "at_once", "--embed", "https://friends.example", "--letter")
    found = json.loads(typed("page", SLUG, "--json"))
    assert (found["comments"], found["is_letter"]) == ("at_once", True)
    assert found["embed_origins"] == ["https://friends.example"]
    typed("page", SLUG, "--no-embed")
    found = json.loads(typed("page", SLUG, "--json"))
    assert (found["comments"], found["embed_origins"]) == ("at_once", [])
    with pytest.raises(FormErrors):
        typed("page", SLUG, "--embed", "friends.example")


def test_a_translation_is_stored_from_a_file(typed: Typed, tmp_path: Path) -> None:
    file = tmp_path / "es.toml"
    file.write_text(TOML, "utf-8")
    assert "speaks Español" in typed("translations", "save", SLUG, "es", str(file))
    assert json.loads(typed("translations", "list", SLUG, "--json"))[1] == {
        "language": "es",
        "name": "Español",
        "offered": True,
    }
    assert "Que sigan los autobuses" in typed("translations", "show", SLUG, "es")
    assert "[^2]" in typed("translations", "show", SLUG, "ar")  # the original, to be translated
    typed("translations", "remove", SLUG, "es")
    assert len(json.loads(typed("translations", "list", SLUG, "--json"))) == 1


def test_comments_are_listed_and_decided(typed: Typed, db: Database) -> None:
    typed("page", SLUG, "--comments", "read_first")
    with db.transaction() as session:
        person, _ = find_or_create(session, email="ana@example.org", first_name="Ana", source="t")
        petition = queries.by_slug(session, SLUG)
        signing.sign_recognised(session, petition, person, said=Said(comment="For line 4."))
    [row] = json.loads(typed("comments", "list", SLUG, "--json"))
    assert (row["text"], row["name"]) == ("For line 4.", "Ana")
    assert "is shown" in typed("comments", "show", SLUG, str(row["id"]))
    assert "For line 4." in typed("comments", "list", SLUG, "--state", "shown")
    assert "is hidden" in typed("comments", "hide", SLUG, str(row["id"]))
    assert "No comment is waiting" in typed("comments", "list", SLUG)


def test_a_closed_petition_is_archived(typed: Typed) -> None:
    typed("close", SLUG)
    assert "is archived" in typed("archive", SLUG)
    assert json.loads(typed("show", SLUG, "--json"))["state"] == "archived"
