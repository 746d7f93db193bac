"""Who did not get it: unknown letters settled or sent again, refused ones tried again, each only by
a named person's word, kept in the audit log. A new blast to the others: blasts/followup.py."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Select, delete, func, select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.blasts import queries
from outreach.blasts.models import BLAST_STATES, Blast
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.mail.again import AGAIN, PutBack, put_back
from outreach.mail.models import (
    DELIVERIES,
    DELIVERY_STATES,
    Delivery,
    SingleLetter,
)
from outreach.mail.outcomes import REFUSED_FOR_NOW, UNKNOWN
from outreach.supporters.models import Supporter

# What a person can say of an unknown letter, and the move that it makes.
SETTLED = {"accepted": "accept", "refused": "refuse"}
TWICE = "It is not certain that they did not get it: they may get it twice."
_AT_A_TIME = 1000


@dataclass(frozen=True)
class Standing:
    """How many of a frozen audience did not get it, by what can be done for them."""

    skipped: int
    refused_for_now: int
    refused: int  # for good
    cancelled: int
    unknown: int

    @property
    def missed(self) -> int:
        """Those whom a blast to them would choose."""
        return self.skipped + self.refused_for_now + self.refused + self.cancelled


@dataclass(frozen=True)
class Unknown:
    """A letter of which nobody can say whether it left. `blast` is None for a single letter."""

    delivery_id: int
    blast_id: int | None
    blast: str | None
    kind: str
    supporter_id: int | None
    address: str
    reason: str


def standing(session: Session, blast: Blast) -> Standing:
    """Counts those of a blast who did not get it."""
    rows = session.execute(
        select(Delivery.state, REFUSED_FOR_NOW, func.count())
        .where(Delivery.blast_id == blast.id)
        .where(Delivery.state.in_(("skipped", "refused", "cancelled", "unknown")))
        .group_by(Delivery.state, REFUSED_FOR_NOW)
    ).all()
    counts = {(state, bool(for_now)): number for state, for_now, number in rows}
    return Standing(
        skipped=counts.get(("skipped", False), 0),
        refused_for_now=counts.get(("refused", True), 0),
        refused=counts.get(("refused", False), 0),
        cancelled=counts.get(("cancelled", False), 0),
        unknown=counts.get(("unknown", False), 0),
    )


def unknown(
    session: Session, blast: Blast | None = None, *, at_most: int | None = None
) -> list[Unknown]:
    """The letters, of a blast or of all, of which it is not known whether they left."""
    query = _UNKNOWN if blast is None else _UNKNOWN.where(Delivery.blast_id == blast.id)
    rows = session.execute(query.order_by(Delivery.id).limit(at_most))
    return [Unknown(*row) for row in rows]


def unknown_count(session: Session, blast: Blast | None = None) -> int:
    """How many there are."""
    query = select(func.count()).where(UNKNOWN)
    if blast is not None:
        query = query.where(Delivery.blast_id == blast.id)
    return session.scalar(query) or 0


def settle(session: Session, ids: Sequence[int], *, as_: str, reason: str, actor: str) -> None:
    """Take a person's word for what became of unknown letters: SETTLED names what they can say.

    A repeat changes nothing. Raises BadInput without a reason, NotFound for ids of no delivery,
    Conflict where one is not unknown; then none was changed.
    """
    if as_ not in SETTLED:
        raise BadInput("Say accepted or refused.", field="as")
    if not reason.strip():
        raise BadInput("Say how you know what became of them; nothing was changed.", field="reason")
    verb = SETTLED[as_]
    for delivery in _chosen(session, ids, lock=True):
        if delivery.state == as_:
            continue
        if delivery.state != "unknown":
            raise Conflict(
                f"Letter {delivery.id} is {delivery.state}, not unknown; none was changed.",
                hint="See which are: outreach deliveries unknown",
            )
        delivery.state = DELIVERY_STATES.after(delivery.state, verb)
        delivery.reason = f"{as_.capitalize()}, says {actor}: {reason.strip()}"[:400]
        if as_ == "accepted":
            delivery.accepted_at = delivery.accepted_at or now()
    session.flush()
    if as_ == "accepted":  # then the text of a single letter need not be kept
        for some in _slices(ids):
            session.execute(delete(SingleLetter).where(SingleLetter.delivery_id.in_(some)))
    _note(session, actor, f"settle_{as_}", ids, reason=reason.strip())


def resend(session: Session, ids: Sequence[int], *, actor: str) -> PutBack:
    """Send letters again that are unknown or refused, by a person's word: see TWICE.

    Raises NotFound for ids of no delivery, Conflict where one can't be sent again; then none was
    changed. The consent gate is asked again as they leave.
    """
    blasts: dict[int | None, list[int]] = {}
    # Not locked: whoever sends locks the batch first. `put_back` asks for the state once more.
    for delivery in _chosen(session, ids):
        if delivery.state not in DELIVERY_STATES.moves["resend"].sources | {"pending"}:
            raise Conflict(
                f"Letter {delivery.id} is {delivery.state}; only unknown and refused ones are "
                "sent again. None was changed.",
            )
        blasts.setdefault(delivery.blast_id, []).append(delivery.id)
    _must_have_text(session, blasts.get(None, []))
    back = PutBack()
    for blast_id, its in blasts.items():
        blast = None if blast_id is None else queries.by_id(session, blast_id, lock=True)
        for some in _slices(its):
            back = _sum(back, _again(session, blast, DELIVERIES.c.id.in_(some)))
    _note(session, actor, "resend", ids, waiting=back.waiting)
    return back


def resend_unknown(session: Session, blast: Blast, *, actor: str) -> PutBack:
    """Send all unknown letters of a blast again, by a person's word: see TWICE."""
    back = _again(session, blast, UNKNOWN)
    _note_of(session, blast, actor, "resend_unknown", back)
    return back


