"""Who did not get it: settled, sent again, tried again, written to anew, by a person's word."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence

import pytest
from sqlalchemy import func, select, update

from outreach.accounts.models import AuditEntry
from outreach.audiences.rules import parse
from outreach.audiences.select import supporter_ids
from outreach.blasts import followup, queries, schedule, standing, watch
from outreach.blasts.freeze import freeze
from outreach.blasts.recovering import recover_lost
from outreach.consent import suppression
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.mail.again import PutBack
from outreach.mail.models import Batch, Delivery
from outreach.mail.outbox import MAX_ATTEMPTS
from outreach.mail.plan import Recipient
from outreach.mail.provider import Fate
from tests.standins.world import BASE_URL, World


def set_(world: World, address: str, state: str, attempts: int = 0) -> int:
    """Bring a delivery into a state; its id."""
    number = int(address[1:5])
    with world.db.transaction() as session:
        found = session.scalars(select(Delivery).order_by(Delivery.id)).all()[number - 1]
        found.state, found.reason, found.attempts = state, "because", attempts
        found.lost_at = now() if state == "unknown" else None
        return found.id


def state_of(world: World) -> str:
    """The blast's state."""
    with world.db.reading() as session:
        return world.blast(session).state


def audited(world: World, action: str) -> list[AuditEntry]:
    """The entries of an action."""
    with world.db.reading() as session:
        return list(session.scalars(select(AuditEntry).where(AuditEntry.action == action)))


@pytest.fixture
def sent(world: World) -> World:
    """A blast to five people that has ended."""
    world.add_people(5)
    world.start()
    world.send()
    world.provider.taken.clear()
    return world


def test_a_persons_word_settles_what_is_unknown(sent: World) -> None:
    ids = [set_(sent, "p0001", "unknown"), set_(sent, "p0002", "unknown")]
    with sent.db.transaction() as session:
        standing.settle(session, ids[:1], as_="accepted", reason="the log", actor="Mara")
        standing.settle(session, ids[1:], as_="refused", reason="the log", actor="Mara")
    said = sent.states()
    assert said["p0001@example.org"] == ("accepted", "Accepted, says Mara: the log")
    assert said["p0002@example.org"] == ("refused", "Refused, says Mara: the log")
    sent.send()
    assert sent.provider.taken == []
    (entry,) = audited(sent, "deliveries.settle_accepted")
    assert (entry.actor, entry.detail) == ("Mara", {"deliveries": ids[:1], "reason": "the log"})
    with sent.db.transaction() as session:  # once more: nothing changes
        standing.settle(session, ids[:1], as_="accepted", reason="the log", actor="Mara")


def test_only_what_is_unknown_is_settled_all_or_none(sent: World) -> None:
    ids = [set_(sent, "p0001", "unknown"), set_(sent, "p0002", "delivered")]
    with (
        pytest.raises(Conflict, match="is delivered, not unknown; none"),
        sent.db.transaction() as s,
    ):
        standing.settle(s, ids, as_="refused", reason="the log", actor="Mara")
    with pytest.raises(NotFound, match="There is no letter 999"), sent.db.transaction() as s:
        standing.settle(s, [ids[0], 999], as_="refused", reason="the log", actor="Mara")
    with pytest.raises(BadInput, match="how you know"), sent.db.transaction() as s:
        standing.settle(s, ids[:1], as_="refused", reason=" ", actor="Mara")
    assert sent.states()["p0001@example.org"][0] == "unknown"


def test_a_blast_that_has_ended_goes_on_for_what_is_sent_again(sent: World) -> None:
    ids = [set_(sent, "p0002", "unknown"), set_(sent, "p0004", "refused")]
    assert state_of(sent) == "finished"
    with sent.db.transaction() as session:
        assert standing.resend(session, ids, actor="Mara") == PutBack(waiting=2)
    assert state_of(sent) == "sending"
    sent.send()
    assert sorted(sent.provider.taken) == ["p0002@example.org", "p0004@example.org"]
    assert state_of(sent) == "finished"
    assert set(sent.states().values()) == {("accepted", None)}
    (entry,) = audited(sent, "deliveries.resend")
    assert (entry.actor, entry.detail) == ("Mara", {"deliveries": ids, "waiting": 2})


