"""One suite for both engines, with real processes on PostgreSQL: APScheduler, and Celery on Redis;
its core on RabbitMQ as well."""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import func, select

from outreach.blasts import queries, schedule
from outreach.mail.models import Batch
from tests.engines.fleet import Fleet, broker, until
from tests.standins.smtp import SmtpStandIn
from tests.standins.world import BASE_URL, World

PEOPLE = 600
CONNECTIONS = 4
IN_FLIGHT = CONNECTIONS * 10  # letters of a part, as providers/smtp.py cuts them
LETTER_S = 0.02  # what the relay takes for one

pytestmark = pytest.mark.parametrize("db", ["postgresql"], indirect=True)
everywhere = pytest.mark.parametrize("kind", ["inprocess", "redis", "rabbitmq"])
on_both_engines = pytest.mark.parametrize("kind", ["inprocess", "redis"])
on_celery = pytest.mark.parametrize("kind", ["redis", "rabbitmq"])


@pytest.fixture
def relay() -> Iterator[SmtpStandIn]:
    """A mail relay that takes its time."""

    def slowly(stage: str, _given: str) -> None:
        if stage == "text":
            time.sleep(LETTER_S)

    with SmtpStandIn(behaviour=slowly) as made:
        yield made


@pytest.fixture
def fleet(kind: str, world: World, relay: SmtpStandIn, tmp_path: Path) -> Iterator[Fleet]:
    """Workers on the world’s database that send by the relay, and a blast that is due."""
    world.add_people(PEOPLE)
    with world.db.transaction() as session:
        schedule.schedule(session, world.blast(session), at=None, actor="test", base_url=BASE_URL)
    settings = {
        "provider": "smtp",
        "smtp_port": str(relay.port),
        "smtp_connections": str(CONNECTIONS),
        "batch_size": "50",
    }
    with broker(kind) as carrier:
        made = Fleet(world.db, tmp_path, carrier, settings)
        yield made
        made.stop()


def finished(world: World, within_s: float = 300.0) -> None:
    """Wait for the end of the blast."""

    def is_so() -> bool:
        with world.db.reading() as session:
            return queries.by_id(session, world.blast_id).state == "finished"

    until(is_so, "the blast is finished", within_s)


def letters_reach(relay: SmtpStandIn, number: int) -> None:
    """Wait until so many letters are at the relay."""
    until(lambda: len(relay.letters) >= number, f"{number} letters are out")


def amiss(world: World, relay: SmtpStandIn, *, unknown: int = 0) -> dict[str, object]:
    """What is not as it must be: nobody has two letters, nobody is forgotten, at most so many are
    unknown."""
    taken = Counter(letter.recipient for letter in relay.letters)
    reached = {address: state for address, (state, _) in world.states().items()}
    doubtful = {address for address, state in reached.items() if state == "unknown"}
    found: dict[str, object] = {
        "written to twice": [address for address, times in taken.items() if times > 1],
        "forgotten": sorted(set(reached) - taken.keys() - doubtful),
        "other states": sorted(set(reached.values()) - {"accepted", "unknown"}),
        "too many unknown": sorted(doubtful) if len(doubtful) > unknown else [],
        "not in the audience": abs(len(reached) - PEOPLE),
        "faults": relay.faults,
    }
    return {name: what for name, what in found.items() if what}


@everywhere
def test_two_workers_send_a_blast_once(fleet: Fleet, world: World, relay: SmtpStandIn) -> None:
    fleet.start()
    finished(world)
    assert amiss(world, relay) == {}


@everywhere
def test_a_worker_is_killed_in_the_middle(fleet: Fleet, world: World, relay: SmtpStandIn) -> None:
    fleet.start()
    letters_reach(relay, 100)
    fleet.kill_a_sender()
    finished(world)
    # It is known on the same machine which letters were on the wire: one for each connection.
    assert amiss(world, relay, unknown=CONNECTIONS) == {}


@everywhere
def test_a_stop_takes_seconds_and_leaves_nothing_unknown(
    fleet: Fleet, world: World, relay: SmtpStandIn
) -> None:
    fleet.start()
    letters_reach(relay, 100)
    assert fleet.stop() < 10
    with world.db.reading() as session:
        held = select(func.count()).where(Batch.state.in_(("claimed", "submitting")))
        assert session.scalar(held) == 0
    assert "pending" in {state for state, _ in world.states().values()}
    fleet.start()
    finished(world)
    assert amiss(world, relay) == {}


@on_celery
def test_what_the_broker_forgot_is_handed_out_again(
    fleet: Fleet, world: World, relay: SmtpStandIn
) -> None:
    fleet.start()
    letters_reach(relay, 100)
    assert fleet.broker is not None
    fleet.broker.forget()
    finished(world)
    assert amiss(world, relay) == {}


@on_celery
def test_beat_may_run_twice(fleet: Fleet, world: World, relay: SmtpStandIn) -> None:
    fleet.start(beats=2)
    finished(world)
    assert amiss(world, relay) == {}
