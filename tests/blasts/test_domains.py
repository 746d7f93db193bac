"""A stopped domain: its letters wait, all others leave, and none is lost or sent twice."""

from __future__ import annotations

import threading
from collections.abc import Sequence

import pytest
from sqlalchemy import func, select

from outreach.accounts.models import AuditEntry
from outreach.blasts import delivery, domains, schedule
from outreach.blasts.models import StoppedDomain
from outreach.blasts.progress import progress_of
from outreach.blasts.recovering import recover_lost
from outreach.consent import ledger
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.mail.models import Batch, Delivery
from outreach.mail.plan import Recipient
from outreach.supporters import lists
from outreach.supporters.operations import find_or_create
from tests.standins.world import World

GMAIL = ["g1@gmail.com", "g2@gmail.com"]


@pytest.fixture
def mixed(world: World) -> World:
    """p0001 to p0003 at example.org, two at gmail.com between them and behind them."""
    world.add_people(2)
    for address in GMAIL[:1]:
        _add(world, address)
    world.add_people(1, start=3)
    for address in (*GMAIL[1:], "s@sub.gmail.com"):
        _add(world, address)
    return world


def _add(world: World, address: str) -> None:
    with world.db.transaction() as session:
        person, _ = find_or_create(session, email=address, source="test")
        lists.add_member(session, lists.by_name(session, "Westhaven"), person, source="fair")
        ledger.grant(session, person.id, basis="asked", source="test")


def stop(world: World, domain: str = "gmail.com", *, for_all: bool = False) -> None:
    """Stop a domain."""
    with world.db.transaction() as session:
        domains.stop(session, None if for_all else world.blast(session), domain, actor="Mara")


def start(world: World, domain: str = "gmail.com", *, for_all: bool = False) -> None:
    """Start it again, and let the worker see it."""
    with world.db.transaction() as session:
        domains.start(session, None if for_all else world.blast(session), domain, actor="Mara")
    let_go(world)


def let_go(world: World) -> int:
    """What the worker does every two seconds."""
    with world.db.reading() as session:
        blasts = domains.with_letters_to_let_go(session)
    moved = 0
    for blast_id in blasts:
        with world.db.transaction() as session:
            moved += domains.let_go(session, blast_id)
    return moved


def state_of(world: World) -> str:
    """The blast's state."""
    with world.db.reading() as session:
        return world.blast(session).state


@pytest.mark.parametrize("for_all", [False, True])
@pytest.mark.parametrize("part_size", [1, 100])
def test_letters_to_it_wait_and_leave_when_it_is_let_go(
    mixed: World, for_all: bool, part_size: int
) -> None:
    mixed.provider.part_size = part_size
    stop(mixed, "@GMail.com", for_all=for_all)
    mixed.start()
    mixed.send()
    others = ["p0001@example.org", "p0002@example.org", "p0003@example.org", "s@sub.gmail.com"]
    assert sorted(mixed.provider.taken) == others
    assert {mixed.states()[address] for address in GMAIL} == {("pending", None)}
    assert state_of(mixed) == "sending"
    with mixed.db.reading() as session:
        (shown,) = domains.stopped(session, mixed.blast(session))
        assert (shown.domain, shown.held, shown.for_all) == ("gmail.com", 2, for_all)
        assert progress_of(session, mixed.blast(session)).left == 2
    assert let_go(mixed) == 0
    start(mixed, for_all=for_all)
    mixed.send()
    assert sorted(mixed.provider.taken) == sorted([*others, *GMAIL])
    assert state_of(mixed) == "finished"


def test_nobody_asks_again_and_again_for_letters_that_are_held(mixed: World) -> None:
    stop(mixed)
    mixed.start()
    mixed.send()
    with mixed.db.reading() as session:
        assert session.scalars(select(Batch.state)).all() == ["done"]
        assert delivery.send_all(mixed.sender(), threading.Event()) == 0


