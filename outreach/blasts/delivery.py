"""Sending: claim a batch, and hand it over part by part, each written down before and after."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, exists, literal, null, select, update
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.models import Blast, FrozenLetter
from outreach.blasts.recipients import (
    ADDRESS,
    DELIVERY_ID,
    ERASED,
    FIRST_NAME,
    FIXED,
    LAST_NAME,
    REASON,
    part_query,
    reader,
)
from outreach.core import log
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail import outbox
from outreach.mail.models import Batch, Delivery, SingleLetter
from outreach.mail.outbox import Claim
from outreach.mail.outcomes import record
from outreach.mail.plan import Envelope, Plan, Recipient
from outreach.mail.provider import Fate, Outcome, Provider, ProviderDown, ProviderRefuses
from outreach.mail.recovery import in_doubt, lost_batches, recover

_log = log.get(__name__)

BROKEN = "The sender failed while these letters were on their way; whether they left is not known."


@dataclass(frozen=True)
class Sender:
    """Who sends: its name in leases, and what it works with."""

    name: str
    db: Database
    tokens: Tokens
    provider: Provider
    base_url: str
    lease_s: int


@dataclass(frozen=True)
class Letters:
    """A batch's plan, and the SELECT of those who wait, as recipients.part_query makes it."""

    plan: Plan
    query: Select[Any]


@dataclass(frozen=True)
class Part:
    """Letters that leave together."""

    rows: Sequence[Any]
    last_id: int
    is_last: bool  # nobody waits behind it


def send_all(sender: Sender, stop: threading.Event) -> int:
    """Send batches until none is due or `stop` is set; returns how many were taken on."""
    done, plans = 0, dict[int, Plan]()
    sending = exists().where(Blast.id == Batch.blast_id, Blast.state == "sending")
    while not stop.is_set():
        with sender.db.transaction() as session:
            claim = outbox.claim(
                session, owner=sender.name, lease_s=sender.lease_s, allowed=sending
            )
        if claim is None:
            return done
        send_batch(sender, claim, stop, plans)
        done += 1
    return done


def send_batch(sender: Sender, claim: Claim, stop: threading.Event, plans: dict[int, Plan]) -> None:
    """Send what waits in a claimed batch; stops between two parts when its blast was paused or
    this process is to end. `plans` remembers the plan of each variant over batches."""
    with sender.db.reading() as session:
        letters = _letters(session, sender, claim, plans)
    part, outcomes = None, list[Outcome]()
    while True:
        with sender.db.transaction() as session:
            record(session, claim.blast_id, outcomes)
            part = _next_part(session, sender, claim, letters, part, stop)
        if part is None:
            return
        recipients = _recipients(sender, claim, letters.plan, part.rows)
        try:
            outcomes = sender.provider.send(letters.plan, recipients) if recipients else []
        except ProviderDown as down:
            _hold_back(sender, claim, down.wait_s, str(down))
            return
        except ProviderRefuses as refusal:
            _hold_back(sender, claim, outbox.FIRST_RETRY_S, str(refusal), pause=True)
            return
        except BaseException:
            _name_unknown(sender, claim, recipients)
            raise


def recover_lost(sender: Sender) -> int:
    """Put batches in order whose sender fell silent; returns how many letters are now unknown."""
    with sender.db.reading() as session:
        lost = [(b.id, b.lease_owner or "", in_doubt(session, b)) for b in lost_batches(session)]
    unknown = 0
    for batch_id, owner, doubtful in lost:
        known = sender.provider.settle(doubtful) if doubtful else []
        with sender.db.transaction() as session:
            unknown += recover(session, batch_id, owner, known)
    return unknown


