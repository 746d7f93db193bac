"""The jobs, called in this process: by an engine, or by hand."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import select

import config
from outreach.app import build_services
from outreach.blasts import queries, schedule
from outreach.core.clock import now
from outreach.engines import inprocess
from outreach.engines.engine import run_job
from outreach.engines.turns import turn
from outreach.jobs import Job, sending
from outreach.mail.models import Delivery
from outreach.services import Services
from outreach.supporters.models import Supporter
from outreach.tracking import leaving, spool
from outreach.tracking.record import Observation
from tests.standins.world import World


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


def test_who_left_while_the_database_was_away_is_off_before_a_letter_leaves(
    world: World, services: Services
) -> None:
    stays, leaves = world.add_people(2)
    due_now(world)
    sending.start_due_blasts(services, threading.Event())
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
    sending.send(services, threading.Event())
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
    sending.start_due_blasts(services, threading.Event())
    with world.db.reading() as session:
        blast = world.blast(session)
        assert blast.state == "paused"
        assert blast.reason is not None
        assert "61 minutes late" in blast.reason
    with world.db.transaction() as session:  # a person says: send it all the same
        schedule.resume(session, world.blast(session), actor="Mara")
    sending.start_due_blasts(services, threading.Event())
    sending.send(services, threading.Event())
    assert {state for state, _ in world.states().values()} == {"accepted"}


def test_a_batch_is_on_offer_once_and_again_when_it_was_forgotten(
    world: World, services: Services
) -> None:
    world.batch_size = 10
    world.add_people(30)
    world.start()
    first = sending.batches_due(services, 2)
    assert len(first) == 2
    rest = sending.batches_due(services, 5)
    assert len(rest) == 1
    assert not set(first) & set(rest)
    assert sending.batches_due(services, 5) == []
    world.expire_leases()  # as if the broker had forgotten them for long
    assert sending.batches_due(services, 5) == sorted([*first, *rest])
    for batch_id in (*first, *first, *rest):  # a message that comes twice does no harm
        sending.send_batch(services, threading.Event(), batch_id)
    assert len(world.provider.taken) == 30
    sending.batches_due(services, 5)
    with world.db.reading() as session:
        assert world.blast(session).state == "finished"


def test_a_turn_is_taken_by_one_at_a_time(services: Services) -> None:
    with turn(services, "test.turn") as mine, turn(services, "test.turn") as theirs:
        assert (mine, theirs) == (True, False)
    with turn(services, "test.turn") as again:
        assert again