def test_consent_is_asked_again_of_what_is_sent_again(sent: World) -> None:
    set_(sent, "p0002", "unknown")
    with sent.db.transaction() as session:
        suppression.suppress(session, "p0002@example.org", reason="bounced", source="test")
        standing.resend_unknown(session, sent.blast(session), actor="Mara")
    sent.send()
    assert sent.provider.taken == []
    assert sent.states()["p0002@example.org"][0] == "skipped"


def test_what_arrived_is_not_sent_again(sent: World) -> None:
    ids = [set_(sent, "p0001", "unknown"), set_(sent, "p0002", "delivered")]
    with (
        pytest.raises(Conflict, match="only unknown and refused"),
        sent.db.transaction() as session,
    ):
        standing.resend(session, ids, actor="Mara")
    assert state_of(sent) == "finished"
    assert sent.states()["p0001@example.org"][0] == "unknown"


def test_a_paused_blast_waits_with_them_and_a_cancelled_one_stays_so(sent: World) -> None:
    set_(sent, "p0001", "unknown")
    with sent.db.transaction() as session:
        sent.blast(session).state = "paused"
        assert standing.resend_unknown(session, sent.blast(session), actor="Mara").waiting == 1
    assert state_of(sent) == "paused"
    sent.send()
    assert sent.provider.taken == []
    with sent.db.transaction() as session:
        schedule.cancel(session, sent.blast(session), actor="Mara")
    set_(sent, "p0001", "unknown")
    with pytest.raises(Conflict, match="cancelled for good"), sent.db.transaction() as session:
        standing.resend_unknown(session, sent.blast(session), actor="Mara")


def test_nothing_is_put_back_into_a_batch_that_is_in_a_senders_hand(world: World) -> None:
    """Whoever sends takes every waiting letter of its range for one of its own part."""
    world.provider.part_size = 2
    world.add_people(4)
    world.start()
    set_(world, "p0001", "unknown")
    told: list[PutBack] = []

    def meanwhile(recipients: Sequence[Recipient]) -> None:
        with world.db.transaction() as session:
            told.append(standing.resend_unknown(session, world.blast(session), actor="Mara"))

    world.provider.before = meanwhile
    world.send()
    assert told[0] == PutBack(waiting=0, in_hand=1)
    assert "a sender has their batch in hand" in standing.sent_again(told[0])
    assert world.states()["p0001@example.org"] == ("unknown", "because")
    world.provider.before = lambda recipients: None
    with world.db.transaction() as session:
        standing.resend_unknown(session, world.blast(session), actor="Mara")
    world.send()
    assert sorted(world.provider.taken) == [f"p000{i}@example.org" for i in (1, 2, 3, 4)]


