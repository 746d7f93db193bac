"""What a plan needs to know of each person, read in one SELECT."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Date,
    Select,
    bindparam,
    case,
    cast,
    func,
    select,
    true,
    type_coerce,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.types import NullType

from outreach.blasts.domains import is_stopped
from outreach.consent.gate import reason_not_to_write
from outreach.mail.fields import CUSTOM
from outreach.mail.models import Delivery
from outreach.mail.outbox import DUE, WAITING
from outreach.supporters.models import ListMember, Supporter, SupporterList

_COLUMNS: dict[str, ColumnElement[Any]] = {
    "first_name": Supporter.first_name.expression,
    "last_name": Supporter.last_name.expression,
    "full_name": func.trim(Supporter.first_name + " " + Supporter.last_name),
    "email": Supporter.email.expression,
    "postal_code": Supporter.postal_code.expression,
    "region": Supporter.region.expression,
    "country": Supporter.country.expression,
}
_JOINED = {"joined", "joined_on"}  # they need the list that was joined first
ERASED = "erased"
STOPPED = "stopped_domain"  # no reason to skip anybody: the letter is held
# Of the columns that come before the plan's own.
DELIVERY_ID, ADDRESS, FIRST_NAME, LAST_NAME, REASON = range(5)
FIXED = 5


def part_query(
    session: Session, fields: Sequence[str], holding: ColumnElement[int] | None = None
) -> Select[Any]:
    """The waiting deliveries of a batch, by id, with what the plan needs of each person.

    The consent gate is part of the statement: whoever left since the audience was frozen comes with
    a reason. Parameters: those of outbox.WAITING and DUE, and `size`, how many at most. Rows: the
    columns named above, then those that `known` reads, then `holding` (of blasts.conditions) if
    given.
    """
    address = Supporter.address.expression
    gate = reason_not_to_write(Supporter.id.expression, address)
    reason = func.coalesce(gate, case((is_stopped(address), STOPPED)))
    waiting: Select[Any] = (
        select(Delivery.id, Supporter.address, Supporter.first_name, Supporter.last_name)
        .add_columns(reason)
        .select_from(Delivery)
        .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
        .where(WAITING, DUE)
        .order_by(Delivery.id)
        .limit(bindparam("size"))
    )
    query = _with_fields(session, waiting, fields)
    return query if holding is None else query.add_columns(holding)


def known_of(session: Session, fields: Sequence[str], supporter: Supporter | None) -> list[str]:
    """The fields of one person, in order; of nobody: nothing is known."""
    if supporter is None:
        return [""] * len(fields)
    query = select(Supporter.id).select_from(Supporter).where(Supporter.id == supporter.id)
    row = session.execute(_with_fields(session, query, fields)).one()
    return [text for (text,) in known(fields, [(value,) for value in row[1:]])]


def column_of(name: str) -> ColumnElement[Any]:
    """What Supporter, or a custom field of theirs, holds under the name of a merge field."""
    if name.startswith(CUSTOM):
        column: ColumnElement[Any] = Supporter.fields[name.removeprefix(CUSTOM)].as_string()
        return column
    return _COLUMNS[name]


def _with_fields(session: Session, query: Select[Any], fields: Sequence[str]) -> Select[Any]:
    """The query with the columns that hold these fields; `joined` takes three, every other one."""
    member = ListMember
    if _JOINED & set(fields):
        query, member = _with_membership(session, query)
    day = _day(session, member)
    found: list[ColumnElement[Any]] = []
    for name in fields:
        if name == "joined":
            found += [SupporterList.name.expression, day, member.source.expression]
        elif name == "joined_on":
            found.append(day.label("joined_on"))
        else:
            found.append(column_of(name))
    return query.add_columns(*found)


def _day(session: Session, member: type[ListMember]) -> ColumnElement[Any]:
    """The day (UTC) on which they joined, as the driver gives it: a date, or a text that begins
    with it. A whole instant takes 1 µs longer to read."""
    if session.get_bind().dialect.name == "postgresql":
        return cast(func.timezone("UTC", member.joined_at), Date)
    return type_coerce(member.joined_at, NullType())


def known(fields: Sequence[str], columns: Iterable[Sequence[Any]]) -> list[list[str]]:
    """What is known of many people: for each field one text a person.

    `columns`: as `_with_fields` adds them to a query, each with a value for every person.
    """
    columns = iter(columns)
    texts = []
    for name in fields:
        if name == "joined":
            texts.append(list(map(_joined, *islice(columns, 3))))
        elif name == "joined_on":
            texts.append([str(at)[:10] if at else "" for at in next(columns)])
        else:
            texts.append([value or "" for value in next(columns)])
    return texts


def _with_membership(session: Session, query: Select[Any]) -> tuple[Select[Any], type[ListMember]]:
    """Join the list that a person joined first, for “why do you get this”; by what name it stands
    in the query. Beside a person PostgreSQL reads their first row at once, a third cheaper."""
    other = aliased(ListMember)
    theirs = other.supporter_id == Supporter.id
    if session.get_bind().dialect.name == "postgresql":
        first_row = select(other).where(theirs).order_by(other.list_id).limit(1)
        member = aliased(ListMember, first_row.lateral())
        query = query.outerjoin(member, true())
    else:
        member = ListMember
        first = select(func.min(other.list_id)).where(theirs).scalar_subquery().correlate(Supporter)
        query = query.outerjoin(
            member, (member.supporter_id == Supporter.id) & (member.list_id == first)
        )
    return query.outerjoin(SupporterList, SupporterList.id == member.list_id), member


@lru_cache(maxsize=4096)
def _joined(list_name: str | None, at: date | str | None, source: str | None) -> str:
    if list_name is None or at is None:
        return ""
    if isinstance(at, str):  # SQLite keeps UTC as text
        at = date.fromisoformat(at[:10])
    where = f" ({source})" if source else ""
    return f"have been on our {list_name} list since {at.day} {at:%B %Y}{where}"
