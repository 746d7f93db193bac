"""Taking an import back: its places on the list, what it claimed of consent, and people it made."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

from sqlalchemy import (
    ColumnClause,
    ColumnElement,
    CursorResult,
    Delete,
    Insert,
    Select,
    String,
    column,
    delete,
    func,
    inspect,
    literal,
    select,
    table,
)
from sqlalchemy import cast as sql_cast
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.consent import ledger
from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.core import log
from outreach.core.bulk import insert_into
from outreach.core.db import Database
from outreach.supporters.import_lease import locked
from outreach.supporters.models import IMPORT_STATES, Import, ListMember, Supporter
from outreach.supporters.slices import SOURCE, source_of

SLICE_PEOPLE = 2_000

IMPORT_UNDONE = "import_undone"

_log = log.get(__name__)


@dataclass(frozen=True)
class Undone:
    """What undoing took away and what it left: people who are used elsewhere stay."""

    memberships: int
    supporters: int
    kept: int


def undo(db: Database, import_id: int, *, actor: str) -> Undone:
    """Take an import back, in slices; killed in between, the same call goes on.

    Details that the import overwrote stay as they are, and so does everybody who has a letter, a
    signature, a tag, another list, or a word in the consent ledger that is not this import's.
    Raises NotFound.
    """
    with db.transaction() as session:
        task = locked(session, import_id)
        if IMPORT_STATES.allows(task.state, "stop"):
            task.state = IMPORT_STATES.after(task.state, "stop")
        if task.state != "undone":
            subject = f"import:{import_id}"
            audit.record(session, actor=actor, action="import.undo", subject=subject)
        task.state = IMPORT_STATES.after(task.state, "undo")
        task.lease_owner = task.lease_until = None
        path, used = Path(task.path), _uses(session)
    memberships = supporters = after = 0
    while True:
        with db.transaction() as session:
            after, people = _slice(session, import_id, after)
            if not people:
                break
            memberships += _leave_list(session, task, people)
            ledger.disregard(session, people, _undone_sources())
            supporters += _forget_unused(session, people, used)
    path.unlink(missing_ok=True)
    with db.reading() as session:
        kept = session.scalar(select(func.count()).where(Supporter.import_id == import_id)) or 0
    _log.info(IMPORT_UNDONE, import_id=import_id, supporters=supporters, kept=kept)
    return Undone(memberships, supporters, kept)


def _slice(session: Session, import_id: int, after: int) -> tuple[int, list[int]]:
    """The next people of an import, found by its entries in the ledger behind the id `after`.

    Everybody whom it put on the list or made has one. Returns the last entry's id and the people.
    """
    entries = session.execute(
        select(ConsentEntry.id, ConsentEntry.supporter_id)
        .where(ConsentEntry.source == source_of(import_id), ConsentEntry.id > after)
        .order_by(ConsentEntry.id)
        .limit(SLICE_PEOPLE)
    ).all()
    return max((entry.id for entry in entries), default=after), [e.supporter_id for e in entries]


def _undone_sources() -> Select[str]:
    return select(_source_of_import()).where(Import.state == "undone")


def _source_of_import() -> ColumnElement[str]:
    return literal(SOURCE) + sql_cast(Import.id, String)


def _leave_list(session: Session, task: Import, people: Sequence[int]) -> int:
    """Remove the import's memberships; return how many, less those that another import claims."""
    removed = _rows(
        session,
        delete(ListMember).where(
            ListMember.import_id == task.id, ListMember.supporter_id.in_(people)
        ),
    )
    others = (
        select(Import.list_id, ConsentEntry.supporter_id, ConsentEntry.at, Import.basis, Import.id)
        .join(Import, ConsentEntry.source == _source_of_import())
        .where(
            ConsentEntry.supporter_id.in_(people),
            Import.list_id == task.list_id,
            Import.state != "undone",
        )
        .order_by(ConsentEntry.id)
    )
    given_back = _rows(
        session,
        insert_into(session, ListMember)
        .from_select(
            ["list_id", "supporter_id", "joined_at", "source", "import_id"],
            others,
            include_defaults=False,
        )
        .on_conflict_do_nothing(index_elements=["list_id", "supporter_id"]),
    )
    return removed - given_back


def _forget_unused(
    session: Session, people: Sequence[int], used: Sequence[ColumnElement[bool]]
) -> int:
    """Delete people whom only undone imports know; `used` are the ways to be known otherwise."""
    other_word = (
        select(ConsentEntry.id)
        .where(
            ConsentEntry.supporter_id == Supporter.id,
            ConsentEntry.source.not_in(_undone_sources()),
        )
        .correlate(Supporter)
        .exists()
    )
    undone = select(Import.id).where(Import.state == "undone")
    return _rows(
        session,
        delete(Supporter)
        .where(Supporter.id.in_(people), Supporter.import_id.in_(undone), ~other_word)
        .where(*(~use for use in used)),
    )


def _uses(session: Session) -> list[ColumnElement[bool]]:
    """One EXISTS for each column that holds a supporter, whichever floor its table belongs to.

    Asked of the database itself: a table forgotten here would lose its rows, or whose they are.
    """
    of_consent = (ConsentEntry.__tablename__, ConsentStanding.__tablename__)
    database = inspect(session.connection())
    holders = {
        (name, held["name"])
        for (_, name), columns in database.get_multi_columns().items()
        for held in columns
        if held["name"] == "supporter_id"
    } | {
        (name, key["constrained_columns"][0])
        for (_, name), keys in database.get_multi_foreign_keys().items()
        for key in keys
        if key["referred_table"] == Supporter.__tablename__
    }
    found: list[ColumnElement[bool]] = []
    for name, holder in sorted(holders):
        if name not in of_consent:
            reference: ColumnClause[int] = column(holder)
            user = select(reference).select_from(table(name, reference))
            found.append(user.where(reference == Supporter.id).correlate(Supporter).exists())
    return found


def _rows(session: Session, statement: Delete | Insert) -> int:
    counted = statement.execution_options(preserve_rowcount=True, synchronize_session=False)
    return cast("CursorResult[Any]", session.execute(counted)).rowcount
