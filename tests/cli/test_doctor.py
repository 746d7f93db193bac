"""outreach doctor: what it finds well, what it finds wrong, and what to do."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from unittest import mock

import dns.resolver
import pytest
from click.testing import CliRunner, Result

import config
from outreach.cli.context import Context
from outreach.cli.doctor import doctor
from outreach.core.db import Database
from outreach.mail import sender_dns
from outreach.tracking import spool
from tests.engines.fleet import free_port
from tests.standins.smtp import SmtpStandIn
from tests.standins.world import World

Asked = Callable[..., Result]


@pytest.fixture
def texts(monkeypatch: pytest.MonkeyPatch) -> dict[str, list[str]]:
    """What the DNS says."""
    said: dict[str, list[str]] = {}
    monkeypatch.setattr(sender_dns, "texts", lambda name: said.get(name, []))
    return said


@pytest.fixture
def asked(
    db: Database, world: World, tmp_path: Path, texts: dict[str, list[str]]
) -> Iterator[Asked]:
    """The doctor, on the world’s database with these settings."""
    contexts = []

    def ask(*words: str, **settings: object) -> Result:
        chosen = {"database_url": db.url.render_as_string(hide_password=False), **settings}
        context = Context(config.load(_env_file=None, data_dir=tmp_path / "data", **chosen))
        contexts.append(context)
        return CliRunner().invoke(doctor, words, obj=context)

    yield ask
    for context in contexts:
        context.close()


def levels(result: Result) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for verdict in json.loads(result.stdout):
        found.setdefault(verdict["check"], set()).add(verdict["level"])
    return found


def test_a_fresh_installation_is_told_what_is_missing(asked: Asked) -> None:
    result = asked("--json")
    assert result.exit_code == 0, result.output
    found = levels(result)
    assert found["database"] == found["provider"] == found["work"] == found["spools"] == {"ok"}
    assert found["settings"] == found["worker"] == found["dns"] == {"look"}
    plain = asked().stdout
    assert "What to do: Start `outreach serve`, or `outreach worker`." in plain
    assert "No real letters leave: the provider is mailbox." in plain


def test_an_old_schema_stops(tmp_path: Path) -> None:
    context = Context(config.load(_env_file=None, data_dir=tmp_path))
    result = CliRunner().invoke(doctor, [], obj=context)
    context.close()
    assert result.exit_code == 1
    assert "What to do: outreach db upgrade" in result.stdout


def test_a_database_that_is_away_stops_and_the_rest_is_told_all_the_same(asked: Asked) -> None:
    result = asked("--json", database_url=f"postgresql://nobody@127.0.0.1:{free_port()}/none")
    assert result.exit_code == 1
    found = levels(result)
    assert found["database"] == {"stop"}
    assert found["work"] == found["clock"] == {"skipped"}
    assert found["disk"] == {"ok"}


def test_it_signs_in_and_sends_nothing(asked: Asked, texts: dict[str, list[str]]) -> None:
    texts["harbourlights.example"] = ["v=spf1 ip4:192.0.2.1 -all"]
    texts["_dmarc.harbourlights.example"] = ["v=DMARC1; p=none"]
    with SmtpStandIn(credentials=("us", "secret")) as relay:
        settings = {"provider": "smtp", "smtp_port": relay.port, "smtp_username": "us"}
        good = levels(asked("--json", **settings, smtp_password="secret"))
        bad = asked(**settings, smtp_password="guessed")
    assert good["provider"] == good["dns"] == {"ok"}
    assert bad.exit_code == 1
    assert "does not accept user name and password" in bad.stdout
    assert relay.letters == []


def test_without_a_network_the_dns_is_left_out(
    asked: Asked, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.undo()
    away = dns.resolver.NoNameservers()
    with mock.patch("dns.resolver.resolve", side_effect=away):
        assert levels(asked("--json"))["dns"] == {"skipped"}


def test_a_subdomain_goes_by_the_record_above_it(texts: dict[str, list[str]]) -> None:
    texts["_dmarc.example.org"] = ["v=DMARC1; p=reject"]
    assert sender_dns.of("mail.act.example.org").dmarc == "v=DMARC1; p=reject"
    assert sender_dns.of("example.com").dmarc == ""


def test_what_is_kept_and_what_is_overdue_is_said(
    asked: Asked, world: World, tmp_path: Path
) -> None:
    kept = spool.path_in(tmp_path / "data")
    kept.parent.mkdir(parents=True)
    kept.write_bytes(b"a click")
    with world.db.transaction() as session:
        blast = world.blast(session)
        blast.state, blast.scheduled_for = "scheduled", blast.created_at.replace(year=2020)
    result = asked("--json")
    assert result.exit_code == 1
    assert levels(result)["work"] == {"stop"}
    assert levels(result)["spools"] == {"look"}


def test_a_broker_that_is_away_stops(asked: Asked) -> None:
    found = levels(asked("--json", broker_url=f"redis://127.0.0.1:{free_port()}/0"))
    assert found["worker"] == {"stop"}
