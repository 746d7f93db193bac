"""The writer stores what it is handed before anybody goes on, and nothing twice or never."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import select, text
from sqlalchemy.exc import OperationalError

from outreach.core.db import Database
from outreach.tracking import record, spool, writer
from outreach.tracking.models import Event
from outreach.tracking.record import Observation
from outreach.tracking.writer import Ticket, Writer
from tests.tracking.worlds import DELIVERED, Letter


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return spool.path_in(tmp_path / "data")


@pytest.fixture
def made(db: Database, path: Path) -> Writer:
    return Writer(db, path)


def _seen(letter: Letter, number: int = 0, **more: Any) -> Observation:
    at = DELIVERED + timedelta(seconds=60 + number)
    given: dict[str, Any] = {"agent": f"Mozilla/5.0 “é” \\N \t {number}", "detail": {"a": "\t"}}
    return Observation("clicked", at, letter.delivery_id, **(given | more))


def _events(db: Database) -> list[Event]:
    with db.reading() as session:
        return list(session.scalars(select(Event).order_by(Event.at)))


def _all_at_once(made: Writer, some: list[Observation]) -> list[Ticket]:
    tickets: list[Ticket] = []
    threads = [
        threading.Thread(target=lambda seen=seen: tickets.append(made.store(seen)))  # type: ignore[misc]
        for seen in some
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return tickets


def test_what_is_answered_is_stored_whole(db: Database, made: Writer, letter: Letter) -> None:
    seen = _seen(letter, link_id=letter.links["ask"], method="HEAD", network="a")
    ticket = made.store(seen)
    [event] = _events(db)
    assert (event.key, event.kind, event.at) == (seen.key, "clicked", seen.at)
    assert (event.blast_id, event.supporter_id) == (letter.blast_id, letter.supporter_id)
    assert (event.link_id, event.method, event.network) == (seen.link_id, "HEAD", "a")
    assert (event.agent, event.detail) == ("Mozilla/5.0 “é” \\N   0", {"a": "\t"})
    assert not ticket.away
    assert ticket.letter is not None
    assert ticket.letter.supporter_id == letter.supporter_id
    assert ticket.letter.accepted_at == DELIVERED


def test_many_at_once_are_stored_each_once(db: Database, made: Writer, letter: Letter) -> None:
    some = [_seen(letter, number) for number in range(60)]
    tickets = _all_at_once(made, some)
    assert not any(ticket.away for ticket in tickets)
    assert {event.key for event in _events(db)} == {seen.key for seen in some}
    assert len(_events(db)) == 60


def test_a_letter_that_is_gone_spoils_no_group(db: Database, made: Writer, letter: Letter) -> None:
    gone = Observation("clicked", DELIVERED, letter.delivery_id + 99)
    tickets = _all_at_once(made, [gone, *(_seen(letter, n) for n in range(5))])
    assert [ticket.letter for ticket in tickets if ticket.seen is gone] == [None]
    assert len(_events(db)) == 5


@contextmanager
def _failing(made: Writer, monkeypatch: pytest.MonkeyPatch, *, stored: bool) -> Iterator[None]:
    """The database goes away at the commit of the next group: before it, or after it."""
    storing = writer._storing

    @contextmanager
    def broken(db: Database) -> Iterator[writer.Store]:
        with storing(db) as store:

            def fail(observations: Any) -> writer.Letters:
                if stored:
                    store(observations)
                raise OperationalError("COMMIT", None, Exception("the connection is lost"))

            yield fail

    monkeypatch.setattr(writer, "_storing", broken)
    yield
    monkeypatch.setattr(writer, "_storing", storing)


@pytest.mark.parametrize("stored", [False, True])
def test_a_commit_that_broke_off_is_stored_exactly_once(
    db: Database, made: Writer, letter: Letter, path: Path, stored: bool,
    monkeypatch: pytest.MonkeyPatch,
) -> None:  # fmt: skip
    seen = _seen(letter)
    with _failing(made, monkeypatch, stored=stored):
        assert made.store(seen).away
    assert len(_events(db)) == stored
    for _ in range(2):
        spool.replay(db, path)
        assert [event.key for event in _events(db)] == [seen.key]


def test_what_was_replayed_first_is_not_stored_again_with_its_group(
    db: Database, made: Writer, letter: Letter
) -> None:
    first = _seen(letter)
    with db.transaction() as session:
        record.store(session, [first])
    _all_at_once(made, [first, *(_seen(letter, n) for n in range(1, 5))])
    assert len(_events(db)) == 5


def test_with_the_database_away_nobody_waits_and_nothing_is_lost(
    letter: Letter, path: Path, db: Database
) -> None:
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
    made = Writer(gone, path)
    some = [_seen(letter, number) for number in range(20)]
    assert all(ticket.away for ticket in _all_at_once(made, some))
    assert made.is_away
    assert spool.replay(db, path) == 20
    assert len(_events(db)) == 20
    gone.close()


def test_it_goes_on_by_itself_when_the_database_is_back(
    db: Database, made: Writer, letter: Letter, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with _failing(made, monkeypatch, stored=False):
        made.store(_seen(letter))
    deadline = time.monotonic() + 30
    while made.is_away:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert not made.store(_seen(letter, 1)).away
    assert len(_events(db)) == 1


def test_whoever_waits_too_long_goes_on_and_is_stored_once(
    db: Database, made: Writer, letter: Letter, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody holds the table: the group is stuck, not refused."""
    if db.is_sqlite:
        pytest.skip("left out: SQLite refuses by itself")
    monkeypatch.setattr(writer, "PATIENCE_S", 0.2)
    with db.connection() as connection:
        connection.execute(text("LOCK TABLE events IN ACCESS EXCLUSIVE MODE"))
        assert made.store(_seen(letter)).away
        assert made.is_away
        assert made.store(_seen(letter, 1)).away
    spool.replay(db, path)
    deadline = time.monotonic() + 30
    while made.is_away:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    made.store(_seen(letter, 2))
    assert len(_events(db)) == 3


