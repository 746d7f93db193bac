"""A relay's replies become outcomes; a lost connection leaves a doubt only where there is one."""

from __future__ import annotations

import random
import socket
from collections.abc import Callable, Iterator
from dataclasses import replace
from email import message_from_bytes, policy

import pytest

from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Fate, Outcome, ProviderDown, ProviderRefuses
from outreach.providers.smtp import SmtpProvider
from outreach.providers.smtp_opening import Relay
from tests.providers.conftest import MakeRecipient
from tests.standins.smtp import DROP, STALL, TAKE_AND_DROP, Behaviour, SmtpStandIn

MakeProvider = Callable[..., SmtpProvider]


@pytest.fixture
def provider() -> Iterator[MakeProvider]:
    """Makes providers for a stand-in and closes them."""
    made: list[SmtpProvider] = []

    def make(relay: SmtpStandIn, *, connections: int = 2, timeout_s: float = 5.0) -> SmtpProvider:
        made.append(
            SmtpProvider(
                Relay("127.0.0.1", relay.port, timeout_s=timeout_s), connections=connections
            )
        )
        return made[-1]

    yield make
    for one in made:
        one.close()


def fates(outcomes: list[Outcome]) -> dict[int, Fate]:
    told = {outcome.delivery_id: outcome.fate for outcome in outcomes}
    assert len(told) == len(outcomes)
    return told


def for_person(number: int, stage: str, reply: str) -> Behaviour:
    """A reply of its own for one person."""
    return lambda at, given: reply if at == stage and f"person{number}@" in given else None


def once(stage: str, reply: str) -> Behaviour:
    """A reply of its own for whoever comes first."""
    left = [reply]
    return lambda at, _given: left.pop() if at == stage and left else None


def people(person: MakeRecipient, count: int) -> list[Recipient]:
    return [person(number, first_name="zoë") for number in range(1, count + 1)]


@pytest.mark.parametrize("pipelining", [True, False])
def test_each_person_gets_one_letter_of_their_own(
    plan: Plan, person: MakeRecipient, provider: MakeProvider, pipelining: bool
) -> None:
    with SmtpStandIn(pipelining=pipelining) as relay:
        sender = provider(relay)
        first = sender.send(plan, people(person, 20))
        second = sender.send(plan, [person(21)])

    assert set(fates(first + second).values()) == {Fate.ACCEPTED}
    assert sorted(fates(first + second)) == list(range(1, 22))
    assert first[0].ref == "250 2.0.0 ok: queued as 4F1A"
    assert relay.faults == []
    assert sorted(letter.recipient for letter in relay.letters) == sorted(
        f"person{number}@mail.example" for number in range(1, 22)
    )
    assert {letter.sender for letter in relay.letters} == {"mara@harbour.example"}
    for letter in relay.letters:
        message = message_from_bytes(letter.source, policy=policy.default)
        assert message["To"].addresses[0].addr_spec == letter.recipient
        assert message["List-Unsubscribe"].startswith("<https://act.harbour.example/u/")
    assert relay.connections == 2  # kept from one part to the next


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("stage", ["rcpt", "data", "text"])
@pytest.mark.parametrize(
    ("reply", "fate"),
    [
        ("550 5.1.1 <person3@mail.example>: PERSON3 does not live here", Fate.REFUSED),
        ("450 4.2.0 Greylisted, come back later", Fate.LATER),
    ],
)
def test_a_refusal_is_for_one_person_and_its_reason_names_nobody(
    plan: Plan,
    person: MakeRecipient,
    provider: MakeProvider,
    pipelining: bool,
    stage: str,
    reply: str,
    fate: Fate,
) -> None:
    with SmtpStandIn(for_person(3, stage, reply), pipelining=pipelining) as relay:
        outcomes = provider(relay, connections=1).send(plan, people(person, 6))

    assert fates(outcomes) == {n: fate if n == 3 else Fate.ACCEPTED for n in range(1, 7)}
    [reason] = [outcome.reason for outcome in outcomes if outcome.delivery_id == 3]
    assert reason.startswith(reply[:9])
    assert "person3" not in reason.lower() and "@" not in reason
    assert relay.faults == []
    assert len(relay.letters) == 5


