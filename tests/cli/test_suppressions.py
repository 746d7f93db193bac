"""`outreach suppressions sync`: by hand what the worker does every quarter of an hour."""

from __future__ import annotations

import json
from pathlib import Path

from click.testing import CliRunner, Result

from outreach.cli import main
from tests.standins.sendgrid import Fault, SendGridStandIn


def outreach(folder: Path, *arguments: str, **settings: str) -> Result:
    """Run a command as a person would, on an embedded database of its own."""
    environment = {f"OUTREACH_{name.upper()}": value for name, value in settings.items()}
    return CliRunner(env={"OUTREACH_DATA_DIR": str(folder), **environment}).invoke(
        main, [*arguments], catch_exceptions=False
    )


def at(sendgrid: SendGridStandIn) -> dict[str, str]:
    """Settings that send by this account."""
    return {
        "provider": "sendgrid",
        "sendgrid_api_key": sendgrid.api_key,
        "sendgrid_url": sendgrid.url,
    }


def test_both_sides_know_the_same_afterwards(tmp_path: Path) -> None:
    with SendGridStandIn() as sendgrid:
        sendgrid.account.put("spam_reports", "cross@mail.example", created=1)
        outreach(tmp_path, "supporters", "suppress", "noisy@mail.example")
        first = outreach(tmp_path, "suppressions", "sync", **at(sendgrid))
        again = outreach(tmp_path, "suppressions", "sync", "--json", **at(sendgrid))
    assert "Read from spam reports: 1" in first.output
    assert "New here: 1. Told to sendgrid: 1." in first.output
    assert json.loads(again.stdout)["new"] == 0
    shown = outreach(tmp_path, "supporters", "suppressed").output
    assert "complained  cross@mail.example  sendgrid" in shown
    assert [row["email"] for row in sendgrid.account.lists["unsubscribes"]] == [
        "noisy@mail.example"
    ]


def test_another_provider_and_a_failing_one_are_told_apart(tmp_path: Path) -> None:
    none = outreach(tmp_path, "suppressions", "sync")
    assert none.exit_code == 2
    assert "“mailbox” keeps no lists of its own. Nothing was changed." in none.output
    with SendGridStandIn() as sendgrid:
        sendgrid.then(Fault(429))
        busy = outreach(tmp_path, "suppressions", "sync", **at(sendgrid))
    assert busy.exit_code == 1
    assert "SendGrid asks for patience (429)" in busy.output
