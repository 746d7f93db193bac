"""Fixtures that every room of the tests uses: both databases, an organisation."""

from __future__ import annotations

import os
import shutil
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from argon2 import PasswordHasher

import outreach.accounts.models
import outreach.analytics.days.models
import outreach.analytics.days.month_notes
import outreach.analytics.days.notes
import outreach.analytics.days.visit_notes
import outreach.analytics.deliverability.models
import outreach.analytics.digest.models
import outreach.analytics.overview.saved_models
import outreach.analytics.rollups.changes
import outreach.audiences.models
import outreach.blasts.models
import outreach.consent.models
import outreach.mail.models
import outreach.petitions.comment_models
import outreach.petitions.instalment_models
import outreach.petitions.models
import outreach.supporters.models
import outreach.tracking.models  # noqa: F401  every table, whatever a single test imports
from outreach.accounts import passwords
from outreach.accounts.models import Organisation
from outreach.core import log, migrations
from outreach.core.db import Base, Database
from tests.standins.world import World, build_world

POSTGRES = os.environ.get("OUTREACH_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")
# Emptying sixty tables by TRUNCATE writes sixty tables and all their indexes anew, for each test.
# Only those that hold something are emptied, and only large ones so; ids begin at 1 again.
_EMPTY = """
CREATE FUNCTION test_empty() RETURNS void LANGUAGE plpgsql SET session_replication_role = replica
AS $$
DECLARE
  held record;
BEGIN
  FOR held IN
    SELECT oid::regclass AS name, pg_relation_size(oid) > 262144 AS large
    FROM pg_class
    WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
      AND relname <> 'alembic_version' AND pg_relation_size(oid) > 0
  LOOP
    IF held.large THEN
      EXECUTE format('TRUNCATE %s CASCADE', held.name);
    ELSE
      EXECUTE format('DELETE FROM %s', held.name);
    END IF;
  END LOOP;
  PERFORM setval(oid, 1, false)
  FROM pg_class WHERE relkind = 'S' AND relnamespace = 'public'::regnamespace;
END $$
"""
# Freed room is not used again between two tests: rows stand in the order in which they came.
_KEEP_ORDER = """
DO $$
DECLARE
  made regclass;
BEGIN
  FOR made IN
    SELECT oid FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace
  LOOP
    EXECUTE format('ALTER TABLE %s SET (autovacuum_enabled = false)', made);
  END LOOP;
END $$
"""


def _postgres_reachable() -> bool:
    try:
        psycopg.connect(POSTGRES, connect_timeout=3).close()
    except psycopg.OperationalError:
        return False
    return True


@pytest.fixture(autouse=True)
def _quiet() -> None:
    """Only warnings are logged: a failed test shows what went wrong, not what went well."""
    log.configure(level="WARNING", as_json=False)


@pytest.fixture(scope="session", autouse=True)
def real_hasher() -> Iterator[PasswordHasher]:
    """Passwords are hashed in no time while tests run; this is how they are hashed otherwise."""
    real = passwords._hasher
    passwords._hasher = PasswordHasher(time_cost=1, memory_cost=64, parallelism=1)
    yield real
    passwords._hasher = real


@contextmanager
def postgres_database() -> Iterator[str]:
    """A new, empty database; without a server skipped, with CI=true an error."""
    if not _postgres_reachable():
        if os.environ.get("CI"):
            pytest.fail("PostgreSQL is not reachable, and CI=true does not allow leaving it out")
        pytest.skip("left out: no PostgreSQL at OUTREACH_TEST_POSTGRES")
    name = f"outreach_test_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        # No test pulls the plug of this server: what is committed need not reach the disk at once.
        connection.execute(f'ALTER DATABASE "{name}" SET synchronous_commit = off')  # type: ignore[arg-type]
    yield POSTGRES.rpartition("/")[0] + f"/{name}"
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


@pytest.fixture(scope="session")
def postgres_url() -> Iterator[str]:
    """The PostgreSQL database of this test process."""
    with postgres_database() as url:
        yield url


@pytest.fixture(scope="session")
def _postgres(postgres_url: str) -> Iterator[Database]:
    database = Database(postgres_url)
    make_tables(database)
    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute(_KEEP_ORDER)
        connection.execute(_EMPTY)
    yield database
    database.close()


@pytest.fixture(scope="session")
def _empty_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and no rows, to be copied."""
    file = tmp_path_factory.mktemp("sqlite") / "empty.db"
    database = Database(f"sqlite:///{file}")
    make_tables(database)
    database.close()
    return file


def make_tables(database: Database) -> None:
    """All tables, marked as the newest schema; the scripts have a test of their own."""
    Base.metadata.create_all(database.engine)
    with database.connection() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{migrations.head()}')")


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest) -> Iterator[Database]:
    """An empty database with all tables, once on SQLite and once on PostgreSQL. On SQLite it is a
    file of the test's own: a thread that outlives its test writes into nobody else's."""
    database: Database
    if request.param == "postgresql":
        database = request.getfixturevalue("_postgres")
        with database.connection() as connection:
            connection.exec_driver_sql("SELECT test_empty()")
        yield database
        return
    folder: Path = request.getfixturevalue("tmp_path_factory").mktemp("sqlite")
    shutil.copyfile(request.getfixturevalue("_empty_sqlite"), folder / "test.db")
    database = Database(f"sqlite:///{folder / 'test.db'}")
    yield database
    database.close()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture
def organisation(db: Database) -> Organisation:
    """A stored organisation."""
    with db.transaction() as session:
        stored = Organisation(
            name="Harbour Lights Action",
            postal_address="4 Quay Street, Westhaven 01234",
            sender_name="Mara, Harbour Lights Action",
            sender_address="mara@harbourlights.example",
            country="US",
        )
        session.add(stored)
    return stored


@pytest.fixture
def world(db: Database, organisation: Organisation) -> World:
    """A checked, published petition and a draft blast to the list “Westhaven”."""
    return build_world(db, organisation)
