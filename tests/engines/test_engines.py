"""The same jobs on both engines: a due blast leaves, whoever calls."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import redis
from sqlalchemy import select

import config
from outreach import jobs
from outreach.app import build_services
from outreach.blasts import queries, schedule
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.engines import inprocess
from outreach.engines.engine import run_job
from outreach.jobs import Job
from outreach.mail.models import Delivery
from outreach.services import Services
from outreach.supporters.models import Supporter
from outreach.tracking import leaving, spool
from outreach.tracking.record import Observation
from tests.standins.world import World

ROOT = Path(__file__).parents[2]
REDIS = os.environ.get("OUTREACH_TEST_REDIS", "redis://127.0.0.1:6379/15")


@pytest.fixture
def broker() -> Iterator[str]:
    """An empty Redis database; without a server skipped, with CI=true an error."""
    client = redis.Redis.from_url(REDIS)
    try:
        client.flushdb()
    except redis.ConnectionError:
        if os.environ.get("CI"):
            pytest.fail("Redis is not reachable, and CI=true does not allow leaving it out")
        pytest.skip("left out: no Redis at OUTREACH_TEST_REDIS")
    yield REDIS
    client.flushdb()
    client.close()


def environment(db: Database, folder: Path, **more: str) -> dict[str, str]:
    """Settings for a process of its own on this database."""
    return {
        **{name: value for name, value in os.environ.items() if not name.startswith("OUTREACH_")},
        "OUTREACH_DATA_DIR": str(folder),
        "OUTREACH_DATABASE_URL": db.url.render_as_string(hide_password=False),
        "OUTREACH_LOG_LEVEL": "WARNING",
        **{f"OUTREACH_{name.upper()}": value for name, value in more.items()},
    }


def due_now(world: World) -> None:
    """Schedule the blast for this instant; nothing is frozen yet."""
    with world.db.transaction() as session:
        schedule.schedule(
            session, world.blast(session), at=None, actor="test", base_url="http://127.0.0.1:8000"
        )


def wait_for(world: World, state: str, within_s: float = 30.0) -> None:
    """Wait until the blast is in this state."""
    end = time.monotonic() + within_s
    while time.monotonic() < end:
        with world.db.reading() as session:
            if queries.by_id(session, world.blast_id).state == state:
                return
        time.sleep(0.1)
    pytest.fail(f"the blast did not become {state} within {within_s} s")


@pytest.fixture
def services(world: World, tmp_path: Path) -> Iterator[Services]:
    """Services on the test's database with its recording provider."""
    settings = config.load(
        _env_file=None,
        data_dir=tmp_path,
        database_url=world.db.url.render_as_string(hide_password=False),
    )
    built = build_services(settings, provider=world.provider)
    yield built
    built.db.close()


def test_one_process_sends_what_is_due(world: World, services: Services) -> None:
    addresses = world.add_people(20)
    due_now(world)
    stop = threading.Event()
    engine = threading.Thread(target=inprocess.run, args=(services, stop))
    engine.start()
    try:
        wait_for(world, "finished")
    finally:
        stop.set()
        engine.join(timeout=15)
    assert not engine.is_alive()
    assert sorted(world.provider.taken) == addresses
    assert services.alive_file.exists()


def test_celery_workers_send_what_is_due(world: World, tmp_path: Path, broker: str) -> None:
    addresses = world.add_people(20)
    due_now(world)
    queues = "blasts,mail,petitions,events,supporters"
    command = [sys.executable, "-m", "celery", "-A", "wsgi:celery"]
    env = environment(world.db, tmp_path, broker_url=broker, provider="mailbox")
    processes = [
        subprocess.Popen([*command, *arguments], cwd=ROOT, env=env)
        for arguments in (
            ["worker", "-Q", queues, "-c", "2", "-l", "ERROR", "-n", "one@test"],
            ["worker", "-Q", queues, "-c", "2", "-l", "ERROR", "-n", "two@test"],
            ["beat", "-l", "ERROR", "-s", str(tmp_path / "beat-1"), "--pidfile="],
            ["beat", "-l", "ERROR", "-s", str(tmp_path / "beat-2"), "--pidfile="],
        )
    ]
    try:
        wait_for(world, "finished", within_s=60)
    finally:
        for process in processes:
            process.terminate()
        for process in processes:
            process.wait(timeout=30)
    assert {state for state, _ in world.states().values()} == {"accepted"}
    assert len(list((tmp_path / "mailbox").rglob("*.eml"))) == len(addresses)


def test_who_left_while_the_database_was_away_is_off_before_a_letter_leaves(
    world: World, services: Services
) -> None:
    stays, leaves = world.add_people(2)
    due_now(world)
    jobs.start_due_blasts(services, threading.Event())
    with services.db.reading() as session:
        theirs = select(Delivery.id).join(Supporter, Supporter.id == Delivery.supporter_id)
        letter = session.scalars(theirs.where(Supporter.address == leaves)).one()
    press = Observation(
        "unsubscribed",
        now(),
        letter,
        key=f"unsubscribe:{letter}",
        detail={"basis": leaving.BY_ONE_CLICK},
    )
    spool.append(spool.leavings_in(services.data_dir), press)
    jobs.send(services, threading.Event())
    assert world.provider.taken == [stays]
    assert world.states()[leaves] == ("skipped", "unsubscribed_since")


def test_a_failing_job_is_raised_to_the_engine(services: Services) -> None:
    def fail(services: Services, stop: threading.Event) -> None:
        raise ZeroDivisionError

    job = Job("test.fails", fail, 1.0, "test")
    with pytest.raises(ZeroDivisionError):
        run_job(job, services, threading.Event())


def test_a_blast_that_was_slept_through_leaves_within_its_limit_and_waits_beyond(
    world: World, services: Services
) -> None:
    world.add_people(3)
    due_now(world)
    with world.db.transaction() as session:
        blast = world.blast(session)
        assert blast.scheduled_for is not None
        blast.scheduled_for -= timedelta(seconds=blast.late_limit_s + 60)
    jobs.start_due_blasts(services, threading.Event())
    with world.db.reading() as session:
        blast = world.blast(session)
        assert blast.state == "paused"
        assert blast.reason is not None
        assert "61 minutes late" in blast.reason
    with world.db.transaction() as session:  # a person says: send it all the same
        schedule.resume(session, world.blast(session), actor="Mara")
    jobs.start_due_blasts(services, threading.Event())
    jobs.send(services, threading.Event())
    assert {state for state, _ in world.states().values()} == {"accepted"}
