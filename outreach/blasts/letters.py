"""What a batch sends: the frozen letter of a blast, or a letter to one person."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Any

from sqlalchemy import Select, bindparam, literal, null, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.conditions import holding
from outreach.blasts.models import Blast, FrozenLetter
from outreach.blasts.recipients import part_query
from outreach.core import log
from outreach.core.errors import OutreachError
from outreach.mail import outbox, shared
from outreach.mail.models import Delivery, SingleLetter
from outreach.mail.outbox import Claim
from outreach.mail.plan import Envelope, Plan
from outreach.mail.shared import SharedText

_log = log.get(__name__)

# The first letter that is left of a batch: its whole batch is of its text and sender.
_FIRST = (
    select(SingleLetter, Organisation)
    .join(Organisation, Organisation.id == SingleLetter.organisation_id)
    .where(SingleLetter.delivery_id.between(bindparam("first"), bindparam("last")))
    .order_by(SingleLetter.delivery_id)
    .limit(1)
)


@cache
def _single_query(values: int) -> Select[Any]:
    """Whoever waits in a batch of single letters, as recipients.part_query has it, with so many
    values of their own. Letters that a person asked for (confirmation, test) don't pass the
    consent gate."""
    return (
        select(SingleLetter.delivery_id, SingleLetter.to_address, SingleLetter.to_name)
        .add_columns(literal(""), null())
        .add_columns(*(SingleLetter.own[i].as_string() for i in range(values)))
        .join(Delivery, Delivery.id == SingleLetter.delivery_id)
        .where(outbox.WAITING, outbox.DUE)
        .order_by(Delivery.id)
        .limit(bindparam("size"))
    )


class LetterLost(OutreachError):
    """What was frozen of a letter is not as this version writes it, and no repeat mends that."""


@dataclass(frozen=True)
class Letters:
    """The plan of a batch, and the SELECT of those who wait, as recipients.part_query makes it."""

    plan: Plan
    query: Select[Any]


def letters_of(session: Session, claim: Claim, base_url: str) -> Letters:
    """What a batch sends, and to whom. Raises LetterLost."""
    if claim.variant_id is not None:
        plan = _frozen(session, claim.variant_id)
        held = None
        if plan.conditions:
            blast = session.get_one(Blast, claim.blast_id)
            organisation = session.get_one(Organisation, blast.organisation_id)
            held = holding(session, organisation, plan.conditions)
        return Letters(plan, part_query(session, plan.fields, held))
    letter, organisation = session.execute(
        _FIRST, {"first": claim.first_id, "last": claim.last_id}
    ).one()
    envelope = Envelope(
        sender_name=organisation.sender_name,
        sender_address=organisation.sender_address,
        base_url=base_url,
        reply_to=organisation.reply_to or "",
        can_unsubscribe=False,
        automatic=True,
        way_out=letter.way_out,
    )
    if letter.text_key is not None:
        text = shared.kept(session, letter.text_key)
        return Letters(shared.shared_plan_of(text, envelope), _single_query(len(text.names)))
    text = SharedText((), letter.subject, (letter.html,), (letter.text,))
    return Letters(shared.plan_of(text, envelope), _single_query(0))


def _frozen(session: Session, variant_id: int) -> Plan:
    kept = session.get_one(FrozenLetter, variant_id)  # of no other variant a batch is claimed
    try:
        return Plan.from_json(kept.plan)
    except (AttributeError, LookupError, TypeError, ValueError) as fault:
        _log.error("letter.not_readable", variant=variant_id, fault=type(fault).__name__)
    raise LetterLost(
        "The letter that was kept when this blast started can’t be read any more: it was written "
        "by another version, or changed by hand.",
        hint="Whom it reached is recorded, the others are cancelled. A follow-up to those who did "
        "not get it writes the letter anew.",
    )
