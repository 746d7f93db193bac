"""Addresses that must not be written to, whoever they belong to and whatever was agreed."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.consent.models import Suppression
from outreach.core import log
from outreach.core.address import canonical
from outreach.core.bulk import any_of, insert_into
from outreach.core.errors import BadInput, NotFound
from outreach.core.paging import Page, page_of

BOUNCED, COMPLAINED, ASKED, MANUAL = "bounced", "complained", "asked", "manual"
REASONS = (BOUNCED, COMPLAINED, ASKED, MANUAL)

ADDRESS_SUPPRESSED = "address_suppressed"
SUPPRESSION_LIFTED = "suppression_lifted"

_log = log.get(__name__)


def suppress(session: Session, address: str, *, reason: str, source: str) -> Suppression:
    """Never write to this address again; the first reason stays when it was suppressed before.

    `source` says where the word came from ("sendgrid", "command line"). Raises BadInput.
    """
    if reason not in REASONS:
        raise BadInput(
            f"“{reason}” is not a reason to suppress an address. Nothing was changed.",
            hint=f"Choose one of: {', '.join(REASONS)}.",
            field="reason",
        )
    address = canonical(address)
    session.execute(
        insert_into(session, Suppression)
        .values(address=address, reason=reason, source=source)
        .on_conflict_do_nothing(index_elements=["address"])
    )
    _log.info(ADDRESS_SUPPRESSED, reason=reason, source=source)
    return session.scalars(select(Suppression).where(Suppression.address == address)).one()


def suppress_many(session: Session, addresses: Sequence[str], *, reason: str, source: str) -> int:
    """The same for many addresses (some thousand); how many were not suppressed before.

    What can't be an address is left out: nothing could be sent there either.
    """
    found = dict.fromkeys(filter(None, map(_canonical_or_none, addresses)))
    if not found:
        return 0
    statement = (
        insert_into(session, Suppression)
        .on_conflict_do_nothing(index_elements=["address"])
        .returning(Suppression.id)
    )
    rows = [{"address": address, "reason": reason, "source": source} for address in found]
    new = len(session.scalars(statement, rows).all())
    _log.info(ADDRESS_SUPPRESSED, reason=reason, source=source, addresses=new)
    return new


def lift(session: Session, address: str) -> None:
    """Allow letters to an address again, as far as consent does. Raises NotFound."""
    found = suppression_of(session, address)
    if found is None:
        raise NotFound("This address is not suppressed. Nothing was changed.")
    session.execute(delete(Suppression).where(Suppression.id == found.id))
    _log.info(SUPPRESSION_LIFTED, reason=found.reason)


def is_suppressed(session: Session, address: str) -> bool:
    """Whether an address, in any spelling, must not be written to."""
    return suppression_of(session, address) is not None


def suppressed_among(session: Session, addresses: Collection[str]) -> set[str]:
    """Which of these (canonical, some thousand) must not be written to."""
    query = select(Suppression.address).where(any_of(session, Suppression.address, addresses))
    return set(session.scalars(query))


def suppression_of(session: Session, address: str) -> Suppression | None:
    """Why and since when an address, in any spelling, must not be written to, if so."""
    return session.scalar(select(Suppression).where(Suppression.address == canonical(address)))


def listed(session: Session, number: int = 1, size: int = 50) -> Page[Suppression]:
    """A page of all suppressed addresses, the latest first."""
    return page_of(session, select(Suppression).order_by(Suppression.id.desc()), number, size)


def _canonical_or_none(address: str) -> str | None:
    try:
        return canonical(address)
    except BadInput:
        return None
