"""A letter for any provider, and people to send it to."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from outreach.core.tokens import Slot, Tokens
from outreach.mail.fields import Field
from outreach.mail.plan import Context, Draft, Envelope, Plan, Recipient

MakeRecipient = Callable[..., Recipient]
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
