"""Sending: claim a batch, and hand it over part by part, each written down before and after."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import count
from typing import Any

from sqlalchemy import bindparam, exists, or_, update
from sqlalchemy.orm import Session

from outreach.blasts.each import render_part
from outreach.blasts.letters import Letters, letters_of
from outreach.blasts.models import Blast
from outreach.blasts.recipients import (
    ADDRESS,
    DELIVERY_ID,
    ERASED,
    REASON,
    STOPPED,
    known,
)
from outreach.blasts.turn import Part, Turn
from outreach.blasts.watch import Watch
from outreach.core import log, metrics, process
from outreach.core.address import domain
from outreach.core.bulk import by_index
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail import outbox, pace_scopes
from outreach.mail.flight import Flight, FlightRecorder, Stage
from outreach.mail.models import Batch
from outreach.mail.outbox import Claim
from outreach.mail.outcomes import record
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import (
    Fate,
    Outcome,
    Provider,
    ProviderDown,
    ProviderRefuses,
)
from outreach.mail.recovery import in_doubt, lost_batches, recover

_log = log.get(__name__)

OFFER_S = 30.0  # a batch that a broker forgot is offered again after that

_SENDING = exists().where(
    Blast.id == Batch.blast_id,
    Blast.state == "sending",
    or_(Blast.held_until.is_(None), Blast.held_until <= bindparam("now")),
)
_CLAIM = outbox.claiming(_SENDING)
_CLAIM_ONE = outbox.claiming(_SENDING, by_id=True)
_OFFER = outbox.offering(_SENDING)
_claims = count(1)
BROKEN = "The sender failed while these letters were on their way; whether they left is not known."


@dataclass(frozen=True)
class Sender:
    """Who sends, and what it works with. `name`: of the process (core.process.own_name)."""

    name: str
    db: Database
    tokens: Tokens
    provider: Provider
    flights: FlightRecorder
    base_url: str
    lease_s: int


def send_all(sender: Sender, stop: threading.Event) -> int:
    """Send batches until none is due or `stop` is set; returns how many were taken on.

    As many at a time as the provider takes.
    """
    claim = None if stop.is_set() else _claim(sender)
    if claim is None:
        return 0
    with Watch(sender.db, stop, pace_scopes.configured(sender.provider)) as watch:
        lane = Lane(sender, stop, watch)
        if sender.provider.lanes == 1:
            return lane.run(claim)
        with ThreadPoolExecutor(sender.provider.lanes, "sender") as pool:
            others = [pool.submit(lane.run) for _ in range(sender.provider.lanes - 1)]
            return lane.run(claim) + sum(other.result() for other in others)


def offer(db: Database, number: int) -> list[int]:
    """Ids of up to so many batches that wait for a sender, for `send_one` on any machine."""
    if number < 1:
        return []
    with db.transaction() as session:
        return outbox.offer(session, _OFFER, number=number, offer_s=OFFER_S)


def send_one(sender: Sender, batch_id: int, stop: threading.Event) -> bool:
    """Send this batch; False, and nothing is done, where it is not due any more."""
    claim = None if stop.is_set() else _claim(sender, batch_id)
    if claim is None:
        return False
    with Watch(sender.db, stop, pace_scopes.configured(sender.provider)) as watch:
        Lane(sender, stop, watch).send(claim)
    return True


class Lane:
    """Takes one batch after the other, from as many threads as like to `run`."""

    def __init__(self, sender: Sender, stop: threading.Event, watch: Watch) -> None:
        self._sender = sender
        self._stop = stop
        self._watch = watch
        self._variants: dict[int, Letters] = {}

    def run(self, claim: Claim | None = None) -> int:
        """Send this batch and those that are due after it; returns how many."""
        done = 0
        while claim := claim or (None if self._stop.is_set() else _claim(self._sender)):
            self.send(claim)
            claim, done = None, done + 1
        return done

    def send(self, claim: Claim) -> None:
        """Send one batch."""
        send_batch(self._sender, claim, self._letters(claim), self._watch)

    def _letters(self, claim: Claim) -> Letters:
        letters = self._variants.get(claim.variant_id or 0)
        if letters is None:
            with self._sender.db.reading() as session:
                letters = letters_of(session, claim, self._sender.base_url)
            if claim.variant_id:
                self._variants[claim.variant_id] = letters
        return letters


def send_batch(sender: Sender, claim: Claim, letters: Letters, watch: Watch) -> None:
    """Send what waits in a claimed batch; stops when its blast was paused, the batch is no longer
    ours, or this process is to end."""
    part = None
    turn = Turn(claim, letters.plan.envelope.sender_address, sender.provider, watch)
    while True:
        before, part = part, _next_part(sender, turn, letters, part)
        with sender.db.transaction() as session:
            goes_on = _hand_over(session, turn, before, part, watch)
        if before:
            sender.flights.end(before.flight)
        if part is None or not goes_on:
            if part:
                sender.flights.end(part.flight)
            return
        with watch.over(claim, part.flight):
            if not _send_part(sender, turn, part):
                return


def recover_lost(sender: Sender) -> int:
    """Put batches in order whose sender fell silent; returns how many letters are now unknown."""
    with sender.db.reading() as session:
        lost = [(b.id, b.lease_owner or "", in_doubt(session, b)) for b in lost_batches(session)]
    unknown = 0
    for batch_id, owner, doubtful in lost:
        known = _known(sender, owner, doubtful) if doubtful else []
        with sender.db.transaction() as session:
            unknown += recover(session, batch_id, owner, known)
    if unknown:
        metrics.count(metrics.LETTERS, unknown, sender.provider.name, Fate.UNKNOWN)
    return unknown


def _known(sender: Sender, owner: str, doubtful: Sequence[int]) -> list[Outcome]:
    """What is certain of letters in doubt: by the flight recorder, and by the provider itself."""
    stages = sender.flights.stages(doubtful, owner)
    if not process.has_ended(owner):  # it may wake up and send what is still with it
        stages = {i: stage for i, stage in stages.items() if stage is not Stage.HERE}
    known = _outcomes_of(stages)
    told = {outcome.delivery_id for outcome in known}
    return known + sender.provider.settle([i for i in doubtful if i not in told])


def _outcomes_of(stages: Mapping[int, Stage]) -> list[Outcome]:
    fates = {Stage.HERE: Fate.LATER, Stage.TAKEN: Fate.ACCEPTED}
    return [Outcome(i, fates[stage]) for i, stage in stages.items() if stage in fates]


def _claim(sender: Sender, batch_id: int | None = None) -> Claim | None:
    # Each claim by a name of its own: a lane that was believed dead does not hold what another
    # one of its process took over.
    owner = f"{sender.name}/{next(_claims)}"
    with metrics.timed(metrics.CLAIMS, sender.provider.name), sender.db.transaction() as session:
        statement = _CLAIM if batch_id is None else _CLAIM_ONE
        return outbox.claim(
            session, statement, owner=owner, lease_s=sender.lease_s, batch_id=batch_id
        )


def _next_part(sender: Sender, turn: Turn, letters: Letters, before: Part | None) -> Part | None:
    """The letters behind those of the part before, written as far as they are personal; None when
    there are none, or none are to be begun."""
    if before is not None and (before.is_last or before.flight.stopped):
        return None
    claim, size = turn.claim, turn.size
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


def _hand_over(
    session: Session, turn: Turn, before: Part | None, part: Part | None, watch: Watch
) -> bool:
    """Write down what became of the part before, and that the next one leaves; False when the
    batch ended or is to be let go."""
    claim = turn.claim
    ours = outbox.holds(session, claim)
    if before:
        record(session, claim.blast_id, before.outcomes, before.ids, before.read_at, ours=ours)
    if not ours:
        _log.warning("batch.taken_over", batch=claim.batch_id)
        return False
    if watch.stopping or (before and before.flight.stopped) or not turn.may_leave(session):
        outbox.give_back(session, claim)
        return False
    if part is None:
        turn.finish(session)
        return False
    if before and turn.is_over:
        outbox.give_back(session, claim)
        return False
    outbox.skip(session, part.skipped)
    outbox.hold(session, part.held)
    hold = turn.cut(session, part)
    if hold:
        turn.hold(session, hold)
        return False
    outbox.mark(session, claim, after=part.after, through=part.last_id, read_at=part.read_at)
    return True


def _send_part(sender: Sender, turn: Turn, part: Part) -> bool:
    """Hand the part to the provider; False when the batch was let go instead."""
    if not part.recipients:
        return True
    try:
        part.outcomes = sender.provider.send(part.plan, part.recipients, part.flight)
    except ProviderDown as down:
        _hold_back(sender, turn, down.wait_s, str(down), part=part)
    except ProviderRefuses as refusal:
        _hold_back(sender, turn, outbox.FIRST_RETRY_S, str(refusal), part=part, pause=True)
    except BaseException:
        _name_unknown(sender, turn, part)
        raise
    else:
        for fate, number in Counter(outcome.fate for outcome in part.outcomes).items():
            metrics.count(metrics.LETTERS, number, sender.provider.name, fate)
        return True
    sender.flights.end(part.flight)
    return False


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


def _hold_back(
    sender: Sender,
    turn: Turn,
    wait_s: float,
    reason: str,
    *,
    part: Part | None = None,
    pause: bool = False,
) -> None:
    """Give the batch back, and say why on the blast; of `part` nothing left."""
    claim = turn.claim
    _log.warning("provider.not_available", batch=claim.batch_id, wait_s=wait_s, reason=reason)
    with sender.db.transaction() as session:
        if part:
            turn.not_sent(session, part)
        outbox.give_back(session, claim, wait_s=wait_s)
        if claim.blast_id is not None:
            values = {"reason": reason} | ({"state": "paused"} if pause else {})
            session.execute(
                update(Blast)
                .where(Blast.id == claim.blast_id, Blast.state == "sending")
                .values(**values)
            )


def _name_unknown(sender: Sender, turn: Turn, part: Part) -> None:
    """A fault of ours in the middle of a part: what may have left is unknown, the blast paused."""
    known = _outcomes_of(part.flight.stages()) if sender.provider.follows_letters else []
    told = {outcome.delivery_id for outcome in known}
    ids = [recipient.delivery_id for recipient in part.recipients]
    lost = [Outcome(i, Fate.UNKNOWN, BROKEN) for i in ids if i not in told]
    taken = [outcome for outcome in known if outcome.fate is not Fate.LATER]
    with sender.db.transaction() as session:
        ours = outbox.holds(session, turn.claim)
        outcomes = [*taken, *lost]
        record(session, turn.claim.blast_id, outcomes, part.ids, part.read_at, ours=ours)
    sender.flights.end(part.flight)
    _hold_back(sender, turn, outbox.FIRST_RETRY_S, BROKEN, pause=True)
