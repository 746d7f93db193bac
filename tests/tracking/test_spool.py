"""What is spooled while the database is away is stored once, and nothing else."""

from __future__ import annotations

import multiprocessing
import os
import threading
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from outreach.core.db import Database
from outreach.tracking import spool
from outreach.tracking.models import Event
from outreach.tracking.record import Observation
from tests.tracking.worlds import DELIVERED, Letter


def _seen(letter: Letter, number: int = 0) -> Observation:
    return Observation(
        "clicked",
        DELIVERED + timedelta(seconds=60 + number),
        letter.delivery_id,
        link_id=letter.links["ask"],
        agent="Mozilla/5.0 (X11; Linux x86_64) “é”",
        detail={"place": "ask"},
    )


def _events(db: Database) -> list[Event]:
    with db.reading() as session:
        return list(session.scalars(select(Event).order_by(Event.at)))


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return spool.path_in(tmp_path / "data")


def test_what_was_kept_comes_back_whole(db: Database, letter: Letter, path: Path) -> None:
    kept = _seen(letter)
    spool.append(path, kept)
    assert spool.replay(db, path) == 1
    [event] = _events(db)
    assert (event.key, event.at, event.link_id) == (kept.key, kept.at, kept.link_id)
    assert (event.agent, event.detail) == (kept.agent, kept.detail)
    assert event.blast_id == letter.blast_id
    assert list(path.parent.iterdir()) == []


def test_replaying_again_stores_nothing_again(db: Database, letter: Letter, path: Path) -> None:
    kept = _seen(letter)
    spool.append(path, kept)
    spool.replay(db, path)
    spool.append(path, kept)
    spool.replay(db, path)
    assert spool.replay(db, path) == 0
    assert len(_events(db)) == 1


def test_a_replay_that_died_is_finished_by_the_next(
    db: Database, letter: Letter, path: Path
) -> None:
    spool.append(path, _seen(letter))
    path.rename(path.with_name(path.name + ".left"))
    spool.append(path, _seen(letter, 1))
    assert spool.replay(db, path) == 2
    assert len(_events(db)) == 2


def test_a_torn_line_costs_only_itself(db: Database, letter: Letter, path: Path) -> None:
    spool.append(path, _seen(letter))
    with path.open("ab") as file:
        file.write(b'\n{"kind": "clicked", "at": "2026-04-')
    spool.append(path, _seen(letter, 1))
    with path.open("ab") as file:
        file.write(b'\n{"kind')
    assert spool.replay(db, path) == 2
    assert len(_events(db)) == 2


def test_a_line_about_something_gone_does_not_hold_up_the_rest(
    db: Database, letter: Letter, path: Path
) -> None:
    unfit = Observation(None, DELIVERED, letter.delivery_id)  # type: ignore[arg-type]
    spool.append(path, unfit)
    spool.append(path, Observation("clicked", DELIVERED, letter.delivery_id + 99))
    spool.append(path, _seen(letter))
    spool.replay(db, path)
    assert len(_events(db)) == 1
    assert list(path.parent.iterdir()) == []


def test_with_the_database_still_away_everything_stays(
    db: Database, letter: Letter, path: Path, tmp_path: Path
) -> None:
    spool.append(path, _seen(letter))
    away = Database(f"sqlite:///{tmp_path / 'no' / 'such' / 'folder.db'}")
    for _ in range(3):
        with pytest.raises(OperationalError):
            spool.replay(away, path)
    assert list(path.parent.iterdir()) == [path]  # long outages leave one file, not one a turn
    assert spool.replay(db, path) == 1
    assert len(_events(db)) == 1


def test_a_line_that_does_not_fit_on_the_disk_is_no_line(
    letter: Letter, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write = os.write
    monkeypatch.setattr(os, "write", lambda file, line: write(file, line[:20]))
    with pytest.raises(OSError, match="No space left"):
        spool.append(path, _seen(letter))


def _append_many(path: Path, letter: Letter, start: int) -> None:
    for number in range(start, start + 40):
        spool.append(path, _seen(letter, number))


def test_replays_while_processes_append_lose_and_double_nothing(
    db: Database, letter: Letter, path: Path
) -> None:
    spawn = multiprocessing.get_context("spawn")
    writers = [spawn.Process(target=_append_many, args=(path, letter, n * 100)) for n in range(2)]
    for writer in writers:
        writer.start()
    writing = threading.Event()

    def keep_replaying() -> None:
        while not writing.is_set():
            spool.replay(db, path)

    replayer = threading.Thread(target=keep_replaying)
    replayer.start()
    for writer in writers:
        writer.join()
    writing.set()
    replayer.join()
    spool.replay(db, path)
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 80
    assert all(writer.exitcode == 0 for writer in writers)
