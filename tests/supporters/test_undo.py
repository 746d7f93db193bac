"""An import is taken back; whoever is used elsewhere stays, and it is said how many."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy import func, select

from outreach.accounts.models import Organisation
from outreach.consent import gate, ledger
from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.core.db import Database
from outreach.core.errors import NotFound
from outreach.mail.models import Delivery
from outreach.supporters import imports, lists, operations, queries, undo
from outreach.supporters.models import Import, ListMember, Supporter

StartImport = Callable[..., Import]

FILE = "email,first_name\nann@example.org,Ann\nben@example.org,Ben\ncem@example.org,Cem\n"


def stored(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Supporter.address).order_by(Supporter.address)))


def members(db: Database) -> list[str]:
    joined = select(Supporter.address).join(ListMember, ListMember.supporter_id == Supporter.id)
    with db.reading() as session:
        return list(session.scalars(joined.order_by(Supporter.address)))


def may_be_written_to(db: Database) -> list[str]:
    reason = gate.reason_not_to_write(Supporter.id.expression, Supporter.address.expression)
    with db.reading() as session:
        return list(session.scalars(select(Supporter.address).where(reason.is_(None))))


def test_nothing_of_it_is_left(db: Database, started: StartImport) -> None:
    task = started(FILE)
    imports.run(db, task.id)
    assert undo.undo(db, task.id, actor="mara") == undo.Undone(memberships=3, supporters=3, kept=0)
    assert stored(db) == members(db) == []
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(ConsentEntry)) == 0
        assert queries.import_by_id(session, task.id).state == "undone"
    again = imports.run(db, started(FILE).id)
    assert again.added == 3


def test_whoever_is_used_elsewhere_stays(
    db: Database, started: StartImport, organisation: Organisation
) -> None:
    with db.transaction() as session:
        lea, _ = operations.find_or_create(session, email="lea@example.org", source="test")
        joy, _ = operations.find_or_create(session, email="joy@example.org", source="test")
        kept = ledger.grant(session, lea.id, basis="signed", source="petition:ferry")
        other = lists.create(session, organisation, "Eastcliff")
    names = ("tag", "letter", "left", "list", "nothing")
    rows = "".join(f"{name}@example.org\n" for name in (*names, "lea", "joy"))
    task = started(f"email\n{rows}")
    imports.run(db, task.id)
    with db.transaction() as session:
        person = {name: queries.by_address(session, f"{name}@example.org") for name in names}
        operations.tag(session, person["tag"], "volunteer")
        session.add(Delivery(supporter_id=person["letter"].id))
        ledger.withdraw(session, person["left"].id, basis="one-click", source="letter:1")
        lists.add_member(session, other, person["list"], "by hand")
    assert undo.undo(db, task.id, actor="mara") == undo.Undone(memberships=7, supporters=1, kept=4)
    assert stored(db) == sorted(f"{n}@example.org" for n in (*names[:-1], "lea", "joy"))
    assert members(db) == ["list@example.org"]
    assert may_be_written_to(db) == ["lea@example.org"]
    with db.reading() as session:
        assert session.get_one(ConsentStanding, (lea.id, "email")).entry_id == kept.id
        left = session.get_one(ConsentStanding, (person["left"].id, "email"))
        assert left.status == "withdrawn"
        assert session.get(ConsentStanding, (joy.id, "email")) is None


def test_what_another_import_claims_too_stays(db: Database, started: StartImport) -> None:
    first = started(FILE)
    imports.run(db, first.id)
    second = started("email\nben@example.org\n", basis="signed up again")
    imports.run(db, second.id)
    assert undo.undo(db, first.id, actor="mara") == undo.Undone(memberships=2, supporters=2, kept=1)
    assert stored(db) == members(db) == may_be_written_to(db) == ["ben@example.org"]
    with db.reading() as session:
        member = session.scalars(select(ListMember)).one()
        assert (member.import_id, member.source) == (second.id, "signed up again")
    assert undo.undo(db, second.id, actor="mara").supporters == 1
    assert stored(db) == []


def test_an_import_in_the_middle_is_stopped_and_undone(
    db: Database, started: StartImport, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(undo, "SLICE_PEOPLE", 2)
    task = started(FILE)

    def undo_it(done: int, total: int) -> None:
        assert undo.undo(db, task.id, actor="mara").supporters == 2

    report = imports.run(db, task.id, on_slice=undo_it, slice_rows=2)
    assert (report.state, report.rows) == ("undone", 2)
    assert stored(db) == []


def test_undoing_twice_does_nothing_more(db: Database, started: StartImport) -> None:
    task = started(FILE)
    imports.run(db, task.id)
    undo.undo(db, task.id, actor="mara")
    assert undo.undo(db, task.id, actor="mara") == undo.Undone(0, 0, 0)
    with pytest.raises(NotFound):
        undo.undo(db, task.id + 1, actor="mara")
