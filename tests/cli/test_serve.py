"""outreach as a process: what a person at a terminal reads when it can't start."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
Outreach = Callable[..., subprocess.CompletedProcess[str]]


@pytest.fixture
def outreach(tmp_path: Path) -> Outreach:
    """Runs the command line in a folder of its own; settings by name."""

    def run(*words: str, **settings: str) -> subprocess.CompletedProcess[str]:
        ours = {"data_dir": str(tmp_path / "data")} | settings
        env = {name: value for name, value in os.environ.items() if name[:9] != "OUTREACH_"}
        env |= {f"OUTREACH_{name.upper()}": value for name, value in ours.items()}
        return subprocess.run(
            [sys.executable, "-m", "outreach.cli", *words],
            cwd=tmp_path,
            env=env | {"PYTHONPATH": str(ROOT)},
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    return run


def test_a_port_is_never_shared_with_another_server(outreach: Outreach) -> None:
    with socket.socket() as other:
        # As our own web processes listen: granian would join them and halve their traffic.
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        done = outreach("serve", "--port", port)
    assert done.returncode == 2
    assert f"127.0.0.1:{port} can’t be listened on" in done.stderr
    assert "Nothing was started." in done.stderr
    assert done.stdout == ""


@pytest.mark.parametrize(
    ("settings", "said"),
    [
        ({"database_url": "garbage"}, "no address of a SQLite or PostgreSQL database"),
        ({"database_url": "mysql://root:hush@127.0.0.1/x"}, "no address of a SQLite"),
        ({"data_dir": "/dev/null"}, "the data folder can’t be used: File exists: /dev/null"),
        ({"base_url": "act.example.org"}, "OUTREACH_BASE_URL is no address like https://"),
        ({"provider": "sendgrid"}, "Error: setting: provider is sendgrid, but"),
        ({"port": "abc"}, "setting OUTREACH_PORT"),
    ],
)
def test_settings_that_can_not_be_used_are_named(
    outreach: Outreach, settings: dict[str, str], said: str
) -> None:
    done = outreach("blasts", "list", **settings)
    assert done.returncode == 2
    assert said in done.stderr
    assert "What to do: " in done.stderr
    assert "Traceback" not in done.stderr and "hush" not in done.stderr


def test_a_file_that_is_no_database_is_said_to_be_none(outreach: Outreach, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "outreach.db").write_text("precious, and no database at all")
    done = outreach("blasts", "list")
    assert done.returncode == 1
    assert "Error: the database can’t be used: file is not a database" in done.stderr
    assert "Traceback" not in done.stderr
