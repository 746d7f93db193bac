"""A letter for any provider, and people to send it to."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import yaml
from openapi_schema_validator import OAS31Validator, oas31_format_checker

from outreach.core.tokens import Slot, Tokens
from outreach.mail.draft import Draft
from outreach.mail.fields import Field
from outreach.mail.plan import Context, Envelope, Plan, Recipient
from outreach.mail.provider import Fate, Outcome
from outreach.providers.sendgrid import SendGridProvider
from tests.standins.sendgrid import SendGridStandIn

MakeRecipient = Callable[..., Recipient]
SPECS = Path(os.environ.get("OUTREACH_SPECS", Path(__file__).parents[3] / "shared" / "specs"))
SPECIFICATION = SPECS / "sendgrid_mail_v3.yaml"
_TOKENS = Tokens("a secret for tests")


@pytest.fixture
def plan() -> Plan:
    """A letter with a name in all three texts, a tracked link and a way out."""
    draft = Draft()
    name = Field("first_name", "friend", ("title",))
    sign, leave = draft.link(Slot.FIRST_LINK), draft.link(Slot.UNSUBSCRIBE)
    return draft.compile(
        Envelope(
            sender_name="Mara, Harbour Lights",
            sender_address="mara@harbour.example",
            base_url="https://act.harbour.example",
            list_id="petitions.harbour.example",
            feedback_id="b3:o1:outreach",
            reply_to="hello@harbour.example",
        ),
        subject=f"{draft.merge(name, Context.HEADER)}, save the harbour",
        html=f"<p>Dear {draft.merge(name, Context.HTML)},</p>\n"
        f'<a href="https://act.harbour.example/c/{sign}">Sign</a> – '
        f'<a href="https://act.harbour.example/u/{leave}">Leave</a>',
        text=f"Dear {draft.merge(name, Context.PLAIN)},\n.\nhttps://act.harbour.example/c/{sign}\n"
        f"Leave: https://act.harbour.example/u/{leave}\n",
        blast_id=3,
    )


@pytest.fixture
def person(plan: Plan) -> MakeRecipient:
    """Makes the recipient of a delivery of `plan`."""

    def make(delivery_id: int, address: str = "", first_name: str = "") -> Recipient:
        tokens = _TOKENS.letter_maker(plan.blast_id, plan.links)(delivery_id)
        return Recipient(
            delivery_id=delivery_id,
            address=address or f"person{delivery_id}@mail.example",
            name=f"{first_name} Smith" if first_name else "",
            values=plan.values_of([first_name], tokens),
        )

    return make


@pytest.fixture(scope="session")
def specification() -> OAS31Validator | None:
    """Checks request bodies against SendGrid's own OpenAPI description, where it is at hand."""
    if not SPECIFICATION.exists():
        return None
    described = yaml.safe_load(SPECIFICATION.read_text())
    body = "#/components/requestBodies/PostMailSend/content/application~1json/schema"
    return OAS31Validator({**described, "$ref": body}, format_checker=oas31_format_checker)


@pytest.fixture
def sendgrid(specification: OAS31Validator | None) -> Iterator[SendGridStandIn]:
    """SendGrid; whatever it was sent fits its own description."""
    with SendGridStandIn() as standin:
        yield standin
    for body in standin.received:
        if specification:
            specification.validate(body)


def provider(sendgrid: SendGridStandIn, timeout_s: float = 10.0) -> SendGridProvider:
    return SendGridProvider(sendgrid.api_key, url=sendgrid.url, timeout_s=timeout_s)


def fates(outcomes: list[Outcome]) -> dict[int, Fate]:
    told = {outcome.delivery_id: outcome.fate for outcome in outcomes}
    assert len(told) == len(outcomes)
    return told


def people(person: MakeRecipient, count: int) -> list[Recipient]:
    return [person(number, first_name="zoë & Co") for number in range(1, count + 1)]
