"""What stored events and links are to the rules; judgements, which one at a time may write.

Read by columns, instants without a zone (UTC): the job has to keep up with the door, and objects
for each event would cost more than judging them.
"""

from __future__ import annotations

import typing
from collections.abc import Iterable
from datetime import datetime
from functools import lru_cache
from operator import itemgetter
from types import MappingProxyType
from typing import Any, NamedTuple

import orjson
from sqlalchemy import (
    ColumnElement,
    DateTime,
    Executable,
    Select,
    Text,
    and_,
    cast,
    func,
    select,
    text,
    type_coerce,
)
from sqlalchemy.orm import InstrumentedAttribute, Session

from outreach.core.bulk import as_it_is, insert_into, insert_rows, little_of_much
from outreach.core.clock import now
from outreach.mail.feedback import Word
from outreach.mail.models import Delivery
from outreach.tracking import rules
from outreach.tracking.classify import JUDGED, Request, Verdict
from outreach.tracking.feedback_letters import among
from outreach.tracking.links import TRAP
from outreach.tracking.models import JUDGEMENTS, Event, Judgement, JudgingMark, Link
from outreach.tracking.rules import Rules

Evidence = tuple[tuple[Any, Any], ...]  # names and weights

TOLD = Word.PROVIDER_OPENED.value
IS_JUDGED = Event.kind.in_(sorted(JUDGED))
# What the provider saw itself, with its flag; `is_told` looks more closely.
IS_TOLD = and_(Event.kind == TOLD, cast(Event.detail, Text).like('%"machine"%true%'))

_REPLACE = {
    "postgresql": """
        UPDATE judgements SET verdict = new.verdict, judged_at = CAST(:at AS timestamptz),
               evidence = CAST(new.evidence AS jsonb)
        FROM unnest(CAST(:ids AS bigint[]), CAST(:verdicts AS text[]), CAST(:evidence AS text[]))
             AS new (id, verdict, evidence)
        WHERE event_id = new.id
    """,
    "sqlite": """
        UPDATE judgements SET verdict = :verdict, judged_at = :at, evidence = :evidence
        WHERE event_id = :id
    """,
}
_NOTHING: MappingProxyType[str, Any] = MappingProxyType({})


class Seen(NamedTuple):
    """An event as it is read: `detail` and `evidence` as JSON, `verdict` None where there is none.

    `accepted_at`: when its letter was.
    """

    id: int
    delivery_id: int | None
    blast_id: int | None
    kind: str
    at: datetime
    method: str
    agent: str
    network: str
    link_id: int | None
    detail: str
    accepted_at: datetime | None
    verdict: str | None
    evidence: str | None


def seen(session: Session) -> Select[*tuple[Any, ...]]:
    """The columns of Seen, of all events."""
    return (
        select(
            Event.id,
            Event.delivery_id,
            Event.blast_id,
            Event.kind,
            _instant(session, Event.at).label("at"),
            Event.method,
            Event.agent,
            Event.network,
            Event.link_id,
            cast(Event.detail, Text).label("detail"),
            _instant(session, Delivery.accepted_at).label("accepted_at"),
            Judgement.verdict,
            cast(Judgement.evidence, Text).label("evidence"),
        )
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .outerjoin(Delivery, Delivery.id == Event.delivery_id)
    )


def read(session: Session, query: Executable) -> list[Seen]:
    """What a query of these columns finds. By the connection, and as the rows that it makes: they
    need none of what the ORM does to a result."""
    return typing.cast("list[Seen]", session.connection().execute(query).all())


def _instant(session: Session, column: InstrumentedAttribute[Any]) -> ColumnElement[datetime]:
    if session.get_bind().dialect.name == "postgresql":
        return func.timezone("UTC", column, type_=DateTime())
    return type_coerce(column, DateTime())


def plan(session: Session) -> None:
    """Let PostgreSQL go by its indexes in this transaction: few rows of long tables are read."""
    as_it_is(session)
    little_of_much(session)


def is_told(event: Seen) -> bool:
    """Whether the provider saw a machine open the letter."""
    return event.kind == TOLD and _noted(event.detail).get("machine") is True


def request_of(event: Seen, link_kinds: dict[int, str]) -> Request:
    """An event of a kind in JUDGED as the rules see it."""
    kind, at, method, agent, network, link_id, detail = event[3:10]
    noted = _NOTHING if detail == "{}" else _noted(detail)
    link_kind = None if link_id is None else link_kinds.get(link_id)
    place = f"link:{link_id}" if link_kind else str(noted.get("place", "")) if noted else ""
    return Request(kind, at, method, agent, network, place, link_kind == TRAP, noted)


