"""What became of the letters of one part, written into the ledger in a few statements."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import BigInteger, Text, any_, bindparam, func, select, update
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.mail.models import DELIVERIES, DELIVERY_STATES
from outreach.mail.outbox import DUE, FIRST_RETRY_S, MAX_ATTEMPTS, WAITING
from outreach.mail.provider import Fate, Outcome

_VERBS = {Fate.ACCEPTED: "accept", Fate.REFUSED: "refuse", Fate.UNKNOWN: "lose"}
_FACTS: dict[str, Any] = {
    "reason": bindparam("why"),
    "provider_ref": bindparam("ref"),
    "accepted_at": bindparam("accepted"),
    "lost_at": bindparam("lost"),
}
# By fate: the deliveries of an id range that were due, and one delivery by its id.
_RANGE = {
    fate: DELIVERY_STATES.update(DELIVERIES, verb).where(WAITING, DUE).values(_FACTS)
    for fate, verb in _VERBS.items()
}
_ONE = {
    fate: DELIVERY_STATES.update(DELIVERIES, verb)
    .where(DELIVERIES.c.id == bindparam("row"))
    .values(_FACTS)
    for fate, verb in _VERBS.items()
}
# The same for many at once, where there are arrays: those of whom one thing is said, and those of
# whom each has its own. The range keeps the planner, who can't tell how many an array holds, from
# reading the whole table.
_REACH = DELIVERIES.c.id.between(bindparam("first"), bindparam("last"))
_IDS = bindparam("rows", type_=ARRAY(BigInteger))
_ALIKE = {
    fate: DELIVERY_STATES.update(DELIVERIES, verb)
    .where(DELIVERIES.c.id == any_(_IDS), _REACH)
    .values(_FACTS)
    for fate, verb in _VERBS.items()
}
FEW_STATEMENTS = 8  # a request or two for each outcome of a letter's conditions
_told = (
    func.unnest(
        _IDS,
        bindparam("whys", type_=ARRAY(Text)),
        bindparam("refs", type_=ARRAY(Text)),
    )
    .table_valued("delivery", "why", "ref")
    .render_derived(name="told")
)
_MANY = {
    fate: DELIVERY_STATES.update(DELIVERIES, verb)
    .where(DELIVERIES.c.id == _told.c.delivery, _REACH)
    .values({**_FACTS, "reason": _told.c.why, "provider_ref": _told.c.ref})
    for fate, verb in _VERBS.items()
}
_PUT_OFF = (
    update(DELIVERIES)
    .where(DELIVERIES.c.id == bindparam("row"), DELIVERIES.c.state == "pending")
    .values(
        attempts=DELIVERIES.c.attempts + 1,
        reason=bindparam("why"),
        not_before=bindparam("later"),
    )
)
_ATTEMPTS = select(DELIVERIES.c.id, DELIVERIES.c.attempts).where(
    DELIVERIES.c.id.in_(bindparam("rows", expanding=True))
)
_GIVE_UP = DELIVERY_STATES.update(DELIVERIES, "refuse").where(
    DELIVERIES.c.id == bindparam("row"),
    DELIVERIES.c.state == "pending",  # and not one that became unknown meanwhile
    DELIVERIES.c.attempts >= MAX_ATTEMPTS,
)
# Refused because the provider asked for patience too often, not because it wants the letter never.
REFUSED_FOR_NOW = (DELIVERIES.c.state == "refused") & (DELIVERIES.c.attempts >= MAX_ATTEMPTS)
# By an index that holds nothing else.
UNKNOWN = DELIVERIES.c.lost_at.is_not(None) & (DELIVERIES.c.state == "unknown")


def record(
    session: Session,
    blast_id: int | None,
    outcomes: Sequence[Outcome],
    part: Sequence[int],
    read_at: datetime,
    *,
    ours: bool = True,
) -> None:
    """Write the outcomes of the letters of a part; what is already settled stays, and those of
    whom nothing is said go on waiting. `part`: its deliveries, with those that were left out;
    `read_at`: when it was read, and they were due.

    A part of which all ended alike is one UPDATE over its id range. Not so where the batch is no
    longer the sender's (`ours`): letters may wait again there that were not in the part.
    """
    if not outcomes:
        return
    instant = now()
    # Behind the id an outcome is its fate, reason and reference.
    alike = ours and len(outcomes) == len(part) and len({outcome[1:] for outcome in outcomes}) == 1
    if not (alike and _record_range(session, blast_id, outcomes, instant, read_at)):
        # Also where a sender whose lease was taken meanwhile comes back with certain knowledge.
        _record_each(session, outcomes, instant)
        _put_off(session, [o for o in outcomes if o.fate is Fate.LATER], instant)


def _record_range(
    session: Session,
    blast_id: int | None,
    part: Sequence[Outcome],
    instant: datetime,
    read_at: datetime,
) -> bool:
    """Whether all of the part, and so whatever was due in its range, could be written at once."""
    statement = _RANGE.get(part[0].fate)
    if statement is None:
        return False
    ids = [o.delivery_id for o in part]
    reach = {"after": min(ids) - 1, "last": max(ids), "blast": blast_id, "now": read_at}
    found = session.connection().execute(statement, {**reach, **_facts(part[0], instant)})
    return found.rowcount >= len(part)


def _record_each(session: Session, outcomes: Sequence[Outcome], instant: datetime) -> None:
    connection = session.connection()
    told = [o for o in outcomes if o.fate in _VERBS]
    if connection.dialect.name != "postgresql":
        for fate in _VERBS:
            if rows := [
                {"row": o.delivery_id, **_facts(o, instant)} for o in told if o.fate is fate
            ]:
                connection.execute(_ONE[fate], rows)
        return
    alike: dict[tuple[Any, ...], list[Outcome]] = {}
    for outcome in told:
        alike.setdefault(outcome[1:], []).append(outcome)
    if len(alike) <= FEW_STATEMENTS:
        for same in alike.values():
            values = {**_reach(same), **_facts(same[0], instant)}
            connection.execute(_ALIKE[same[0].fate], values)
        return
    for fate in _VERBS:
        if own := [o for o in told if o.fate is fate]:
            facts = [_facts(o, instant) for o in own]
            arrays = {"whys": [f["why"] for f in facts], "refs": [f["ref"] for f in facts]}
            connection.execute(_MANY[fate], {**_reach(own), **arrays, **_instants(fate, instant)})


def _reach(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    ids = [o.delivery_id for o in outcomes]
    return {"rows": ids, "first": min(ids), "last": max(ids)}


def _facts(outcome: Outcome, instant: datetime) -> dict[str, Any]:
    return {
        "why": outcome.reason[:400] or None,
        "ref": outcome.ref[:400] or None,
        **_instants(outcome.fate, instant),
    }


def _instants(fate: Fate, instant: datetime) -> dict[str, datetime | None]:
    return {
        "accepted": instant if fate is Fate.ACCEPTED else None,
        "lost": instant if fate is Fate.UNKNOWN else None,
    }


def _put_off(session: Session, outcomes: Sequence[Outcome], instant: datetime) -> None:
    """Wait, each time longer, for another turn, or be refused after MAX_ATTEMPTS turns."""
    if outcomes:
        ids = [o.delivery_id for o in outcomes]
        attempts = dict(session.connection().execute(_ATTEMPTS, {"rows": ids}).all())
        rows = [
            {
                "row": o.delivery_id,
                "why": o.reason[:400] or None,
                "later": instant
                + timedelta(seconds=FIRST_RETRY_S * 2 ** attempts.get(o.delivery_id, 0)),
            }
            for o in outcomes
        ]
        session.connection().execute(_PUT_OFF, rows)
        session.connection().execute(_GIVE_UP, [{"row": row["row"]} for row in rows])
