"""outreach analytics, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.analytics.views import views
from outreach.cli import main


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A terminal at a new installation."""
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    return lambda *words: CliRunner().invoke(main, ["analytics", *words])


def test_every_view_is_told_of(typed) -> None:  # type: ignore[no-untyped-def]
    found = json.loads(typed("views", "--json").stdout)
    assert [one["view"] for one in found] == [f"analytics_{view.name}" for view in views.VIEWS]
    supporters = next(one for one in found if one["view"] == "analytics_supporters")
    pseudonymous = [column["name"] for column in supporters["columns"] if column["pseudonymous"]]
    assert pseudonymous == ["supporter_id"]
    assert "| `supporter_id` † |" in typed("views", "supporters").stdout


def test_what_can_not_be_is_said_with_what_to_do(typed) -> None:  # type: ignore[no-untyped-def]
    assert "There is no view “people”." in typed("views", "people").output
    refused = typed("grant", "reader")
    assert refused.exit_code == 2
    assert "SQLite has no roles" in refused.output
