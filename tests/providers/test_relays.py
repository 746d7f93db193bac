"""Several relays: letters by weight, past those that do not work, nobody forgotten or doubled."""

from __future__ import annotations

import json
import re
import sys
import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack
from dataclasses import replace
from pathlib import Path

import pytest
from pydantic import ValidationError

import config
from outreach.app import build_services
from outreach.blasts import delivery, pace
from outreach.core.errors import BadInput
from outreach.mail.flight import Flight
from outreach.mail.pace_scopes import of_relay
from outreach.mail.plan import Plan
from outreach.mail.provider import ProviderDown, ProviderRefuses
from outreach.providers import relays as relays_module
from outreach.providers.relays import Member, RelaysProvider
from outreach.providers.smtp import SmtpProvider
from outreach.providers.smtp_opening import Relay
from outreach.providers.smtp_token import Token
from tests.providers.conftest import MakeRecipient
from tests.standins.smtp import SmtpStandIn
from tests.standins.world import World

SENDER = "mara@harbour.example"
NOWHERE = 9  # nobody listens there


@pytest.fixture
def stack() -> Iterator[ExitStack]:
    with ExitStack() as held:
        yield held


def several(
    stack: ExitStack, *ports: int, weights: tuple[float, ...] = (1, 1, 1)
) -> RelaysProvider:
    """A provider over relays at these ports, named a, b, c."""
    members = [
        Member(name, SmtpProvider(Relay("127.0.0.1", port, timeout_s=5), connections=1), weight)
        for name, port, weight in zip("abc", ports, weights, strict=False)
    ]
    provider = RelaysProvider(members)
    stack.callback(provider.close)
    return provider


def test_letters_go_by_weight(stack: ExitStack, plan: Plan, person: MakeRecipient) -> None:
    one, other = (stack.enter_context(SmtpStandIn()) for _ in range(2))
    provider = several(stack, one.port, other.port, weights=(3, 1))
    for i in range(8):
        way = provider.ways(SENDER)[0].name
        flight = Flight([i])
        flight.way = way
        provider.send(plan, [person(i)], flight)
    assert (len(one.letters), len(other.letters)) == (6, 2)


def test_a_relay_that_is_down_is_passed_over_and_tried_again_later_and_later(
    stack: ExitStack, plan: Plan, person: MakeRecipient, monkeypatch: pytest.MonkeyPatch
) -> None:
    works = stack.enter_context(SmtpStandIn())
    provider = several(stack, NOWHERE, works.port)
    clock = 1000.0
    monkeypatch.setattr(relays_module, "monotonic", lambda: clock)
    assert provider.ways(SENDER)[0].name == "a"
    with pytest.raises(ProviderDown, match="can’t be reached") as down:
        provider.send(plan, [person(1)])
    assert down.value.wait_s == 0  # the other one takes it
    assert [way.name for way in provider.ways(SENDER)] == ["b"]
    provider.send(plan, [person(1)])
    assert len(works.letters) == 1
    for wait_s in (15, 30, 60):
        clock += wait_s - 1
        assert [way.name for way in provider.ways(SENDER)] == ["b"]
        clock += 2
        assert {way.name for way in provider.ways(SENDER)} == {"a", "b"}
        flight = Flight([2])
        flight.way = "a"
        with pytest.raises(ProviderDown):
            provider.send(plan, [person(2)], flight)


def test_with_all_relays_down_the_first_that_may_be_tried_is_waited_for(
    stack: ExitStack, plan: Plan, person: MakeRecipient
) -> None:
    provider = several(stack, NOWHERE, NOWHERE)
    for _ in range(2):
        with pytest.raises(ProviderDown) as down:
            provider.send(plan, [person(1)])
    assert 10 < down.value.wait_s <= 15
    with pytest.raises(ProviderDown, match="can’t be reached") as down:
        provider.send(plan, [person(1)])
    assert 10 < down.value.wait_s <= 15


def refuse_sender(stage: str, given: str) -> str | None:
    return "550 5.7.1 not you" if stage == "mail" else None


def test_a_sender_is_refused_only_when_no_relay_takes_it(
    stack: ExitStack, plan: Plan, person: MakeRecipient
) -> None:
    refuses = stack.enter_context(SmtpStandIn(behaviour=refuse_sender))
    also = SmtpStandIn(behaviour=refuse_sender)
    stack.enter_context(also)
    provider = several(stack, refuses.port, also.port)
    with pytest.raises(ProviderDown, match="not you") as down:
        provider.send(plan, [person(1)])
    assert down.value.wait_s == 0
    assert [way.name for way in provider.ways(SENDER)] == ["b"]
    assert len(provider.ways("other@harbour.example")) == 2  # others are not held up
    with pytest.raises(ProviderRefuses, match="not you"):
        provider.send(plan, [person(1)])
    also.behaviour = lambda _stage, _given: None  # somebody mended it and says so
    with pytest.raises(ProviderDown):
        provider.send(plan, [person(1)])
    assert len(provider.send(plan, [person(1)])) == 1


def test_a_blast_gets_through_with_one_relay_away(world: World, stack: ExitStack) -> None:
    one, other = (stack.enter_context(SmtpStandIn()) for _ in range(2))
    provider = several(stack, NOWHERE, one.port, other.port)
    world.batch_size = 10
    addresses = world.add_people(60)
    world.start()
    sender = replace(world.sender(), provider=provider)
    delivery.send_all(sender, threading.Event())
    taken = Counter(letter.recipient for letter in [*one.letters, *other.letters])
    assert taken == dict.fromkeys(addresses, 1)
    assert one.letters and other.letters
    assert set(world.states().values()) == {("accepted", None)}


