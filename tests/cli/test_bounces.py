"""outreach bounces read, as a mail server calls it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner, Result
from sqlalchemy import select

import config
from outreach import cli
from outreach.app import build_services
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.mail.plan import Recipient
from outreach.mail.verp import ReturnPaths
from outreach.services import Services
from tests.standins import bounce_mail as samples
from tests.standins.world import World


@pytest.fixture
def house(db: Database, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Services]:
    """An installation that asks for bounce mail, and reads it from the pipe."""
    settings = {
        "DATA_DIR": str(tmp_path),
        "DATABASE_URL": db.url.render_as_string(hide_password=False),
        "SECRET_KEY": "a secret of the tests",
        "BOUNCE_ADDRESS": "bounces@act.harbour.example",
    }
    for name, value in settings.items():
        monkeypatch.setenv(f"OUTREACH_{name}", value)
    services = build_services(config.load(_env_file=None))
    yield services
    services.db.close()


@pytest.fixture
def letter(world: World) -> int:
    """A letter that left."""
    world.add_people(1)
    world.start()
    world.send()
    with world.db.reading() as session:
        return session.scalars(select(Delivery.id)).one()


def pipe(source: bytes) -> Result:
    return CliRunner().invoke(cli.main, ["bounces", "read"], input=source)


def path(paths: ReturnPaths | None, delivery_id: int) -> str:
    assert paths is not None
    return paths.maker()(Recipient(delivery_id, "", "", ()))


def kept(house: Services) -> list[bytes]:
    return [file.read_bytes() for file in (house.data_dir / "bounces").glob("*")]


def test_a_bounce_is_stored_and_may_be_forgotten(
    house: Services, world: World, letter: int
) -> None:
    source = samples.report(path(house.return_paths, letter))
    answer = pipe(source)
    assert (answer.exit_code, answer.output) == (0, "The message: stored.\n")
    assert [state for state, _ in world.states().values()] == ["bounced"]
    assert pipe(source).output == "The message: known already.\n"
    assert kept(house) == []


def test_what_nobody_understands_is_kept_once_for_a_person(house: Services, letter: int) -> None:
    odd = samples.letter_of_a_person(path(house.return_paths, letter))
    foreign = samples.report("bounces@act.harbour.example")
    for source in (odd, odd, foreign):
        answer = pipe(source)
        assert answer.exit_code == 0
        assert str(house.data_dir / "bounces") in answer.output
    assert sorted(kept(house)) == sorted([odd, foreign])


def test_with_the_database_away_the_mail_server_keeps_the_message(
    house: Services, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_DATABASE_URL", "postgresql://nobody@127.0.0.1:9/none")
    answer = pipe(samples.report("x"))
    assert answer.exit_code == 75
    assert "bring the message again" in answer.output


@pytest.mark.parametrize(
    ("setting", "value"), [("BOUNCE_ADDRESS", ""), ("PORT", "none"), ("DATA_DIR", "/dev/null/x")]
)
def test_wrong_settings_lose_no_message_either(
    house: Services, monkeypatch: pytest.MonkeyPatch, setting: str, value: str
) -> None:
    monkeypatch.setenv(f"OUTREACH_{setting}", value)
    assert pipe(samples.report("x")).exit_code == 75
