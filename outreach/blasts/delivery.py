"""Sending: claim a batch, and hand it over part by part, each written down before and after."""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, bindparam, exists, literal, null, select, update
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.models import Blast, FrozenLetter
from outreach.blasts.recipients import (
    ADDRESS,
    DELIVERY_ID,
    ERASED,
    REASON,
    known,
    part_query,
)
from outreach.core import log
from outreach.core.db import Database
from outreach.core.tokens import Slot, Tokens
from outreach.mail import outbox
from outreach.mail.models import Batch, Delivery, SingleLetter
from outreach.mail.outbox import Claim
from outreach.mail.outcomes import record
from outreach.mail.plan import Envelope, Plan, Recipient
from outreach.mail.provider import Fate, Outcome, Provider, ProviderDown, ProviderRefuses
from outreach.mail.recovery import in_doubt, lost_batches, recover

_log = log.get(__name__)

_CLAIM = outbox.claiming(
    allowed=exists().where(Blast.id == Batch.blast_id, Blast.state == "sending")
)
_STATE = select(Blast.state).where(Blast.id == bindparam("blast"))
# Letters that a person asked for (confirmation, test) don't pass the consent gate.
_SINGLE: Select[Any] = (
    select(SingleLetter.delivery_id, SingleLetter.to_address, SingleLetter.to_name)
    .add_columns(literal(""), null())
    .join(Delivery, Delivery.id == SingleLetter.delivery_id)
    .where(outbox.WAITING)
    .limit(bindparam("size"))
)
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
    """The plan of a batch, and the SELECT of those who wait, as recipients.part_query makes it."""

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
    done, seen = 0, dict[int, Letters]()
    while not stop.is_set():
        with sender.db.transaction() as session:
            claim = outbox.claim(session, _CLAIM, owner=sender.name, lease_s=sender.lease_s)
        if claim is None:
            return done
        send_batch(sender, claim, stop, seen)
        done += 1
    return done


def send_batch(
    sender: Sender, claim: Claim, stop: threading.Event, seen: dict[int, Letters]
) -> None:
    """Send what waits in a claimed batch; stops between two parts when its blast was paused or
    this process is to end. `seen` remembers the letters of each variant over batches."""
    letters = seen.get(claim.variant_id or 0)
    if letters is None:
        with sender.db.reading() as session:
            letters = _letters(session, sender, claim)
        if claim.variant_id:
            seen[claim.variant_id] = letters
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


def _letters(session: Session, sender: Sender, claim: Claim) -> Letters:
    if claim.variant_id is not None:
        plan = Plan.from_json(session.get_one(FrozenLetter, claim.variant_id).plan)
        return Letters(plan, part_query(plan.fields))
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
    # By the connection: rows of columns need none of what the ORM does to a result, 3 µs each.
    found = session.connection().execute(
        letters.query, {**claim.after(before.last_id if before else 0), "size": size}
    )
    rows = found.all()
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
    return session.connection().execute(_STATE, {"blast": claim.blast_id}).scalar() == "sending"


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
    return list(map(Recipient, ids, addresses, names, values))


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
