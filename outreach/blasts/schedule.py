"""A blast's moves, from scheduled to its end."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.blasts import preflight, queries, variants, weights
from outreach.blasts.compose import preview
from outreach.blasts.models import BLAST_STATES, Blast
from outreach.core import log
from outreach.core.address import canonical
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict
from outreach.mail import again, single
from outreach.mail.models import BATCHES, DELIVERIES, DELIVERY_STATES, Batch, Delivery
from outreach.mail.outbox import HELD
from outreach.mail.render import Rendered
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter

_log = log.get(__name__)

# A clock that is a little ahead of ours, and the seconds between pressing and arriving.
PAST_TOLERANCE = timedelta(minutes=1)
_OPEN_BATCH = exists().where(Batch.blast_id == Blast.id, Batch.state.in_(("ready", *HELD)))
_HELD_LETTER = exists().where(
    Delivery.blast_id == Blast.id, Delivery.state == "pending", Delivery.held.is_not(None)
)
_CANCEL = (
    DELIVERY_STATES.update(DELIVERIES, "cancel")
    .where(DELIVERIES.c.id.between(bindparam("first"), bindparam("last")))
    .where(DELIVERIES.c.blast_id == bindparam("blast"))
    .values(reason="cancelled")
)


def schedule(
    session: Session, blast: Blast, *, at: datetime | None, actor: str, base_url: str
) -> None:
    """Let a draft leave at an instant (None: now).

    Raises BadInput for a time in the past, Conflict where a check stops it.
    """
    leaves = at or now()
    if leaves < now() - PAST_TOLERANCE:
        raise BadInput(
            f"{leaves:%Y-%m-%d %H:%M} UTC has passed; the draft is kept.",
            hint="Choose a later time, or send it now.",
            field="at",
        )
    state = BLAST_STATES.after(blast.state, "schedule")
    # A revision of the petition waits for this, and then sees the blast as scheduled.
    session.execute(
        select(Petition.id).where(Petition.id == blast.petition_id).with_for_update(read=True)
    )
    stops = preflight.stops(session, blast, base_url)
    if stops:
        raise Conflict(
            "The checks stop this blast; the draft is kept: "
            + " ".join(f"{stop.title} ({stop.key})." for stop in stops),
            hint="Mend it, or override a check with your name and a reason.",
        )
    blast.state, blast.scheduled_for, blast.reason = state, leaves, None
    _note(session, blast, actor, "schedule", at=leaves.isoformat())


def unschedule(session: Session, blast: Blast, *, actor: str) -> None:
    """Take a blast back to a draft that is scheduled, or paused before it started."""
    if blast.state == "paused" and blast.frozen_at is None:
        blast.state = "scheduled"
    blast.state = BLAST_STATES.after(blast.state, "unschedule")
    blast.scheduled_for = blast.reason = None
    _note(session, blast, actor, "unschedule")


def pause(session: Session, blast: Blast, *, actor: str, reason: str = "") -> int:
    """Stop a blast; senders let go of it between two parts, so within seconds.

    Returns how many letters were in flight at this instant: they may still leave.
    """
    blast.state = BLAST_STATES.after(blast.state, "pause")
    blast.reason = reason or f"Paused by {actor}."
    in_flight = queries.in_flight(session, blast)
    _note(session, blast, actor, "pause", reason=reason, in_flight=in_flight)
    return in_flight


def resume(session: Session, blast: Blast, *, actor: str) -> None:
    """Go on; a blast that was paused before its audience was frozen is due at once.

    What became of its letters so far was seen by a person: the automatic pause judges later ones.
    """
    if blast.state == "paused" and blast.frozen_at is None:
        blast.state, blast.scheduled_for = "scheduled", now()
    else:
        blast.state = BLAST_STATES.after(blast.state, "resume")
        again.look_now(session, BATCHES.c.blast_id == blast.id, DELIVERIES.c.blast_id == blast.id)
        weights.join(session, blast)
        blast.judged_after = queries.last_judged(session, blast)
    blast.reason = blast.held_until = blast.held_because = None
    _note(session, blast, actor, "resume")


def cancel(session: Session, blast: Blast, *, actor: str) -> None:
    """End a blast for good; what has not left is cancelled, what has left stays as it is."""
    blast.state = BLAST_STATES.after(blast.state, "cancel")
    blast.reason, blast.finished_at = f"Cancelled by {actor}.", now()
    # A part that is with the provider at this instant keeps its true outcome: its batch is still
    # claimed, and `close` cancels what that batch leaves behind.
    _cancel_waiting(session, blast)
    _note(session, blast, actor, "cancel")


def fail(session: Session, blast_id: int, why: str) -> None:
    """End a blast of which nothing more can leave, whatever anybody mends: the rest is cancelled.
    One that was paused or ended meanwhile stays so."""
    blast = queries.by_id(session, blast_id, lock=True)
    if blast.state in BLAST_STATES.moves["fail"].sources:
        blast.state = BLAST_STATES.after(blast.state, "fail")
        blast.reason, blast.finished_at = why, now()
        _cancel_waiting(session, blast)
        _log.error("blast.failed", blast=blast.id, reason=why)


def send_test(
    session: Session,
    blast: Blast,
    *,
    address: str,
    like: Supporter | None,
    base_url: str,
    variant: str | None = None,
) -> Delivery:
    """Post the letter (a variant's, by its letter, else the first) to one address as `like` would
    get it; its links are not counted."""
    to = canonical(address)
    chosen = variants.named(blast, variant)
    letter = preview(session, blast, chosen, like, base_url)
    mark = f"[Test {chosen.letter}]" if len(blast.variants) > 1 else "[Test]"
    return single.post(
        session,
        organisation_id=blast.organisation_id,
        kind="test",
        to_address=to,
        to_name="",
        rendered=Rendered(subject=f"{mark} {letter.subject}", html=letter.html, text=letter.text),
    )


def due(session: Session) -> list[int]:
    """Ids of the blasts whose time has come."""
    return list(
        session.scalars(
            select(Blast.id)
            .where(Blast.state.in_(("scheduled", "freezing")), Blast.scheduled_for <= now())
            .order_by(Blast.scheduled_for)
        )
    )


def hold_if_late(session: Session, blast: Blast) -> bool:
    """Pause a blast that the process slept through by more than its limit; True where it did."""
    due_at = queries.leaves_at(session, blast)
    if due_at is None:
        return False
    late = now() - due_at
    if late <= timedelta(seconds=blast.late_limit_s):
        return False
    blast.state = BLAST_STATES.after(blast.state, "pause")
    blast.reason = (
        f"It was due at {due_at:%Y-%m-%d %H:%M} UTC, when nothing was running, and "
        f"is {_counted(late)} late. Nothing was sent. Resume to send it."
    )
    _log.warning("blast.late", blast=blast.id, seconds=int(late.total_seconds()))
    return True


def hold_if_stopped(session: Session, blast: Blast, base_url: str) -> bool:
    """Pause a due blast that a check stops now: what it speaks of may have gone since it was
    scheduled. True where it did."""
    stops = preflight.stops(session, blast, base_url)
    if stops:
        hold(session, blast, " ".join(f"{one.title}. {one.detail}".strip() for one in stops))
    return bool(stops)


def hold(session: Session, blast: Blast, why: str) -> None:
    """Pause a due blast instead of starting it."""
    blast.state = BLAST_STATES.after(blast.state, "pause")
    blast.reason = f"{why} Nothing was sent. Mend it and resume, or take it back to a draft."
    _log.error("blast.held", blast=blast.id, reason=why)


def _counted(late: timedelta) -> str:
    seconds = int(late.total_seconds())
    if seconds >= 120:
        return f"{seconds // 60:,} minutes"
    return "1 second" if seconds == 1 else f"{seconds} seconds"


def close_finished(session: Session) -> Sequence[int]:
    """End blasts of which no batch is open and no letter is held any more; returns their ids."""
    is_done = select(Blast.id).where(Blast.state == "sending", ~_OPEN_BATCH, ~_HELD_LETTER)
    finished = []
    for blast_id in session.scalars(is_done).all():
        blast = queries.by_id(session, blast_id, lock=True)
        # Asked again behind the lock: somebody may have put letters back.
        if session.scalar(is_done.where(Blast.id == blast_id)) is None:
            continue
        blast.state = BLAST_STATES.after(blast.state, "finish")
        blast.finished_at, blast.reason = now(), None
        finished.append(blast_id)
        _log.info("blast.finished", blast=blast_id)
    # Batches that a sender gave back after their blast was cancelled, or had failed.
    gone = select(Blast.id).where(Blast.state.in_(("cancelled", "failed")))
    left = exists().where(Batch.blast_id == Blast.id, Batch.state == "ready")
    for blast in session.scalars(select(Blast).where(Blast.id.in_(gone), or_(left, _HELD_LETTER))):
        _cancel_waiting(session, blast)
    return finished


def _cancel_waiting(session: Session, blast: Blast) -> None:
    """Cancel what lies in batches that nobody holds."""
    free = (Batch.blast_id == blast.id) & (Batch.state == "ready")
    session.flush()
    ranges = session.execute(
        select(Batch.first_id, Batch.last_id).where(free).order_by(Batch.id).with_for_update()
    )
    # Range by range: joined with all of them at once, PostgreSQL compares every delivery with
    # every range.
    if values := [{"blast": blast.id, "first": first, "last": last} for first, last in ranges]:
        session.connection().execute(_CANCEL, values)
    # Held ones may lie in batches that are done.
    in_hand = exists().where(
        Batch.blast_id == blast.id,
        Batch.state.in_(HELD),
        Delivery.id.between(Batch.first_id, Batch.last_id),
    )
    session.execute(
        update(Delivery)
        .where(Delivery.blast_id == blast.id, Delivery.state == "pending")
        .where(Delivery.held.is_not(None), ~in_hand)
        .values(state="cancelled", reason="cancelled")
        .execution_options(synchronize_session=False)
    )
    session.execute(update(Batch).where(free).values(state="done", done_at=now()))


def _note(session: Session, blast: Blast, actor: str, action: str, **detail: str | int) -> None:
    session.flush()
    audit.record(
        session, actor=actor, action=f"blast.{action}", subject=f"blast:{blast.id}", **detail
    )
