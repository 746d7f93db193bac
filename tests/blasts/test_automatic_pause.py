"""The automatic pause: for which outcomes, how often, and who is told."""

from __future__ import annotations

import threading

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import Account, AuditEntry, Organisation
from outreach.blasts import automatic_pause, pause_limits, schedule
from outreach.blasts.automatic_pause import pause_if_bad
from outreach.blasts.pause_limits import Limits
from outreach.blasts.progress import progress_of
from outreach.mail.models import Delivery, SingleLetter
from tests.standins.world import BASE_URL, World

LIMITS = Limits(letters=20)


@pytest.fixture
def sending(world: World) -> World:
    """A blast to 60 people that is under way: a batch of ten has not left."""
    world.batch_size = 10
    world.add_people(60)
    world.start()
    with world.db.transaction() as session:
        for delivery in _deliveries(world, 0, 50, session):
            delivery.state = "accepted"
        for number, (role, disabled) in enumerate(
            (("owner", None), ("owner", "now"), ("campaigner", None))
        ):
            account = Account(
                organisation_id=world.organisation.id,
                email=f"{role}{number}@harbourlights.example",
                name="Mara Marsh",
                password_hash="-",
                role=role,
            )
            if disabled:
                account.disabled_at = account.created_at = world.blast(session).created_at
            session.add(account)
    return world


def _deliveries(world: World, first: int, end: int, session: Session) -> list[Delivery]:
    query = select(Delivery).where(Delivery.blast_id == world.blast_id).order_by(Delivery.id)
    return list(session.scalars(query))[first:end]


def become(world: World, state: str, first: int, end: int) -> None:
    """Bring deliveries into a state, by their place in the audience."""
    with world.db.transaction() as session:
        for delivery in _deliveries(world, first, end, session):
            delivery.state = state


def look(world: World, limits: Limits = LIMITS) -> str:
    """What the worker does every ten seconds; the cause, "" where there is none."""
    with world.db.transaction() as session:
        return str(pause_if_bad(session, world.blast_id, limits, base_url=BASE_URL) or "")


def notices(world: World) -> list[SingleLetter]:
    """The letters to owners."""
    with world.db.reading() as session:
        return list(session.scalars(select(SingleLetter)))


@pytest.mark.parametrize(
    ("state", "number", "said"),
    [
        ("bounced", 3, "3 of 50 letters bounced (6.0 %, the limit is 5 %)."),
        ("complained", 3, "3 of 50 letters were reported as spam (6.0 %, the limit is 0.3 %)."),
        (
            "refused",
            5,
            "5 of 50 letters were refused by the provider (10.0 %, the limit is 10 %).",
        ),
    ],
)
def test_too_many_of_a_kind_pause_it_and_the_owners_are_told(
    sending: World, state: str, number: int, said: str
) -> None:
    become(sending, state, 0, number)
    assert look(sending) == said
    with sending.db.reading() as session:
        blast = sending.blast(session)
        assert (blast.state, blast.reason) == (
            "paused", f"Paused by itself: {said} Resume it to go on."
        )  # fmt: skip
        entry = session.scalars(select(AuditEntry).where(AuditEntry.action == "blast.pause")).one()
        assert (entry.actor, entry.detail["reason"]) == ("automatic pause", blast.reason)
    (letter,) = notices(sending)
    assert letter.to_address == "owner0@harbourlights.example"
    assert letter.subject == "Paused: First ask"
    assert said in letter.text and "10 letters wait" in letter.text
    assert f"{BASE_URL}/console/blasts/{sending.blast_id}" in letter.text
    assert look(sending) == "" and len(notices(sending)) == 1
    sending.send()
    assert sending.provider.taken == ["owner0@harbourlights.example"]


@pytest.mark.parametrize(("state", "number"), [("bounced", 2), ("complained", 2), ("refused", 4)])
def test_below_the_limit_it_goes_on(sending: World, state: str, number: int) -> None:
    become(sending, state, 0, number)
    assert look(sending) == ""


def test_too_few_letters_and_a_limit_of_none_pause_nothing(sending: World) -> None:
    become(sending, "bounced", 0, 50)
    assert look(sending, Limits(letters=51)) == ""
    assert look(sending, Limits({"bounced": 0.0}, letters=20)) == ""
    assert look(sending) != ""


def test_it_is_not_paused_twice_for_the_same_letters(sending: World) -> None:
    become(sending, "bounced", 10, 14)
    assert look(sending)
    with sending.db.transaction() as session:
        schedule.resume(session, sending.blast(session), actor="Mara")
    assert look(sending) == ""
    become(sending, "bounced", 14, 24)  # reports of letters from before come late
    assert look(sending) == ""
    become(sending, "bounced", 50, 60)  # new ones, but too few
    assert look(sending) == ""
    assert look(sending, Limits(letters=10)) != ""


def test_a_trouble_that_begins_late_is_seen(
    sending: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(automatic_pause, "LATEST", 20)
    limits = Limits({"bounced": 15.0}, letters=20)
    become(sending, "bounced", 40, 43)  # 3 of 50, and 3 of the 20 up to the last of them
    assert look(sending, limits) == "3 of 20 letters bounced (15.0 %, the limit is 15 %)."


def test_two_workers_pause_it_once(sending: World) -> None:
    become(sending, "bounced", 0, 10)
    ready, said = threading.Barrier(2), []

    def work() -> None:
        ready.wait()
        said.append(look(sending))

    workers = [threading.Thread(target=work) for _ in range(2)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert sorted(map(bool, said)) == [False, True]
    assert len(notices(sending)) == 1


def test_a_person_who_pauses_is_told_how_many_are_in_flight(world: World) -> None:
    world.provider.part_size = 4
    world.add_people(10)
    world.start()
    told = []

    def pause(recipients: object) -> None:
        world.provider.before = lambda recipients: None
        with world.db.transaction() as session:
            told.append(schedule.pause(session, world.blast(session), actor="Mara"))
            told.append(progress_of(session, world.blast(session)).in_flight)

    world.provider.before = pause
    world.send()
    assert told == [4, 4]
    with world.db.reading() as session:
        assert progress_of(session, world.blast(session)).in_flight == 0


def test_an_organisations_own_limits_hold_for_its_blasts(sending: World) -> None:
    become(sending, "bounced", 0, 3)
    with sending.db.transaction() as session:
        own = session.get_one(Organisation, sending.organisation.id)
        pause_limits.edit(session, own, {"bounced": "7"}, actor="mara")
    assert look(sending) == ""
    with sending.db.transaction() as session:
        own = session.get_one(Organisation, sending.organisation.id)
        pause_limits.edit(session, own, {"bounced": "5.5"}, actor="mara")
    assert look(sending) == "3 of 50 letters bounced (6.0 %, the limit is 5.5 %)."
