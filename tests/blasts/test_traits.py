"""What was known of people when a blast was frozen stays beside their letters."""

from __future__ import annotations

import pytest
from sqlalchemy import delete, func, select, update

from outreach.analytics.rollups import proof, rollup
from outreach.analytics.rollups.proof import cells_of
from outreach.audiences.models import Segment
from outreach.blasts import operations, origins
from outreach.blasts.models import FrozenSegment, Origin
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.supporters.models import ListMember, Supporter
from tests.standins.world import World

SEGMENTS = {
    "Coast": "region in (CA, WA)",
    "Inland": 'not segment "Coast"',
    "Openers": "opened",
    "Drawn": "everyone sample 3 seed 2",
    "Unknown": 'segment "Gone"',
    "Round": 'segment "Round"',
}


def place(db: Database, address: str, country: str, region: str) -> None:
    """Where somebody lives."""
    with db.transaction() as session:
        session.execute(
            update(Supporter)
            .where(Supporter.address.like(address))
            .values(country=country, region=region)
        )


def ask(world: World, audience: str) -> None:
    """The draft to another audience, with SEGMENTS saved."""
    with world.db.transaction() as session:
        for name, rules in SEGMENTS.items():
            session.add(Segment(name=name, rules=rules, organisation_id=world.organisation.id))
        operations.edit(session, world.blast(session), actor="test", audience=audience)


def letters(world: World) -> dict[tuple[str, str], int]:
    """How many letters the rollups have in all, by dimension and value."""
    rollup.advance(world.db)
    found: dict[tuple[str, str], int] = {}
    with world.db.reading() as session:
        for at, number in cells_of(session, world.blast_id).items():
            if at.dimension in ("mailbox", "place", "segment") and "_" not in at.measure:
                key = (at.dimension, at.value)
                found[key] = found.get(key, 0) + number
    return found


def test_letters_are_counted_by_provider_and_place_and_moving_changes_nothing(
    world: World,
) -> None:
    world.add_people(20, domain="riverton.example")
    world.add_people(3, domain="gmail.com")
    world.add_people(2, domain="googlemail.com")
    world.add_people(1, domain="ada-okafor.example")
    place(world.db, "%@riverton.example", "US", "CA")
    place(world.db, "%@gmail.com", "US", "Nowhere in particular")
    place(world.db, "%@googlemail.com", "GB", "")
    world.start()
    said = {
        ("mailbox", "riverton.example"): 20,
        ("mailbox", "Gmail"): 5,
        ("mailbox", ""): 1,  # a domain of one person is not named
        ("place", "US-CA"): 20,
        ("place", "US"): 3,
        ("place", "GB"): 2,
        ("place", ""): 1,
    }
    assert letters(world) == said
    with world.db.transaction() as session:
        session.execute(
            update(Supporter).values(country="FR", region="", address=Supporter.address + ".fr")
        )
        session.execute(delete(Supporter).where(Supporter.address.like("%@gmail.com.fr")))
        session.execute(update(Delivery).values(state="bounced", reason="5.1.1"))
    assert letters(world) == said
    assert proof.check(world.db, world.blast_id) == []
    with world.db.reading() as session:
        keys = session.scalars(select(Origin.key)).all()
    assert not [key for key in keys if "okafor" in key or "Nowhere" in key]


def test_segments_are_those_that_the_audience_names_and_those_that_ask_of_the_person(
    world: World,
) -> None:
    world.add_people(6)
    place(world.db, "p000%", "US", "WA")
    place(world.db, "p0001%", "US", "NY")
    ask(world, 'list Westhaven and (segment "Drawn" or segment "Coast")')
    world.start()
    found = letters(world)
    with world.db.reading() as session:
        named = session.scalars(select(FrozenSegment.name).order_by(FrozenSegment.bit)).all()
        chosen = session.scalar(select(func.count()).select_from(Delivery))
        inland = session.scalar(
            select(func.count())
            .select_from(Delivery)
            .join(Supporter, Supporter.id == Delivery.supporter_id)
            .where(Supporter.region == "NY")
        )
    assert list(named) == ["Drawn", "Coast", "Inland"]
    assert found["segment", "Drawn"] == 3
    assert found["segment", "Coast"] == 5
    assert found.get(("segment", "Inland"), 0) == inland == chosen - 5  # type: ignore[operator]
    with world.db.transaction() as session:
        session.execute(delete(Segment))
        session.execute(delete(ListMember))
        session.execute(update(Supporter).values(region="TX"))
    assert letters(world) == found
    assert proof.check(world.db, world.blast_id) == []


@pytest.mark.parametrize("audience", ['segment "Openers" and everyone', "everyone sample 2"])
def test_whoever_is_chosen_by_a_segment_is_in_it(world: World, audience: str) -> None:
    world.add_people(4)
    with world.db.transaction() as session:
        session.add(
            Segment(name="Openers", rules="everyone", organisation_id=world.organisation.id)
        )
        operations.edit(session, world.blast(session), actor="test", audience=audience)
    world.start()
    with world.db.reading() as session:
        chosen = session.scalar(select(func.count()).select_from(Delivery))
    assert letters(world)["segment", "Openers"] == chosen


def test_learning_again_adds_only_what_is_new(world: World) -> None:
    world.add_people(19, domain="riverton.example")
    assert origins.learn(world.db) > len(origins.PROVIDER_OF)
    assert origins.learn(world.db) == 0
    world.add_people(1, start=30, domain="riverton.example")
    assert origins.learn(world.db) == 1
    world.start()
    assert letters(world)["mailbox", "riverton.example"] == 20
