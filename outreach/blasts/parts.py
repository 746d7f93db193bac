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
    FIXED,
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
    is_last = len(rows) < size or last_id == claim.last_id
    skipped, held = list[tuple[int, str]](), list[tuple[int, str]]()
    if any(row[REASON] or not row[ADDRESS] for row in rows):
        rows, skipped, held = _sorted_out(rows)
    recipients = _recipients(sender, claim, letters.plan, rows)
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
        held=held,
        read_at=read_at,
        after=after,
        last_id=last_id,
        is_last=is_last,
        flight=sender.flights.begin(ids) if sender.provider.follows_letters else Flight(ids),
    )


def _sorted_out(
    rows: Sequence[Any],
) -> tuple[list[Any], list[tuple[int, str]], list[tuple[int, str]]]:
    """Rows of those who get the letter; who is skipped, with the reason; whose letter is held, with
    the domain that is stopped."""
    go, skipped, held = [], [], []
    for row in rows:
        delivery_id, address, _, _, reason, *_ = row
        if not address:
            skipped.append((delivery_id, ERASED))
        elif reason == STOPPED:
            held.append((delivery_id, domain(address)))
        elif reason:
            since = "unsubscribed_since" if reason == "unsubscribed" else reason
            skipped.append((delivery_id, since))
        else:
            go.append(row)
    return go, skipped, held


def _recipients(sender: Sender, claim: Claim, plan: Plan, rows: Sequence[Any]) -> list[Recipient]:
    if not rows:
        return []
    columns = list(zip(*rows, strict=True))
    ids, addresses, first_names, last_names = columns[:REASON]
    names = [f"{first} {last}".strip() for first, last in zip(first_names, last_names, strict=True)]
    tokens = map(sender.tokens.letter_maker(claim.blast_id or 0, plan.links), ids)
    values = plan.values(known(plan.fields, columns[FIXED:]), tokens)
    if not plan.conditions:
        return list(map(Recipient, ids, addresses, names, values))
    return list(map(Recipient, ids, addresses, names, values, map(plan.outcome, columns[-1])))
