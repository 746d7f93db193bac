"""Reads about supporters and imports."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import or_, select
from sqlalchemy.orm import Session, joinedload

from outreach.consent.models import ConsentEntry, Suppression
from outreach.consent.suppression import suppression_of
from outreach.core.address import canonical
from outreach.core.errors import NotFound
from outreach.core.paging import Page, page_of
from outreach.supporters.models import (
    Import,
    ImportRefusal,
    ListMember,
    Supporter,
    SupporterList,
    SupporterTag,
    Tag,
)


@dataclass(frozen=True)
class Membership:
    """A person's place on a list."""

    list_name: str
    member: ListMember


@dataclass(frozen=True)
class Profile:
    """All that is kept of one person on this floor and below."""

    supporter: Supporter
    memberships: Sequence[Membership]
    tags: Sequence[str]
    consent: Sequence[ConsentEntry]
    suppression: Suppression | None


def by_address(session: Session, address: str) -> Supporter:
    """The person with this address, in any spelling. Raises NotFound, BadInput for no address."""
    found = session.scalar(select(Supporter).where(Supporter.address == canonical(address)))
    if found is None:
        raise NotFound("Nobody with this address is stored here.", hint="Check how it is spelt.")
    return found


def by_id(session: Session, supporter_id: int) -> Supporter:
    """One person. Raises NotFound."""
    found = session.get(Supporter, supporter_id)
    if found is None:
        raise NotFound("Nobody is stored here under this number.", hint="Search by address.")
    return found


def search(session: Session, text: str = "", number: int = 1, size: int = 50) -> Page[Supporter]:
    """A page of people whose address or name contains a text, whatever its case; newest first."""
    query = select(Supporter).order_by(Supporter.id.desc())
    text = " ".join(text.split())
    if text:
        name = Supporter.first_name + " " + Supporter.last_name
        # SQLite knows upper and lower case of ASCII letters only: ask for both spellings.
        spellings = {text.lower(), text.upper()}
        query = query.where(
            or_(
                *(Supporter.address.icontains(each, autoescape=True) for each in spellings),
                *(name.icontains(each, autoescape=True) for each in spellings),
            )
        )
    return page_of(session, query, number, size)


def profile(session: Session, address: str) -> Profile:
    """What is kept of the person with this address. Raises NotFound, BadInput."""
    supporter = by_address(session, address)
    places = (
        select(SupporterList.name, ListMember)
        .join(ListMember, ListMember.list_id == SupporterList.id)
        .where(ListMember.supporter_id == supporter.id)
        .order_by(SupporterList.name)
    )
    tags = (
        select(Tag.name)
        .join(SupporterTag, SupporterTag.tag_id == Tag.id)
        .where(SupporterTag.supporter_id == supporter.id)
        .order_by(Tag.name)
    )
    words = select(ConsentEntry).where(ConsentEntry.supporter_id == supporter.id)
    return Profile(
        supporter=supporter,
        memberships=[Membership(name, member) for name, member in session.execute(places)],
        tags=session.scalars(tags).all(),
        consent=session.scalars(words.order_by(ConsentEntry.id)).all(),
        suppression=suppression_of(session, supporter.address),
    )


def imports(session: Session, number: int = 1, size: int = 50) -> Page[Import]:
    """A page of imports with their lists, the latest first."""
    query = select(Import).options(joinedload(Import.supporter_list)).order_by(Import.id.desc())
    return page_of(session, query, number, size)


def import_by_id(session: Session, import_id: int) -> Import:
    """One import with its list. Raises NotFound."""
    query = select(Import).options(joinedload(Import.supporter_list)).where(Import.id == import_id)
    found = session.scalar(query)
    if found is None:
        raise NotFound(
            f"There is no import {import_id}.", hint="See all of them: outreach supporters imports"
        )
    return found


def refusals(
    session: Session, import_id: int, number: int = 1, size: int = 50
) -> Page[ImportRefusal]:
    """A page of the rows that an import had to remark on, in the order of the file."""
    query = select(ImportRefusal).where(ImportRefusal.import_id == import_id)
    in_order = query.order_by(ImportRefusal.line, ImportRefusal.id)
    return page_of(session, in_order, number, size)
