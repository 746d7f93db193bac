"""Letters that many get alone, such as thanks: of one text, posted and sent together."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
import time_machine
from sqlalchemy import func, select, update

from outreach.blasts import standing
from outreach.core.blanks import blank
from outreach.core.clock import now
from outreach.mail import pace, single
from outreach.mail.models import Batch, Delivery, LetterText, SingleLetter
from outreach.mail.pace_scopes import of_relay
from outreach.mail.plan import Recipient
from outreach.mail.provider import Fate
from outreach.mail.render import Rendered
from outreach.mail.shared import SharedText
from outreach.supporters.models import Supporter
from tests.standins.world import World

NAMES = ("first", "share")


def text(said: str = "You have signed.") -> SharedText:
    written = Rendered(
        subject="Thank you",
        html=f"<p>{blank('first')}: {said}</p><a href='{blank('share')}'>Pass it on</a>",
        text=f"{said}\n{blank('first')}, pass it on: {blank('share')}",
    )
    return SharedText.of(written, NAMES)


def thank(world: World, addresses: Sequence[str], said: str = "You have signed.") -> list[int]:
    """A letter to each of these; the ids of their deliveries."""
    with world.db.transaction() as session:
        people = session.scalars(select(Supporter).where(Supporter.address.in_(addresses)))
        letters = [
            single.Own(each.address, "", each.id, (f"<{each.first_name}>", f"https://s/{each.id}"))
            for each in people
        ]
        return single.post_alike(
            session, text(said), letters, organisation_id=world.organisation.id, kind="thanks"
        )


def of_state(world: World, state: str) -> list[int]:
    with world.db.reading() as session:
        query = select(Delivery.id).where(Delivery.state == state).order_by(Delivery.id)
        return list(session.scalars(query))


def test_letters_of_one_text_leave_together_each_with_what_is_its_own(world: World) -> None:
    parts: list[int] = []
    world.provider.before = lambda recipients: parts.append(len(recipients))
    everybody = world.add_people(12)
    thank(world, everybody)
    thank(world, everybody[:1], said="You have signed twice.")
    world.send()
    assert parts == [12, 1] and world.provider.taken == [*everybody, everybody[0]]
    letter = world.provider.letters[everybody[4]].replace("=\r\n", "")
    assert "<p>&lt;Pat5&gt;: You have signed.</p>" in letter
    assert "You have signed.\r\n<Pat5>, pass it on: https://s/" in letter
    assert "List-Unsubscribe:" not in letter and "Auto-Submitted: auto-generated" in letter
    assert "twice" in world.provider.letters[everybody[0]]
    with world.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(SingleLetter)) == 0
        assert session.scalar(select(func.count()).select_from(LetterText)) == 2
        assert set(session.scalars(select(Batch.state))) == {"done"}


def test_a_batch_of_them_holds_nobody_else_s_letter(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ids that another process took meanwhile lie between ours."""
    everybody = world.add_people(4)
    monkeypatch.setattr(single, "reserve_ids", lambda *_: [901, 902, 904, 907])
    thank(world, everybody)
    with world.db.reading() as session:
        runs = session.execute(select(Batch.first_id, Batch.last_id).order_by(Batch.first_id))
        assert [tuple(run) for run in runs] == [(901, 902), (904, 904), (907, 907)]
    world.send()
    assert sorted(world.provider.taken) == everybody


def test_one_that_is_put_off_waits_alone_and_keeps_its_words(
    world: World, time_machine: time_machine.TimeMachineFixture
) -> None:
    time_machine.move_to("2026-06-01 12:00:00+00:00", tick=False)
    everybody = world.add_people(3)
    thank(world, everybody)
    world.provider.fates = {everybody[0]: Fate.LATER}
    world.send()
    assert world.provider.taken == everybody[1:]
    world.provider.fates = {}
    time_machine.shift(3600)
    world.send()
    assert world.provider.taken == [*everybody[1:], everybody[0]]
    assert "Pat1" in world.provider.letters[everybody[0]]


def test_only_the_unknown_one_of_many_is_sent_again(world: World) -> None:
    everybody = world.add_people(3)
    ids = thank(world, everybody)
    world.provider.fates = {everybody[1]: Fate.UNKNOWN}
    world.send()
    [lost] = of_state(world, "unknown")
    assert lost == ids[1] and of_state(world, "accepted") == [ids[0], ids[2]]
    world.provider.fates = {}
    with world.db.transaction() as session:
        assert standing.resend(session, [lost], actor="Mara").waiting == 1
    world.send()
    assert world.provider.taken == [*everybody, everybody[1]]
    with world.db.reading() as session:
        assert session.scalar(select(func.count()).select_from(SingleLetter)) == 0


def test_each_counts_for_the_pace(world: World) -> None:
    with world.db.transaction() as session:
        pace.make_rows(session, [of_relay("recorder")])
    thank(world, world.add_people(7))
    with world.db.transaction() as session:
        session.execute(update(pace.PACES).values(daily=[50], starts_on=now().date()))
    world.send()
    with world.db.reading() as session:
        assert session.scalar(select(pace.PACES.c.taken)) == 7


def test_what_a_fault_stopped_is_unknown_and_the_others_are_not_begun(world: World) -> None:
    world.provider.part_size = 2
    everybody = world.add_people(5)
    thank(world, everybody)

    def break_down(recipients: Sequence[Recipient]) -> None:
        raise ZeroDivisionError

    world.provider.before = break_down
    with pytest.raises(ZeroDivisionError):
        world.send()
    world.provider.before = lambda recipients: None
    assert len(of_state(world, "unknown")) == 2 and len(of_state(world, "pending")) == 3
    with world.db.transaction() as session:
        session.execute(update(Batch).values(not_before=None))
    world.send()
    assert world.provider.taken == everybody[2:]
