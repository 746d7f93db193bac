"""Lists, and the files that define them."""

from __future__ import annotations

from pathlib import Path

import pytest

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.supporters import lists, operations
from outreach.supporters.models import SupporterList


def test_a_name_is_taken_once(
    db: Database, organisation: Organisation, westhaven: SupporterList
) -> None:
    with pytest.raises(Conflict), db.transaction() as session:
        lists.create(session, organisation, " Westhaven ")
    with pytest.raises(BadInput), db.transaction() as session:
        lists.create(session, organisation, "West\nhaven")
    with db.transaction() as session:
        found = lists.find_or_create(session, organisation, "Westhaven", "New words.")
        assert (found.id, found.wording) == (westhaven.id, "New words.")
        assert lists.find_or_create(session, organisation, "Westhaven").wording == "New words."
        with pytest.raises(NotFound):
            lists.by_name(session, "Eastcliff")


def test_joining_twice_keeps_the_first_source(db: Database, westhaven: SupporterList) -> None:
    with db.transaction() as session:
        ann, _ = operations.find_or_create(session, email="a@example.org", source="form")
        lists.add_member(session, westhaven, ann, "fair")
        lists.add_member(session, westhaven, ann, "page")
    with db.reading() as session:
        (summary,) = lists.summaries(session)
        assert (summary.supporter_list.name, summary.members) == ("Westhaven", 1)


def test_a_definition_names_its_list_and_file(tmp_path: Path) -> None:
    path = tmp_path / "west.toml"
    path.write_text('name = "West"\nwording = "Yes."\nfile = "west.csv"\nbasis = "fair"\n')
    assert lists.read_definition(path) == lists.ListDefinition(
        name="West", wording="Yes.", file=tmp_path / "west.csv", basis="fair"
    )


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"name = ", "not TOML"),
        (b"\xff\xfe", "not TOML"),
        (b'name = "West"\nfile = "x"\nbasis = "y"', "does not say its “wording”"),
        (b'name = 3\nwording = "x"\nfile = "x"\nbasis = "y"', "does not say its “name”"),
    ],
)
def test_a_bad_definition_is_told(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "west.toml"
    path.write_bytes(content)
    with pytest.raises(BadInput, match=message):
        lists.read_definition(path)
    with pytest.raises(BadInput, match="There is no file"):
        lists.read_definition(tmp_path / "east.toml")


def test_the_list_that_ships_is_whole() -> None:
    definition = lists.read_definition(Path(__file__).parents[2] / "lists" / "westhaven.toml")
    assert definition.name == "Westhaven"
    assert definition.file.exists()
