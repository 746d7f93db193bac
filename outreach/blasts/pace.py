"""Paces as people set and read them: letters a second or hour, warm-up plans."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.queries import the_organisation
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.mail import pace, pace_scopes
from outreach.mail.models import Batch, Delivery, Pace

LONGEST_PLAN = 90


def set_pace(session: Session, scope: str, per_s: float | None, *, actor: str) -> None:
    """Let letters of this scope (mail.pace_scopes) leave at this pace; None: as fast as they can.
    Felt within a second, also by those that wait."""
    row = _row(session, scope)
    row.per_s, row.free_at, row.queued_until = per_s, None, None
    _settle(session, row)
    _wait_no_longer(session, scope)
    _note(session, actor, "pace.set", scope, pace=pace_scopes.in_words(per_s) if per_s else "none")


def set_warm_up(
    session: Session, scope: str, daily: Sequence[int], starts_on: date | None, *, actor: str
) -> None:
    """Let no more than so many letters leave on the first day, the second, and so on; afterwards
    any number. Without numbers the plan ends. Raises BadInput."""
    if any(number < 1 for number in daily) or len(daily) > LONGEST_PLAN:
        raise BadInput(
            "A warm-up plan is up to 90 numbers of letters, one for each day. Nothing was changed.",
            hint="For example: 200 500 1000 2000 5000",
            field="daily",
        )
    row = _row(session, scope)
    row.daily, row.starts_on = list(daily), starts_on if daily else None
    _settle(session, row)
    _wait_no_longer(session, scope)
    _note(session, actor, "pace.warm_up", scope, plan=" ".join(map(str, daily)) or "none")


def _row(session: Session, scope: str) -> Pace:
    pace.make_rows(session, [scope])
    return session.get_one(Pace, scope, with_for_update=True, populate_existing=True)


def _settle(session: Session, row: Pace) -> None:
    if row.per_s is None and not row.daily:
        session.delete(row)
    session.flush()


def _wait_no_longer(session: Session, scope: str) -> None:
    """What waited under the pace before is looked at now."""
    held = update(Blast).where(Blast.state == "sending")
    session.execute(held.values(held_until=None, held_because=None))
    if not pace_scopes.domain_of(scope):
        return
    # Letters that a provider put off (attempts) keep their time.
    waiting = (
        Delivery.blast_id.in_(select(Blast.id).where(Blast.state.in_(("sending", "paused")))),
        Delivery.state == "pending",
        Delivery.not_before.is_not(None),
        Delivery.attempts == 0,
    )
    session.execute(
        update(Delivery)
        .where(*waiting)
        .values(not_before=None)
        .execution_options(synchronize_session=False)
    )
    session.execute(
        update(Batch)
        .where(Batch.blast_id.is_not(None), Batch.state == "ready")
        .values(not_before=None)
        .execution_options(synchronize_session=False)
    )


@dataclass(frozen=True)
class Limit:
    """A scope's limits as they are shown. `today`: the warm-up's limit of today, `taken` of it."""

    scope: str
    pace: str  # in words; "" for none
    daily: Sequence[int]
    starts_on: date | None
    today: int | None
    taken: int


def limits(session: Session, scopes: Sequence[str] | None = None) -> list[Limit]:
    """The limits that there are, of these scopes or of all."""
    query = select(Pace).order_by(Pace.scope)
    if scopes is not None:
        query = query.where(Pace.scope.in_(scopes))
    rows = session.scalars(query).all()
    if not rows:
        return []
    day = now().astimezone(ZoneInfo(the_organisation(session).timezone)).date()
    return [
        Limit(
            scope=row.scope,
            pace=pace_scopes.in_words(row.per_s) if row.per_s else "",
            daily=row.daily,
            starts_on=row.starts_on,
            today=pace.limit_of(row.daily, row.starts_on, day),
            taken=row.taken if row.day == day else 0,
        )
        for row in rows
    ]


def of_blast(session: Session, blast: Blast) -> str:
    """A blast's own pace in words; "" for none."""
    found = limits(session, [pace_scopes.of_blast(blast.id)])
    return found[0].pace if found else ""


def typed(session: Session, blast: Blast) -> str:
    """A blast's own pace as pace_scopes.parsed reads it; "" for none."""
    row = session.get(Pace, pace_scopes.of_blast(blast.id))
    if row is None or not row.per_s:
        return ""
    return f"{row.per_s:.10g}/s" if row.per_s >= 1 else f"{row.per_s * 3600:.10g}/h"


def _note(session: Session, actor: str, action: str, scope: str, **detail: str) -> None:
    audit.record(session, actor=actor, action=action, subject=scope, **detail)