def _letters(session: Session, sender: Sender, claim: Claim, plans: dict[int, Plan]) -> Letters:
    if claim.variant_id is not None:
        if claim.variant_id not in plans:
            frozen = session.get_one(FrozenLetter, claim.variant_id)
            plans[claim.variant_id] = Plan.from_json(frozen.plan)
        plan = plans[claim.variant_id]
        return Letters(plan, part_query(claim, plan.fields))
    letter = session.get_one(SingleLetter, claim.first_id)
    organisation = session.get_one(Organisation, letter.organisation_id)
    envelope = Envelope(
        sender_name=organisation.sender_name,
        sender_address=organisation.sender_address,
        base_url=sender.base_url,
        reply_to=organisation.reply_to or "",
        can_unsubscribe=False,
        automatic=True,
    )
    # Letters that a person asked for (confirmation, test) don't pass the consent gate.
    query: Select[Any] = (
        select(SingleLetter.delivery_id, SingleLetter.to_address, SingleLetter.to_name)
        .add_columns(literal(""), null())
        .join(Delivery, Delivery.id == SingleLetter.delivery_id)
        .where(outbox.waiting(claim))
    )
    return Letters(Plan(envelope, (), (), (letter.subject,), (letter.html,), (letter.text,)), query)


def _next_part(
    session: Session,
    sender: Sender,
    claim: Claim,
    letters: Letters,
    before: Part | None,
    stop: threading.Event,
) -> Part | None:
    """The next part, marked as handed over; None when the batch ended or is to be let go."""
    if not outbox.holds(session, claim):
        _log.warning("batch.taken_over", batch=claim.batch_id)
        return None
    if before is not None and before.is_last:
        outbox.finish(session, claim)
        return None
    if stop.is_set() or not _may_leave(session, claim):
        outbox.give_back(session, claim)
        return None
    size = sender.provider.part_size
    after = before.last_id if before else 0
    # By the connection: rows of columns need none of what the ORM does to a result, 3 µs each.
    part = letters.query.where(Delivery.id > after).limit(size)
    rows = session.connection().execute(part).all()
    if not rows:
        outbox.finish(session, claim)
        return None
    outbox.skip(
        session,
        [(row[DELIVERY_ID], _reason(row)) for row in rows if row[REASON] or not row[ADDRESS]],
    )
    last_id = rows[-1][DELIVERY_ID]
    outbox.mark(session, claim, through=last_id)
    to_send = [row for row in rows if row[ADDRESS] and not row[REASON]]
    return Part(to_send, last_id, is_last=len(rows) < size or last_id == claim.last_id)


def _may_leave(session: Session, claim: Claim) -> bool:
    if claim.blast_id is None:
        return True
    return session.scalar(select(Blast.state).where(Blast.id == claim.blast_id)) == "sending"


def _reason(row: Any) -> str:
    if not row[ADDRESS]:
        return ERASED
    return "unsubscribed_since" if row[REASON] == "unsubscribed" else str(row[REASON])


def _recipients(sender: Sender, claim: Claim, plan: Plan, rows: Sequence[Any]) -> list[Recipient]:
    read = reader(plan.fields)
    tokens_of = sender.tokens.letter_maker(claim.blast_id or 0, plan.token_slots)
    recipients = []
    for row in rows:
        tokens = tokens_of(row[DELIVERY_ID])
        recipients.append(
            Recipient(
                delivery_id=row[DELIVERY_ID],
                address=row[ADDRESS],
                name=f"{row[FIRST_NAME]} {row[LAST_NAME]}".strip(),
                values=plan.values(read(row[FIXED:]), tokens),
                unsubscribe_token=tokens[-1],
            )
        )
    return recipients


def _hold_back(
    sender: Sender, claim: Claim, wait_s: float, reason: str, *, pause: bool = False
) -> None:
    """Nothing of the last part left: give the batch back, and say why on the blast."""
    _log.warning("provider.not_available", batch=claim.batch_id, wait_s=wait_s, reason=reason)
    with sender.db.transaction() as session:
        outbox.give_back(session, claim, wait_s=wait_s)
        if claim.blast_id is not None:
            values = {"reason": reason} | ({"state": "paused"} if pause else {})
            session.execute(
                update(Blast)
                .where(Blast.id == claim.blast_id, Blast.state == "sending")
                .values(**values)
            )


def _name_unknown(sender: Sender, claim: Claim, recipients: Sequence[Recipient]) -> None:
    """A fault of ours in the middle of a part: its letters are unknown, the blast is paused."""
    lost = [Outcome(r.delivery_id, Fate.UNKNOWN, BROKEN) for r in recipients]
    with sender.db.transaction() as session:
        record(session, claim.blast_id, lost)
    _hold_back(sender, claim, outbox.FIRST_RETRY_S, BROKEN, pause=True)
