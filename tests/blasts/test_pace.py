"""Pace: over any number of senders no more leaves than may, nobody is forgotten or doubled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine
from sqlalchemy import select, update

from outreach.accounts.models import Organisation
from outreach.blasts import delivery, pace, queries, recovering
from outreach.blasts.models import Blast
from outreach.blasts.progress import progress_of
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.mail import outbox, pace_scopes, single
from outreach.mail import pace as mail_pace
from outreach.mail.models import Batch, Delivery, Pace
from outreach.mail.pace_scopes import of_blast, of_domain, of_relay, of_sender
from outreach.mail.plan import Recipient
from outreach.mail.provider import Fate, ProviderDown
from outreach.mail.render import Rendered
from tests.blasts.test_delivery import kill
from tests.standins.world import World

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SLOW = "slow.example"


@pytest.fixture(autouse=True)
def clock() -> Iterator[time_machine.Coordinates]:
    """Time that only moves when it is told to."""
    with time_machine.travel(NOON, tick=False) as travel:
        yield travel


def paced(world: World, scope: str, per_s: float | None) -> None:
    with world.db.transaction() as session:
        pace.set_pace(session, scope, per_s, actor="test")


def send_for(world: World, clock: time_machine.Coordinates, seconds: float) -> list[int]:
    """Let the sender look twice a second; how many letters were out after each turn."""
    out = []
    for _ in range(int(seconds * 2)):
        clock.shift(0.5)
        world.send()
        out.append(len(world.provider.taken))
    return out


@pytest.mark.parametrize(
    "scope", ["blast:1", "relay:recorder", "sender:mara@harbourlights.example"]
)
def test_no_more_than_the_pace_leaves(
    world: World, clock: time_machine.Coordinates, scope: str
) -> None:
    addresses = world.add_people(55)
    world.start()
    paced(world, scope, 20.0)
    world.send()
    assert len(world.provider.taken) == 20  # a second's worth at once, then by the pace
    assert send_for(world, clock, 2) == [30, 40, 50, 55]
    assert sorted(world.provider.taken) == addresses
    assert world.provider.twice == []
    with world.db.reading() as session:
        assert world.blast(session).state == "finished"


def test_a_slow_pace_sends_one_by_one(world: World, clock: time_machine.Coordinates) -> None:
    world.add_people(3)
    world.start()
    paced(world, of_blast(world.blast_id), 100 / 3600)
    world.send()
    assert send_for(world, clock, 35)[-1] == 1
    with world.db.reading() as session:
        blast = world.blast(session)
        assert queries.reason_of(session, blast) == "The pace: 100 an hour."
    assert send_for(world, clock, 1.5)[-1] == 2


def test_two_senders_share_one_pace(world: World, clock: time_machine.Coordinates) -> None:
    world.batch_size = 10
    world.add_people(60)
    world.start()
    paced(world, of_relay("recorder"), 20.0)
    for name in ("first", "second", "third"):
        world.send(name)
    assert len(world.provider.taken) == 20
    clock.shift(0.5)
    for name in ("third", "second", "first"):
        world.send(name)
    assert len(world.provider.taken) == 30


def test_a_held_blast_lets_single_letters_and_other_blasts_pass(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(30)
    world.start()
    other = world.another_blast("Second ask")
    world.start(other)
    paced(world, of_blast(world.blast_id), 10.0)
    with world.db.transaction() as session:
        post(session, world)
    world.send()
    assert world.provider.taken[0] == "guest@example.org"
    assert len(world.provider.taken) == 1 + 10 + 30
    with world.db.reading() as session:
        assert session.get_one(Blast, other).state == "finished"


def test_single_letters_wait_for_nobody_and_count(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(30)
    world.start()
    paced(world, of_relay("recorder"), 10.0)
    world.send()
    with world.db.transaction() as session:
        for _ in range(5):
            post(session, world)
    world.send()
    assert len(world.provider.taken) == 15
    clock.shift(1.0)
    world.send()
    assert len(world.provider.taken) == 20  # five of these ten had left already


def test_a_domain_s_pace_holds_up_nobody_else(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.provider.part_size = 20
    world.add_people(60, domain=SLOW)
    quick = world.add_people(60, start=100)
    world.start()
    paced(world, of_domain(SLOW), 10.0)
    world.send()
    taken = world.provider.taken
    assert set(quick) < set(taken)
    assert len(taken) == 70
    with world.db.reading() as session:
        blast = world.blast(session)
        said = "Letters to slow.example leave at 10 a second; the others go on."
        assert queries.reason_of(session, blast) == said
    out = send_for(world, clock, 8)
    assert all(later - sooner <= 10 for sooner, later in zip(out, out[2:], strict=False))
    assert out[-1] == 120
    assert world.provider.twice == []
    assert set(world.states().values()) == {("accepted", None)}


def test_who_waits_among_others_is_not_taken_for_sent(
    world: World, clock: time_machine.Coordinates
) -> None:
    for i in range(1, 61):
        world.add_people(1, start=i, domain=SLOW if i % 3 else "example.org")
    world.start()
    paced(world, of_domain(SLOW), 5.0)
    paced(world, of_blast(world.blast_id), 12.0)
    send_for(world, clock, 15)
    assert set(world.states().values()) == {("accepted", None)}
    assert sorted(world.provider.taken) == sorted(world.states())


def test_a_domain_s_letters_queue_instead_of_asking_all_the_time(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.batch_size = 10
    world.add_people(200, domain=SLOW)
    world.start()
    paced(world, of_domain(SLOW), 10.0)
    world.send()
    with world.db.reading() as session:
        due = list(session.scalars(select(Batch.not_before).where(Batch.state == "ready")))
    assert len({at for at in due if at}) == len(due) == 19
    paced(world, of_domain(SLOW), None)
    world.send()
    assert len(world.provider.taken) == 200


def test_killed_with_letters_left_out_only_those_on_their_way_are_unknown(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.provider.part_size = 20
    slow = world.add_people(20, domain=SLOW)
    world.add_people(20, start=100)
    world.start()
    paced(world, of_domain(SLOW), 5.0)
    kill(world, 1)
    clock.shift(3600.0)
    world.expire_leases()
    assert recovering.recover_lost(world.sender("other")) == 5
    send_for(world, clock, 10)
    unknown = [who for who, (state, _) in world.states().items() if state == "unknown"]
    assert unknown == slow[:5]
    assert sorted([*world.provider.taken, *unknown]) == sorted(world.states())
    assert world.provider.twice == []


def test_a_sender_that_comes_back_late_does_not_speak_of_those_it_left_out(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.provider.part_size = 20
    world.add_people(20, domain=SLOW)
    world.start()
    paced(world, of_domain(SLOW), 5.0)

    def be_overtaken(recipients: Sequence[Recipient]) -> None:
        world.provider.before = lambda recipients: None
        world.expire_leases()
        clock.shift(1.0)
        assert recovering.recover_lost(world.sender("other")) == 5

    world.provider.before = be_overtaken
    world.send()
    assert len(world.provider.taken) == 10  # a second has passed: five more
    states = [state for state, _ in world.states().values()]
    assert (states.count("accepted"), states.count("pending")) == (10, 10)
    assert send_for(world, clock, 10)[-1] == 20
    assert world.provider.twice == []


def test_who_was_put_off_keeps_waiting_while_others_leave_by_the_pace(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(40)
    world.provider.fates = {"p0001@example.org": Fate.LATER}
    world.start()
    paced(world, of_blast(world.blast_id), 10.0)
    send_for(world, clock, 6)
    with world.db.reading() as session:
        waits = session.scalars(select(Delivery).where(Delivery.state == "pending")).one()
        assert waits.attempts == 1
    world.provider.fates = {}
    send_for(world, clock, 60)
    assert set(world.states().values()) == {("accepted", None)}


def test_a_warm_up_lets_so_many_letters_leave_each_day(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(50)
    scope = of_sender("mara@harbourlights.example")
    with world.db.transaction() as session:
        session.execute(update(Organisation).values(timezone="America/New_York"))
        pace.set_warm_up(session, scope, [10, 25], date(2026, 6, 1), actor="test")
    world.start()
    world.send()
    assert len(world.provider.taken) == 10
    with world.db.reading() as session:
        said = progress_of(session, world.blast(session)).held_because
        assert said.startswith("Today’s 10 letters of mara@harbourlights.example have left")
    clock.move_to(datetime(2026, 6, 2, 3, 59, tzinfo=UTC))  # still the first in New York
    world.send()
    assert len(world.provider.taken) == 10
    clock.move_to(datetime(2026, 6, 2, 4, 1, tzinfo=UTC))
    world.send()
    assert len(world.provider.taken) == 35
    clock.shift(timedelta(days=1))
    world.send()
    assert len(world.provider.taken) == 50
    assert world.provider.twice == []


def test_letters_that_did_not_leave_do_not_count_for_the_day(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(20)
    with world.db.transaction() as session:
        pace.set_warm_up(session, of_relay("recorder"), [10], date(2026, 6, 1), actor="test")
    world.start()

    def away(recipients: Sequence[Recipient]) -> None:
        raise ProviderDown("The relay does not answer.", wait_s=1)

    world.provider.before = away
    send_for(world, clock, 3)
    world.provider.before = lambda recipients: None
    clock.shift(2.0)
    world.send()
    assert len(world.provider.taken) == 10


def test_blasts_keep_quiet_hours_and_single_letters_do_not(
    world: World, clock: time_machine.Coordinates
) -> None:
    world.add_people(3)
    with world.db.transaction() as session:
        session.execute(update(Organisation).values(quiet_hours="11:30-13:00"))
    world.start()
    with world.db.transaction() as session:
        post(session, world)
    world.send()
    assert world.provider.taken == ["guest@example.org"]
    with world.db.reading() as session:
        reason = queries.reason_of(session, world.blast(session))
    assert reason == "Quiet hours, 11:30-13:00; it goes on at 13:00."
    clock.shift(timedelta(hours=1, minutes=1))
    world.send()
    assert len(world.provider.taken) == 4


@pytest.mark.parametrize(("weight", "of_the_first_8"), [(1.0, 4), (3.0, 6)])
def test_blasts_share_by_weight(world: World, weight: float, of_the_first_8: int) -> None:
    world.batch_size = 10
    world.add_people(100)
    other = world.another_blast("Second ask")
    with world.db.transaction() as session:
        world.blast(session).weight = weight
    world.start()
    world.start(other)
    claimed = []
    for number in range(8):
        with world.db.transaction() as session:
            taken = outbox.claim(session, delivery._CLAIM, owner=f"s/{number}", lease_s=60)
        assert taken
        claimed.append(taken.blast_id)
    assert claimed.count(world.blast_id) == of_the_first_8


def test_a_blast_that_begins_later_joins_at_the_present_turn(world: World) -> None:
    world.batch_size = 10
    world.add_people(100)
    world.start()
    owners = iter(range(99))

    def claim() -> int | None:
        with world.db.transaction() as session:
            taken = outbox.claim(session, delivery._CLAIM, owner=f"s/{next(owners)}", lease_s=60)
        return taken.blast_id if taken else None

    assert [claim() for _ in range(4)] == [world.blast_id] * 4
    other = world.another_blast("Second ask")
    world.start(other)
    assert {claim() for _ in range(4)} == {world.blast_id, other}
    assert sum(claim() == other for _ in range(4)) == 2


@pytest.mark.parametrize(
    ("text", "per_s"),
    [("50/s", 50.0), ("3,000/h", 3000 / 3600), ("600/min", 10.0), ("20 a second", 20.0)],
)
def test_paces_are_read_as_people_write_them(text: str, per_s: float) -> None:
    assert pace_scopes.parsed(text) == pytest.approx(per_s)


@pytest.mark.parametrize("text", ["fast", "0/s", "-1/s", "50", "1.2.3/s", "9999999/s"])
def test_what_is_no_pace_is_refused(text: str) -> None:
    with pytest.raises(BadInput, match="is no pace"):
        pace_scopes.parsed(text)


def test_a_pace_that_is_taken_away_leaves_nothing(world: World) -> None:
    paced(world, of_domain("Gmail.com"), 20.0)
    with world.db.reading() as session:
        assert [limit.scope for limit in pace.limits(session)] == ["domain:gmail.com"]
        assert now() is not None
    paced(world, of_domain("gmail.com"), None)
    with world.db.reading() as session:
        assert session.scalars(select(Pace)).all() == []


def post(session: object, world: World) -> None:
    """A confirmation to a guest."""
    single.post(
        session,  # type: ignore[arg-type]
        organisation_id=world.organisation.id,
        kind="confirmation",
        to_address="guest@example.org",
        to_name="Guest",
        rendered=Rendered(subject="Hello", html="<p>Hello</p>", text="Hello"),
    )


def test_a_relay_of_the_settings_is_listed_with_its_pace_until_it_is_taken_out(
    world: World,
) -> None:
    with world.db.transaction() as session:
        mail_pace.make_rows(session, [of_relay("main")])
    with world.db.reading() as session:
        (limit,) = pace.limits(session, configured={of_relay("main"): 50.0})
        assert (limit.pace, limit.from_settings, limit.typed) == ("50 a second", True, "")
        assert pace.limits(session) == []
    paced(world, of_relay("main"), 20.0)
    with world.db.reading() as session:
        (limit,) = pace.limits(session, configured={of_relay("main"): 50.0})
        assert (limit.pace, limit.from_settings) == ("20 a second", False)


def test_the_domain_that_queues_says_until_when(world: World) -> None:
    world.add_people(30, domain=SLOW)
    world.start()
    paced(world, of_domain(SLOW), 2.0)
    world.send()
    with world.db.reading() as session:
        (limit,) = pace.limits(session)
    assert limit.waits_until == NOON + timedelta(seconds=14)
