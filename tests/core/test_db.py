"""The two handles: reading can't write, a transaction is all or nothing, times keep their zone."""

from __future__ import annotations

import socket
import threading
import time
from datetime import datetime, timedelta, timezone

import psycopg
import pytest
from sqlalchemy import func, select
from sqlalchemy.exc import DBAPIError, OperationalError, StatementError

from outreach.accounts.models import Organisation
from outreach.consent.models import Suppression
from outreach.core import db as core_db
from outreach.core.db import Database
from tests.conftest import make_tables, postgres_database


def test_a_reading_session_can_not_write(db: Database, organisation: Organisation) -> None:
    with db.reading() as session:
        session.get_one(Organisation, organisation.id).name = "Another"
        with pytest.raises(DBAPIError):
            session.flush()


def test_an_error_takes_everything_back(db: Database, organisation: Organisation) -> None:
    with pytest.raises(RuntimeError), db.transaction() as session:
        session.add(Suppression(address="a@example.org", reason="asked", source="test"))
        session.flush()
        raise RuntimeError
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Suppression)) == 0


def test_a_server_that_accepts_and_says_nothing_is_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(core_db, "AWAY_AFTER_S", 2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        silent_db = Database(f"postgresql+psycopg://x@127.0.0.1:{silent.getsockname()[1]}/x")
        began = time.monotonic()
        with pytest.raises(OperationalError), silent_db.reading() as session:
            session.execute(select(1))
    assert time.monotonic() - began < 10


def test_times_come_back_aware_and_in_utc(db: Database, organisation: Organisation) -> None:
    local = datetime(2026, 3, 1, 12, tzinfo=timezone(timedelta(hours=2)))
    with db.transaction() as session:
        session.get_one(Organisation, organisation.id).created_at = local
    with db.reading() as session:
        stored = session.get_one(Organisation, organisation.id).created_at
    assert stored == local
    assert stored.utcoffset() == timedelta(0)


def test_a_time_without_a_zone_is_refused(db: Database, organisation: Organisation) -> None:
    with pytest.raises(StatementError, match="zone"), db.transaction() as session:
        session.get_one(Organisation, organisation.id).created_at = datetime(2026, 3, 1)


def test_eight_writers_lose_nothing(db: Database, organisation: Organisation) -> None:
    def write(writer: int) -> None:
        for i in range(10):
            with db.transaction() as session:
                address = f"w{writer}-{i}@example.org"
                session.add(Suppression(address=address, reason="asked", source="test"))

    threads = [threading.Thread(target=write, args=(n,)) for n in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Suppression)) == 80


def test_a_server_that_takes_no_writes_is_away_until_another_one_does() -> None:
    with postgres_database() as url, psycopg.connect(url, autocommit=True) as admin:
        name = admin.info.dbname
        database = Database(url)
        make_tables(database)
        stands_by = f'ALTER DATABASE "{name}" SET default_transaction_read_only = '
        admin.execute(stands_by + "on")  # type: ignore[arg-type]
        database.close()

        def write() -> None:
            with database.transaction() as session:
                session.add(Suppression(address="a@example.org", reason="asked", source="test"))

        assert not database.takes_writes()
        with pytest.raises(OperationalError):
            write()
        admin.execute(stands_by + "off")  # type: ignore[arg-type]
        write()  # not by the connection that leads to the one that stands by
        assert database.takes_writes()
        with database.reading() as session:
            assert session.scalar(select(func.count()).select_from(Suppression)) == 1
        database.close()


def test_a_connection_that_was_closed_while_it_rested_is_opened_anew(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with postgres_database() as url:
        database = Database(url)
        asked: list[object] = []
        ping = database.engine.dialect.do_ping
        monkeypatch.setattr(
            database.engine.dialect, "do_ping", lambda it: (asked.append(it), ping(it))[1]
        )

        def look() -> int:
            with database.reading() as session:
                return session.scalar(select(func.pg_backend_pid())) or 0

        first = look()
        assert look() == first and not asked  # it did not rest: one round trip less
        monkeypatch.setattr(core_db, "ASKED_AFTER_S", 0.0)
        assert look() == first and len(asked) == 1
        with psycopg.connect(url, autocommit=True) as other:
            other.execute("SELECT pg_terminate_backend(%s, 5000)", (first,))
        assert look() != first
        database.close()
