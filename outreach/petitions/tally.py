"""How many have signed: a stored count up to an instant, and what came since.

No row is incremented per signature. `count` is exact at any time; `advance` moves the instant
forward so that the part counted on each view stays small.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from sqlalchemy import ScalarSelect, and_, func, select, update
from sqlalchemy.orm import Session

from outreach.core import log
from outreach.core.clock import now
from outreach.petitions.models import Signature, Tally

# A signature's instant is taken before its commit. A mark set to the present would pass over
# those that are about to commit, for ever; a minute is longer than any transaction of ours lasts.
SETTLE = timedelta(seconds=60)
BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)

_log = log.get(__name__)


def count(session: Session, petition_id: int) -> int:
    """Verified signatures, less invalidated ones, at this moment."""
    query = select(Tally.signatures + _gained(Tally.petition_id) - _lost(Tally.petition_id)).where(
        Tally.petition_id == petition_id
    )
    found = session.scalar(query)
    return recount(session, petition_id) if found is None else found


def counts(session: Session) -> dict[int, int]:
    """The same for every petition, by its id."""
    query = select(
        Tally.petition_id,
        Tally.signatures + _gained(Tally.petition_id) - _lost(Tally.petition_id),
    )
    return {row[0]: row[1] for row in session.execute(query)}


def recount(session: Session, petition_id: int) -> int:
    """The count from the signatures alone; `count` must equal it."""
    query = select(func.count()).where(
        Signature.petition_id == petition_id,
        Signature.verified_at.is_not(None),
        Signature.invalidated_at.is_(None),
    )
    return session.scalar(query) or 0


def start(session: Session, petition_id: int) -> None:
    """Begin a new petition's count at nothing, and its mark before any signature."""
    session.add(Tally(petition_id=petition_id, counted_to=BEFORE_ALL, signatures=0))
    session.flush()


def begin_anew(session: Session, petition_id: int) -> None:
    """Set a petition's mark before any signature, so that all are counted again."""
    session.execute(
        update(Tally)
        .where(Tally.petition_id == petition_id)
        .values(counted_to=BEFORE_ALL, signatures=0)
        .execution_options(synchronize_session=False)
    )


def advance(session: Session) -> int:
    """Move every petition's mark over what has settled; returns how many moved.

    Run twice or by several at once it counts nothing double: each UPDATE holds only while the
    mark still stands where the difference was counted from.
    """
    to = now() - SETTLE
    query = select(
        Tally.petition_id,
        Tally.counted_to,
        _gained(Tally.petition_id, to),
        _lost(Tally.petition_id, to),
    ).where(Tally.counted_to < to)
    moved = 0
    for petition_id, counted_to, gained, lost in session.execute(query).all():
        if not gained and not lost:
            continue
        found = session.execute(
            update(Tally)
            .where(Tally.petition_id == petition_id, Tally.counted_to == counted_to)
            .values(counted_to=to, signatures=Tally.signatures + gained - lost)
            .execution_options(synchronize_session=False)
        )
        moved += found.rowcount  # type: ignore[attr-defined]
    if moved:
        _log.debug("tallies_advanced", petitions=moved)
    return moved


def _gained(petition_id: object, to: datetime | None = None) -> ScalarSelect[int]:
    window = Signature.verified_at > Tally.counted_to
    if to is not None:
        window = and_(window, Signature.verified_at <= to)
    return _in_window(petition_id, window)


def _lost(petition_id: object, to: datetime | None = None) -> ScalarSelect[int]:
    # One that came and went within the window counts in both and so cancels out.
    window = and_(Signature.invalidated_at > Tally.counted_to, Signature.verified_at.is_not(None))
    if to is not None:
        window = and_(window, Signature.invalidated_at <= to)
    return _in_window(petition_id, window)


def _in_window(petition_id: object, window: object) -> ScalarSelect[int]:
    return (
        select(func.count())
        .select_from(Signature)
        .where(Signature.petition_id == petition_id, window)  # type: ignore[arg-type]
        .correlate(Tally)
        .scalar_subquery()
    )
