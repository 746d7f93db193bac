"""What a plan needs to know of each person, read in one SELECT."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from itertools import islice
from typing import Any

from sqlalchemy import ColumnElement, Select, bindparam, case, func, select, type_coerce
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


def part_query(fields: Sequence[str], holding: ColumnElement[int] | None = None) -> Select[Any]:
    """The waiting deliveries of a batch, by id, with what the plan needs of each person.

    The consent gate is part of the statement: whoever left since the audience was frozen comes with
    a reason. Parameters: those of outbox.WAITING and DUE, and `size`, how many at most. Rows: the
    columns named above, then those that `known` reads, then `holding` (of blasts.conditions) if
    given.
    """
    address = Supporter.address.expression
    gate = reason_not_to_write(Supporter.id.expression, address)
    reason = func.coalesce(gate, case((is_stopped(address), STOPPED)))
    query: Select[Any] = (
        select(Delivery.id, Supporter.address, Supporter.first_name, Supporter.last_name, reason)
        .add_columns(*_columns_of(fields), *(() if holding is None else (holding,)))
        .select_from(Delivery)
        .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
        .where(WAITING, DUE)
        .order_by(Delivery.id)
        .limit(bindparam("size"))
    )
    return _with_membership(query) if _JOINED & set(fields) else query


def known_of(session: Session, fields: Sequence[str], supporter: Supporter | None) -> list[str]:
    """The fields of one person, in order; of nobody: nothing is known."""
    if supporter is None:
        return [""] * len(fields)
    query: Select[Any] = (
        select(Supporter.id)
        .add_columns(*_columns_of(fields))
        .select_from(Supporter)
        .where(Supporter.id == supporter.id)
    )
    row = session.execute(_with_membership(query) if _JOINED & set(fields) else query).one()
    return [text for (text,) in known(fields, [row], behind=1)]


def column_of(name: str) -> ColumnElement[Any]:
    """What Supporter, or a custom field of theirs, holds under the name of a merge field."""
    if name.startswith(CUSTOM):
        column: ColumnElement[Any] = Supporter.fields[name.removeprefix(CUSTOM)].as_string()
        return column
    return _COLUMNS[name]


def _columns_of(fields: Sequence[str]) -> list[ColumnElement[Any]]:
    """The columns that hold these fields; `joined` takes three, every other one."""
    found: list[ColumnElement[Any]] = []
    for name in fields:
        if name == "joined":
            # As the driver gives it: converting the same few instants anew for every row costs
            # 4 µs a letter, and `_joined` remembers what it made of them.
            at = type_coerce(ListMember.joined_at, NullType())
            found += [SupporterList.name.expression, at, ListMember.source.expression]
        elif name == "joined_on":
            found.append(type_coerce(ListMember.joined_at, NullType()).label("joined_on"))
        else:
            found.append(column_of(name))
    return found


def known(
    fields: Sequence[str], rows: Sequence[Sequence[Any]], *, behind: int = FIXED
) -> list[list[str]]:
    """What is known of the people of these rows: for each field one text a person.

    `behind`: how many other columns come first.
    """
    columns = iter(list(zip(*rows, strict=True))[behind:])
    texts = []
    for name in fields:
        if name == "joined":
            texts.append(list(map(_joined, *islice(columns, 3))))
        elif name == "joined_on":
            texts.append([str(at)[:10] if at else "" for at in next(columns)])
        else:
            texts.append([value or "" for value in next(columns)])
    return texts


def _with_membership(query: Select[Any]) -> Select[Any]:
    """Join the list that a person joined first, for “why do you get this”."""
    other = aliased(ListMember)
    first = (
        select(func.min(other.list_id))
        .where(other.supporter_id == Supporter.id)
        .scalar_subquery()
        .correlate(Supporter)
    )
    return query.outerjoin(
        ListMember, (ListMember.supporter_id == Supporter.id) & (ListMember.list_id == first)
    ).outerjoin(SupporterList, SupporterList.id == ListMember.list_id)


@lru_cache(maxsize=4096)
def _joined(list_name: str | None, at: datetime | str | None, source: str | None) -> str:
    if list_name is None or at is None:
        return ""
    if isinstance(at, str):  # SQLite keeps UTC as text
        at = datetime.fromisoformat(at)
    where = f" ({source})" if source else ""
    return f"have been on our {list_name} list since {at.day} {at:%B %Y}{where}"
