"""A part of the audience tries the variants, and the rest gets the winner."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from email import message_from_string
from email.policy import default

import pytest
from sqlalchemy import select, update

from outreach.blasts import operations, preflight, schedule, variants, winner
from outreach.blasts.models import Variant
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict
from outreach.mail.models import Batch, Delivery
from tests.standins.world import BASE_URL, World


def tried(world: World, *, percent: int = 20, people: int = 100) -> None:
    """A frozen blast of two variants, tried by so many percent."""
    world.add_people(people)
    with world.db.transaction() as session:
        blast = world.blast(session)
        variants.add(session, blast, actor="test")
        operations.edit(session, blast, variant="B", subject="The other subject", actor="test")
        winner.plan(session, blast, percent=percent, by="sign", after_h=3, actor="test")
    world.start()


def sizes(world: World) -> dict[str, int]:
    """Deliveries by the letter of their variant."""
    with world.db.reading() as session:
        letters = select(Variant.letter).join(Delivery, Delivery.variant_id == Variant.id)
        return dict(Counter(session.scalars(letters)))


def subjects(world: World) -> dict[str, int]:
    """Letters that left, by their subject."""
    parsed = (message_from_string(one, policy=default) for one in world.provider.letters.values())
    return dict(Counter(letter["Subject"] for letter in parsed))


def test_only_a_part_leaves_and_the_rest_waits(world: World) -> None:
    tried(world)
    assert sizes(world) == {"A": 10, "B": 10, "R": 80}
    world.send()
    assert sorted(subjects(world).values()) == [10, 10]
    with world.db.reading() as session:
        blast = world.blast(session)
        assert blast.state == "sending"  # it does not end while somebody waits
        assert winner.waits(blast)
        assert [one.letter for one in blast.variants] == ["A", "B"]


def test_the_rest_gets_whom_a_person_chooses_and_nobody_is_written_to_twice(world: World) -> None:
    tried(world)
    world.send()
    with world.db.transaction() as session:
        winner.choose(session, world.blast(session), "b", actor="mara")
    with world.db.transaction() as session, pytest.raises(Conflict, match="B was chosen before"):
        winner.choose(session, world.blast(session), "A", actor="mara")
    world.send()
    assert subjects(world)["The other subject"] == 90
    assert len(world.provider.taken) == len(set(world.provider.taken)) == 100
    with world.db.reading() as session:
        blast = world.blast(session)
        assert (blast.state, blast.winner, blast.winner_chosen_by) == ("finished", "B", "mara")


def test_a_winner_is_due_hours_after_the_last_of_the_tried_letters_left(world: World) -> None:
    tried(world)
    with world.db.reading() as session:
        assert winner.chosen_at(session, world.blast(session)) is None  # they are not out yet
    world.send()
    with world.db.reading() as session:
        at = winner.chosen_at(session, world.blast(session))
        assert at is not None and timedelta(hours=2) < at - now() <= timedelta(hours=3)
        assert winner.due(session) == []
    with world.db.transaction() as session:
        session.execute(update(Batch).values(done_at=now() - timedelta(hours=4)))
    with world.db.reading() as session:
        assert [blast.id for blast in winner.due(session)] == [world.blast_id]


def test_where_nobody_tries_the_winner_is_due_at_once(world: World) -> None:
    tried(world, percent=20, people=2)
    assert sizes(world) == {"R": 2}
    with world.db.reading() as session:
        assert [blast.id for blast in winner.due(session)] == [world.blast_id]


def test_who_waits_is_cancelled_with_the_blast(world: World) -> None:
    tried(world)
    world.send()
    with world.db.transaction() as session:
        schedule.cancel(session, world.blast(session), actor="test")
    assert Counter(state for state, _ in world.states().values()) == {
        "accepted": 20,
        "cancelled": 80,
    }
    with world.db.transaction() as session, pytest.raises(Conflict, match="Nobody waits"):
        winner.choose(session, world.blast(session), "A", actor="test")


def test_a_paused_blast_keeps_its_rest_until_it_is_resumed(world: World) -> None:
    tried(world)
    world.send()
    with world.db.transaction() as session:
        schedule.pause(session, world.blast(session), actor="test")
        winner.choose(session, world.blast(session), "A", actor="test")
    world.send()
    assert len(world.provider.taken) == 20
    with world.db.transaction() as session:
        schedule.resume(session, world.blast(session), actor="test")
    world.send()
    assert len(set(world.provider.taken)) == 100


def test_one_variant_has_no_winner_whatever_was_planned(world: World) -> None:
    world.add_people(4)
    with world.db.transaction() as session:
        winner.plan(session, world.blast(session), percent=20, by="sign", after_h=3, actor="test")
    world.start()
    assert sizes(world) == {"A": 4}


def test_what_can_not_be_planned_is_said(world: World) -> None:
    for wrong in ({"percent": 100}, {"by": "share"}, {"after_h": 0}):
        given = {"percent": 20, "by": "sign", "after_h": 4} | wrong
        with world.db.transaction() as session, pytest.raises(BadInput):
            winner.plan(session, world.blast(session), actor="test", **given)  # type: ignore[arg-type]


def test_the_checks_say_how_many_wait(world: World) -> None:
    world.add_people(50)
    with world.db.transaction() as session:
        blast = world.blast(session)
        variants.add(session, blast, actor="test")
        winner.plan(session, blast, percent=40, by="open", after_h=3, actor="test")
    with world.db.reading() as session:
        found = preflight.run(session, world.blast(session), BASE_URL)
    (said,) = [finding.title for finding in found if finding.key == "variants"]
    assert said == "Letters by variant: A 10, B 10, 30 wait for the winner"
