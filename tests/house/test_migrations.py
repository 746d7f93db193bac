"""The schema's scripts run up and down on both databases and end where the models are."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import inspect

from outreach.core import migrations
from outreach.core.db import Base, Database
from tests.conftest import postgres_database


@pytest.fixture(params=["sqlite", "postgresql"])
def bare(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Database]:
    """A database without any table."""
    if request.param == "sqlite":
        database = Database(f"sqlite:///{tmp_path / 'bare.db'}")
        yield database
        database.close()
        return
    with postgres_database() as url:
        database = Database(url)
        yield database
        database.close()


def test_up_equals_the_models_and_down_leaves_nothing(bare: Database) -> None:
    assert not migrations.is_current(bare)
    migrations.upgrade(bare)
    assert migrations.is_current(bare)
    with bare.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"include_name": _is_ours})
        difference = compare_metadata(context, Base.metadata)
    assert difference == []
    migrations.upgrade(bare)  # a second time does nothing
    migrations.downgrade(bare, "base")
    assert set(inspect(bare.engine).get_table_names()) <= {"alembic_version"}


def _is_ours(name: str | None, _kind: str, _within: object) -> bool:
    """Models know nothing of single months' events, and of an index instead of a primary key."""
    return not (name or "").startswith(("events_", "ix_events_id"))