@lru_cache(maxsize=4096)  # most say the same
def _noted(detail: str) -> MappingProxyType[str, Any]:
    return MappingProxyType(orjson.loads(detail))


def link_kinds(session: Session, events: Iterable[Seen]) -> dict[int, str]:
    """The kind of each link that was followed, by its id."""
    ids = {event.link_id for event in events if event.link_id is not None}
    found = session.execute(select(Link.id, Link.kind).where(among(session, Link.id, ids)))
    return dict(found.all())


class Blasts:
    """What is known of the blasts of the letters that are judged, each asked for once."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._known: dict[int | None, tuple[Rules, int]] = {}

    def __getitem__(self, blast_id: int | None) -> tuple[Rules, int]:
        """A blast's rules, and how many links a reader can follow in its letters (0: not known)."""
        found = self._known.get(blast_id)
        if found is None:
            found = rules.of_blast(self._session, blast_id), self._links(blast_id)
            self._known[blast_id] = found
        return found

    def _links(self, blast_id: int | None) -> int:
        if blast_id is None:
            return 0
        links = select(func.count()).where(Link.blast_id == blast_id, Link.kind != TRAP)
        return self._session.scalar(links) or 0


class Judged:
    """Verdicts on their way into the table, `new` and `changed` ones: those that are as they were
    are left out."""

    def __init__(self) -> None:
        self.new: list[tuple[int, int | None, Verdict]] = []
        self.changed: list[tuple[int, Verdict]] = []
        self.others = 0  # of the changed, those that are held to be something else now

    def add(self, event: Seen, verdict: Verdict) -> None:
        """Take a verdict over an event as it was read."""
        if event.verdict is None:
            self.new.append((event.id, event.delivery_id, verdict))
        elif not _is_same(event, verdict):
            self.changed.append((event.id, verdict))
            self.others += event.verdict != verdict.verdict

    def store(self, session: Session) -> None:
        """Write them all."""
        connection = session.connection()
        dialect = connection.dialect.name
        at = f"{now().replace(tzinfo=None):%Y-%m-%d %H:%M:%S.%f}"  # as UtcDateTime writes it
        at += "" if dialect == "sqlite" else "+00"
        columns = ["event_id", "delivery_id", "verdict", "evidence", "judged_at"]
        rows = (
            (id_, delivery_id, found.verdict, _text(found), at)
            for id_, delivery_id, found in self.new
        )
        insert_rows(connection, JUDGEMENTS, columns, rows)
        changed = sorted(self.changed, key=itemgetter(0))
        if changed and dialect == "postgresql":
            ids, found = zip(*changed, strict=True)
            lists = {
                "ids": list(ids),
                "verdicts": [each.verdict for each in found],
                "evidence": [_text(each) for each in found],
            }
            connection.execute(text(_REPLACE[dialect]), lists | {"at": at})
        elif changed:
            connection.execute(
                text(_REPLACE[dialect]),
                [
                    {"id": id_, "verdict": each.verdict, "evidence": _text(each), "at": at}
                    for id_, each in changed
                ],
            )


def _is_same(event: Seen, verdict: Verdict) -> bool:
    if event.verdict != verdict.verdict:
        return False
    return _kept(event.evidence or "[]") == tuple(
        zip(verdict.evidence, verdict.weights, strict=True)
    )


@lru_cache(maxsize=4096)
def _kept(evidence: str) -> Evidence:
    return tuple((each["name"], each["weight"]) for each in orjson.loads(evidence))


def _text(verdict: Verdict) -> str:
    return _json(verdict.evidence, verdict.weights)


@lru_cache(maxsize=4096)
def _json(names: tuple[str, ...], weights: tuple[int, ...]) -> str:
    return orjson.dumps(Verdict("", names, weights).as_json()).decode()


def take_mark(session: Session, *, wait: bool = True) -> JudgingMark | None:
    """The mark, locked until the transaction ends: so long nobody else writes judgements.

    None where somebody else has it, or nobody ever had, and `wait` is not wanted.
    """
    held = select(JudgingMark).with_for_update(skip_locked=not wait)
    held = held.execution_options(populate_existing=True)
    mark = session.scalars(held).one_or_none()
    if mark is None and wait:
        first = insert_into(session, JudgingMark).on_conflict_do_nothing()
        session.execute(first, {"id": 1, "through": 0, "ahead": 0, "ahead_xid": 0})
        mark = session.scalars(held).one()
    return mark
