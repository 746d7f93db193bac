"""Pace when its time is out of joint: the clock is set back, the blast is over."""

from __future__ import annotations

import time_machine

from outreach.blasts import pace, turn
from outreach.mail.pace_scopes import of_blast
from tests.blasts.test_pace import NOON, paced, send_for
from tests.standins.world import World


def test_a_clock_that_is_set_back_an_hour_holds_nothing(
    world: World,
) -> None:
    addresses = world.add_people(60)
    with time_machine.travel(NOON, tick=False) as clock:
        world.start()
        paced(world, of_blast(world.blast_id), 20.0)
        world.send()
        assert len(world.provider.taken) == 20
        clock.shift(-3600)
        with world.db.transaction() as session:
            turn.let_go_after_the_clock_was_set_back(session)
        assert send_for(world, clock, 3)[-1] == 60
    assert sorted(world.provider.taken) == addresses


def test_the_pace_of_a_blast_that_is_over_is_not_listed(world: World) -> None:
    world.add_people(1)
    world.start()
    paced(world, of_blast(world.blast_id), 20.0)
    with world.db.reading() as session:
        assert [limit.pace for limit in pace.limits(session)] == ["20 a second"]
    world.send()
    with world.db.reading() as session:
        assert pace.limits(session) == []
        assert pace.of_blast(session, world.blast(session)) == "20 a second"
