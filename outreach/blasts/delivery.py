"""Sending: claim a batch, and hand it over part by part, each written down before and after."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import count

from sqlalchemy import bindparam, exists, or_, update
from sqlalchemy.orm import Session

from outreach.blasts import schedule
from outreach.blasts.letters import LetterLost, Letters, letters_of
from outreach.blasts.models import Blast, FrozenLetter
from outreach.blasts.parts import Part, next_part
from outreach.blasts.sender import Sender
from outreach.blasts.turn import Turn
from outreach.blasts.watch import Watch
from outreach.core import log, metrics
from outreach.core.db import AWAY, Database
from outreach.core.errors import OutreachError
from outreach.mail import outbox, pace_scopes
from outreach.mail.models import Batch
from outreach.mail.outbox import Claim
from outreach.mail.outcomes import record
from outreach.mail.provider import Fate, Outcome, ProviderDown, ProviderRefuses
from outreach.mail.recovery import outcomes_of

_log = log.get(__name__)

OFFER_S = 30.0  # a batch that a broker forgot is offered again after that

_SENDING = exists().where(
    Blast.id == Batch.blast_id,
    Blast.state == "sending",
    FrozenLetter.variant_id == Batch.variant_id,  # else it waits for the winner
    or_(Blast.held_until.is_(None), Blast.held_until <= bindparam("now")),
)
_CLAIM = outbox.claiming(_SENDING)
_CLAIM_ONE = outbox.claiming(_SENDING, by_id=True)
_OFFER = outbox.offering(_SENDING)
_claims = count(1)
BROKEN = "The sender failed while these letters were on their way; whether they left is not known."
FAULT = (
    "A fault of ours stopped it; the worker’s log tells more. What left is recorded, the rest "
    "waits. Resume to try again."
)
KEPT = "Nobody is lost: whose letters have not left wait. Mend it and resume, or cancel the blast."
AGAIN_S = 1.0  # the database is asked again after that


def send_all(sender: Sender, stop: threading.Event) -> int:
    """Send batches, as many at a time as the provider takes, until none is due or `stop` is set;
    returns how many were taken on."""
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
        """Send one batch. A letter that asks for what is gone pauses its blast; one that is itself
        gone fails it."""
        try:
            letters = self._letters(claim)
        except LetterLost as fault:
            with self._sender.db.transaction() as session:
                schedule.fail(session, claim.blast_id or 0, str(fault))
                outbox.give_back(session, claim)
            return
        except OutreachError as fault:
            reason = f"{fault} {KEPT}"
            _hold_back(self._sender, claim, self._watch, outbox.FIRST_RETRY_S, reason, pause=True)
            return
        send_batch(self._sender, claim, letters, self._watch)

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
        before, part = part, None
        try:
            part = next_part(sender, turn.claim, turn.size, letters, before)
            with sender.db.transaction() as session:
                goes_on = _hand_over(session, turn, before, part, watch)
        except Exception as fault:
            _break_off(sender, turn, before, part, fault)
            raise
        if before:
            sender.flights.end(before.flight)
        if part is None or not goes_on:
            if part:
                sender.flights.end(part.flight)
            return
        with watch.over(claim, part.flight):
            if not _send_part(sender, turn, part):
                return


def _break_off(
    sender: Sender, turn: Turn, before: Part | None, part: Part | None, fault: Exception
) -> None:
    """Something failed between two parts: what became of the letters before, which nobody else
    knows, is written down, and the batch goes back. Where it was not the database, its blast is
    paused."""

    def keep(session: Session) -> None:
        ours = outbox.holds(session, turn.claim)
        if before:
            record(
                session, turn.claim.blast_id, before.outcomes, before.ids, before.read_at, ours=ours
            )

    away = isinstance(fault, AWAY)
    wait_s, reason = (0.0, "") if away else (outbox.FIRST_RETRY_S, FAULT)
    _hold_back(sender, turn.claim, turn.watch, wait_s, reason, pause=not away, first=keep)
    for done in (before, part):
        if done:
            sender.flights.end(done.flight)


def _claim(sender: Sender, batch_id: int | None = None) -> Claim | None:
    # Each claim by a name of its own: a lane that was believed dead does not hold what another
    # one of its process took over.
    owner = f"{sender.name}/{next(_claims)}"
    with metrics.timed(metrics.CLAIMS, sender.provider.name), sender.db.transaction() as session:
        statement = _CLAIM if batch_id is None else _CLAIM_ONE
        return outbox.claim(
            session, statement, owner=owner, lease_s=sender.lease_s, batch_id=batch_id
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

    def not_sent(session: Session) -> None:
        turn.not_sent(session, part)

    try:
        part.outcomes = sender.provider.send(part.plan, part.recipients, part.flight)
    except ProviderDown as down:
        _hold_back(sender, turn.claim, turn.watch, down.wait_s, str(down), first=not_sent)
    except ProviderRefuses as refusal:
        wait_s, reason = outbox.FIRST_RETRY_S, str(refusal)
        _hold_back(sender, turn.claim, turn.watch, wait_s, reason, pause=True, first=not_sent)
    except BaseException:
        _name_unknown(sender, turn, part)
        raise
    else:
        turn.put_off(part.outcomes)
        for fate, number in Counter(outcome.fate for outcome in part.outcomes).items():
            metrics.count(metrics.LETTERS, number, sender.provider.name, fate)
        return True
    sender.flights.end(part.flight)
    return False


def _hold_back(
    sender: Sender,
    claim: Claim,
    watch: Watch,
    wait_s: float,
    reason: str,
    *,
    pause: bool = False,
    first: Callable[[Session], None] | None = None,
) -> None:
    """Give the batch back, and say why on the blast; `first`: what else is to be written down.

    Only this process knows it: while the database is away it asks again, until it is to end.
    """
    _log.warning("batch.held_back", batch=claim.batch_id, wait_s=wait_s, reason=reason)
    while True:
        try:
            with sender.db.transaction() as session:
                if first:
                    first(session)
                outbox.give_back(session, claim, wait_s=wait_s)
                if reason and claim.blast_id is not None:
                    _say_why(session, claim.blast_id, reason, pause=pause)
        except AWAY as error:
            _log.warning("batch.database_away", batch=claim.batch_id, error=type(error).__name__)
            if watch.rest(AGAIN_S):
                raise
        else:
            return


def _say_why(session: Session, blast_id: int, reason: str, *, pause: bool) -> None:
    values = {"reason": reason} | ({"state": "paused"} if pause else {})
    of_blast = update(Blast).where(Blast.id == blast_id, Blast.state == "sending")
    session.execute(of_blast.values(**values))


def _name_unknown(sender: Sender, turn: Turn, part: Part) -> None:
    """A fault of ours in the middle of a part: what may have left is unknown, the blast paused."""
    known = outcomes_of(part.flight.stages()) if sender.provider.follows_letters else []
    told = {outcome.delivery_id for outcome in known}
    ids = [recipient.delivery_id for recipient in part.recipients]
    lost = [Outcome(i, Fate.UNKNOWN, BROKEN) for i in ids if i not in told]
    taken = [outcome for outcome in known if outcome.fate is not Fate.LATER]

    def keep(session: Session) -> None:
        ours = outbox.holds(session, turn.claim)
        outcomes = [*taken, *lost]
        record(session, turn.claim.blast_id, outcomes, part.ids, part.read_at, ours=ours)

    wait_s = outbox.FIRST_RETRY_S
    _hold_back(sender, turn.claim, turn.watch, wait_s, BROKEN, pause=True, first=keep)
    sender.flights.end(part.flight)