def test_a_disk_that_takes_nothing_costs_the_reader_nothing(
    letter: Letter, tmp_path: Path, db: Database
) -> None:
    (tmp_path / "data").write_text("not a folder")
    gone = Database("postgresql://nobody@127.0.0.1:1/nothing")
    assert Writer(gone, spool.path_in(tmp_path / "data")).store(_seen(letter)).away
    gone.close()


def test_a_fault_of_ours_loses_no_event_and_ends_nothing(
    db: Database, made: Writer, letter: Letter, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody waits out their patience, the group is kept, and the next one begins anew."""
    faults: list[type[BaseException]] = []
    monkeypatch.setattr(threading, "excepthook", lambda told: faults.append(told.exc_type))
    monkeypatch.setattr(writer, "PATIENCE_S", 3600.0)
    storing = writer._storing

    @contextmanager
    def faulty(_: Database) -> Iterator[writer.Store]:
        def fail(observations: Any) -> writer.Letters:
            raise ZeroDivisionError

        yield fail

    monkeypatch.setattr(writer, "_storing", faulty)
    some = [_seen(letter, number) for number in range(3)]
    tickets: list[Ticket] = []
    for seen in some:
        asking = threading.Thread(target=lambda: tickets.append(made.store(seen)), daemon=True)  # noqa: B023
        asking.start()
        asking.join(30)
        assert not asking.is_alive()
    assert [ticket.away for ticket in tickets] == [True] * 3
    assert not made.is_away  # the database is not
    monkeypatch.setattr(writer, "_storing", storing)
    last = _seen(letter, 3)
    assert not made.store(last).away
    assert [event.key for event in _events(db)] == [last.key]
    assert spool.replay(db, path) == 3
    assert {event.key for event in _events(db)} == {seen.key for seen in [*some, last]}
    deadline = time.monotonic() + 30
    while len(faults) < 3:  # a thread tells of its fault after it let its group go on
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert faults == [ZeroDivisionError] * 3
