"""outreach deliverability, as typed."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from outreach.cli import main
from outreach.mail import sender_dns


@pytest.fixture
def typed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):  # type: ignore[no-untyped-def]
    """A terminal at a new installation with an organisation, and a DNS that says little."""
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path))
    monkeypatch.delenv("OUTREACH_DATABASE_URL", raising=False)
    monkeypatch.setattr(sender_dns, "texts", lambda name: [])
    monkeypatch.setattr(sender_dns, "mail_servers", lambda name: ["mx.example"])
    return lambda *words: CliRunner().invoke(main, words)


def test_the_card_is_printed_for_people_and_machines(typed) -> None:  # type: ignore[no-untyped-def]
    empty = typed("deliverability")
    assert empty.exit_code == 0, empty.output
    assert "The DNS records were not read yet" in empty.stdout
    assert "No blast began in the last 30 days." in empty.stdout
    found = json.loads(typed("deliverability", "--json").stdout)
    assert found["records"] == []
    assert found["limits"] == {"complaint_aim": 0.001, "complaint_limit": 0.003}
    assert [one["presses"] for one in found["unsubscribing"]] == [0, 0]
    assert len(found["weeks"]) == 12
