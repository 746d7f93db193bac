"""What became of the letters of one part, written into the ledger in a few statements."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import bindparam, update
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.mail.models import DELIVERIES, DELIVERY_STATES
from outreach.mail.outbox import WAITING
from outreach.mail.provider import Fate, Outcome

MAX_ATTEMPTS = 8

_VERBS = {Fate.ACCEPTED: "accept", Fate.REFUSED: "refuse", Fate.UNKNOWN: "lose"}
_FACTS: dict[str, Any] = {
    "reason": bindparam("why"),
    "provider_ref": bindparam("ref"),
    "accepted_at": bindparam("accepted"),
}
# By fate: the waiting deliveries of an id range but for a few, and one delivery by its id.
_RANGE = {
    fate: DELIVERY_STATES.update(DELIVERIES, verb)
    .where(WAITING, DELIVERIES.c.id.not_in(bindparam("others", expanding=True)))
    .values(_FACTS)
    for fate, verb in _VERBS.items()
}
_ONE = {
    fate: DELIVERY_STATES.update(DELIVERIES, verb)
    .where(DELIVERIES.c.id == bindparam("row"))
    .values(_FACTS)
    for fate, verb in _VERBS.items()
}
_PUT_OFF = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("row"), DELIVERIES.c.state == "pending")
    .values(attempts=DELIVERIES.c.attempts + 1, reason=bindparam("why"))
)
_GIVE_UP = DELIVERY_STATES.update(DELIVERIES, "refuse").where(
    DELIVERIES.c.id == bindparam("row"),
    DELIVERIES.c.state == "pending",  # and not one that became unknown meanwhile
    DELIVERIES.c.attempts >= MAX_ATTEMPTS,
)


def record(
    session: Session, blast_id: int | None, outcomes: Sequence[Outcome], part: Sequence[int]
) -> None:
    """Write the outcomes of the letters of a part; what is already settled stays, and those of
    whom nothing is said go on waiting.

    The commonest outcome is one UPDATE over the part's id range, the others go one by one, so that
    1,000 acceptances cost about as much as one.
    """
    if not outcomes:
        return
    instant = now()
    # Behind the id an outcome is its fate, reason and reference.
    common = Counter(outcome[1:] for outcome in outcomes).most_common(1)[0][0]
    others: Sequence[Outcome] = outcomes
    if common[0] in _VERBS:
        same = [o for o in outcomes if o[1:] == common]
        others = [o for o in outcomes if o[1:] != common] if len(same) < len(outcomes) else ()
        _record_range(session, blast_id, same, part, instant)
    _record_each(session, others, instant)
    _put_off(session, [o for o in others if o.fate is Fate.LATER])


def _record_range(
    session: Session,
    blast_id: int | None,
    same: Sequence[Outcome],
    part: Sequence[int],
    instant: datetime,
) -> None:
    # Every pending delivery of the range was in this part: parts take the lowest pending ids.
    ids = [o.delivery_id for o in same]
    others = set(part).difference(ids) if len(ids) < len(part) else ()
    found = session.connection().execute(
        _RANGE[same[0].fate],
        {
            "after": min(ids) - 1,
            "last": max(ids),
            "blast": blast_id,
            "others": list(others),
            **_facts(same[0], instant),
        },
    )
    if found.rowcount < len(ids):
        # A sender whose lease was taken meanwhile comes back with certain knowledge.
        _record_each(session, same, instant)


def _record_each(session: Session, outcomes: Sequence[Outcome], instant: datetime) -> None:
    for fate, statement in _ONE.items():
        rows = [{"row": o.delivery_id, **_facts(o, instant)} for o in outcomes if o.fate is fate]
        if rows:
            session.connection().execute(statement, rows)


def _facts(outcome: Outcome, instant: datetime) -> dict[str, Any]:
    return {
        "why": outcome.reason[:400] or None,
        "ref": outcome.ref[:400] or None,
        "accepted": instant if outcome.fate is Fate.ACCEPTED else None,
    }


def _put_off(session: Session, outcomes: Sequence[Outcome]) -> None:
    """Stay pending for the batch's next turn, or be refused after MAX_ATTEMPTS turns."""
    if outcomes:
        rows = [{"row": o.delivery_id, "why": o.reason[:400] or None} for o in outcomes]
        session.connection().execute(_PUT_OFF, rows)
        session.connection().execute(_GIVE_UP, [{"row": row["row"]} for row in rows])
