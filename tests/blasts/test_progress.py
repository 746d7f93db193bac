"""A look at a blast that moves says what a full count says."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from outreach.blasts import delivery, progress, queries, schedule, standing
from outreach.blasts.progress import Lookout, Progress, progress_of
from outreach.core.clock import now
from outreach.mail.models import Batch, Delivery
from outreach.mail.provider import Fate
from tests.standins.world import World


@pytest.fixture(autouse=True)
def _fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each look counts what changed."""
    monkeypatch.setattr(progress, "FRESH_S", 0.0)
    monkeypatch.setattr(progress, "COST", 0)


def both(world: World, lookout: Lookout) -> tuple[Progress, Progress]:
    with world.db.reading() as session:
        blast = queries.by_id(session, world.blast_id)
        return lookout.look(session, blast), progress_of(session, blast)


def figures(found: Progress) -> tuple[object, ...]:
    return found.total, found.done, found.left, found.by_state, found.skipped, found.domains


def test_looks_follow_a_blast_batch_by_batch(world: World) -> None:
    world.batch_size = 10
    world.add_people(45)
    world.start()
    lookout = Lookout()
    for _ in range(6):
        seen, counted = both(world, lookout)
        assert figures(seen) == figures(counted)
        for batch_id in delivery.offer(world.db, 1):
            delivery.send_one(world.sender(), batch_id, threading.Event())
    seen, counted = both(world, lookout)
    assert figures(seen) == figures(counted)
    assert (seen.done, seen.left) == (45, 0)
    assert seen.domains == {"example.org": {"accepted": 45}}


def test_a_batch_that_was_put_off_is_counted_again(world: World) -> None:
    world.batch_size = 10
    addresses = world.add_people(12)
    world.provider.fates = {addresses[0]: Fate.LATER, addresses[1]: Fate.REFUSED}
    world.start()
    lookout = Lookout()
    both(world, lookout)
    world.send()
    seen, counted = both(world, lookout)
    assert figures(seen) == figures(counted)
    assert seen.by_state == {"accepted": 10, "refused": 1, "pending": 1}
    assert seen.tried_again_at is not None
    assert seen.ends_at is None


def test_the_pace_is_that_of_the_last_seconds(world: World) -> None:
    world.batch_size = 10
    world.add_people(40)
    world.start()
    with world.db.transaction() as session:
        world.blast(session).started_at = now() - timedelta(hours=1)
    for batch_id in delivery.offer(world.db, 3):
        delivery.send_one(world.sender(), batch_id, threading.Event())
    with world.db.transaction() as session:  # the first ten left long ago
        last = select(func.min(Batch.last_id)).scalar_subquery()
        before = now() - timedelta(minutes=5)
        session.execute(update(Delivery).where(Delivery.id <= last).values(accepted_at=before))
    seen, _ = both(world, Lookout())
    assert seen.letters_per_second == pytest.approx(2.0)
    assert seen.seconds_left == pytest.approx(5.0)
    with world.db.transaction() as session:  # and of a batch that went back for its pace meanwhile
        session.execute(update(Batch).values(state="ready", done_at=None))
    seen, _ = both(world, Lookout())
    assert seen.letters_per_second == pytest.approx(2.0)


def test_a_paused_blast_has_no_pace(world: World) -> None:
    world.add_people(5)
    world.start()
    with world.db.transaction() as session:
        schedule.pause(session, world.blast(session), actor="Mara")
    seen, counted = both(world, Lookout())
    assert figures(seen) == figures(counted)
    assert (seen.letters_per_second, seen.ends_at, seen.left) == (None, None, 5)


def test_what_is_sent_again_of_a_batch_that_was_done_is_counted_once(world: World) -> None:
    world.batch_size = 5
    world.add_people(15)
    world.start()
    lookout = Lookout()

    def looked() -> dict[str, int]:
        with world.db.reading() as session:
            for seen in vars(lookout)["_blasts"].values():
                seen.looked = 0.0  # not what the last look said
            return lookout.look(session, world.blast(session)).by_state

    looked()
    delivery.send_all(world.sender(), threading.Event())
    assert looked() == {"accepted": 15}
    with world.db.transaction() as session:
        first = session.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert first is not None
        first.state = "unknown"
        standing.resend(session, [first.id], actor="Mara")
    assert looked() == {"accepted": 14, "pending": 1}