def test_a_sender_that_comes_back_late_takes_nothing_for_sent_that_waits_again(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(watch, "EVERY_S", 60)  # its own look would extend the lease again
    world.add_people(4)
    world.start()
    set_(world, "p0002", "refused")

    def be_overtaken(recipients: Sequence[Recipient]) -> None:
        """The part of 1, 3, 4 is on the wire; its lease runs out, 2 is put back between them."""
        world.provider.before = lambda recipients: None
        world.expire_leases()
        recover_lost(world.sender("other"))
        with world.db.transaction() as session:
            first = select(Delivery.id).where(Delivery.state == "refused")
            standing.resend(session, list(session.scalars(first)), actor="Mara")

    world.provider.before = be_overtaken
    world.send("first")
    world.send("second")
    assert sorted(world.provider.taken) == [f"p000{i}@example.org" for i in (1, 2, 3, 4)]
    assert {state for state, _ in world.states().values()} == {"accepted"}


def test_what_the_provider_put_off_too_often_is_tried_again_and_nothing_else(world: World) -> None:
    world.add_people(3)
    world.start()
    world.provider.fates = {
        "p0001@example.org": Fate.LATER,
        "p0002@example.org": Fate.REFUSED,
    }
    for _ in range(MAX_ATTEMPTS):
        world.let_time_come()
        world.send()
    assert sorted(state for state, _ in world.states().values()) == [
        "accepted", "refused", "refused",
    ]  # fmt: skip
    with world.db.reading() as session:
        counts = standing.standing(session, world.blast(session))
    assert (counts.refused_for_now, counts.refused, counts.missed) == (1, 1, 2)
    world.provider.fates = {}
    world.provider.taken.clear()
    with world.db.transaction() as session:
        assert standing.retry(session, world.blast(session), actor="Mara").waiting == 1
    world.send()
    assert world.provider.taken == ["p0001@example.org"]
    assert state_of(world) == "finished"
    with world.db.transaction() as session:
        assert standing.retry(session, world.blast(session), actor="Mara") == PutBack()
    assert state_of(world) == "finished"


@pytest.mark.parametrize("act", [standing.resend_unknown, standing.retry])
def test_two_who_say_it_at_once_send_it_once(sent: World, act: Callable[..., PutBack]) -> None:
    state = "unknown" if act is standing.resend_unknown else "refused"
    for address in ("p0001", "p0003"):
        set_(sent, address, state, attempts=MAX_ATTEMPTS)
    at_once = threading.Barrier(2)
    told: list[int] = []

    def say() -> None:
        at_once.wait()
        with sent.db.transaction() as session:
            blast = queries.by_id(session, sent.blast_id, lock=True)
            told.append(act(session, blast, actor="Mara").waiting)

    people = [threading.Thread(target=say) for _ in range(2)]
    for person in people:
        person.start()
    for person in people:
        person.join()
    assert sorted(told) == [0, 2]
    senders = [threading.Thread(target=sent.send, args=(f"s{i}",)) for i in range(2)]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()
    assert sorted(sent.provider.taken) == ["p0001@example.org", "p0003@example.org"]


def test_a_blast_does_not_end_while_letters_are_put_back(sent: World) -> None:
    set_(sent, "p0001", "unknown")
    with sent.db.transaction() as session:
        standing.resend_unknown(session, sent.blast(session), actor="Mara")
    with sent.db.transaction() as session:
        assert schedule.close_finished(session) == []
    assert state_of(sent) == "sending"


def test_a_follow_up_goes_to_exactly_those_who_did_not_get_it(sent: World) -> None:
    sent.add_people(2, start=6)  # joined since: they were not in the audience
    states = dict(
        zip("12345", ("skipped", "refused", "cancelled", "unknown", "bounced"), strict=True)
    )
    for number, state in states.items():
        set_(sent, f"p000{number}", state)
    with sent.db.transaction() as session:
        draft = followup.follow_up(session, sent.blast(session), actor="Mara")
        assert (draft.state, draft.name) == ("draft", "First ask, follow-up")
        assert draft.audience == 'missed "First ask"'
        assert draft.variants[0].body == sent.blast(session).variants[0].body
        with_unknown = followup.follow_up(
            session, sent.blast(session), actor="Mara", with_unknown=True
        )
        assert with_unknown.name == "First ask, follow-up 2"
        assert with_unknown.audience == 'missed "First ask" or unknown "First ask"'
        for blast, people in ((draft, 3), (with_unknown, 4)):
            chosen = supporter_ids(session, parse(blast.audience)).subquery()
            assert session.scalar(select(func.count()).select_from(chosen)) == people
        suppression.suppress(session, "p0001@example.org", reason="bounced", source="test")
        schedule.schedule(session, draft, at=None, actor="Mara", base_url=BASE_URL)
        freeze(session, draft, base_url=BASE_URL, batch_size=10)
    sent.send()
    assert sorted(sent.provider.taken) == ["p0002@example.org", "p0003@example.org"]


def test_before_anybody_was_written_to_there_is_nobody_to_follow_up(world: World) -> None:
    with (
        pytest.raises(Conflict, match="Nobody was written to yet"),
        world.db.transaction() as session,
    ):
        followup.follow_up(session, world.blast(session), actor="Mara")


def test_single_letters_are_listed_and_sent_again_while_their_text_is_kept(world: World) -> None:
    with world.db.transaction() as session:
        schedule.send_test(
            session, world.blast(session), address="me@example.org", like=None, base_url=BASE_URL
        )

    def break_down(recipients: Sequence[Recipient]) -> None:
        raise ZeroDivisionError

    world.provider.before = break_down
    with pytest.raises(ZeroDivisionError):
        world.send()
    world.provider.before = lambda recipients: None
    with world.db.transaction() as session:
        (letter,) = standing.unknown(session)
        assert (letter.address, letter.kind, letter.blast) == ("me@example.org", "test", None)
        assert standing.unknown(session, world.blast(session)) == []
        assert standing.resend(session, [letter.delivery_id], actor="Mara").waiting == 1
        session.execute(update(Batch).values(not_before=None))
    world.send()
    assert world.provider.taken == ["me@example.org"]
    with world.db.transaction() as session:
        session.scalars(select(Delivery)).one().state = "unknown"
    with pytest.raises(Conflict, match="was not kept"), world.db.transaction() as session:
        standing.resend(session, [letter.delivery_id], actor="Mara")
