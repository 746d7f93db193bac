"""Letters that wait for an instant, and are to be looked at at once while a sender is at work."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import timedelta

import pytest
from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.blasts import pace, schedule
from outreach.core.clock import now
from outreach.mail.models import Delivery
from outreach.mail.pace_scopes import of_domain
from tests.standins.world import World


def paused_and_resumed(session: Session, world: World) -> None:
    schedule.pause(session, world.blast(session), actor="Mara")
    schedule.resume(session, world.blast(session), actor="Mara")


def faster_for_the_domain(session: Session, world: World) -> None:
    pace.set_pace(session, of_domain("example.org"), 1000.0, actor="Mara")


@pytest.mark.parametrize(("act", "attempts"), [(paused_and_resumed, 1), (faster_for_the_domain, 0)])
def test_nobody_is_taken_for_sent_who_was_not_in_the_part(
    world: World, act: Callable[[Session, World], None], attempts: int
) -> None:
    addresses = world.add_people(6)
    world.start()
    waiting = {3, 4}  # put off before, in the middle of what leaves now
    with world.db.transaction() as session:
        session.execute(
            update(Delivery)
            .where(Delivery.id.in_(waiting))
            .values(not_before=now() + timedelta(hours=1), attempts=attempts)
        )
    acted = []

    def meanwhile(_: object) -> None:
        if not acted:
            acted.append(True)
            with world.db.transaction() as session:
                act(session, world)

    world.provider.before = meanwhile
    world.send()
    assert len(world.provider.taken) == 4
    states = [state for state, _ in world.states().values()]
    assert Counter(states) == {"accepted": 4, "pending": 2}
    world.let_time_come()
    world.send()
    assert sorted(world.provider.taken) == addresses
