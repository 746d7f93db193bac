"""The next part of a batch: whose letters leave together, each with what it says to one person."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from outreach.blasts.each import render_part
from outreach.blasts.letters import Letters
from outreach.blasts.recipients import (
    ADDRESS,
    DELIVERY_ID,
    ERASED,
    REASON,
    STOPPED,
    known,
)
from outreach.blasts.sender import Sender
from outreach.core.address import domain
from outreach.core.bulk import by_index
from outreach.core.clock import now
from outreach.mail.flight import Flight
from outreach.mail.outbox import Claim
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Outcome


@dataclass
class Part:
    """Letters that leave together, and what became of them."""

    plan: Plan
    recipients: Sequence[Recipient]
    skipped: Sequence[tuple[int, str]]  # delivery and reason
    held: Sequence[tuple[int, str]]  # delivery and the domain that is stopped
    read_at: datetime
    after: int  # it begins behind this delivery
    last_id: int
    is_last: bool  # nobody waits behind it
    flight: Flight
    outcomes: Sequence[Outcome] = ()
    left_out: list[int] = field(default_factory=list)  # deliveries whose domain takes no more now
    used: dict[str, int] = field(default_factory=dict)  # letters by scope of the pace

    @property
    def ids(self) -> list[int]:
        """Its deliveries, with those that were left out."""
        return [*(recipient.delivery_id for recipient in self.recipients), *self.left_out]


def next_part(
    sender: Sender, claim: Claim, size: int, letters: Letters, before: Part | None
) -> Part | None:
    """The letters, `size` at most, behind those of the part before, written as far as they are
    personal; None when there are none, or none are to be begun."""
    if before is not None and (before.is_last or before.flight.stopped):
        return None
    after, read_at = before.last_id if before else 0, now()
    with sender.db.reading() as session:
        by_index(session)
        # By the connection: rows of columns need none of what the ORM does to a result.
        found = session.connection().execute(
            letters.query, {**claim.after(after), "size": size, "now": read_at}
        )
        rows = found.all()
    if not rows:
        return None
    last_id = rows[-1][DELIVERY_ID]
    recipients = _recipients(
        sender, claim, letters.plan, [row for row in rows if row[ADDRESS] and not row[REASON]]
    )
    skipped = [
        (r[DELIVERY_ID], _reason(r))
        for r in rows
        if (r[REASON] and r[REASON] != STOPPED) or not r[ADDRESS]
    ]
    plan = letters.plan
    if plan.rendering:
        with sender.db.reading() as session:
            plan, recipients, not_rendered = render_part(session, plan, recipients)
        skipped += not_rendered
    ids = [recipient.delivery_id for recipient in recipients]
    return Part(
        plan=plan,
        recipients=recipients,
        skipped=skipped,
        held=[(r[DELIVERY_ID], domain(r[ADDRESS])) for r in rows if r[REASON] == STOPPED],
        read_at=read_at,
        after=after,
        last_id=last_id,
        is_last=len(rows) < size or last_id == claim.last_id,
        flight=sender.flights.begin(ids) if sender.provider.follows_letters else Flight(ids),
    )


def _reason(row: Any) -> str:
    if not row[ADDRESS]:
        return ERASED
    return "unsubscribed_since" if row[REASON] == "unsubscribed" else str(row[REASON])


def _recipients(sender: Sender, claim: Claim, plan: Plan, rows: Sequence[Any]) -> list[Recipient]:
    if not rows:
        return []
    ids, addresses, first_names, last_names, *_ = zip(*rows, strict=True)
    names = [f"{first} {last}".strip() for first, last in zip(first_names, last_names, strict=True)]
    tokens = map(sender.tokens.letter_maker(claim.blast_id or 0, plan.links), ids)
    values = plan.values(known(plan.fields, rows), tokens)
    if not plan.conditions:
        return list(map(Recipient, ids, addresses, names, values))
    outcomes = map(plan.outcome, (row[-1] for row in rows))
    return list(map(Recipient, ids, addresses, names, values, outcomes))
