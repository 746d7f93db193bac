"""Imports: what is stored, what is not and why; stopped, killed, taken over and gone on with."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry
from outreach.consent import ledger, suppression
from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.supporters import csvfile, imports, operations, queries
from outreach.supporters.import_lease import TakenOver
from outreach.supporters.models import Import, ImportRefusal, ListMember, Supporter, SupporterList
from outreach.supporters.reports import report_of

StartImport = Callable[..., Import]
WriteFile = Callable[..., Path]


def people(count: int, domain: str = "example.org") -> str:
    rows = [f"p{n}@{domain},Name {n},{n:05d}" for n in range(count)]
    return "\n".join(["email,first_name,zip", *rows, ""])


def counted(session: Session, what: type) -> int:
    return session.scalar(select(func.count()).select_from(what)) or 0


def test_a_row_becomes_a_person_on_the_list_with_consent(
    db: Database, started: StartImport, westhaven: SupporterList
) -> None:
    task = started("email,First name,zip,country,City\nAnn@Example.org,Ann,01234,us,Westhaven\n")
    report = imports.run(db, task.id)
    assert (report.state, report.rows, report.added) == ("finished", 1, 1)
    with db.reading() as session:
        ann = queries.by_address(session, "ann@example.org")
        assert (ann.email, ann.first_name, ann.postal_code, ann.country, ann.fields) == (
            "Ann@Example.org", "Ann", "01234", "US", {"city": "Westhaven"},
        )  # fmt: skip
        assert ann.import_id == task.id
        member = session.scalars(select(ListMember)).one()
        assert (member.supporter_id, member.list_id, member.import_id, member.source) == (
            ann.id, westhaven.id, task.id, "fair",
        )  # fmt: skip
        entry = session.scalars(select(ConsentEntry)).one()
        assert (entry.supporter_id, entry.status, entry.basis, entry.source, entry.wording) == (
            ann.id, "granted", "fair", f"import:{task.id}", "Write to me about Westhaven.",
        )  # fmt: skip
        standing = session.scalars(select(ConsentStanding)).one()
        assert (standing.entry_id, standing.since) == (entry.id, entry.at)
        audited = session.scalars(select(AuditEntry)).one()
        assert (audited.actor, audited.subject) == ("mara@harbour.example", f"import:{task.id}")
    assert not Path(task.path).exists()


def test_a_second_file_fills_and_corrects_but_empties_nothing(
    db: Database, started: StartImport
) -> None:
    first = started("email,first_name,zip,city,team\nann@example.org,Ann,01234,Westhaven,red\n")
    imports.run(db, first.id)
    with db.reading() as session:
        before = queries.by_address(session, "ann@example.org")
    second = started(
        "email,first_name,last_name,zip,city,size\nANN@example.org,,Hara,,Eastcliff,L\n"
    )
    report = imports.run(db, second.id)
    assert (report.added, report.updated) == (0, 1)
    with db.reading() as session:
        ann = queries.by_address(session, "ann@example.org")
        assert (ann.first_name, ann.last_name, ann.postal_code) == ("Ann", "Hara", "01234")
        assert ann.fields == {"city": "Eastcliff", "team": "red", "size": "L"}
        assert ann.import_id == first.id
        assert ann.updated_at > before.updated_at
        assert counted(session, ListMember) == 1
    with db.reading() as session:
        unchanged = queries.by_address(session, "ann@example.org")
    imports.run(db, started("email,city\nann@example.org,Eastcliff\n").id)
    with db.reading() as session:
        assert queries.by_address(session, "ann@example.org").updated_at == unchanged.updated_at


def test_suppressed_people_stay_out_and_those_who_left_stay_away(
    db: Database, started: StartImport
) -> None:
    with db.transaction() as session:
        suppression.suppress(session, "sue@example.org", reason="complained", source="provider")
        lea, _ = operations.find_or_create(session, email="lea@example.org", source="test")
        ledger.grant(session, lea.id, basis="signed", source="petition:ferry")
        ledger.withdraw(session, lea.id, basis="one-click", source="letter:1")
    task = started(
        "email,first_name\nann@example.org,Ann\nSue@example.org,Sue\nlea@example.org,Lea\nbad,Bo\n"
        "ann@example.org,Ann\n"
    )
    report = imports.run(db, task.id)
    assert report.to_json() | {"refusals": []} == {
        "import_id": task.id, "state": "finished", "rows": 5, "added": 1, "updated": 1,
        "unsubscribed": 1, "suppressed": 1, "refused": 1, "duplicates": 1, "refusals": [],
    }  # fmt: skip
    assert [(each.line, each.kind) for each in report.refusals] == [
        (3, "suppressed"), (4, "unsubscribed"), (5, "refused"), (6, "duplicate"),
    ]  # fmt: skip
    assert report.refusals[0].row == ["Sue@example.org", "Sue"]
    with db.reading() as session:
        stored = session.scalars(select(Supporter.address).order_by(Supporter.address)).all()
        assert stored == ["ann@example.org", "lea@example.org"]
        assert queries.by_address(session, "lea@example.org").first_name == "Lea"
        assert session.scalars(
            select(Supporter.address).join(ListMember, ListMember.supporter_id == Supporter.id)
        ).all() == ["ann@example.org"]
        standing = session.get_one(ConsentStanding, (lea.id, "email"))
        assert standing.status == "withdrawn"
        task = queries.import_by_id(session, task.id)
        assert (task.rows_total, task.rows_done, task.suppressed, task.refused) == (5, 5, 1, 1)


def test_a_dry_run_reports_the_same_and_stores_nothing(
    db: Database, started: StartImport, csv_file: WriteFile
) -> None:
    imports.run(db, started("email\nold@example.org\n").id)
    with db.transaction() as session:
        suppression.suppress(session, "sue@example.org", reason="asked", source="x")
        lea, _ = operations.find_or_create(session, email="lea@example.org", source="test")
        ledger.withdraw(session, lea.id, basis="one-click", source="letter:1")
    text = "email\nold@example.org\nsue@example.org\nlea@example.org\nnew@example.org\nbad\nbad\n"
    path = csv_file(text)
    with db.reading() as session:
        before = [counted(session, each) for each in (Supporter, ConsentEntry, ImportRefusal)]
    tried = imports.dry_run(db, path, csvfile.inspect(path))
    with db.reading() as session:
        after = [counted(session, each) for each in (Supporter, ConsentEntry, ImportRefusal)]
    assert before == after
    real = imports.run(db, started(text).id)
    assert tried.state == "dry run" and tried.import_id is None
    same = {"import_id": None, "state": "dry run"}
    assert real.to_json() | same == tried.to_json()
    assert (tried.added, tried.updated, tried.unsubscribed) == (1, 2, 1)


def test_stopped_between_slices_and_gone_on_with(db: Database, started: StartImport) -> None:
    task = started(people(25) + "p3@example.org,again,0\n")

    def stop_at_twenty(done: int, total: int) -> None:
        assert total == 26
        if done == 20:
            with db.transaction() as session:
                imports.stop(session, task.id)

    report = imports.run(db, task.id, on_slice=stop_at_twenty, slice_rows=10)
    assert (report.state, report.rows, report.added) == ("stopped", 20, 20)
    assert Path(task.path).exists()
    with db.transaction() as session:
        imports.resume(session, task.id)
    assert imports.run_waiting(db) == 1
    with db.reading() as session:
        report = report_of(session, task.id)
    assert (report.state, report.rows, report.added) == ("finished", 26, 25)
    assert [(each.line, each.reason) for each in report.refusals] == [
        (27, "Same address as line 5.")
    ]
    with db.reading() as session:
        assert counted(session, Supporter) == counted(session, ConsentEntry) == 25


def test_only_the_last_runner_stores(db: Database, started: StartImport) -> None:
    task = started(people(25))

    def another_comes(done: int, total: int) -> None:
        if done == 10:
            assert imports.run(db, task.id, slice_rows=10).rows == 25

    report = imports.run(db, task.id, on_slice=another_comes, slice_rows=10)
    assert (report.state, report.rows, report.added) == ("finished", 25, 25)
    task = started(people(25, "example.net"))

    def another_takes_it(done: int, total: int) -> None:
        with db.transaction() as session:
            session.execute(update(Import).values(lease_owner="another"))

    with pytest.raises(TakenOver):
        imports.run(db, task.id, on_slice=another_takes_it, slice_rows=10)
    with db.reading() as session:
        left = queries.import_by_id(session, task.id)
        assert (left.state, left.rows_done) == ("running", 10)


def test_the_job_takes_what_waits_and_what_was_abandoned(
    db: Database, started: StartImport
) -> None:
    waiting, abandoned, alive = (started(people(3, f"{n}.example.org")) for n in "abc")
    with db.transaction() as session:
        for task, left in ((abandoned, -1), (alive, 60)):
            session.execute(
                update(Import)
                .where(Import.id == task.id)
                .values(
                    state="running", lease_owner="x", lease_until=now() + timedelta(seconds=left)
                )
            )
    assert imports.run_waiting(db) == 2
    with db.reading() as session:
        states = {task.id: task.state for task in session.scalars(select(Import))}
    assert states == {waiting.id: "finished", abandoned.id: "finished", alive.id: "running"}


def test_one_lost_file_keeps_no_other_import_waiting(db: Database, started: StartImport) -> None:
    lost, good = started(people(3)), started(people(3))
    Path(lost.path).unlink()
    assert imports.run_waiting(db) == 2
    with db.reading() as session:
        failed = queries.import_by_id(session, lost.id)
        assert failed.state == "failed" and "There is no file" in (failed.reason or "")
        assert queries.import_by_id(session, good.id).state == "finished"
    with pytest.raises(Conflict, match="failed"):
        imports.run(db, lost.id)


def test_a_finished_import_is_not_run_again(db: Database, started: StartImport) -> None:
    task = started(people(1))
    imports.run(db, task.id)
    with pytest.raises(Conflict, match="finished"):
        imports.run(db, task.id)
    with pytest.raises(NotFound):
        imports.run(db, task.id + 1)


def test_a_file_that_is_gone_is_not_queued(
    db: Database, tmp_path: Path, westhaven: SupporterList, csv_file: WriteFile
) -> None:
    path = csv_file(people(1))
    layout = csvfile.inspect(path)
    path.unlink()
    with pytest.raises(BadInput), db.transaction() as session:
        imports.start(
            session, tmp_path, path=path, layout=layout, supporter_list=session.merge(westhaven),
            basis="", created_by="x",
        )  # fmt: skip


def test_nul_characters_in_a_refused_row_are_stored_as_lost(
    db: Database, started: StartImport
) -> None:
    # Beyond the part of a file that is looked at to tell text from other things.
    task = started(people(2_500) + "x@example.org,\0,1\n")
    report = imports.run(db, task.id)
    assert [each.row for each in report.refusals] == [["x@example.org", "\ufffd", "1"]]


KILLED = """
import os, signal, sys
from outreach.core.db import Database
from outreach.supporters import imports

