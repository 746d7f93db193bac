"""Fixtures that every room of the tests uses: both databases, an organisation."""

from __future__ import annotations

import os
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest

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
from outreach.accounts.models import Organisation
from outreach.core import log, migrations
from outreach.core.db import Base, Database
from tests.standins.world import World, build_world

POSTGRES = os.environ.get("OUTREACH_TEST_POSTGRES", "postgresql://postgres@127.0.0.1:5432/postgres")


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
    yield database
    database.close()


def make_tables(database: Database) -> None:
    """All tables, marked as the newest schema; the scripts have a test of their own."""
    Base.metadata.create_all(database.engine)
    with database.connection() as connection:
        connection.exec_driver_sql("CREATE TABLE alembic_version (version_num VARCHAR(32))")
        connection.exec_driver_sql(f"INSERT INTO alembic_version VALUES ('{migrations.head()}')")


@pytest.fixture(params=["sqlite", "postgresql"])
def db(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """An empty database with all tables, once on SQLite and once on PostgreSQL."""
    if request.param == "postgresql":
        database: Database = request.getfixturevalue("_postgres")
        tables = ", ".join(f'"{table.name}"' for table in Base.metadata.sorted_tables)
        with database.connection() as connection:
            connection.exec_driver_sql(f"TRUNCATE {tables} RESTART IDENTITY CASCADE")
        yield database
        return
    database = Database(f"sqlite:///{tmp_path / 'test.db'}")
    make_tables(database)
    yield database
    database.close()


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
