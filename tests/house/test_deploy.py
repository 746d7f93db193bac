"""The files in deploy/ speak of settings, commands and doors that there are."""

from __future__ import annotations

import re
from pathlib import Path

import click
import pytest
import yaml

from config import Settings
from outreach.app import MAX_UPLOAD_BYTES
from outreach.cli import main

DEPLOY = Path(__file__).parents[2] / "deploy"
FILES = sorted(path for path in DEPLOY.rglob("*") if path.is_file())
UNITS = sorted(DEPLOY.rglob("*.service"))
SETTINGS = {f"OUTREACH_{name.upper()}" for name in Settings.model_fields}


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_every_setting_exists(path: Path) -> None:
    assert set(re.findall(r"OUTREACH_[A-Z0-9_]+", path.read_text())) <= SETTINGS


def commands() -> list[list[str]]:
    """What units and containers start, from the program on."""
    lines = [re.search(r"^ExecStart=\S*/bin/(.+)$", unit.read_text(), re.M) for unit in UNITS]
    assert all(lines)
    services = yaml.safe_load((DEPLOY / "compose.yaml").read_text())["services"]
    ours = [service for service in services.values() if service.get("image") == "outreach"]
    return [line[1].split() for line in lines if line] + [
        service["command"] for service in ours if "command" in service
    ]


def test_every_command_exists() -> None:
    assert len(commands()) == 4 + 3
    for words in commands():
        if words[:3] == ["python", "-m", "outreach.cli"]:
            words = ["outreach", *words[3:]]
        if words[0] == "celery":
            assert words[1:3] == ["-A", "wsgi:celery"]
            assert words[3] in ("worker", "beat")
            continue
        group: click.Command = main
        for word in words[1:]:
            assert isinstance(group, click.Group)
            found = group.get_command(click.Context(group), word)
            assert found is not None, word
            group = found
    assert re.search(r"^celery = ", (DEPLOY.parent / "wsgi.py").read_text(), re.M)


def test_each_service_ends_its_workers_by_their_main_process() -> None:
    for unit in UNITS:
        text = unit.read_text()
        assert "NoNewPrivileges=yes" in text
        assert "beat" in unit.name or "KillMode=mixed" in text


def test_the_image_holds_what_the_program_reads() -> None:
    copied = re.findall(r"^COPY (?!--)(.+) \S+$", (DEPLOY / "Dockerfile").read_text(), re.M)
    taken = {name for line in copied for name in line.split()}
    for name in taken:
        assert (DEPLOY.parent / name).exists(), name
    allowed = (DEPLOY / "Dockerfile.dockerignore").read_text().splitlines()
    assert {f"!{name}" for name in taken} <= set(allowed)


def test_the_proxy_lets_a_whole_import_through() -> None:
    size = re.search(r"client_max_body_size (\d+)m;", (DEPLOY / "nginx.conf").read_text())
    assert size
    assert int(size[1]) * 1_000_000 >= MAX_UPLOAD_BYTES
