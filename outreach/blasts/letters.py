"""What a batch sends: the frozen letter of a blast, or a letter to one person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, literal, null, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.conditions import holding
from outreach.blasts.models import Blast, FrozenLetter
from outreach.blasts.recipients import part_query
from outreach.core.tokens import Slot
from outreach.mail import outbox
from outreach.mail.models import Delivery, SingleLetter
from outreach.mail.outbox import Claim
from outreach.mail.plan import Envelope, Plan

# Letters that a person asked for (confirmation, test) don't pass the consent gate.
_SINGLE: Select[Any] = (
    select(SingleLetter.delivery_id, SingleLetter.to_address, SingleLetter.to_name)
    .add_columns(literal(""), null())
    .join(Delivery, Delivery.id == SingleLetter.delivery_id)
    .where(outbox.WAITING, outbox.DUE)
    .limit(bindparam("size"))
)


@dataclass(frozen=True)
class Letters:
    """The plan of a batch, and the SELECT of those who wait, as recipients.part_query makes it."""

    plan: Plan
    query: Select[Any]


def letters_of(session: Session, claim: Claim, base_url: str) -> Letters:
    """What a batch sends, and to whom."""
    if claim.variant_id is not None:
        plan = Plan.from_json(session.get_one(FrozenLetter, claim.variant_id).plan)
        held = None
        if plan.conditions:
            blast = session.get_one(Blast, claim.blast_id)
            organisation = session.get_one(Organisation, blast.organisation_id)
            held = holding(session, organisation, plan.conditions)
        return Letters(plan, part_query(session, plan.fields, held))
    letter = session.get_one(SingleLetter, claim.first_id)
    organisation = session.get_one(Organisation, letter.organisation_id)
    envelope = Envelope(
        sender_name=organisation.sender_name,
        sender_address=organisation.sender_address,
        base_url=base_url,
        reply_to=organisation.reply_to or "",
        can_unsubscribe=False,
        automatic=True,
        way_out=letter.way_out,
    )
    return Letters(
        Plan(
            envelope,
            merges=(),
            links=(Slot.UNSUBSCRIBE,),
            subject=(letter.subject,),
            html=(letter.html,),
            text=(letter.text,),
        ),
        _SINGLE,
    )
