"""Events live in their month, nothing is lost while months are made, and old ones go whole."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import func, select, text

from outreach.core.db import Database
from outreach.tracking import partitions, record
from outreach.tracking.catch_up import catch_up
from outreach.tracking.models import Event, Judgement
from outreach.tracking.record import Observation
from tests.tracking.worlds import DELIVERED, Letter

DAY = timedelta(days=1)


@pytest.fixture(autouse=True)
def _no_months(db: Database) -> None:
    """Months that an earlier test made are gone."""
    if db.is_sqlite:
        return
    with db.connection() as connection:
        for table in set(rooms(db)) - {"events_other"}:
            connection.execute(text(f"DROP TABLE {table}"))


def rooms(db: Database) -> list[str]:
    with db.connection() as connection:
        return sorted(connection.scalars(partitions._NAMES))


def _store(db: Database, letter: Letter, *days: int) -> list[Observation]:
    seen = [Observation("clicked", DELIVERED + day * DAY, letter.delivery_id) for day in days]
    with db.transaction() as session:
        record.store(session, seen)
    return seen


def _count(db: Database, table: type[Event] | type[Judgement]) -> int:
    with db.reading() as session:
        return session.scalar(select(func.count()).select_from(table)) or 0


def test_months_are_counted_over_the_turn_of_a_year() -> None:
    december = datetime(2026, 12, 31, 23, 59, tzinfo=UTC)
    assert partitions.month_of(december) == datetime(2026, 12, 1, tzinfo=UTC)
    assert partitions.month_of(december, 2) == datetime(2027, 2, 1, tzinfo=UTC)
    assert partitions.month_of(december, -12) == datetime(2025, 12, 1, tzinfo=UTC)


def test_each_event_moves_to_its_month_and_stays_the_same(db: Database, letter: Letter) -> None:
    seen = _store(db, letter, 0, 40, 400)
    catch_up(db)
    for _ in range(2):
        partitions.keep(db, DELIVERED)
        with db.transaction() as session:  # told again, wherever it is by now
            record.store(session, seen)
        assert _count(db, Event) == _count(db, Judgement) == 3
    if not db.is_sqlite:
        assert rooms(db) == [
            "events_2026_04", "events_2026_05", "events_2026_06", "events_2027_05", "events_other",
        ]  # fmt: skip
        with db.connection() as connection:
            assert connection.scalar(text("SELECT count(*) FROM events_other")) == 0


def test_without_a_month_of_its_own_an_event_is_stored_all_the_same(
    db: Database, letter: Letter
) -> None:
    partitions.keep(db, DELIVERED)
    _store(db, letter, -3000)
    assert _count(db, Event) == 1


def test_months_that_are_kept_no_longer_go_with_their_judgements(
    db: Database, letter: Letter
) -> None:
    _store(db, letter, 0, 20, 40)  # April, May, May
    partitions.keep(db, DELIVERED)
    _store(db, letter, -100)  # no month is made for it any more
    catch_up(db)
    partitions.keep(db, DELIVERED + 60 * DAY)
    assert _count(db, Event) == 4
    partitions.keep(db, DELIVERED + 60 * DAY, months=1)  # in June
    assert _count(db, Event) == _count(db, Judgement) == 2
    with db.reading() as session:
        assert session.scalar(select(func.min(Event.at))) == DELIVERED + 20 * DAY
    partitions.keep(db, DELIVERED + 1000 * DAY, months=12)
    assert _count(db, Event) == _count(db, Judgement) == 0
