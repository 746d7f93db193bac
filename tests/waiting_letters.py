"""Single letters that wait in the outbox, as their people will get them."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.blasts.letters import letters_of
from outreach.blasts.recipients import FIXED
from outreach.core.clock import now
from outreach.mail.models import SingleLetter
from outreach.mail.outbox import Claim
from outreach.mail.render import Rendered


def waiting_letters(session: Session) -> list[Rendered]:
    """In the order in which they were posted."""
    ids = session.scalars(select(SingleLetter.delivery_id).order_by(SingleLetter.delivery_id))
    return [_letter(session, number) for number in ids]


def _letter(session: Session, delivery_id: int) -> Rendered:
    claim = Claim(0, None, None, delivery_id, delivery_id, "test", 60)
    plan, query = (found := letters_of(session, claim, "http://test")).plan, found.query
    row = session.execute(query, {**claim.after(0), "size": 1, "now": now()}).one()
    values = plan.values_of(row[FIXED:])
    return Rendered(*(plan.filled(part, values) for part in (plan.subject, plan.html, plan.text)))
