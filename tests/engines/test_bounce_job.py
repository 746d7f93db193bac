"""The job that takes bounce mail in: what one way in can't give holds up no other."""

from __future__ import annotations

import threading
from dataclasses import replace
from pathlib import Path

import pytest
from sqlalchemy import select
from structlog.testing import capture_logs

import config
from outreach.app import build_services
from outreach.core.db import Database
from outreach.jobs.upkeep import read_bounces
from outreach.mail.models import Delivery
from outreach.mail.plan import Recipient
from outreach.services import Services
from outreach.tracking.bounce_imap import Account
from tests.standins import bounce_mail as samples
from tests.standins.world import World


@pytest.fixture
def maildir(tmp_path: Path) -> Path:
    for name in ("new", "cur", "tmp"):
        (tmp_path / "bounces" / name).mkdir(parents=True)
    return tmp_path / "bounces"


@pytest.fixture
def services(db: Database, tmp_path: Path, maildir: Path) -> Services:
    settings = config.load(
        _env_file=None,
        data_dir=tmp_path,
        secret_key="a secret of the tests",
        database_url=db.url.render_as_string(hide_password=False),
        bounce_address="bounces@act.harbour.example",
        bounce_maildir=str(maildir),
    )
    return replace(build_services(settings), db=db)


def put(services: Services, world: World, maildir: Path) -> None:
    """A letter to everybody left, and the first of them came back."""
    world.add_people(2)
    world.start()
    world.send()
    with world.db.reading() as session:
        first = session.scalars(select(Delivery.id).order_by(Delivery.id)).first()
    assert services.return_paths and first
    to = services.return_paths.maker()(Recipient(first, "", "", ()))
    (maildir / "new" / "1.host").write_bytes(samples.report(to))


def test_bounce_mail_moves_its_letter(services: Services, world: World, maildir: Path) -> None:
    put(services, world, maildir)
    read_bounces(services, threading.Event())
    assert sorted(state for state, _ in world.states().values()) == ["accepted", "bounced"]
    assert [path.name for path in (maildir / "cur").iterdir()] == ["1.host:2,S"]


def test_a_missing_maildir_does_not_keep_the_mailbox_from_being_asked(services: Services) -> None:
    account = Account("127.0.0.1", 9, "us", "secret", timeout_s=1)
    nowhere = replace(services, bounce_maildir=services.data_dir / "no", bounce_imap=account)
    with capture_logs() as said:
        read_bounces(nowhere, threading.Event())
    assert len([entry for entry in said if entry["log_level"] == "warning"]) == 2, said


def test_without_an_address_nothing_is_read(services: Services, maildir: Path) -> None:
    (maildir / "new" / "1.host").write_bytes(b"whatever")
    read_bounces(replace(services, return_paths=None), threading.Event())
    assert [path.name for path in (maildir / "new").iterdir()] == ["1.host"]
