"""The clock is set back by an hour: nothing waits for the old time, nothing leaves twice."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from outreach.blasts import delivery, set_back
from outreach.blasts.recovering import recover_lost
from outreach.core.clock import now
from outreach.mail import outbox
from outreach.mail.models import Batch, Delivery
from outreach.mail.pace_scopes import of_blast, of_domain
from outreach.mail.provider import Fate
from tests.blasts.test_delivery import kill
from tests.blasts.test_pace import NOON, SLOW, paced, send_for
from tests.standins.world import World

HOUR_S = 3600


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    """Time that only moves when it is told to."""
    with time_machine.travel(NOON, tick=False) as travel:
        yield travel


def swept(world: World) -> None:
    """What the job that looks after batches does."""
    recover_lost(world.sender("sweep"))
    with world.db.transaction() as session:
        set_back.let_go(session, lease_s=60)


def test_a_paced_blast_goes_on(world: World, clock: time_machine.Coordinates) -> None:
    addresses = world.add_people(60)
    world.start()
    paced(world, of_blast(world.blast_id), 20.0)
    world.send()
    assert len(world.provider.taken) == 20
    clock.shift(-HOUR_S)
    swept(world)
    assert send_for(world, clock, 3)[-1] == 60
    assert sorted(world.provider.taken) == addresses


def test_letters_to_a_slow_domain_queue_anew(world: World, clock: time_machine.Coordinates) -> None:
    others = world.add_people(10)
    slow = world.add_people(30, start=11, domain=SLOW)
    world.start()
    paced(world, of_domain(SLOW), 2.0)
    send_for(world, clock, 2)
    out = len(world.provider.taken)
    assert 10 < out < 20
    clock.shift(-HOUR_S)
    swept(world)
    sent = send_for(world, clock, 30)
    assert sent[9] <= out + 2 + 10  # five seconds later the pace holds as before
    assert sent[-1] == 40
    assert sorted(world.provider.taken) == sorted([*others, *slow])


def test_what_the_provider_put_off_waits_as_long_as_was_meant(
    world: World, clock: time_machine.Coordinates
) -> None:
    addresses = world.add_people(4)
    world.provider.fates = {addresses[1]: Fate.LATER, addresses[2]: Fate.LATER}
    world.start()
    world.send()
    clock.shift(outbox.FIRST_RETRY_S + 1)
    world.send()  # put off for the second time: for two minutes
    world.provider.fates = {}
    clock.shift(-HOUR_S)
    swept(world)
    world.send()
    assert len(world.provider.taken) == 2
    clock.shift(2 * outbox.FIRST_RETRY_S + 1)
    world.send()
    assert sorted(world.provider.taken) == addresses


def test_a_batch_that_waits_by_itself_is_looked_at(
    world: World, clock: time_machine.Coordinates
) -> None:
    addresses = world.add_people(3)
    world.start()
    with world.db.transaction() as session:  # as if the relay had been down
        session.execute(update(Batch).values(not_before=now() + timedelta(minutes=5)))
    clock.shift(-HOUR_S)
    swept(world)
    world.send()
    assert sorted(world.provider.taken) == addresses


def test_a_batch_whose_sender_died_elsewhere_is_taken_over(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(3)
    world.start()
    kill(world, 1)
    clock.shift(-HOUR_S)
    swept(world)
    clock.shift(set_back.FURTHEST_S + 1)
    swept(world)
    with world.db.reading() as session:
        assert session.scalars(select(Batch.lease_owner)).all() == [None]


def test_a_long_queue_keeps_its_instants_while_the_clock_is_right(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(40, domain=SLOW)
    world.start()
    paced(world, of_domain(SLOW), 1 / 60)
    world.send()
    with world.db.reading() as session:
        before = session.execute(select(Delivery.id, Delivery.not_before)).all()
        waits = session.execute(select(Batch.not_before)).all()
    assert max(at for _, at in before if at) > now() + timedelta(seconds=set_back.FURTHEST_S)
    clock.shift(1)
    swept(world)
    with world.db.reading() as session:
        assert session.execute(select(Delivery.id, Delivery.not_before)).all() == before
        assert session.execute(select(Batch.not_before)).all() == waits


def test_what_a_broker_forgot_is_offered_again(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(3)
    world.start()
    first = delivery.offer(world.db, 5)
    assert len(first) == 1 and delivery.offer(world.db, 5) == []
    clock.shift(-HOUR_S)
    assert delivery.offer(world.db, 5) == first
