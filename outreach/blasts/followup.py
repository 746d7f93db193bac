"""A new blast with the same letter to those who did not get it."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences.terms import Letter, Or, to_text
from outreach.blasts import operations, variants
from outreach.blasts.models import Blast
from outreach.core.errors import Conflict
from outreach.petitions.models import Petition


def follow_up(
    session: Session, blast: Blast, *, actor: str, with_unknown: bool = False, name: str = ""
) -> Blast:
    """A draft with the same letter, all its variants, to those of a frozen audience who did not
    get it.

    `with_unknown`: also to those of whom it is not known. Raises Conflict before the audience is
    frozen.
    """
    if blast.frozen_at is None:
        raise Conflict(
            "Nobody was written to yet: the audience of this blast is not frozen.",
            hint="Change its own audience instead.",
        )
    rule: Letter | Or = Letter("missed", blast.name)
    if with_unknown:
        rule = Or((rule, Letter("unknown", blast.name)))
    first = blast.variants[0]
    draft = operations.create(
        session,
        organisation=session.get_one(Organisation, blast.organisation_id),
        petition=session.get_one(Petition, blast.petition_id),
        name=name.strip() or _free_name(session, blast.name),
        audience=to_text(rule),
        subject=first.subject,
        preheader=first.preheader,
        body=first.body,
        late_limit_s=blast.late_limit_s,
        actor=actor,
    )
    draft.sender_name, draft.sender_address = blast.sender_name, blast.sender_address
    draft.template = blast.template
    variants.copy(session, blast, draft)
    return draft


def _free_name(session: Session, name: str) -> str:
    for number in range(1, 1000):
        candidate = f"{name[:370]}, follow-up" + (f" {number}" if number > 1 else "")
        if session.scalar(select(Blast.id).where(Blast.name == candidate)) is None:
            return candidate
    raise Conflict("There are 999 follow-ups of this blast already.", hint="Give it a name.")