def kill(done, total):
    if done == 20:
        os.kill(os.getpid(), signal.SIGKILL)

imports.run(Database(sys.argv[1]), int(sys.argv[2]), on_slice=kill, slice_rows=10)
"""


def test_killed_in_the_middle_it_goes_on_behind_its_last_slice(
    db: Database, started: StartImport
) -> None:
    task = started(people(35) + "bad,x,1\np1@example.org,again,1\n")
    url = db.url.render_as_string(hide_password=False)
    killed = subprocess.run(
        [sys.executable, "-c", KILLED, url, str(task.id)], env=os.environ | {"PYTHONPATH": "."}
    )
    assert killed.returncode == -signal.SIGKILL
    with db.reading() as session:
        left = queries.import_by_id(session, task.id)
        assert (left.state, left.rows_done, left.added) == ("running", 20, 20)
        assert counted(session, Supporter) == 20
    report = imports.run(db, task.id, slice_rows=10)
    assert (report.state, report.rows, report.added, report.refused, report.duplicates) == (
        "finished", 37, 35, 1, 1,
    )  # fmt: skip
    with db.reading() as session:
        for each in (Supporter, ListMember, ConsentEntry, ConsentStanding):
            assert counted(session, each) == 35
        assert counted(session, ImportRefusal) == 2
