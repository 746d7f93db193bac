"""What people agreed to and took back: every word of theirs, and the present standing."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy import (
    ColumnElement,
    Select,
    Text,
    case,
    delete,
    func,
    insert,
    literal,
    select,
)
from sqlalchemy.orm import Session

from outreach.consent.models import EMAIL, GRANTED, WITHDRAWN, ConsentEntry, ConsentStanding
from outreach.core import log
from outreach.core.bulk import any_of, insert_few, insert_into
from outreach.core.clock import now
from outreach.core.db import Base, UtcDateTime

CONSENT_GRANTED = "consent_granted"
CONSENT_WITHDRAWN = "consent_withdrawn"

_log = log.get(__name__)

# What an entry makes of its person's standing, in the order of `_stand`.
_ENTRIES = Base.metadata.tables["consent_entries"]
_STANDING = select(
    ConsentEntry.supporter_id,
    ConsentEntry.purpose,
    ConsentEntry.status,
    ConsentEntry.at,
    ConsentEntry.id,
)


def grant(
    session: Session,
    supporter_id: int,
    *,
    basis: str,
    source: str,
    wording: str | None = None,
    purpose: str = EMAIL,
) -> ConsentEntry:
    """Write down that a person agreed, by their own act; it also ends an earlier withdrawal."""
    entry = ConsentEntry(
        supporter_id=supporter_id,
        purpose=purpose,
        status=GRANTED,
        basis=basis,
        source=source,
        wording=wording,
    )
    _append(session, entry)
    _log.info(CONSENT_GRANTED, supporter_id=supporter_id, purpose=purpose, source=source)
    return entry


def withdraw(
    session: Session,
    supporter_id: int,
    *,
    basis: str,
    source: str,
    purpose: str = EMAIL,
    at: datetime | None = None,
) -> ConsentEntry:
    """Write down that a person took their consent back; pressing twice leaves two entries.

    `at`: when they did, where that was before now.
    """
    entry = ConsentEntry(
        supporter_id=supporter_id,
        purpose=purpose,
        status=WITHDRAWN,
        basis=basis,
        source=source,
        at=at or now(),
    )
    _append(session, entry)
    _log.info(CONSENT_WITHDRAWN, supporter_id=supporter_id, purpose=purpose, source=source)
    return entry


class Withdrawal(NamedTuple):
    """What a person took back, as `withdraw` takes it."""

    supporter_id: int
    basis: str
    source: str
    at: datetime


def withdraw_many(
    session: Session, withdrawals: Sequence[Withdrawal], *, purpose: str = EMAIL
) -> None:
    """The same as `withdraw` for each of them, in two statements."""
    if not withdrawals:
        return
    _append_all(
        session,
        purpose,
        [
            {**each._asdict(), "status": WITHDRAWN}
            for each in sorted(withdrawals)  # by person: two who do this at once take turns
        ],
    )
    _log.info(CONSENT_WITHDRAWN, purpose=purpose, people=len({w.supporter_id for w in withdrawals}))


def grant_by_press(
    session: Session,
    supporter_ids: Collection[int],
    *,
    basis: str,
    source: str,
    wording: str,
    purpose: str = EMAIL,
) -> None:
    """Write down what people agreed to by a press on the link of their letter, in three statements.

    The letter may have been forwarded: it brings nobody back who took their consent back.
    """
    left = select(ConsentStanding.supporter_id).where(
        any_of(session, ConsentStanding.supporter_id, supporter_ids),
        ConsentStanding.purpose == purpose,
        ConsentStanding.status == WITHDRAWN,
    )
    people = sorted(set(supporter_ids).difference(session.scalars(left)))
    said = {"status": GRANTED, "basis": basis, "source": source, "wording": wording, "at": now()}
    if people:
        entries = [{"supporter_id": person, **said} for person in people]
        _append_all(session, purpose, entries, over=GRANTED)
    _log.info(CONSENT_GRANTED, purpose=purpose, people=len(people), source=source)


def _append_all(
    session: Session, purpose: str, entries: Sequence[dict[str, Any]], *, over: str | None = None
) -> None:
    given = {"purpose": purpose, "stored_at": now()}
    rows = [{**entry, **given} for entry in entries]
    stored = insert_few(session, _ENTRIES, rows, returning=("supporter_id", "id"))
    last: dict[int, int] = {}
    for person, number in sorted(stored):
        last[person] = number
    ids = any_of(session, ConsentEntry.id, last.values())
    _stand(session, _STANDING.where(ids).order_by(ConsentEntry.supporter_id), over=over)


def grant_many(
    session: Session,
    supporter_ids: Select[int],
    *,
    basis: str,
    source: str,
    wording: str | None = None,
    purpose: str = EMAIL,
) -> None:
    """What somebody else says that people agreed to, for all ids of a SELECT in two statements.

    Those who took their consent back are left out: nobody but they can give it again.
    """
    at = literal(now(), UtcDateTime)
    person = supporter_ids.subquery("people").c[0]
    words = ("supporter_id", "purpose", "status", "basis", "wording", "source", "at")
    entries = select(
        person,
        literal(purpose),
        literal(GRANTED),
        literal(basis),
        literal(wording, Text),
        literal(source),
        at,
    ).where(~has_withdrawn(person, purpose))
    session.execute(insert(ConsentEntry).from_select(words, entries, include_defaults=False))
    last = (
        select(func.max(ConsentEntry.id))
        .where(ConsentEntry.supporter_id == person, ConsentEntry.purpose == purpose)
        .scalar_subquery()
    )
    latest = select(person, literal(purpose), literal(GRANTED), at, last).where(last.is_not(None))
    _stand(session, latest, over=GRANTED)


def disregard(session: Session, supporter_ids: Sequence[int], sources: Select[str]) -> None:
    """Let people (some thousand) stand as if nothing was ever claimed for them from these sources.

    The entries stay, as evidence of what was believed when a letter left.
    """
    of_people = ConsentEntry.supporter_id.in_(supporter_ids)
    claims = select(ConsentEntry.id).where(of_people, ConsentEntry.source.in_(sources))
    session.execute(
        delete(ConsentStanding).where(
            ConsentStanding.supporter_id.in_(supporter_ids), ConsentStanding.entry_id.in_(claims)
        ),
        execution_options={"synchronize_session": False},
    )
    last = (
        select(func.max(ConsentEntry.id))
        .where(of_people, ConsentEntry.source.not_in(sources))
        .group_by(ConsentEntry.supporter_id, ConsentEntry.purpose)
    )
    remaining = _STANDING.where(ConsentEntry.id.in_(last))
    _stand(session, remaining)


def has_withdrawn(supporter_id: ColumnElement[int], purpose: str = EMAIL) -> ColumnElement[bool]:
    """SQL for whether a person took their consent back; one look-up for each row."""
    standing = (
        select(ConsentStanding.status)
        .where(ConsentStanding.supporter_id == supporter_id, ConsentStanding.purpose == purpose)
        .correlate_except(ConsentStanding)
        .scalar_subquery()
    )
    return func.coalesce(standing, "") == WITHDRAWN


def _append(session: Session, entry: ConsentEntry) -> None:
    session.add(entry)
    session.flush()
    _stand(session, _STANDING.where(ConsentEntry.id == entry.id))


def _stand(
    session: Session, entries: Select[int, str, str, datetime, int], *, over: str | None = None
) -> None:
    """Make entries the standing of their people; `since` moves only when the status does.

    With `over` only a standing of that status gives way: somebody may leave at this very moment.
    """
    statement = insert_into(session, ConsentStanding).from_select(
        ["supporter_id", "purpose", "status", "since", "entry_id"], entries
    )
    new = statement.excluded
    unchanged = ConsentStanding.status == new.status
    session.execute(
        statement.on_conflict_do_update(
            index_elements=["supporter_id", "purpose"],
            set_={
                "status": new.status,
                "since": case((unchanged, ConsentStanding.since), else_=new.since),
                "entry_id": new.entry_id,
            },
            where=None if over is None else ConsentStanding.status == over,
        )
    )
