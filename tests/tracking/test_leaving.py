"""Leaving that was kept while the database was away takes effect once, whatever comes twice."""

from __future__ import annotations

import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import delete, func, select

from outreach.consent import ledger
from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.core.db import Database
from outreach.supporters.models import Supporter
from outreach.tracking import leaving, spool
from outreach.tracking.models import Event
from outreach.tracking.record import Observation
from tests.tracking.worlds import DELIVERED, Letter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return spool.leavings_in(tmp_path / "data")


def _press(letter: Letter, seconds: int = 60) -> Observation:
    return Observation(
        "unsubscribed",
        DELIVERED + timedelta(seconds=seconds),
        letter.delivery_id,
        method="POST",
        key=f"unsubscribe:{letter.delivery_id}",
        detail={"basis": leaving.BY_ONE_CLICK},
    )


def _agree(db: Database, letter: Letter) -> None:
    with db.transaction() as session:
        ledger.grant(session, letter.supporter_id, basis="asked", source="test")


def _entries(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(ConsentEntry.status).order_by(ConsentEntry.id)))


def test_the_press_counts_from_when_it_was_made(db: Database, letter: Letter, path: Path) -> None:
    _agree(db, letter)
    spool.append(path, _press(letter))
    assert spool.replay(db, path) == 1
    with db.reading() as session:
        standing = session.get_one(ConsentStanding, (letter.supporter_id, "email"))
        entry = session.get_one(ConsentEntry, standing.entry_id)
        event = session.scalars(select(Event)).one()
    assert (standing.status, standing.since) == ("withdrawn", DELIVERED + timedelta(seconds=60))
    assert (entry.basis, entry.at) == ("one-click", standing.since)
    assert entry.source == f"letter:{letter.delivery_id}"
    assert (event.kind, event.at) == ("unsubscribed", entry.at)


def test_the_same_press_again_does_not_undo_what_the_person_agreed_to_later(
    db: Database, letter: Letter, path: Path
) -> None:
    _agree(db, letter)
    for _ in range(2):  # as after a crash between storing a press and removing its file
        spool.append(path, _press(letter))
        spool.replay(db, path)
    assert _entries(db) == ["granted", "withdrawn"]
    _agree(db, letter)
    spool.append(path, _press(letter))
    spool.replay(db, path)
    assert _entries(db) == ["granted", "withdrawn", "granted"]


def test_two_presses_are_two_entries_and_one_event(
    db: Database, letter: Letter, path: Path
) -> None:
    for seconds in (60, 90):
        spool.append(path, _press(letter, seconds))
    assert spool.replay(db, path) == 2
    assert _entries(db) == ["withdrawn", "withdrawn"]
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 1


def test_replays_at_once_store_it_once(db: Database, letter: Letter, path: Path) -> None:
    spool.append(path, _press(letter))
    content = path.read_bytes()
    for number in range(4):  # the same press in files of four replays that died
        path.with_name(f"{path.name}.{number}").write_bytes(content)
    barrier = threading.Barrier(3)

    def replay() -> None:
        barrier.wait()
        spool.replay(db, path)

    threads = [threading.Thread(target=replay) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert _entries(db) == ["withdrawn"]
    assert list(path.parent.iterdir()) == []


def test_who_was_erased_meanwhile_needs_nothing(db: Database, letter: Letter, path: Path) -> None:
    spool.append(path, _press(letter))
    with db.transaction() as session:
        session.execute(delete(Supporter))
    assert spool.replay(db, path) == 1
    assert _entries(db) == []
    assert list(path.parent.iterdir()) == []


def test_the_kept_line_names_nobody(letter: Letter, path: Path) -> None:
    spool.append(path, _press(letter))
    assert b"@" not in path.read_bytes()
    assert path.stat().st_mode & 0o077 == 0
