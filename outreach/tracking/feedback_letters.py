"""Which letter of ours a report is about, if about any.

A report is trusted where it is about a letter of ours: it carries our delivery's id or the
provider's reference, and the address that we wrote to. Two installations may share one account at
a provider, and their ids are alike.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

from sqlalchemy import ARRAY, BigInteger, ColumnElement, any_, cast, func, select, text
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.core.address import canonical
from outreach.core.errors import BadInput
from outreach.mail.feedback import Feedback
from outreach.mail.models import Delivery, SingleLetter
from outreach.supporters.models import Supporter

# Looked up only for a letter to no supporter: a join would do so for each.
_OF_SINGLE = (
    select(func.lower(SingleLetter.to_address))
    .where(SingleLetter.delivery_id == Delivery.id)
    .scalar_subquery()
)
_LETTERS = select(
    Delivery.id,
    Delivery.blast_id,
    Delivery.supporter_id,
    Delivery.state,
    Delivery.provider_ref,
    func.coalesce(Supporter.address, _OF_SINGLE),
).outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
_AT_A_TIME = 1000  # SQLite takes 32,766 parameters


class Letter(NamedTuple):
    """A delivery that reports are about, with what tells whether they are."""

    id: int
    blast_id: int | None
    supporter_id: int | None
    state: str
    ref: str | None
    address: str | None


def letters_of(session: Session, reports: Sequence[Feedback]) -> dict[str, Letter]:
    """The letter of each report, by the report's key; reports about no letter of ours are left out.

    Nothing is locked: the states may be behind.
    """
    unnamed = [r for r in reports if r.delivery_id is None and r.ref and r.address]
    ids = {r.delivery_id for r in reports if r.delivery_id is not None}
    ids |= _by_reference(session, unnamed)
    if not ids:
        return {}
    # By the connection: rows of columns need none of what the ORM does to a result.
    rows = session.connection().execute(_LETTERS.where(among(session, Delivery.id, ids)))
    letters = {row[0]: Letter._make(row) for row in rows.all()}
    by_address = defaultdict[str | None, list[Letter]](list)
    if unnamed:
        for letter in letters.values():
            by_address[letter.address].append(letter)
    found = {}
    for report in reports:
        if report.delivery_id is None:
            for letter in by_address.get(canonical_or_so(report.address), ()):
                if _has_reference(letter, report.ref):
                    found[report.key] = letter
        else:
            named = letters.get(report.delivery_id)
            if named is not None and _is_about(report, named):
                found[report.key] = named
    return found


def among(
    session: Session, column: InstrumentedAttribute[Any], ids: Iterable[int]
) -> ColumnElement[bool]:
    """SQL for whether the column holds one of so many ids.

    They are one parameter: a list of thousands costs more to write than to answer. On PostgreSQL an
    array, which is looked up in an index or a hash; to rows of a list it would compare each with
    each, where it takes one side for short.
    """
    listed = ",".join(map(str, sorted(ids)))
    if session.get_bind().dialect.name == "postgresql":
        return column == any_(cast(func.string_to_array(listed, ","), ARRAY(BigInteger)))
    return column.in_(
        text("SELECT value FROM json_each('[' || :ids || ']')").bindparams(ids=listed)
    )


def canonical_or_so(address: str) -> str:
    """The address as it is compared, also where it can't be one."""
    try:
        return canonical(address)
    except BadInput:
        return address.strip().lower()


def people_at(session: Session, addresses: Iterable[str]) -> dict[str, int]:
    """Supporters by the canonical one of their addresses."""
    wanted = sorted({canonical_or_so(address) for address in addresses})
    found = dict[str, int]()
    for at in range(0, len(wanted), _AT_A_TIME):
        some = Supporter.address.in_(wanted[at : at + _AT_A_TIME])
        rows = session.execute(select(Supporter.address, Supporter.id).where(some))
        found.update((address, number) for address, number in rows)
    return found


def _by_reference(session: Session, reports: Sequence[Feedback]) -> set[int]:
    """Deliveries to the addresses of reports that bring no id of ours; the reference decides."""
    people = people_at(session, [report.address for report in reports])
    if not people:
        return set()
    theirs = select(Delivery.id).where(
        among(session, Delivery.supporter_id, people.values()), Delivery.provider_ref.is_not(None)
    )
    return set(session.scalars(theirs))


def _is_about(report: Feedback, letter: Letter) -> bool:
    if letter.address is None:
        # A person who was erased has no address; a letter that waits was told of only where
        # reference and address are right.
        return letter.state != "pending" or _has_reference(letter, report.ref)
    # The same spelling saves the work of comparing. A person may have changed their address since.
    return (
        letter.address == report.address
        or letter.address == canonical_or_so(report.address)
        or _has_reference(letter, report.ref)
    )


def _has_reference(letter: Letter, ref: str) -> bool:
    """Whether the letter was accepted under this reference, to which a provider adds behind a dot.

    In ours, behind a blank stands what is only of use to the provider's adapter.
    """
    ours = letter.ref.partition(" ")[0] if letter.ref else ""
    return bool(ours) and (ref == ours or ref.startswith(f"{ours}."))
