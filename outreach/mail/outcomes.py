"""What became of the letters of one part, written into the ledger in a few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import CursorResult, Table, bindparam, or_, update
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.mail.models import Delivery
from outreach.mail.outbox import of_blast
from outreach.mail.provider import Fate, Outcome

MAX_ATTEMPTS = 8

_TABLE: Table = Delivery.__table__  # type: ignore[assignment]
_FINAL = (Fate.ACCEPTED, Fate.REFUSED, Fate.UNKNOWN)


def record(session: Session, blast_id: int | None, outcomes: Sequence[Outcome]) -> None:
    """Write the outcomes of one part; what is already settled stays.

    The commonest outcome is one UPDATE over the part's id range, the others go one by one, so that
    1,000 acceptances cost about as much as one.
    """
    if not outcomes:
        return
    instant = now()
    # Behind the id an outcome is its fate, reason and reference.
    common = Counter(o[1:] for o in outcomes).most_common(1)[0][0]
    same = [o for o in outcomes if o[1:] == common]
    others = [o for o in outcomes if o[1:] != common] if len(same) < len(outcomes) else []
    if common[0] in _FINAL:
        _record_range(session, blast_id, same, others, instant)
    else:
        others = list(outcomes)
    _record_each(session, [o for o in others if o.fate in _FINAL], instant)
    _put_off(session, [o for o in others if o.fate is Fate.LATER])


def _record_range(
    session: Session,
    blast_id: int | None,
    same: Sequence[Outcome],
    others: Sequence[Outcome],
    instant: datetime,
) -> None:
    # Every pending delivery of the range was in this part: parts take the lowest pending ids.
    ids = [o.delivery_id for o in same]
    found: CursorResult[Any] = session.execute(  # type: ignore[assignment]
        update(Delivery)
        .where(
            Delivery.id.between(min(ids), max(ids)),
            of_blast(blast_id),
            Delivery.state == "pending",
            Delivery.id.not_in([o.delivery_id for o in others]),
        )
        .values(**_values(same[0], instant))
        .execution_options(synchronize_session=False)
    )
    if found.rowcount < len(ids):
        # A sender whose lease was taken meanwhile comes back with certain knowledge.
        _record_each(session, same, instant)


def _record_each(session: Session, outcomes: Sequence[Outcome], instant: datetime) -> None:
    for fate in _FINAL:
        rows = [{"row": o.delivery_id, **_values(o, instant)} for o in outcomes if o.fate is fate]
        if rows:
            open_states = ("pending",) if fate is Fate.UNKNOWN else ("pending", "unknown")
            still_open = or_(*(_TABLE.c.state == state for state in open_states))
            session.connection().execute(
                update(_TABLE)
                .where(_TABLE.c.id == bindparam("row"), still_open)
                .values({name: bindparam(name) for name in rows[0] if name != "row"}),
                rows,
            )


def _values(outcome: Outcome, instant: datetime) -> dict[str, Any]:
    return {
        "state": outcome.fate.value,
        "reason": outcome.reason[:400] or None,
        "provider_ref": outcome.ref[:400] or None,
        "accepted_at": instant if outcome.fate is Fate.ACCEPTED else None,
    }


def _put_off(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Stay pending for the batch's next turn, or be refused after MAX_ATTEMPTS turns."""
    if not outcomes:
        return
    session.connection().execute(
        update(_TABLE)
        .where(_TABLE.c.id == bindparam("row"), _TABLE.c.state == "pending")
        .values(attempts=_TABLE.c.attempts + 1, reason=bindparam("why")),
        [{"row": o.delivery_id, "why": o.reason[:400] or None} for o in outcomes],
    )
    session.execute(
        update(Delivery)
        .where(
            Delivery.id.in_([o.delivery_id for o in outcomes]),
            Delivery.state == "pending",
            Delivery.attempts >= MAX_ATTEMPTS,
        )
        .values(state="refused")
        .execution_options(synchronize_session=False)
    )
