"""Pace of a blast that is over."""

from __future__ import annotations

from outreach.blasts import pace
from outreach.mail.pace_scopes import of_blast
from tests.blasts.test_pace import paced
from tests.standins.world import World


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
