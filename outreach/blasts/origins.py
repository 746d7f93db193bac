"""Mailbox providers and places that letters are counted by, kept beside each at the freeze.

A letter keeps two small ids of a table that holds what enough people have in common; whom it does
not name stands with the rest. So nothing that could name one person stays when they are erased,
and whoever moves later does not move what was counted.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from sqlalchemy import Select, func, literal, select
from sqlalchemy.orm import Session, aliased

from outreach.blasts.domains import domain_of
from outreach.blasts.mailbox_domains import PROVIDER_OF
from outreach.blasts.models import Origin
from outreach.core.bulk import insert_into
from outreach.core.db import Database
from outreach.supporters.models import Supporter

MAILBOX, PLACE = "mailbox", "place"
FEW = 20  # a domain or region of fewer people could name one of them
SMALLEST_PART = 5000  # fewer than one person in so many are none of their own
MOST = {MAILBOX: 200, PLACE: 500}  # learned at once, the largest first
FULL = 30_000  # Delivery holds ids in two bytes

_REST = {MAILBOX: "", PLACE: "-"}  # the key of what stands with the rest


class Known(NamedTuple):
    """A row of the table."""

    dimension: str
    key: str
    value: str


def learn(db: Database) -> int:
    """Take in the domains and places that enough people have by now; how many are new.

    Two passes over all supporters: after an import, and now and then.
    """
    with db.reading() as session:
        found = _new(session)
    if found:
        with db.transaction() as session:
            _store(session, found)
    return len(found)


def kept(
    session: Session, people: Select[*tuple[Any, ...]], person: type[Supporter]
) -> Select[*tuple[Any, ...]]:
    """`people`, a SELECT from `person`, with columns mailbox_id and place_id behind.

    Learns first where nothing was learned yet.
    """
    rest = _rest(session)
    if not rest:
        _store(session, _new(session))
        rest = _rest(session)
    mailbox, place, country = aliased(Origin), aliased(Origin), aliased(Origin)
    of_country = (
        select(country.id)
        .where(country.dimension == PLACE, country.key == person.country + "-")
        .correlate(person)
        .scalar_subquery()
    )
    return (
        people.outerjoin(
            mailbox, (mailbox.dimension == MAILBOX) & (mailbox.key == domain_of(person.address))
        )
        .outerjoin(place, (place.dimension == PLACE) & (place.key == _key(person)))
        .add_columns(
            func.coalesce(mailbox.id, literal(rest[MAILBOX])).label("mailbox_id"),
            func.coalesce(place.id, of_country, literal(rest[PLACE])).label("place_id"),
        )
    )


def _key(person: type[Supporter]) -> Any:
    return person.country + "-" + person.region


def _rest(session: Session) -> dict[str, int]:
    rows = session.execute(
        select(Origin.dimension, Origin.key, Origin.id).where(Origin.key.in_(_REST.values()))
    )
    return {dimension: id_ for dimension, key, id_ in rows if key == _REST[dimension]}


def _new(session: Session) -> list[Known]:
    """What is to be known and is not yet."""
    there = {(row[0], row[1]) for row in session.execute(select(Origin.dimension, Origin.key))}
    found = [one for one in _all(session) if one[:2] not in there]
    return list(dict.fromkeys(found))[: FULL - len(there)]


def _all(session: Session) -> Iterator[Known]:
    yield Known(MAILBOX, _REST[MAILBOX], "")
    yield Known(PLACE, _REST[PLACE], "")
    for domain, provider in PROVIDER_OF.items():
        yield Known(MAILBOX, domain, provider)
    people = session.scalar(select(func.count()).select_from(Supporter)) or 0
    for domain in _of_many(session, MAILBOX, domain_of(Supporter.address), people):
        yield Known(MAILBOX, domain, PROVIDER_OF.get(domain, domain))
    countries = select(Supporter.country).where(Supporter.country != "").distinct()
    for country in session.scalars(countries):
        yield Known(PLACE, f"{country}-", country)
    for key in _of_many(session, PLACE, _key(Supporter), people):
        yield Known(PLACE, key, key.removesuffix("-"))


def _of_many(session: Session, dimension: str, key: Any, people: int) -> Iterator[str]:
    """The keys that enough people have, the most frequent first."""
    number = func.count()
    query = (
        select(key.label("key"))
        .group_by("key")
        .having(number >= max(FEW, people / SMALLEST_PART))
        .order_by(number.desc(), "key")
        .limit(MOST[dimension])
    )
    yield from session.scalars(query)


def _store(session: Session, found: list[Known]) -> None:
    rows = [one._asdict() for one in found]
    session.execute(insert_into(session, Origin).on_conflict_do_nothing(), rows)
