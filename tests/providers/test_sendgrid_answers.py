"""What SendGrid answers becomes outcomes: taken, refused, for later, or unknown."""

from __future__ import annotations

import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from functools import partial

import pytest

from outreach.mail.flight import Flight, Stage
from outreach.mail.plan import Plan
from outreach.mail.provider import Fate, ProviderDown, ProviderRefuses
from outreach.providers.sendgrid import SendGridProvider
from tests.providers.conftest import MakeRecipient, fates, people, provider
from tests.standins.sendgrid import Fault, SendGridStandIn


def test_people_whom_sendgrid_names_are_refused_and_the_others_sent(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    recipients = people(person, 10)
    recipients[3] = person(4, "person4@localhost")
    recipients[8] = person(9, "ünder@mail.example")
    outcomes = provider(sendgrid).send(plan, recipients)

    assert {n for n, fate in fates(outcomes).items() if fate is Fate.REFUSED} == {4, 9}
    reasons = {o.reason for o in outcomes if o.fate is Fate.REFUSED}
    assert reasons == {"SendGrid: Does not contain a valid address."}
    assert sorted(sendgrid.deliveries, key=int) == ["1", "2", "3", "5", "6", "7", "8", "10"]


def test_a_request_that_is_refused_again_and_again_is_given_up_for_now(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    bad = Fault(400, errors=(("personalizations.0.to.0.email", "<zoe@mail.example> is not it"),))
    sendgrid.then(*[bad] * 6)
    outcomes = provider(sendgrid).send(plan, people(person, 10))
    assert [outcome.fate for outcome in outcomes] == [Fate.REFUSED] * 6 + [Fate.LATER] * 4
    assert outcomes[0].reason == "SendGrid: [address] is not it"
    assert sendgrid.seen == 6


@pytest.mark.parametrize(
    ("fault", "failure"),
    [
        (Fault(400, errors=(("from.email", "The from address is not valid."),)), ProviderRefuses),
        (Fault(401, errors=(("", "authorization required"),)), ProviderRefuses),
        (Fault(403, errors=(("from", "not a verified Sender Identity"),)), ProviderRefuses),
        (Fault(404), ProviderRefuses),
        (Fault(429), ProviderDown),
        (Fault(503), ProviderDown),
    ],
)
def test_answers_after_which_nothing_was_taken(
    plan: Plan,
    person: MakeRecipient,
    sendgrid: SendGridStandIn,
    fault: Fault,
    failure: type[Exception],
) -> None:
    sendgrid.then(fault)
    with pytest.raises(failure) as caught:
        provider(sendgrid).send(plan, people(person, 2))
    for _, message in fault.errors:
        assert message in str(caught.value)
    assert sendgrid.deliveries == []


def test_a_wrong_key_is_named_and_not_shown(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    wrong = SendGridProvider("SG.wrong", url=sendgrid.url)
    with pytest.raises(ProviderRefuses, match="invalid, expired, or revoked") as caught:
        wrong.send(plan, people(person, 2))
    assert "SG.wrong" not in str(caught.value)


@pytest.mark.parametrize(
    ("headers", "least", "most"),
    [
        ({"X-RateLimit-Remaining": "0", "X-RateLimit-Reset": "in 40 s"}, 35, 40),
        ({"X-RateLimit-Reset": "5"}, 1, 1),  # long past
        ({"Retry-After": "12"}, 12, 12),
        ({"Retry-After": "999999"}, 3600, 3600),
        ({}, 30, 30),
    ],
)
def test_how_long_sendgrid_asks_to_wait(
    plan: Plan,
    person: MakeRecipient,
    sendgrid: SendGridStandIn,
    headers: dict[str, str],
    least: float,
    most: float,
) -> None:
    given = {k: str(int(time.time()) + 40) if v == "in 40 s" else v for k, v in headers.items()}
    sendgrid.then(Fault(429, headers=given))
    with pytest.raises(ProviderDown) as caught:
        provider(sendgrid).send(plan, people(person, 2))
    assert least <= caught.value.wait_s <= most


def test_while_sendgrid_asks_for_patience_nothing_is_sent(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    patient = provider(sendgrid)
    sendgrid.then(Fault(429, headers={"Retry-After": "2"}))
    for _ in range(3):  # as many batches as are due
        with pytest.raises(ProviderDown, match="patience") as caught:
            patient.send(plan, [person(1)])
        assert 1 < caught.value.wait_s <= 2
    assert sendgrid.seen == 1
    time.sleep(caught.value.wait_s)
    assert fates(patient.send(plan, [person(1)])) == {1: Fate.ACCEPTED}


@pytest.mark.parametrize("takes", [True, False])
@pytest.mark.parametrize(
    "fault",
    [
        Fault(500),
        Fault(502),
        Fault(504),
        Fault(ending="stall"),
        Fault(ending="drop"),
        Fault(ending="half"),
    ],
)
def test_answers_that_leave_a_doubt(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn, fault: Fault, takes: bool
) -> None:
    sendgrid.then(replace(fault, takes=takes))
    outcomes = provider(sendgrid, timeout_s=0.5).send(plan, people(person, 2))
    assert fates(outcomes) == {1: Fate.UNKNOWN, 2: Fate.UNKNOWN}
    assert all("may have taken this letter" in outcome.reason for outcome in outcomes)
    assert sendgrid.seen == 1  # and never again by itself


def test_a_connection_closed_while_the_request_is_sent_took_nothing(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    large = replace(plan, text=("x" * 20_000_000,))
    sendgrid.then(Fault(ending="unread"))
    with pytest.raises(ProviderDown):
        provider(sendgrid).send(large, people(person, 2))

    # A small one is sent to its end, and from here looks like one that was read.
    sendgrid.then(Fault(ending="unread"))
    outcomes = provider(sendgrid).send(plan, people(person, 2))
    assert fates(outcomes) == {1: Fate.UNKNOWN, 2: Fate.UNKNOWN}


def test_what_is_accepted_stays_so_when_another_request_fails(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    household = "both@mail.example"
    sendgrid.then(None, Fault(429))
    outcomes = provider(sendgrid).send(plan, [person(1, household), person(2, household)])
    assert sorted(fates(outcomes).values()) == [Fate.ACCEPTED, Fate.LATER]


def test_after_a_failure_no_request_is_begun(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    household = [person(number, "both@mail.example") for number in range(1, 4)]
    sendgrid.then(None, Fault(429))
    outcomes = provider(sendgrid).send(plan, household)
    assert fates(outcomes) == {1: Fate.ACCEPTED, 2: Fate.LATER, 3: Fate.LATER}
    assert sendgrid.seen == 2


def test_the_flight_knows_what_left_and_a_stopped_one_begins_nothing(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    household = [person(number, "both@mail.example") for number in range(1, 5)]
    flight = Flight([1, 2, 3, 4])
    sendgrid.then(None, Fault(502), Fault(429))
    provider(sendgrid).send(plan, household, flight)
    here, leaving, taken = Stage.HERE, Stage.LEAVING, Stage.TAKEN
    assert flight.stages() == {1: taken, 2: leaving, 3: here, 4: here}

    flight = Flight([1, 2])
    flight.stop()
    assert provider(sendgrid).send(plan, household[:2], flight) == []
    assert sendgrid.seen == 3


def test_several_threads_send_at_a_time(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    several = provider(sendgrid)
    sendgrid.meet(several.lanes)
    parts = [[person(part * 10 + n) for n in range(5)] for part in range(several.lanes)]
    with ThreadPoolExecutor(several.lanes) as pool:
        outcomes = [one for part in pool.map(partial(several.send, plan), parts) for one in part]
    assert set(fates(outcomes).values()) == {Fate.ACCEPTED}
    assert len(sendgrid.deliveries) == len(outcomes) == 20
