"""Leaving by a letter's link: the consent is taken back as of the press, whenever it is stored."""

from __future__ import annotations

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.consent import ledger
from outreach.consent.models import WITHDRAWN, ConsentEntry
from outreach.tracking.record import Observation, observe

BY_ONE_CLICK, ON_THE_PAGE = "one-click", "asked on the unsubscribe page"


def withdraw(session: Session, press: Observation, supporter_id: int) -> ConsentEntry:
    """Write into the ledger that a press took the consent back; `detail` holds its basis."""
    return ledger.withdraw(
        session,
        supporter_id,
        basis=press.detail["basis"],
        source=_source(press),
        at=press.at,
    )


def store_kept(session: Session, press: Observation) -> None:
    """Store a press that was kept while the database was away; a second time changes nothing.

    It also outweighs what was agreed to in between: that was taken while nobody knew of the press.
    """
    # `observe` locks the letter, so that two replays of one press take turns.
    event = observe(session, press)
    if event is None or event.supporter_id is None:
        return  # the letter or the person is no longer kept
    stored = exists().where(
        ConsentEntry.supporter_id == event.supporter_id,
        ConsentEntry.status == WITHDRAWN,
        ConsentEntry.source == _source(press),
        ConsentEntry.at == press.at,
    )
    if not session.scalar(select(stored)):
        withdraw(session, press, event.supporter_id)


def _source(press: Observation) -> str:
    return f"letter:{press.delivery_id}"
