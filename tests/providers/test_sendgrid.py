"""SendGrid's answers become outcomes; requests keep its limits and fill in as the plan does."""

from __future__ import annotations

import os
import re
import socket
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from openapi_schema_validator import OAS31Validator
from structlog.testing import capture_logs

from outreach.core.tokens import Slot
from outreach.mail.draft import Draft
from outreach.mail.fields import Field
from outreach.mail.plan import CONTROL, Context, Envelope, Plan, Recipient
from outreach.mail.provider import Fate, ProviderDown
from outreach.providers.sendgrid import SendGridProvider
from tests.providers.conftest import SPECIFICATION, MakeRecipient, fates, people, provider
from tests.standins.sendgrid import Fault, SendGridStandIn


def test_the_description_of_sendgrid_is_used(specification: OAS31Validator | None) -> None:
    if specification is None:
        if os.environ.get("CI"):
            pytest.fail(f"{SPECIFICATION.name} is missing, and CI=true needs it")
        pytest.skip("left out: requests are not compared with SendGrid's OpenAPI description")
    assert not specification.is_valid({"personalizations": [{"to": [{"name": "x"}]}]})


def test_a_thousand_people_go_in_one_request(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    outcomes = provider(sendgrid).send(plan, people(person, 1000))

    assert fates(outcomes) == dict.fromkeys(range(1, 1001), Fate.ACCEPTED)
    assert {outcome.ref for outcome in outcomes} == {"message-1"}
    [body] = sendgrid.requests
    assert body["from"] == {"email": "mara@harbour.example", "name": "Mara, Harbour Lights"}
    assert body["reply_to"] == {"email": "hello@harbour.example"}
    assert [part["type"] for part in body["content"]] == ["text/plain", "text/html"]
    tracking = body["tracking_settings"]
    assert {name: setting["enable"] for name, setting in tracking.items()} == dict.fromkeys(
        ("click_tracking", "open_tracking", "subscription_tracking", "ganalytics"), False
    )
    assert tracking["click_tracking"]["enable_text"] is False


def test_sendgrid_fills_a_letter_as_the_plan_does(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    zoe = person(7, first_name="zoë & <b>")
    provider(sendgrid).send(plan, [person(6), zoe])

    letter = sendgrid.letter(7)
    assert letter.subject == "Zoë & <B>, save the harbour"
    assert letter.html == plan.filled(plan.html, zoe.values)
    assert letter.text == plan.filled(plan.text, zoe.values)
    assert (letter.address, letter.name) == ("person7@mail.example", "zoë & <b> Smith")
    (way_out,) = re.findall(r"https://\S+/u/\S+", letter.text)
    assert letter.headers == {
        "List-Unsubscribe": f"<{way_out}>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        "List-Id": "<petitions.harbour.example>",
        "Feedback-ID": "b3:o1:outreach",
    }


@settings(deadline=None, max_examples=40)
@given(known=st.lists(st.text(max_size=80), min_size=2, max_size=2), static=st.text(max_size=80))
def test_whatever_people_are_called_the_letter_is_theirs(known: list[str], static: str) -> None:
    draft = Draft()
    first, last = Field("first_name", "friend"), Field("last_name")

    def all_of(context: Context) -> str:
        return static + draft.merge(first, context) + "-s0001-" + draft.merge(last, context) + "."

    plan = draft.compile(
        Envelope("Mara", "mara@harbour.example", "https://act.harbour.example"),
        subject=all_of(Context.HEADER),
        html=all_of(Context.HTML) + draft.link(8),
        text=all_of(Context.PLAIN) + draft.link(8),
    )
    values = plan.values_of(known)
    name = " ".join(known)
    one = Recipient(1, "one@mail.example", name, values)
    with SendGridStandIn() as sendgrid:
        assert fates(provider(sendgrid).send(plan, [one])) == {1: Fate.ACCEPTED}
        letter = sendgrid.letter(1)
    assert letter.subject == plan.filled(plan.subject, values)
    assert letter.html == plan.filled(plan.html, values)
    assert letter.text == plan.filled(plan.text, values)
    assert letter.name == CONTROL.sub(" ", name)


def test_nothing_personal_but_the_letter_is_given_away(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    provider(sendgrid).send(plan, people(person, 3))
    [body] = sendgrid.requests
    arguments = [one.pop("custom_args") for one in body["personalizations"]]
    assert arguments == [{"delivery": "1"}, {"delivery": "2"}, {"delivery": "3"}]
    assert "categories" not in body and "custom_args" not in body


def test_a_letter_without_names_and_headers_is_one_that_sendgrid_takes(
    sendgrid: SendGridStandIn,
) -> None:
    envelope = Envelope(
        "", "mara@harbour.example", "https://act.harbour.example", can_unsubscribe=False
    )
    plan = Plan(envelope, (), (Slot.UNSUBSCRIBE,), ("Confirm",), ("<p>Confirm</p>",), ())
    outcomes = provider(sendgrid).send(
        plan, [Recipient(9, "one@mail.example", "", plan.values_of([]))]
    )
    assert fates(outcomes) == {9: Fate.ACCEPTED}
    assert sendgrid.letter(9).headers == {}


def test_the_way_out_of_a_letter_that_comes_again_stands_in_its_headers(
    sendgrid: SendGridStandIn,
) -> None:
    envelope = Envelope(
        *("", "mara@harbour.example", "https://act.harbour.example"),
        can_unsubscribe=False,
        way_out="https://act.harbour.example/digest/abc",
    )
    plan = Plan(envelope, (), (Slot.UNSUBSCRIBE,), ("Week",), ("<p>Week</p>",), ())
    provider(sendgrid).send(plan, [Recipient(9, "one@mail.example", "", plan.values_of([]))])
    assert sendgrid.letter(9).headers == {
        "List-Unsubscribe": "<https://act.harbour.example/digest/abc>",
        "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
    }


def test_an_address_that_stands_twice_goes_in_the_next_request(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    household = "both@mail.example"
    outcomes = provider(sendgrid).send(
        plan, [person(1, household), person(2, household), person(3, household), person(4)]
    )
    assert fates(outcomes) == dict.fromkeys(range(1, 5), Fate.ACCEPTED)
    assert [len(body["personalizations"]) for body in sendgrid.requests] == [2, 1, 1]


def test_a_request_that_is_too_large_goes_in_halves(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    sendgrid.then(Fault(413), None, Fault(413))
    outcomes = provider(sendgrid).send(plan, people(person, 8))
    assert fates(outcomes) == dict.fromkeys(range(1, 9), Fate.ACCEPTED)
    assert [len(body["personalizations"]) for body in sendgrid.requests] == [4, 2, 2]

    sendgrid.then(Fault(413))
    outcomes = provider(sendgrid).send(plan, [person(1)])
    assert fates(outcomes) == {1: Fate.REFUSED}


def test_a_request_above_30_mb_is_not_tried(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    # 24.8 MB that all letters share, and people of 8 kB each.
    wide = replace(plan, html=("x" * 24_800_000, *plan.subject))
    crowd = [person(number, first_name="y" * 4_000) for number in range(1, 701)]
    outcomes = provider(sendgrid).send(wide, crowd)
    assert fates(outcomes) == dict.fromkeys(range(1, 701), Fate.ACCEPTED)
    assert len(sendgrid.received) == len(sendgrid.requests) > 1


def test_personal_parts_above_10_kb_are_refused(
    person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    draft = Draft()
    name = draft.merge(Field("first_name"), Context.PLAIN)
    envelope = Envelope("Mara", "mara@harbour.example", "https://act.harbour.example")
    plan = draft.compile(envelope, subject="s", html="h", text=name)
    recipients = [
        Recipient(number, f"person{number}@mail.example", "", plan.values_of([value]))
        for number, value in enumerate(["é" * 4990, "é" * 4996, "x" * 9980])
    ]
    outcomes = provider(sendgrid).send(plan, recipients)
    assert fates(outcomes) == {0: Fate.ACCEPTED, 1: Fate.REFUSED, 2: Fate.ACCEPTED}


def test_a_letter_above_25_mb_and_an_impossible_address_never_leave(
    plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn
) -> None:
    large = replace(plan, html=("x" * 25_000_001,))
    assert fates(provider(sendgrid).send(large, people(person, 2))) == {
        1: Fate.REFUSED,
        2: Fate.REFUSED,
    }
    attack = person(1, "a@mail.example>\r\nBcc: all@mail.example")
    assert fates(provider(sendgrid).send(plan, [attack])) == {1: Fate.REFUSED}
    assert sendgrid.seen == 0


def test_nobody_listening_is_sendgrid_down(plan: Plan, person: MakeRecipient) -> None:
    with socket.create_server(("127.0.0.1", 0)) as unused:
        port = unused.getsockname()[1]
    with pytest.raises(ProviderDown, match=r"can’t be reached"):
        SendGridProvider("SG.test", url=f"http://127.0.0.1:{port}").send(plan, [person(1)])


def test_the_log_names_nobody(plan: Plan, person: MakeRecipient, sendgrid: SendGridStandIn) -> None:
    sendgrid.then(Fault(400, errors=(("personalizations.0.to", "zoe@mail.example is odd"),)))
    with capture_logs() as events:
        provider(sendgrid).send(plan, [person(1, "zoe@mail.example", "zoë"), person(2)])
    [event] = events
    assert event["event"] == "sendgrid.request_failed"
    assert "mail.example" not in str(event) and "SG.test" not in str(event)
