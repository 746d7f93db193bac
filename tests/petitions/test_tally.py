"""Counts: exact at any moment, moved by windows, never double."""

from __future__ import annotations

import threading
from datetime import datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.core.db import Database
from outreach.petitions import queries, tally
from outreach.petitions.goal import goal_for
from outreach.petitions.models import Signature, Tally
from outreach.supporters.models import Supporter
from tests.petitions.worlds import World


def add(
    session: Session, world: World, verified: datetime | None, invalidated: datetime | None = None
) -> Signature:
    number = session.query(Supporter).count()
    person = Supporter(address=f"p{number}@example.org", email=f"p{number}@example.org")
    session.add(person)
    session.flush()
    version = queries.current_version(session, world.petition)
    signature = Signature(
        petition_id=world.petition.id,
        version_id=version.id,
        supporter_id=person.id,
        state="verified" if verified else "pending",
        grade="form",
        name="x",
        is_new=True,
        verified_at=verified,
        invalidated_at=invalidated,
    )
    session.add(signature)
    session.flush()
    return signature


def figures(db: Database, petition_id: int) -> tuple[int, int]:
    with db.reading() as session:
        return tally.count(session, petition_id), tally.recount(session, petition_id)


def test_a_count_is_exact_before_and_after_the_mark_moves(world: World) -> None:
    moment = now()
    with world.db.transaction() as session:
        add(session, world, moment - timedelta(hours=2))
        taken_off = add(session, world, moment - timedelta(hours=1))
        add(session, world, moment)
        add(session, world, None)
    assert figures(world.db, world.petition.id) == (3, 3)
    with world.db.transaction() as session:
        assert tally.advance(session) == 1
    with world.db.reading() as session:
        assert session.get_one(Tally, world.petition.id).signatures == 2
    assert figures(world.db, world.petition.id) == (3, 3)
    with world.db.transaction() as session:
        session.get_one(Signature, taken_off.id).invalidated_at = now()
    assert figures(world.db, world.petition.id) == (2, 2)


def test_one_that_commits_late_is_not_passed_over(world: World) -> None:
    began = now()  # its transaction takes its instant, and is still open while the mark moves
    with world.db.transaction() as session:
        add(session, world, began - timedelta(hours=1))
    with world.db.transaction() as session:
        tally.advance(session)
    with world.db.transaction() as session:
        add(session, world, began)
    with world.db.transaction() as session:
        tally.advance(session)
    assert figures(world.db, world.petition.id) == (2, 2)


def test_moving_twice_or_at_once_counts_nothing_double(world: World) -> None:
    with world.db.transaction() as session:
        for _ in range(20):
            add(session, world, now() - timedelta(hours=1))
    together = threading.Barrier(4)

    def move() -> None:
        together.wait()
        with world.db.transaction() as session:
            tally.advance(session)

    threads = [threading.Thread(target=move) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with world.db.transaction() as session:
        assert tally.advance(session) == 0
        assert session.get_one(Tally, world.petition.id).signatures == 20
    assert figures(world.db, world.petition.id) == (20, 20)


hours = st.integers(min_value=0, max_value=48)


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(st.lists(st.tuples(hours, st.none() | hours, st.booleans()), max_size=6))
def test_the_count_always_equals_the_recount(
    world: World, steps: list[tuple[int, int | None, bool]]
) -> None:
    for age, stood, move in steps:
        # Marks only ever meet signatures that came after the last one moved, or in its minute.
        with world.db.transaction() as session:
            signed = max(
                now() - timedelta(hours=age),
                session.get_one(Tally, world.petition.id).counted_to + timedelta(seconds=1),
            )
            off = None if stood is None else min(now(), signed + timedelta(hours=stood))
            add(session, world, signed, off)
        if move:
            with world.db.transaction() as session:
                tally.advance(session)
        count, recount = figures(world.db, world.petition.id)
        assert count == recount


def test_a_petition_without_a_mark_is_counted_in_full(world: World) -> None:
    with world.db.transaction() as session:
        session.delete(session.get_one(Tally, world.petition.id))
        add(session, world, now())
    assert figures(world.db, world.petition.id) == (1, 1)


@pytest.mark.parametrize(
    ("count", "wanted", "target", "met", "milestone"),
    [
        (0, 500, 500, 0, 0),
        (0, 0, 100, 0, 0),
        (99, 0, 100, 0, 0),
        (100, 0, 250, 0, 100),
        (18_426, 0, 25_000, 0, 10_000),
        (18_426, 25_000, 25_000, 0, 10_000),
        (25_310, 25_000, 30_000, 25_000, 0),
        (25_000, 25_000, 30_000, 25_000, 0),
        (999_999, 0, 1_000_000, 0, 500_000),
        (120, 100, 150, 100, 0),
        (5, 5, 100, 5, 0),
    ],
)
def test_goals_follow_the_count(
    count: int, wanted: int, target: int, met: int, milestone: int
) -> None:
    goal = goal_for(count, wanted)
    assert (goal.target, goal.met, goal.milestone) == (target, met, milestone)
    assert goal.count < goal.target
