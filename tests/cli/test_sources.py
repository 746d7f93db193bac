"""outreach sources, as typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import config
from outreach.accounts.models import Organisation
from outreach.cli.context import Context
from outreach.cli.petitions import petitions
from outreach.cli.sources import sources
from outreach.core.db import Database
from outreach.core.errors import OutreachError
from tests.petitions.library.conftest import Web

TEXT = """Harbour Lights Action

Tell the Transport Board: keep the night buses!

Petition to the Transport Board:
Keep every night bus that runs today.

The Gazette wrote that “two riders in five have no other way home.”1 It has failed.2

1. Harbour Gazette, “What runs at night?” March 3, 2026. {}
2. Transport Board, “Options,” 2026.
"""
SLUG = "night-buses"
PAGE = "<html><title>What runs at night?</title><p>Two riders in three have no other way home.</p>"


class Typed:
    """A terminal with a petition whose first source is on a server of this test."""

    def __init__(self, db: Database, folder: Path, web: Web) -> None:
        url = db.url.render_as_string(hide_password=False)
        settings = config.Settings(database_url=url, data_dir=folder, sources_loopback=True)
        self.context = Context(settings)
        self.folder = folder
        file = folder / "petition.txt"
        file.write_text(TEXT.format(web.page("/night", PAGE)))
        CliRunner().invoke(petitions, ["import", str(file), "--slug", SLUG], obj=self.context)

    def result(self, *words: str) -> Result:
        return CliRunner().invoke(sources, words, obj=self.context)

    def __call__(self, *words: str) -> str:
        result = self.result(*words)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output


@pytest.fixture
def web() -> Iterator[Web]:
    """A server without any page."""
    server = Web()
    yield server
    server.close()


@pytest.fixture
def typed(db: Database, organisation: Organisation, tmp_path: Path, web: Web) -> Iterator[Typed]:
    terminal = Typed(db, tmp_path, web)
    yield terminal
    terminal.context.close()


def test_a_check_names_what_differs_and_says_so_by_its_exit_code(typed: Typed, web: Web) -> None:
    result = typed.result("check", SLUG, "--look")
    assert result.exit_code == 1
    assert "two riders in [-five-] {+three+} have no other way home" in result.output.lower()
    web.page("/night", PAGE.replace("three", "five"))
    typed("look", "1")
    found = json.loads(typed("check", SLUG, "--json"))[SLUG]
    assert [one["level"] for one in found if one["key"].startswith("quote")] == []


def test_a_file_is_kept_as_what_a_source_says(typed: Typed) -> None:
    file = typed.folder / "night.html"
    file.write_text(PAGE.replace("three", "five"))
    assert "sha256" in typed("keep", "1", str(file))
    assert "Two riders in five" in typed("text", "1")
    assert json.loads(typed("show", "1", "--json"))["copies"][0]["origin"] == "file"
    assert typed.result("check", SLUG).exit_code == 0


def test_sources_are_added_edited_merged_vouched_for_and_removed(typed: Typed) -> None:
    typed("add", "--title", "Options", "--publisher", "The board", "--published-on", "2026-03")
    typed("edit", "3", "--author", "Ada Okafor", "--title", "Options for the night")
    assert "Ada Okafor, “Options for the night,”" in typed("list", "okafor")
    typed("merge", "2", "3")
    shown = json.loads(typed("show", "2", "--json"))
    assert (shown["title"], shown["published_on"]) == ("Options", "2026")
    typed("vouch", "2", "--by", "Mara")
    assert json.loads(typed("list", "--only", "unchecked", "--json"))[0]["id"] == 1
    with pytest.raises(OutreachError, match="note leads"):
        typed("remove", "2")


def test_sources_travel_as_csl_and_as_notes(typed: Typed) -> None:
    file = typed.folder / "sources.json"
    file.write_text(typed("export"))
    assert "0 sources added, 2 known" in typed("import", str(file))
    plain = typed.folder / "notes.txt"
    plain.write_text(typed("export", "--plain") + "3. Ada Okafor, “Stamps,” Courier, 2025.\n")
    assert "1 source added, 2 known" in typed("import", str(plain))


def test_a_note_in_use_is_not_taken_out(typed: Typed) -> None:
    typed("style", SLUG, "chicago")
    with pytest.raises(OutreachError, match="mended already"):
        typed("mend-text", SLUG, "unmark", "9")
    with pytest.raises(OutreachError, match="no note belongs"):
        typed("mend-text", SLUG, "drop", "2")
