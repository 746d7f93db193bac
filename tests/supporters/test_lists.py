"""Lists, and the files that define them."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import select

from outreach.accounts.models import AuditEntry, Organisation
from outreach.consent import ledger
from outreach.consent.suppression import suppress
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.supporters import lists, operations, queries
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


def added(db: Database, supporter_list: SupporterList, email: str, basis: str = "fair") -> bool:
    """One person put on the list by hand; whether they are new."""
    with db.transaction() as session:
        person = {"email": email, "first_name": "Ann", "country": "gb"}
        return lists.add_by_hand(session, supporter_list, basis=basis, actor="mara", **person)[1]


def test_a_person_is_added_by_hand_with_the_reason(db: Database, westhaven: SupporterList) -> None:
    assert added(db, westhaven, "Ann@example.org", "  wrote to us in May ")
    assert not added(db, westhaven, "ANN@example.org")
    with db.reading() as session:
        found = queries.profile(session, "ann@example.org")
        entry = session.scalars(select(AuditEntry)).first()
    assert (found.supporter.email, found.supporter.country) == ("Ann@example.org", "GB")
    assert [(p.list_name, p.member.source) for p in found.memberships] == [
        ("Westhaven", "wrote to us in May")
    ]
    assert [(word.status, word.basis, word.source) for word in found.consent] == [
        ("granted", "wrote to us in May", "list:Westhaven"),
        ("granted", "fair", "list:Westhaven"),
    ]
    assert found.consent[0].wording == westhaven.wording
    assert entry is not None
    assert (entry.actor, entry.action, entry.detail) == (
        "mara", "supporter.add", {"list": westhaven.id},
    )  # fmt: skip


@pytest.mark.parametrize(
    ("email", "basis", "said", "field"),
    [
        ("gone@example.org", "fair", "suppressed since .*: asked", "email"),
        ("left@example.org", "fair", "unsubscribed", "email"),
        ("nobody", "fair", "Enter an email address", "email"),
        ("new@example.org", " ", "why this person may be written to", "basis"),
        ("new@example.org", "fair\r\nBcc: x", "line break", "basis"),
    ],
)
def test_who_may_not_be_written_to_is_not_added(
    db: Database, westhaven: SupporterList, email: str, basis: str, said: str, field: str
) -> None:
    with db.transaction() as session:
        suppress(session, "Gone@example.org", reason="asked", source="test")
        person, _ = operations.find_or_create(session, email="left@example.org", source="form")
        ledger.withdraw(session, person.id, basis="one-click", source="letter:1")
    with pytest.raises((BadInput, Conflict), match=said) as refused:
        added(db, westhaven, email, basis)
    assert refused.value.field == field
    with db.reading() as session:
        (summary,) = lists.summaries(session)
        assert (summary.members, queries.search(session).total) == (0, 1)


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