def retry(session: Session, blast: Blast, *, actor: str) -> PutBack:
    """Send letters again that the provider refused for now: none of them was taken."""
    back = _again(session, blast, REFUSED_FOR_NOW)
    _note_of(session, blast, actor, "retry", back)
    return back


def sent_again(back: PutBack, *, paused: bool = False) -> str:
    """What was done, for a person."""
    if not back.waiting and not back.in_hand:
        return "No letter was to be sent again."
    waits = "letter waits" if back.waiting == 1 else "letters wait"
    said = f"{back.waiting:,} {waits} again{' for the blast to go on' if paused else ''}."
    if back.in_hand:
        said += (
            f" {back.in_hand:,} could not be put back: a sender has their batch in hand at this "
            "moment. Try again in a minute."
        )
    return said


_UNKNOWN: Select[int, int | None, str | None, str, int | None, str, str] = (
    select(
        Delivery.id,
        Delivery.blast_id,
        Blast.name,
        Delivery.kind,
        Delivery.supporter_id,
        func.coalesce(Supporter.address, SingleLetter.to_address, ""),
        func.coalesce(Delivery.reason, ""),
    )
    .outerjoin(Blast, Blast.id == Delivery.blast_id)
    .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
    .outerjoin(SingleLetter, SingleLetter.delivery_id == Delivery.id)
    .where(UNKNOWN)
)


def _again(session: Session, blast: Blast | None, chosen: ColumnElement[bool]) -> PutBack:
    """Put letters back; a blast that has ended goes on for them. It is locked by now."""
    if blast is not None and blast.state == "cancelled":
        raise Conflict(
            "This blast was cancelled for good: nothing of it is sent any more.",
            hint="Draft a blast to those who did not get it: outreach blasts followup",
        )
    back = put_back(session, blast.id if blast else None, AGAIN, chosen)
    if blast is not None and blast.state == "finished" and back.waiting:
        blast.state = BLAST_STATES.after(blast.state, "go_on")
        blast.judged_after = queries.last_judged(session, blast)
        session.flush()
    return back


def _chosen(session: Session, ids: Sequence[int], *, lock: bool = False) -> list[Delivery]:
    """These deliveries in the order of their ids; raises NotFound."""
    found: list[Delivery] = []
    for some in _slices(sorted(set(ids))):
        query = select(Delivery).where(Delivery.id.in_(some)).order_by(Delivery.id)
        found += session.scalars(query.with_for_update() if lock else query)
    missing = sorted(set(ids) - {delivery.id for delivery in found})
    if missing or not ids:
        raise NotFound(
            f"There is no letter {missing[0]}; none was changed."
            if missing
            else "No letter was chosen.",
            hint="See which are unknown: outreach deliveries unknown",
        )
    return found


def _must_have_text(session: Session, ids: Sequence[int]) -> None:
    kept = set(
        session.scalars(select(SingleLetter.delivery_id).where(SingleLetter.delivery_id.in_(ids)))
    )
    for delivery_id in ids:
        if delivery_id not in kept:
            raise Conflict(
                f"The text of letter {delivery_id} was not kept, so it can’t be sent again. None "
                "was changed.",
                hint="It was to one person; whoever asked for it can ask again.",
            )


def _sum(one: PutBack, other: PutBack) -> PutBack:
    return PutBack(one.waiting + other.waiting, one.in_hand + other.in_hand)


def _slices(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[at : at + _AT_A_TIME] for at in range(0, len(ids), _AT_A_TIME)]


def _note(
    session: Session, actor: str, action: str, ids: Sequence[int], **detail: str | int
) -> None:
    """An audit entry for each thousand letters, by their ids."""
    for some in _slices(sorted(set(ids))):
        audit.record(
            session,
            actor=actor,
            action=f"deliveries.{action}",
            subject=f"delivery:{some[0]}" if len(some) == 1 else f"deliveries:{len(some)}",
            deliveries=list(some),
            **detail,
        )


def _note_of(session: Session, blast: Blast, actor: str, action: str, back: PutBack) -> None:
    if back.waiting:
        audit.record(
            session,
            actor=actor,
            action=f"blast.{action}",
            subject=f"blast:{blast.id}",
            letters=back.waiting,
        )