def test_a_relay_that_asks_for_the_text_of_a_refused_person_gets_no_letter(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    # RFC 2920, 3.1: DATA may be answered with 354 although every RCPT was refused.
    def behave(stage: str, given: str) -> str | None:
        if stage == "rcpt" and "person1@" in given:
            return "550 5.1.1 no"
        return "354 go ahead" if stage == "data" else None

    with SmtpStandIn(behave) as relay:
        outcomes = provider(relay, connections=1).send(plan, people(person, 3))
    assert fates(outcomes) == {1: Fate.REFUSED, 2: Fate.ACCEPTED, 3: Fate.ACCEPTED}
    assert relay.faults == []


def test_a_relay_that_refuses_our_sender_refuses_nobody(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    def no_sender(stage: str, _given: str) -> str | None:
        return "550 5.7.1 Sender mara@harbour.example not owned" if stage == "mail" else None

    with SmtpStandIn(no_sender) as relay, pytest.raises(ProviderRefuses) as caught:
        provider(relay).send(plan, people(person, 5))
    assert "does not take our sender: 550 5.7.1" in str(caught.value)


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
@pytest.mark.parametrize("reply", [DROP, "421 4.3.2 Going down"])
def test_a_connection_lost_before_the_text_is_replaced(
    plan: Plan, person: MakeRecipient, provider: MakeProvider, stage: str, reply: str
) -> None:
    with SmtpStandIn(once(stage, reply)) as relay:
        outcomes = provider(relay, connections=1).send(plan, people(person, 4))

    assert fates(outcomes) == dict.fromkeys(range(1, 5), Fate.ACCEPTED)
    assert len(relay.letters) == 4
    assert relay.connections == 2


@pytest.mark.parametrize("taken", [True, False])
def test_a_connection_lost_after_the_text_leaves_one_letter_in_doubt(
    plan: Plan, person: MakeRecipient, provider: MakeProvider, taken: bool
) -> None:
    reply = TAKE_AND_DROP if taken else DROP
    with SmtpStandIn(for_person(3, "text", reply)) as relay:
        outcomes = provider(relay, connections=1).send(plan, people(person, 6))

    assert fates(outcomes) == {n: Fate.UNKNOWN if n == 3 else Fate.ACCEPTED for n in range(1, 7)}
    assert len(relay.letters) == 5 + taken


def test_silence_after_the_text_leaves_one_letter_in_doubt_and_the_others_for_later(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    with SmtpStandIn(for_person(2, "text", STALL)) as relay:
        sender = provider(relay, connections=1, timeout_s=0.3)
        outcomes = sender.send(plan, people(person, 4))

    assert fates(outcomes) == {
        1: Fate.ACCEPTED,
        2: Fate.UNKNOWN,
        3: Fate.LATER,
        4: Fate.LATER,
    }
    [reason] = [outcome.reason for outcome in outcomes if outcome.delivery_id == 2]
    assert reason == ("The relay did not answer within 0.3 seconds. It may have taken this letter.")


def test_silence_before_the_text_is_certainly_not_sent(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    with SmtpStandIn(for_person(2, "rcpt", STALL)) as relay:
        sender = provider(relay, connections=1, timeout_s=0.3)
        outcomes = sender.send(plan, people(person, 3))
    assert fates(outcomes) == {1: Fate.ACCEPTED, 2: Fate.LATER, 3: Fate.LATER}


def test_a_large_letter_cut_off_on_its_way_is_certainly_not_sent(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    large = replace(plan, html=("x" * 20_000_000,))

    def cut(stage: str, given: str) -> str | None:
        return DROP if stage == "reading" and int(given) > 100_000 else None

    with SmtpStandIn(cut) as relay:
        sender = provider(relay, connections=1)
        outcomes = sender.send(plan, [person(1)]) + sender.send(large, [person(2)])
    assert fates(outcomes) == {1: Fate.ACCEPTED, 2: Fate.LATER}


@pytest.mark.parametrize(
    ("greeting", "failure"),
    [
        ("421 4.3.2 Too many connections", ProviderDown),
        ("554 5.7.1 Your network is blocked", ProviderRefuses),
        ("Welcome", ProviderDown),
        (DROP, ProviderDown),
        (STALL, ProviderDown),
    ],
)
def test_a_relay_that_does_not_let_us_in_took_nothing(
    plan: Plan,
    person: MakeRecipient,
    provider: MakeProvider,
    greeting: str,
    failure: type[Exception],
) -> None:
    with (
        SmtpStandIn(lambda stage, _given: greeting if stage == "greeting" else None) as relay,
        pytest.raises(failure),
    ):
        provider(relay, timeout_s=0.5).send(plan, people(person, 3))


def test_nobody_listening_is_a_relay_that_is_down(plan: Plan, person: MakeRecipient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    sender = SmtpProvider(Relay("127.0.0.1", port))
    with pytest.raises(ProviderDown, match=r"^The mail relay .* can’t be reached: Connection ref"):
        sender.send(plan, people(person, 3))
    sender.close()


def test_connections_that_the_relay_closed_between_parts_are_opened_again(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    with SmtpStandIn() as relay:
        sender = provider(relay)
        sender.send(plan, people(person, 10))
        relay.hang_up()
        outcomes = sender.send(plan, people(person, 10))
    assert fates(outcomes) == dict.fromkeys(range(1, 11), Fate.ACCEPTED)
    assert len(relay.letters) == 20


def test_what_a_relay_cannot_take_is_refused_before_it_is_sent(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    wide = replace(plan, text=("x" * 3000,))
    with SmtpStandIn(extensions=("SIZE 2000",)) as relay:
        sender = provider(relay)
        size = sender.send(wide, [person(1)])
        address = sender.send(plan, [person(2, "änna@mail.example"), person(3)])
    assert fates(size + address) == {1: Fate.REFUSED, 2: Fate.REFUSED, 3: Fate.ACCEPTED}
    assert "takes 2,000" in size[0].reason
    assert [letter.recipient for letter in relay.letters] == ["person3@mail.example"]


def test_an_address_beyond_ascii_goes_where_it_is_understood(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    with SmtpStandIn(extensions=("SMTPUTF8", "8BITMIME", "SIZE 0")) as relay:
        outcomes = provider(relay).send(plan, [person(1, "änna@mail.example")])
    assert fates(outcomes) == {1: Fate.ACCEPTED}
    assert relay.letters[0].recipient == "änna@mail.example"
    [mail] = [command for command in relay.commands if command.startswith("MAIL")]
    assert mail.endswith(" BODY=8BITMIME SMTPUTF8") and " SIZE=" in mail


def test_an_address_that_holds_commands_reaches_no_relay(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    attack = "a@mail.example>\r\nRCPT TO:<all@mail.example"
    with SmtpStandIn() as relay:
        outcomes = provider(relay).send(plan, [person(1, attack), person(2)])
    assert fates(outcomes) == {1: Fate.REFUSED, 2: Fate.ACCEPTED}
    assert not any("all@" in command for command in relay.commands)


def test_a_closed_provider_opens_again_when_it_is_used(
    plan: Plan, person: MakeRecipient, provider: MakeProvider
) -> None:
    with SmtpStandIn() as relay:
        sender = provider(relay)
        sender.close()
        assert fates(sender.send(plan, [person(1)])) == {1: Fate.ACCEPTED}
        sender.close()
        sender.close()
        assert fates(sender.send(plan, [person(2)])) == {2: Fate.ACCEPTED}
        assert relay.commands.count("QUIT") == 1


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("seed", range(6))
def test_whatever_a_relay_does_every_letter_has_one_true_outcome(
    plan: Plan, person: MakeRecipient, provider: MakeProvider, seed: int, pipelining: bool
) -> None:
    chance = random.Random(seed)
    mischief = [
        DROP,
        TAKE_AND_DROP,
        "450 4.2.0 later",
        "550 5.1.1 never",
        "421 4.3.2 bye",
        "nonsense",
    ]

    def behave(stage: str, _given: str) -> str | None:
        if chance.random() > 0.1 or stage in ("greeting", "ehlo", "reading", "mail"):
            return None
        reply = chance.choice(mischief)
        return DROP if reply == TAKE_AND_DROP and stage != "text" else reply

    with SmtpStandIn(behave, pipelining=pipelining) as relay:
        outcomes = provider(relay, connections=3).send(plan, people(person, 30))

    told = fates(outcomes)
    assert sorted(told) == list(range(1, 31))
    taken = [int(letter.recipient.removeprefix("person").split("@")[0]) for letter in relay.letters]
    assert len(taken) == len(set(taken)), "a letter was sent twice"
    assert {n for n, fate in told.items() if fate is Fate.ACCEPTED} <= set(taken)
    assert not {n for n, fate in told.items() if fate in (Fate.LATER, Fate.REFUSED)} & set(taken)
    assert relay.faults == []
