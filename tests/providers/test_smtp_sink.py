"""The real thing that a relay is measured with: Postfix's smtp-sink takes all letters."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import time
from collections.abc import Iterator

import pytest

from outreach.mail.plan import Plan
from outreach.mail.provider import Fate
from outreach.providers.smtp import SmtpProvider
from outreach.providers.smtp_opening import Relay
from tests.providers.conftest import MakeRecipient


@pytest.fixture(params=["pipelining", "one command at a time"])
def sink(request: pytest.FixtureRequest) -> Iterator[int]:
    """The port of a running smtp-sink; without the program left out, with CI=true an error."""
    program = shutil.which("smtp-sink", path=os.environ["PATH"] + ":/usr/sbin:/sbin")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("smtp-sink (Debian package postfix) is missing, and CI=true needs it")
        pytest.skip("left out: no smtp-sink (Debian package postfix)")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    options = [] if request.param == "pipelining" else ["-p"]
    options += ["-u", "postfix"] if os.geteuid() == 0 else []
    process = subprocess.Popen([program, *options, f"127.0.0.1:{port}", "100"])
    try:
        _wait_for(port)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(port: int) -> None:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        try:
            socket.create_connection(("127.0.0.1", port), timeout=1).close()
        except OSError:
            time.sleep(0.05)
        else:
            return
    pytest.fail("smtp-sink did not start")


def test_smtp_sink_takes_all_letters(plan: Plan, person: MakeRecipient, sink: int) -> None:
    sender = SmtpProvider(Relay("127.0.0.1", sink), connections=10)
    outcomes = [
        outcome
        for start in range(0, 500, sender.part_size)
        for outcome in sender.send(plan, [person(start + n) for n in range(sender.part_size)])
    ]
    sender.close()
    assert [outcome.fate for outcome in outcomes] == [Fate.ACCEPTED] * 500
    assert sorted(outcome.delivery_id for outcome in outcomes) == list(range(500))
