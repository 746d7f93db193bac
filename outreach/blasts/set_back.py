"""After the clock was set back: nothing waits for an instant that nobody meant.

What waits carries the instant at which it is looked at again, and a clock that goes back by an hour
would make all of it wait an hour longer. Each wait has a longest time; what lies beyond it is
known by that, whichever process wrote it, and however long ago the clock was set.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from sqlalchemy import and_, bindparam, exists, or_, select, update
from sqlalchemy.orm import Session

from outreach.blasts.models import Blast
from outreach.blasts.pace import wait_no_longer
from outreach.blasts.turn import LOOK_AGAIN_S
from outreach.core import log
from outreach.core.clock import now
from outreach.mail.models import BATCHES, DELIVERIES, PACES
from outreach.mail.outbox import FIRST_RETRY_S, HELD, MAX_ATTEMPTS
from outreach.mail.pace_scopes import domain_of

SLACK_S = 5.0  # clocks of several machines differ
FURTHEST_S = 600.0  # a batch that waits longer waits for its letters

_log = log.get(__name__)

_BLASTS = (
    update(Blast)
    .where(Blast.state == "sending", Blast.held_until > bindparam("furthest"))
    .values(held_until=None, held_because=None)
)
_PACES = select(PACES.c.scope).where(PACES.c.used_at > bindparam("ahead"))
_FORGET = (
    update(PACES)
    .where(PACES.c.scope == bindparam("of"))
    .values(used_at=None, free_at=None, queued_until=None)
)
_LEASES = (
    update(BATCHES)
    .where(BATCHES.c.state.in_(HELD), BATCHES.c.lease_until > bindparam("furthest"))
    .values(lease_until=bindparam("furthest"))
)
_ITS_LETTER = (
    DELIVERIES.c.id.between(BATCHES.c.first_id, BATCHES.c.last_id)
    & DELIVERIES.c.blast_id.is_not_distinct_from(BATCHES.c.blast_id)
    & (DELIVERIES.c.state == "pending")
)
# Letters that the provider put off wait for twice as long each time (outcomes.record).
_TIMES = range(1, MAX_ATTEMPTS)
_TOO_FAR = or_(
    *(
        and_(DELIVERIES.c.attempts == times, DELIVERIES.c.not_before > bindparam(f"after_{times}"))
        for times in _TIMES
    )
)
_WAIT_FOR_NOTHING = (
    select(BATCHES.c.id, BATCHES.c.first_id, BATCHES.c.last_id)
    .where(
        BATCHES.c.state == "ready",
        BATCHES.c.not_before > bindparam("furthest"),
        or_(
            exists().where(_ITS_LETTER, _TOO_FAR),
            ~exists().where(_ITS_LETTER, DELIVERIES.c.not_before > bindparam("instant")),
        ),
    )
    .with_for_update(skip_locked=True)
)
_WAIT_ANEW = (
    update(DELIVERIES)
    .where(
        DELIVERIES.c.id.between(bindparam("first"), bindparam("last")),
        DELIVERIES.c.state == "pending",
        DELIVERIES.c.attempts == bindparam("times"),
        DELIVERIES.c.not_before > bindparam("until"),
    )
    .values(not_before=bindparam("until"))
)
_LOOK = update(BATCHES).where(BATCHES.c.id == bindparam("batch")).values(not_before=None)


def let_go(session: Session, lease_s: int) -> None:
    """Let everything be looked at in its time that the clock has left behind.

    Letters that a provider put off wait for as long again as it was meant, never longer; those of
    a slow domain queue anew. `lease_s`: how long a sender may be silent.
    """
    instant = now()
    connection = session.connection()
    connection.execute(_BLASTS, {"furthest": instant + timedelta(seconds=LOOK_AGAIN_S)})
    lease = timedelta(seconds=max(FURTHEST_S, 2.0 * lease_s))
    connection.execute(_LEASES, {"furthest": instant + lease})
    _domains(session, instant)
    _batches(session, instant)


def _domains(session: Session, instant: datetime) -> None:
    ahead = {"ahead": instant + timedelta(seconds=SLACK_S)}
    scopes = list(session.connection().scalars(_PACES, ahead))
    if not scopes:
        return
    _log.warning("clock.set_back", paces=len(scopes))
    if any(domain_of(scope) for scope in scopes):
        wait_no_longer(session)
    session.connection().execute(_FORGET, [{"of": scope} for scope in sorted(scopes)])


def _batches(session: Session, instant: datetime) -> None:
    meant = {
        times: instant + timedelta(seconds=FIRST_RETRY_S * 2 ** (times - 1)) for times in _TIMES
    }
    slack = timedelta(seconds=SLACK_S)
    connection = session.connection()
    reach = {f"after_{times}": until + slack for times, until in meant.items()}
    furthest = instant + timedelta(seconds=FURTHEST_S)
    found = connection.execute(
        _WAIT_FOR_NOTHING, {"furthest": furthest, "instant": instant, **reach}
    ).all()
    if not found:
        return
    _log.warning("clock.set_back", batches=len(found))
    connection.execute(
        _WAIT_ANEW,
        [
            {"first": first, "last": last, "times": times, "until": until}
            for _, first, last in found
            for times, until in meant.items()
        ],
    )
    connection.execute(_LOOK, [{"batch": batch_id} for batch_id, _, _ in found])