def test_it_takes_effect_in_the_middle_of_a_batch(mixed: World) -> None:
    mixed.provider.part_size = 2

    def stop_meanwhile(recipients: Sequence[Recipient]) -> None:
        mixed.provider.before = lambda recipients: None
        stop(mixed)

    mixed.start()
    mixed.provider.before = stop_meanwhile
    mixed.send()
    assert not set(mixed.provider.taken) & set(GMAIL)
    start(mixed)
    mixed.send()
    assert sorted(mixed.provider.taken) == sorted(mixed.states())


def test_let_go_while_its_batch_is_on_its_way_they_follow(mixed: World) -> None:
    """The held one stands between letters on the wire: it must not be taken for one of them."""
    stop(mixed)
    mixed.start()

    def start_meanwhile(recipients: Sequence[Recipient]) -> None:
        mixed.provider.before = lambda recipients: None
        start(mixed)

    mixed.provider.before = start_meanwhile
    mixed.send()
    assert not set(mixed.provider.taken) & set(GMAIL)
    assert let_go(mixed) == 2
    mixed.send()
    assert sorted(mixed.provider.taken) == sorted(mixed.states())
    assert mixed.provider.twice == []


def test_after_a_crash_a_held_letter_is_not_in_doubt(mixed: World) -> None:
    stop(mixed)
    mixed.start()

    def vanish(recipients: Sequence[Recipient]) -> None:
        raise SystemExit

    mixed.provider.before = vanish
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_name_unknown", lambda *_: None)
        with pytest.raises(SystemExit):
            mixed.send()
    mixed.expire_leases()
    assert recover_lost(mixed.sender()) == 4
    assert {mixed.states()[address][0] for address in GMAIL} == {"pending"}


def test_a_cancelled_blast_cancels_them_too(mixed: World) -> None:
    stop(mixed)
    mixed.start()
    mixed.send()
    with mixed.db.transaction() as session:
        schedule.cancel(session, mixed.blast(session), actor="Mara")
    assert {mixed.states()[address][0] for address in GMAIL} == {"cancelled"}
    start(mixed)
    mixed.send()
    assert not set(mixed.provider.taken) & set(GMAIL)
    with pytest.raises(Conflict, match="cancelled"):
        stop(mixed)


def test_who_left_meanwhile_does_not_get_it_when_it_is_let_go(mixed: World) -> None:
    stop(mixed)
    mixed.start()
    mixed.send()
    with mixed.db.transaction() as session:
        someone = session.scalars(select(Delivery.supporter_id).where(Delivery.held.is_not(None)))
        ledger.withdraw(session, someone.first() or 0, basis="pressed", source="test")
    start(mixed)
    mixed.send()
    assert sorted(state for state, _ in mixed.states().values()) == ["accepted"] * 5 + ["skipped"]


def test_an_erased_person_is_skipped_while_a_domain_is_stopped(mixed: World) -> None:
    mixed.start()
    stop(mixed)
    with mixed.db.transaction() as session:
        first = session.scalars(select(Delivery).order_by(Delivery.id)).first()
        assert first is not None
        first.supporter_id = None
    mixed.send()
    with mixed.db.reading() as session:
        gone = session.scalars(select(Delivery).where(Delivery.supporter_id.is_(None))).one()
        assert (gone.state, gone.reason) == ("skipped", "erased")


def test_stopping_and_starting_are_said_and_repeats_harmless(mixed: World) -> None:
    def at_once() -> None:
        ready.wait()
        stop(mixed)

    ready = threading.Barrier(2)
    people = [threading.Thread(target=at_once) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    stop(mixed, for_all=True)
    stop(mixed, for_all=True)
    with mixed.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(StoppedDomain)) == 2
        said = session.scalars(select(AuditEntry.action).where(AuditEntry.action.like("%domain")))
        assert list(said) == ["blast.stop_domain"] * 2
    start(mixed)
    with pytest.raises(NotFound, match="stopped for all blasts, not for this one"):
        start(mixed)
    start(mixed, for_all=True)
    with pytest.raises(NotFound, match="not stopped for all blasts"):
        start(mixed, for_all=True)
    for wrong in ("", "gmail", "a b.org", "me@gmail.com"):
        with pytest.raises(BadInput, match="is no domain"):
            stop(mixed, wrong)
