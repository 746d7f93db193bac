"""Something fails beside the letters: what left is recorded, the rest waits, a person is told."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import delete, select
from sqlalchemy.exc import OperationalError

from outreach.blasts import delivery, queries, schedule
from outreach.blasts.followup import follow_up
from outreach.blasts.models import FrozenLetter
from outreach.blasts.recovering import recover_lost
from outreach.core import process
from outreach.core.clock import now
from outreach.mail.models import Batch
from outreach.mail.plan import Recipient
from outreach.supporters.models import Supporter, SupporterTag, Tag
from outreach.supporters.operations import tag
from tests.blasts.test_compose import body_of
from tests.standins.world import World


def away(*_: object) -> None:
    """The database does not answer."""
    raise OperationalError("", {}, Exception("away"))


def failing(
    work: Callable[..., Any], fault: Callable[..., None], *turns: int
) -> Callable[..., Any]:
    """The same, but for these turns."""
    turn = 0

    def called(*given: Any, **named: Any) -> Any:
        nonlocal turn
        turn += 1
        if turn in turns:
            fault()
        return work(*given, **named)

    return called


def tag_one(world: World, number: int) -> None:
    """Make the tag, and one person a volunteer."""
    with world.db.transaction() as session:
        address = f"p{number:04}@example.org"
        tag(session, session.scalars(select(Supporter).filter_by(address=address)).one(), "helper")


def test_a_letter_that_can_not_be_read_fails_its_blast_and_no_other(world: World) -> None:
    addresses = world.add_people(3)
    other = world.another_blast("Second ask")
    world.start()
    world.start(other)
    with world.db.transaction() as session:
        letter = session.get_one(FrozenLetter, world.blast(session).variants[0].id)
        letter.plan = {"of": "another version"}
    world.send()
    with world.db.reading() as session:
        blast = world.blast(session)
        assert queries.by_id(session, other).state == "finished"
        assert blast.state == "failed"
        assert blast.reason is not None and "follow-up" in blast.reason
    assert sorted(world.provider.taken) == addresses  # of the second one
    assert set(world.states().values()) == {("cancelled", "cancelled")}
    with world.db.transaction() as session:
        again = follow_up(session, world.blast(session), actor="Mara")
        assert again.state == "draft"


def test_a_tag_that_is_gone_pauses_its_blast_and_no_other(world: World) -> None:
    addresses = world.add_people(3)
    tag_one(world, 1)
    other = world.another_blast("Second ask")
    body_of(world, "{% if tag helper %}Helper{% else %}Friend{% endif %}\n\n[[Sign]]")
    world.start()
    world.start(other)
    with world.db.transaction() as session:
        session.execute(delete(SupporterTag))
        session.execute(delete(Tag))
    world.send()
    assert sorted(world.provider.taken) == addresses  # of the second one
    with world.db.reading() as session:
        blast = world.blast(session)
        assert (blast.state, queries.by_id(session, other).state) == ("paused", "finished")
        assert blast.reason is not None and "There is no tag “helper”." in blast.reason
    assert set(world.states().values()) == {("pending", None)}

    world.provider.taken.clear()
    tag_one(world, 2)
    with world.db.transaction() as session:
        schedule.resume(session, world.blast(session), actor="Mara")
    world.send()
    assert sorted(world.provider.taken) == addresses
    assert "Helper" in world.provider.letters[addresses[1]]


def test_a_fault_of_ours_between_two_parts_keeps_what_left(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = world.add_people(6)
    world.provider.part_size = 2
    world.start()

    def fault() -> None:
        raise ZeroDivisionError

    with monkeypatch.context() as patch, pytest.raises(ZeroDivisionError):
        patch.setattr(delivery, "next_part", failing(delivery.next_part, fault, 3))
        world.send()
    states = world.states()
    assert [states[address][0] for address in addresses] == ["accepted"] * 4 + ["pending"] * 2
    with world.db.reading() as session:
        assert (world.blast(session).state, world.blast(session).reason) == (
            "paused",
            delivery.FAULT,
        )
        assert session.scalars(select(Batch.state)).one() == "ready"


@pytest.mark.parametrize("step", ["next_part", "_hand_over"])
def test_what_left_while_the_database_was_away_is_recorded_when_it_is_back(
    world: World, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    addresses = world.add_people(6)
    world.provider.part_size = 2
    world.start()
    with monkeypatch.context() as patch, pytest.raises(OperationalError):
        patch.setattr(delivery, "AGAIN_S", 0.01)
        patch.setattr(delivery, step, failing(getattr(delivery, step), away, 3))
        patch.setattr(delivery, "record", failing(delivery.record, away, 2, 3, 4))
        world.send()
    assert sorted({state for state, _ in world.states().values()}) == ["accepted", "pending"]
    world.send()
    assert world.provider.taken == addresses
    assert set(world.states().values()) == {("accepted", None)}
    with world.db.reading() as session:
        assert world.blast(session).state == "finished"


def test_a_sender_that_is_to_end_does_not_wait_for_the_database(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.add_people(4)
    world.provider.part_size = 2
    world.start()
    stop = threading.Event()

    def end(*_: object, **__: object) -> None:
        stop.set()
        away()

    monkeypatch.setattr(delivery, "record", end)
    with pytest.raises(OperationalError):
        delivery.send_all(world.sender(), stop)
    assert len(world.provider.taken) == 2


def test_a_clock_that_jumps_an_hour_ahead_loses_and_doubles_nothing(world: World) -> None:
    world.provider.part_size = 2
    world.batch_size = 3
    addresses = world.add_people(6)
    world.start()
    with time_machine.travel(now(), tick=True) as clock:

        def jump(recipients: Sequence[Recipient]) -> None:
            """Every lease has run out at once, and another process looks after lost batches."""
            world.provider.before = lambda recipients: None
            clock.shift(3600)
            recover_lost(world.sender("other"))
            world.send("other")

        world.provider.before = jump
        world.send("first")
        world.send("other")
    assert sorted(world.provider.taken) == addresses
    assert set(world.states().values()) == {("accepted", None)}
    with world.db.reading() as session:
        assert world.blast(session).state == "finished"


def test_a_clock_that_is_set_back_an_hour_keeps_no_batch_in_dead_hands(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    addresses = world.add_people(3)
    world.start()

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch, pytest.raises(KeyboardInterrupt):
        patch.setattr(delivery, "next_part", killed)
        world.send("first")
    with time_machine.travel(now() - timedelta(hours=1), tick=True):
        monkeypatch.setattr(process, "has_ended", lambda owner: owner.startswith("first"))
        assert recover_lost(world.sender("other")) == 0
        world.send("other")
    assert world.provider.taken == addresses
