"""Sending: everybody exactly once, each with a state and a reason, whatever happens in between."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from outreach.blasts import delivery, queries, schedule, watch
from outreach.blasts.progress import progress_of
from outreach.blasts.recovering import recover_lost
from outreach.consent import ledger, suppression
from outreach.core import process
from outreach.mail.flight import Stage
from outreach.mail.models import Batch, Delivery
from outreach.mail.plan import Recipient
from outreach.mail.provider import Fate, Outcome, ProviderDown, ProviderRefuses
from outreach.supporters.models import Supporter
from tests.standins.world import World


class Killed(BaseException):
    """Stands for SIGKILL: nothing behind the sender gets to run. See `kill`."""


def test_everybody_gets_one_letter_and_the_blast_ends(world: World) -> None:
    addresses = world.add_people(250)
    world.start()
    world.send()
    assert sorted(world.provider.taken) == addresses
    assert set(world.states().values()) == {("accepted", None)}
    with world.db.reading() as session:
        blast = world.blast(session)
        assert (blast.state, blast.finished_at is not None) == ("finished", True)
        assert session.scalar(select(func.count()).select_from(Batch)) == 3


def test_who_may_not_be_written_to_is_skipped_with_the_reason(world: World) -> None:
    world.add_people(4)
    with world.db.transaction() as session:
        people = {p.address: p for p in session.scalars(select(Supporter))}
        suppression.suppress(session, "p0001@example.org", reason="bounced", source="test")
        ledger.withdraw(session, people["p0002@example.org"].id, basis="asked", source="test")
    world.start()
    with world.db.transaction() as session:  # between freezing and leaving
        ledger.withdraw(session, people["p0003@example.org"].id, basis="asked", source="test")
    world.send()
    assert world.provider.taken == ["p0004@example.org"]
    assert world.states() == {
        "p0001@example.org": ("skipped", "suppressed"),
        "p0002@example.org": ("skipped", "unsubscribed"),
        "p0003@example.org": ("skipped", "unsubscribed_since"),
        "p0004@example.org": ("accepted", None),
    }


def test_who_joins_after_the_freeze_is_not_in_it(world: World) -> None:
    first = world.add_people(3)
    world.start()
    world.add_people(3, start=100)
    world.send()
    assert sorted(world.provider.taken) == first


def test_outcomes_are_kept_with_their_reasons(world: World) -> None:
    world.add_people(5)
    world.provider.fates = {
        "p0001@example.org": Fate.REFUSED,
        "p0002@example.org": Fate.UNKNOWN,
        "p0003@example.org": Fate.LATER,
    }
    world.start()
    world.send()
    assert world.states() == {
        "p0001@example.org": ("refused", "told to be refused"),
        "p0002@example.org": ("unknown", "told to be unknown"),
        "p0003@example.org": ("pending", "told to be later"),
        "p0004@example.org": ("accepted", None),
        "p0005@example.org": ("accepted", None),
    }
    with world.db.reading() as session:
        assert world.blast(session).state == "sending"  # somebody still waits
        batch = session.scalars(select(Batch)).one()
        assert (batch.state, batch.attempts) == ("ready", 1)
        assert batch.not_before is not None


@pytest.mark.parametrize("requests", [1, 2, 40])
def test_every_letter_keeps_the_reference_of_its_own_request(world: World, requests: int) -> None:
    """Of a part that left in one, a few or many requests, with one letter refused."""
    world.add_people(40)
    world.provider.fates = {"p0007@example.org": Fate.REFUSED}
    sent = world.provider.send

    def in_requests(*given: Any) -> list[Outcome]:
        return [o._replace(ref=f"request {i % requests}") for i, o in enumerate(sent(*given))]

    world.provider.send = in_requests  # type: ignore[method-assign]
    world.start()
    world.send()
    with world.db.reading() as session:
        found = session.execute(
            select(Delivery.state, Delivery.provider_ref).order_by(Delivery.id)
        ).all()
    assert [ref for _, ref in found] == [f"request {i % requests}" for i in range(40)]
    assert [state for state, _ in found] == [*["accepted"] * 6, "refused", *["accepted"] * 33]


def test_who_was_put_off_is_tried_again_alone(world: World) -> None:
    world.add_people(3)
    world.provider.fates = {"p0002@example.org": Fate.LATER}
    world.start()
    world.send()
    world.provider.fates = {}
    world.let_time_come()
    world.send()
    assert world.provider.twice == []
    assert world.states()["p0002@example.org"][0] == "accepted"
    with world.db.reading() as session:
        assert world.blast(session).state == "finished"


def test_eight_times_put_off_is_refused(world: World) -> None:
    world.add_people(1)
    world.provider.fates = {"p0001@example.org": Fate.LATER}
    world.start()
    for _ in range(8):
        world.let_time_come()
        world.send()
    assert world.states()["p0001@example.org"] == ("refused", "told to be later")


@pytest.mark.parametrize("killed_in_part", [1, 2, 3])
def test_killed_in_the_middle_nobody_is_forgotten_or_written_to_twice(
    world: World, killed_in_part: int
) -> None:
    world.batch_size, world.provider.part_size = 90, 30
    addresses = world.add_people(90)
    world.start()
    kill(world, killed_in_part)
    world.expire_leases()
    assert recover_lost(world.sender("other")) == 30
    world.send("other")
    states = world.states()
    unknown = [address for address, (state, _) in states.items() if state == "unknown"]
    assert world.provider.twice == []
    assert len(unknown) == 30
    in_doubt = world.provider.part_size * (killed_in_part - 1)
    assert unknown == addresses[in_doubt : in_doubt + 30]
    assert set(world.provider.taken) | set(unknown) == set(addresses)
    assert {state for state, _ in states.values()} == {"accepted", "unknown"}


def test_what_the_provider_knows_settles_the_doubt(world: World) -> None:
    world.provider.part_size = 10
    world.add_people(10)
    world.start()
    kill(world, 1)
    with world.db.reading() as session:
        ids = list(session.scalars(select(Delivery.id).order_by(Delivery.id)))
    world.provider.known = dict.fromkeys(ids[:6], Fate.ACCEPTED)
    world.provider.known |= dict.fromkeys(ids[6:9], Fate.LATER)
    world.expire_leases()
    assert recover_lost(world.sender("other")) == 1
    world.send("other")
    with world.db.reading() as session:
        states = list(session.scalars(select(Delivery.state).order_by(Delivery.id)))
    assert states == ["accepted"] * 9 + ["unknown"]
    assert len(world.provider.taken) == 3  # only those who were certainly not sent


def test_a_sender_that_comes_back_late_changes_nothing_but_the_doubt(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 60)  # its own look would extend the lease again
    world.provider.part_size = 10
    world.add_people(20)
    world.batch_size = 20
    world.start()

    def be_overtaken(recipients: Sequence[Recipient]) -> None:
        """While the first sender is with the provider, its lease runs out and another comes."""
        world.provider.before = lambda recipients: None
        world.expire_leases()
        assert recover_lost(world.sender("other")) == 10
        world.send("other")

    world.provider.before = be_overtaken
    world.send("first")
    assert world.provider.twice == []
    assert set(world.states().values()) == {("accepted", None)}  # the first one knew after all


def test_two_senders_share_a_blast_without_doubling(world: World) -> None:
    world.batch_size = 10
    addresses = world.add_people(100)
    world.start()
    threads = [threading.Thread(target=world.send, args=(f"s{i}",)) for i in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(world.provider.taken) == addresses


def test_pause_stops_between_two_parts_and_resume_goes_on(world: World) -> None:
    world.provider.part_size = 10
    world.batch_size = 100
    addresses = world.add_people(50)
    world.start()

    def pause(recipients: Sequence[Recipient]) -> None:
        world.provider.before = lambda recipients: None
        with world.db.transaction() as session:
            schedule.pause(session, world.blast(session), actor="Mara", reason="a typing error")

    world.provider.before = pause
    world.send()
    assert len(world.provider.taken) == 10
    with world.db.reading() as session:
        progress = progress_of(session, world.blast(session))
        assert (progress.state, progress.done, progress.left) == ("paused", 10, 40)
        assert progress.reason == "a typing error"
    with world.db.transaction() as session:
        schedule.resume(session, world.blast(session), actor="Mara")
    world.send()
    assert world.provider.taken == addresses


def test_cancel_leaves_the_rest_cancelled(world: World) -> None:
    world.provider.part_size = world.batch_size = 10
    world.add_people(30)
    world.start()

    def cancel(recipients: Sequence[Recipient]) -> None:
        with world.db.transaction() as session:
            schedule.cancel(session, world.blast(session), actor="Mara")

    world.provider.before = cancel
    world.send()
    found = sorted(state for state, _ in world.states().values())
    assert found == ["accepted"] * 10 + ["cancelled"] * 20
    with world.db.reading() as session:
        assert world.blast(session).state == "cancelled"
        assert set(session.scalars(select(Batch.state))) == {"done"}


def test_a_provider_that_is_away_is_waited_for(world: World) -> None:
    addresses = world.add_people(5)
    world.start()

    def away(recipients: Sequence[Recipient]) -> None:
        raise ProviderDown("The relay does not answer.", wait_s=30)

    world.provider.before = away
    world.send()
    with world.db.transaction() as session:
        blast, batch = world.blast(session), session.scalars(select(Batch)).one()
        assert (blast.state, blast.reason) == ("sending", "The relay does not answer.")
        assert (batch.state, batch.handed_through) == ("ready", 0)
        assert batch.not_before is not None
        batch.not_before = None
    world.provider.before = lambda recipients: None
    world.send()
    assert world.provider.taken == addresses
    with world.db.reading() as session:
        assert world.blast(session).reason is None


def test_why_letters_were_put_off_takes_the_place_of_what_was_wrong_before(world: World) -> None:
    world.add_people(3)
    world.provider.fates = {"p0002@example.org": Fate.LATER}
    world.start()
    with world.db.transaction() as session:
        world.blast(session).reason = "The relay does not answer."
    world.send()
    with world.db.reading() as session:
        assert queries.reason_of(session, world.blast(session)) == "told to be later"


def test_a_provider_that_refuses_us_pauses_the_blast(world: World) -> None:
    world.add_people(5)
    world.start()

    def refuse(recipients: Sequence[Recipient]) -> None:
        raise ProviderRefuses("The relay does not accept our password.")

    world.provider.before = refuse
    world.send()
    with world.db.reading() as session:
        blast = world.blast(session)
        assert (blast.state, blast.reason) == ("paused", "The relay does not accept our password.")
    assert {state for state, _ in world.states().values()} == {"pending"}


def test_a_fault_of_ours_names_the_letters_in_hand_unknown(world: World) -> None:
    world.provider.part_size = 2
    world.add_people(4)
    world.start()

    def break_down(recipients: Sequence[Recipient]) -> None:
        raise ZeroDivisionError

    world.provider.before = break_down
    with pytest.raises(ZeroDivisionError):
        world.send()
    states = [state for state, _ in world.states().values()]
    assert sorted(states) == ["pending", "pending", "unknown", "unknown"]
    with world.db.reading() as session:
        assert world.blast(session).state == "paused"


def test_an_erased_person_is_skipped(world: World) -> None:
    world.add_people(2)
    world.start()
    with world.db.transaction() as session:
        session.delete(session.scalars(select(Supporter).order_by(Supporter.id)).first())
    world.send()
    assert world.provider.taken == ["p0002@example.org"]
    with world.db.reading() as session:
        gone = session.scalars(select(Delivery).where(Delivery.supporter_id.is_(None))).one()
    assert (gone.state, gone.reason) == ("skipped", "erased")


def kill(world: World, part: int) -> None:
    """Let a sender vanish while the provider has its `part`-th part: no clean-up runs."""
    seen = 0

    def vanish(recipients: Sequence[Recipient]) -> None:
        nonlocal seen
        seen += 1
        if seen == part:
            raise Killed

    world.provider.before = vanish
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(delivery, "_name_unknown", lambda *_: None)
        with pytest.raises(Killed):
            world.send("first")
    world.provider.before = lambda recipients: None


@pytest.mark.parametrize(("ended", "unknown"), [(True, 1), (False, 2)])
def test_what_never_left_waits_again_only_once_its_sender_is_certainly_gone(
    world: World, monkeypatch: pytest.MonkeyPatch, ended: bool, unknown: int
) -> None:
    world.add_people(3)
    world.provider.follows_letters = True
    world.start()
    with monkeypatch.context() as patch:

        def killed(*_: object) -> None:
            raise Killed

        patch.setattr(world.provider, "send", killed)
        patch.setattr(delivery, "_name_unknown", lambda *_: None)
        with pytest.raises(Killed):
            world.send(process.own_name())
    with world.db.reading() as session:
        taken, leaving, here = session.scalars(select(Delivery.id).order_by(Delivery.id))
    [path] = Path(world.flights.folder).iterdir()
    flight = bytearray(path.read_bytes())
    stages = flight.index(bytes(3), 4 + 3 * 8)
    flight[stages : stages + 3] = bytes((Stage.TAKEN, Stage.LEAVING, Stage.HERE))
    path.write_bytes(flight)
    world.expire_leases()
    monkeypatch.setattr(process, "has_ended", lambda _: ended)
    assert recover_lost(world.sender("another")) == unknown
    with world.db.reading() as session:
        states = dict(session.execute(select(Delivery.id, Delivery.state)).all())
    assert states == {
        taken: "accepted",
        leaving: "unknown",
        here: "pending" if ended else "unknown",
    }
