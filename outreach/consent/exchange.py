"""Suppressions kept alike here and at a provider that has lists of its own.

Each look begins a little before the last one ended: what was stored or told twice changes nothing,
and what was still being written at that instant is not missed.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol, runtime_checkable

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.consent.models import Suppression, SuppressionMark
from outreach.consent.suppression import suppress_many
from outreach.core import log
from outreach.core.bulk import insert_into
from outreach.core.clock import now
from outreach.core.db import Database

_log = log.get(__name__)
EXCHANGED = "suppressions.exchanged"

OVERLAP = timedelta(minutes=10)
AT_A_TIME = 1000


class SuppressionLists(Protocol):
    """A provider's lists of addresses that it will not send to."""

    source: str  # what suppressions that come from there have as their source
    # The lists' names, each with the reason (consent.suppression) that being on it stands for.
    reasons: dict[str, str]

    def added(self, name: str, since: datetime | None, until: datetime) -> Iterator[list[str]]:
        """Pages of the addresses that came onto a list in that time; None: ever."""
        ...

    def add(self, addresses: Sequence[str]) -> None:
        """Put up to AT_A_TIME addresses on the list of those who asked for no letters."""
        ...


@runtime_checkable
class KeepsSuppressions(Protocol):
    """A provider with such lists."""

    def suppression_lists(self) -> SuppressionLists:
        """Its lists."""
        ...


@dataclass(frozen=True)
class Exchanged:
    """What one look brought: addresses read by list, how many were new here, how many were told."""

    read: dict[str, int]
    new: int
    told: int


def exchange(db: Database, lists: SuppressionLists) -> Exchanged:
    """Take over what the provider suppresses, and tell it what is suppressed here.

    May be ended anywhere: a mark moves only when all behind it is stored. Raises what the lists
    raise; what was stored until then stays.
    """
    read, new = dict[str, int](), 0
    for name, reason in lists.reasons.items():
        mark, until = f"{lists.source}:{name}", now()
        read[name] = 0
        for addresses in lists.added(name, _since(db, mark), until):
            with db.transaction() as session:
                new += suppress_many(session, addresses, reason=reason, source=lists.source)
            read[name] += len(addresses)
        _move_mark(db, mark, until)
    told = _tell(db, lists)
    found = Exchanged(read, new, told)
    _log.info(EXCHANGED, source=lists.source, read=sum(read.values()), new=new, told=told)
    return found


def _tell(db: Database, lists: SuppressionLists) -> int:
    mark, until = f"{lists.source}:told", now()
    since, last, told = _since(db, mark), 0, 0
    while True:
        with db.reading() as session:
            rows = _ours(session, lists.source, since, last)
        if not rows:
            break
        lists.add([address for _, address in rows])
        last, told = rows[-1][0], told + len(rows)
    _move_mark(db, mark, until)
    return told


def _ours(
    session: Session, source: str, since: datetime | None, last: int
) -> list[tuple[int, str]]:
    found = (
        select(Suppression.id, Suppression.address)
        .where(Suppression.source != source, Suppression.id > last)
        .order_by(Suppression.id)
        .limit(AT_A_TIME)
    )
    if since is not None:
        found = found.where(Suppression.at >= since)
    return [(number, address) for number, address in session.execute(found)]


def _since(db: Database, name: str) -> datetime | None:
    with db.reading() as session:
        mark = session.get(SuppressionMark, name)
        return mark.through - OVERLAP if mark else None


def _move_mark(db: Database, name: str, through: datetime) -> None:
    with db.transaction() as session:
        statement = insert_into(session, SuppressionMark).values(name=name, through=through)
        session.execute(
            statement.on_conflict_do_update(
                index_elements=["name"], set_={"through": statement.excluded.through}
            )
        )
