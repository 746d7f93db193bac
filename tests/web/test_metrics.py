"""/metrics: closed without its token, open with it, and nothing of anybody in it."""

from __future__ import annotations

import dataclasses
import threading
from pathlib import Path

import pytest
import requests
from sqlalchemy import select

import config
from outreach.app import build_services, create_app
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.engines.metrics_door import open_door
from outreach.jobs import sending
from outreach.mail.models import Delivery
from outreach.services import Services
from outreach.tracking import spool
from tests.engines.fleet import free_port
from tests.standins.world import World

TOKEN = {"Authorization": "Bearer for-prometheus"}


@pytest.fixture
def services(world: World, tmp_path: Path) -> Services:
    """Services on the world’s database that may be watched."""
    settings = config.load(_env_file=None, data_dir=tmp_path, metrics_token="for-prometheus")
    return dataclasses.replace(build_services(settings, provider=world.provider), db=world.db)


def page(services: Services) -> str:
    answer = create_app(services).test_client().get("/metrics", headers=TOKEN)
    assert answer.status_code == 200
    assert answer.content_type.startswith("text/plain")
    return answer.text


def test_without_the_token_it_is_closed(services: Services) -> None:
    client = create_app(services).test_client()
    assert client.get("/metrics").status_code == 401
    assert client.get("/metrics", headers={"Authorization": "Bearer no"}).status_code == 401
    off = create_app(dataclasses.replace(services, metrics_token="")).test_client()
    assert off.get("/metrics", headers=TOKEN).status_code == 404


def test_it_tells_how_things_stand(services: Services, world: World) -> None:
    world.batch_size = 10
    world.add_people(25)
    world.start()
    before = page(services)
    assert 'outreach_blasts{state="sending"} 1.0' in before
    assert 'outreach_batches{state="ready"} 3.0' in before
    assert "outreach_database_up 1.0" in before
    sending.send(services, threading.Event())
    kept = spool.path_in(services.data_dir)
    kept.parent.mkdir()
    kept.write_bytes(b"x" * 100)
    with world.db.transaction() as session:
        lost = session.scalars(select(Delivery)).first()
        assert lost is not None
        lost.state, lost.lost_at = "unknown", now()
    after = page(services)
    assert 'outreach_batches{state="done"} 3.0' in after
    assert "outreach_letters_unknown 1.0" in after
    assert 'outreach_spool_bytes{spool="events"} 100.0' in after
    assert "example.org" not in after


def test_without_the_database_it_still_answers(services: Services, tmp_path: Path) -> None:
    away = Database(f"sqlite:///{tmp_path}/nowhere/outreach.db")
    found = page(dataclasses.replace(services, db=away))
    assert "outreach_database_up 0.0" in found
    assert "outreach_spool_bytes" in found


def test_a_worker_answers_on_a_port_of_its_own(services: Services) -> None:
    port = free_port()
    open_door("127.0.0.1", port, lambda: services)
    open_door("127.0.0.1", port, lambda: services)  # the second worker of a machine goes without
    address = f"http://127.0.0.1:{port}/metrics"
    assert requests.get(address, timeout=5).status_code == 401
    assert "outreach_batches" in requests.get(address, headers=TOKEN, timeout=5).text
