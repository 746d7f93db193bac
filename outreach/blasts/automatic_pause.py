"""Pausing a blast by itself, when too many of its letters bounce, are complained of or refused.

Two looks at each: at all letters since a person last let the blast go on, and at the latest of
them up to the newest one in question, because reports come minutes behind the sending and a trouble
that begins late would drown in what went well before.
"""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import ColumnElement, case, func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Account, Organisation
from outreach.blasts import queries, schedule
from outreach.blasts.models import Blast
from outreach.blasts.pause_limits import Limits, of_organisation
from outreach.blasts.progress import progress_of
from outreach.core import log
from outreach.mail import single
from outreach.mail.models import SENT_STATES, Delivery

ACTOR = "automatic pause"
LATEST = 1000  # letters of the second look
AT_LEAST = 3  # letters in question: one complaint among 200 letters is chance

_OUTCOMES = (*SENT_STATES, "refused")
_SAID = {
    "bounced": "bounced",
    "complained": "were reported as spam",
    "refused": "were refused by the provider",
}
_log = log.get(__name__)


@dataclass(frozen=True)
class Cause:
    """Why a blast is paused: `count` of `letters` came to be in `state`."""

    state: str
    count: int
    letters: int
    limit_percent: float

    def __str__(self) -> str:
        share = 100 * self.count / self.letters
        return (
            f"{self.count:,} of {self.letters:,} letters {_SAID[self.state]} "
            f"({share:.1f} %, the limit is {self.limit_percent:g} %)."
        )


def sending(session: Session) -> list[int]:
    """Ids of the blasts that are to be looked at."""
    return list(session.scalars(select(Blast.id).where(Blast.state == "sending")))


def pause_if_bad(session: Session, blast_id: int, limits: Limits, *, base_url: str) -> Cause | None:
    """Pause a blast that is in trouble and write to the organisation's owners; the cause, if any.

    `limits` hold where the organisation has none of its own. After a person let it go on it takes
    as many letters anew.
    """
    blast = queries.by_id(session, blast_id)
    limits = of_organisation(session.get_one(Organisation, blast.organisation_id), limits)
    cause = _cause(session, blast, limits)
    if cause is None:
        return None
    blast = queries.by_id(session, blast_id, lock=True)
    # Asked again behind the lock: another worker may have paused it, a person let it go on.
    cause = _cause(session, blast, limits) if blast.state == "sending" else None
    if cause is None:
        return None
    in_flight = schedule.pause(
        session, blast, actor=ACTOR, reason=f"Paused by itself: {cause} Resume it to go on."
    )
    _tell_owners(session, blast, cause, in_flight, base_url)
    _log.warning("blast.paused_by_itself", blast=blast_id, cause=cause.state, letters=cause.count)
    return cause


def _cause(session: Session, blast: Blast, limits: Limits) -> Cause | None:
    counts = dict(
        session.execute(
            select(Delivery.state, func.count()).where(*_judged(blast)).group_by(Delivery.state)
        ).all()
    )
    letters = sum(counts.values())
    if letters < limits.letters:
        return None
    for state, limit in limits.percent.items():
        if not limit or counts.get(state, 0) < AT_LEAST:
            continue
        for count, of in ((counts[state], letters), _latest(session, blast, state)):
            if of >= limits.letters and count >= AT_LEAST and 100 * count >= limit * of:
                return Cause(state, count, of, limit)
    return None


def _latest(session: Session, blast: Blast, state: str) -> tuple[int, int]:
    """Of the latest letters up to the newest in this state: how many are in it, of how many."""
    newest = (
        select(func.max(Delivery.id))
        .where(Delivery.blast_id == blast.id, Delivery.state == state)
        .scalar_subquery()
    )
    latest = (
        select(Delivery.state)
        .where(*_judged(blast), Delivery.id <= newest)
        .order_by(Delivery.id.desc())
        .limit(LATEST)
        .subquery()
    )
    found = session.execute(
        select(
            func.coalesce(func.sum(case((latest.c.state == state, 1), else_=0)), 0), func.count()
        ).select_from(latest)
    ).one()
    return int(found[0]), int(found[1])


def _judged(blast: Blast) -> tuple[ColumnElement[bool], ...]:
    outcome = Delivery.state.in_(_OUTCOMES)
    # Without the second condition the count is answered by an index alone.
    behind = (Delivery.id > blast.judged_after,) if blast.judged_after else ()
    return (Delivery.blast_id == blast.id, outcome, *behind)


def _tell_owners(
    session: Session, blast: Blast, cause: Cause, in_flight: int, base_url: str
) -> None:
    organisation = session.get_one(Organisation, blast.organisation_id)
    rendered = single.write(
        "blast_paused",
        organisation,
        blast=blast.name,
        cause=str(cause),
        left=progress_of(session, blast).left,
        in_flight=in_flight,
        url=f"{base_url}/console/blasts/{blast.id}",
    )
    owners = select(Account).where(
        Account.organisation_id == organisation.id,
        Account.role == "owner",
        Account.disabled_at.is_(None),
    )
    for owner in session.scalars(owners.order_by(Account.id)):
        single.post(
            session,
            organisation_id=organisation.id,
            kind="notice",
            to_address=owner.email,
            to_name=owner.name,
            rendered=rendered,
        )