def test_each_relay_has_a_pace_of_its_own(world: World, stack: ExitStack) -> None:
    one, other = (stack.enter_context(SmtpStandIn()) for _ in range(2))
    provider = several(stack, one.port, other.port)
    provider.paces = {"a": 10 / 3600}
    world.batch_size = 10
    world.add_people(60)
    with world.db.transaction() as session:
        pace.set_pace(session, of_relay("b"), 20 / 3600, actor="test")
    world.start()
    delivery.send_all(replace(world.sender(), provider=provider), threading.Event())
    assert (len(one.letters), len(other.letters)) == (1, 1)
    with world.db.transaction() as session:
        pace.set_pace(session, of_relay("b"), None, actor="test")
    delivery.send_all(replace(world.sender(), provider=provider), threading.Event())
    assert (len(one.letters), len(other.letters)) == (1, 59)


def signing_in(port: int, token: Token) -> SmtpProvider:
    return SmtpProvider(Relay("127.0.0.1", port, username="mara", token=token, timeout_s=5))


def test_signing_in_by_token(stack: ExitStack, plan: Plan, person: MakeRecipient) -> None:
    relay = SmtpStandIn(credentials=("mara", "ya29.token"), mechanisms="PLAIN XOAUTH2")
    stack.enter_context(relay)
    provider = signing_in(relay.port, Token("ya29.token"))
    stack.callback(provider.close)
    provider.send(plan, [person(1)])
    assert len(relay.letters) == 1
    wrong = signing_in(relay.port, Token("old"))
    stack.callback(wrong.close)
    with pytest.raises(ProviderRefuses, match="does not accept the token"):
        wrong.send(plan, [person(1)])
    assert relay.faults == []
    relay.mechanisms = "PLAIN"
    with pytest.raises(ProviderRefuses, match="XOAUTH2"):
        wrong.send(plan, [person(1)])


def test_a_command_prints_the_token_and_is_asked_again_when_it_is_old(
    stack: ExitStack, plan: Plan, person: MakeRecipient, tmp_path: Path
) -> None:
    file = tmp_path / "token"
    file.write_text("first")
    relay = SmtpStandIn(credentials=("mara", "first"), mechanisms="XOAUTH2")
    stack.enter_context(relay)
    command = f"{sys.executable} -c \"print(open('{file}').read())\""
    provider = signing_in(relay.port, Token(command=command))
    stack.callback(provider.close)
    provider.send(plan, [person(1)])
    relay.credentials = ("mara", "second")
    file.write_text("second")
    relay.hang_up()
    with pytest.raises(ProviderDown, match="fresh token"):
        while True:  # until it has seen that its connection is gone
            provider.send(plan, [person(2)])
    provider.send(plan, [person(3)])
    assert relay.letters[-1].recipient == person(3).address


def test_a_command_that_gives_no_token_is_tried_later() -> None:
    with pytest.raises(ProviderDown, match="exit code 1"):
        Token(command="false").read()
    with pytest.raises(ProviderDown, match="No such file"):
        Token(command="/no/such/command").read()


def test_relays_come_from_the_settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(
        "OUTREACH_SMTP_RELAYS",
        '[{"name": "main", "host": "10.0.0.1", "weight": 3, "pace": "50/s"},'
        ' {"name": "spare", "host": "10.0.0.2", "token_command": "print-it"}]',
    )
    services = build_services(config.load(_env_file=None, data_dir=tmp_path, provider="smtp"))
    assert isinstance(services.provider, RelaysProvider)
    assert [way.name for way in services.provider.ways(SENDER)] == ["main", "spare"]
    assert services.provider.paces == {"main": 50.0}
    services.db.close()


GOOD = '{"name": "a", "host": "h", "password": "hunter2"}'


def of(**changes: object) -> str:
    """The relay “a” with something wrong."""
    return json.dumps([json.loads(GOOD) | changes])


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("main", "no JSON list such as .*line 1 column 1"),
        ('{"name": "a"}', "no JSON list such as"),
        ('["hunter2"]', "relay 1 is no object such as"),
        (f"[{GOOD}, {{}}]", "relay 2 has no “name”; relay 2 has no “host”$"),
        (of(port=0), "relay “a” needs a “port” of 1 or more$"),
        (of(port="smtp"), "relay “a” needs a whole number as “port”$"),
        (of(port=70_000), "relay “a” needs a “port” of 65535 or less$"),
        (of(weight=0), "relay “a” needs a “weight” above 0$"),
        (of(security="ssl"), "relay “a” needs as “security” one of 'none', 'starttls' or 'tls'$"),
        (of(host=""), "relay “a” has an empty “host”$"),
        (of(host=5), "relay “a” needs a text between quotation marks as “host”$"),
        (of(user="us"), "relay “a” has “user”, which no relay knows; they know name, host, port"),
        (f"[{GOOD}, {GOOD}]", "same name"),
    ],
)
def test_relays_that_can_t_be_read_are_named_without_their_passwords(
    text: str, said: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_SMTP_RELAYS", text)
    with pytest.raises(ValidationError) as error:
        config.Settings(_env_file=None)
    (fault,) = error.value.errors()
    assert re.search(said, fault["msg"])
    assert "hunter2" not in fault["msg"] + str(error.value)


def test_a_pace_that_can_t_be_read_is_told_with_its_relay(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_SMTP_RELAYS", of(pace="quickly"))
    with pytest.raises(BadInput, match=r"relay “a” has “quickly” as its pace\. Write 50/s"):
        build_services(config.load(_env_file=None, data_dir=tmp_path, provider="smtp"))
