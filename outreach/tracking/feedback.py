"""What providers and bounce mail tell of letters: kept as events, deliveries moved, people spared.

Reports come in any order, more than once, and before the sender has written down that the letter
was accepted; each move is one that DELIVERY_STATES allows, so that the outcome is the same.

A request may bring thousands. They are written into a table of the connection's own, and each step
is then one statement over it: what is new becomes events, and each verb moves its letters.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache

import orjson
from sqlalchemy import (
    Column,
    MetaData,
    String,
    Table,
    Text,
    bindparam,
    delete,
    func,
    literal,
    null,
    select,
)
from sqlalchemy.orm import Session
from sqlalchemy.schema import CreateTable

from outreach.consent import ledger, suppression
from outreach.core import log
from outreach.core.bulk import as_it_is, insert_into, insert_rows
from outreach.core.db import BIG, JSON_VALUE, UtcDateTime
from outreach.mail.feedback import Feedback, Word
from outreach.mail.models import DELIVERIES, DELIVERY_STATES, Delivery
from outreach.tracking.feedback_letters import (
    Letter,
    among,
    canonical_or_so,
    letters_of,
    people_at,
)
from outreach.tracking.models import EVENTS, KEY

_log = log.get(__name__)
STORED = "tracking.feedback_stored"

# A report is told again within a day (SendGrid) and may say another instant then.
_TOLD_AGAIN = timedelta(days=3)
# What a report proves of its letter: that the provider took it, and then what.
_NEXT = {
    Word.ACCEPTED: "",
    Word.DEFERRED: "",
    Word.DELIVERED: "deliver",
    Word.DROPPED: "drop",
    Word.BOUNCED: "bounce",
    Word.GONE: "bounce",
    Word.COMPLAINED: "complain",
    Word.UNSUBSCRIBED: "deliver",
    Word.PROVIDER_OPENED: "deliver",
    Word.PROVIDER_CLICKED: "deliver",
}
_KINDS = {word: word.value for word in Word}
_LEFT = Word.UNSUBSCRIBED  # a member of an enumeration is slow to reach by its name
_ACCEPT = DELIVERY_STATES.moves["accept"].sources
# Where reports differ, the later verb here has the last word.
_VERBS = ("drop", "deliver", "bounce", "complain")
# In which states of its letter a report with this verb changes something.
_CHANGES = {
    verb: _ACCEPT | (DELIVERY_STATES.moves[verb].sources if verb else frozenset())
    for verb in ("", *_VERBS)
}

_TOLD = Table(
    "told",
    MetaData(),
    Column("key", KEY),
    Column("kind", String),
    Column("at", UtcDateTime),
    Column("delivery_id", BIG),
    Column("blast_id", BIG),
    Column("supporter_id", BIG),
    Column("verb", String),  # where the letter is to be moved
    Column("reason", Text),
    Column("detail", JSON_VALUE),
    prefixes=["TEMPORARY"],
    postgresql_on_commit="DELETE ROWS",
)
_COLUMNS = [column.name for column in _TOLD.columns]
_MAKE = CreateTable(_TOLD, if_not_exists=True)  # once for each connection
_EVENT = ("key", "kind", "at", "delivery_id", "blast_id", "supporter_id", "link_id",
          "method", "agent", "network", "detail")  # fmt: skip
# One look-up for each report, which no planner turns into reading the whole month.
_KNOWN = (
    select(literal(1))
    .where(
        EVENTS.c.key == _TOLD.c.key,
        EVENTS.c.at.between(bindparam("since"), bindparam("until")),
    )
    .limit(1)
    .scalar_subquery()
)
# By key: two requests with the same reports take turns.
_NEW = (
    select(
        *(_TOLD.c[name] for name in _EVENT[:6]),
        null(),
        *(literal("", String) for _ in range(3)),
        _TOLD.c.detail,
    )
    .where(_KNOWN.is_(None))
    .order_by(_TOLD.c.key)
)
_ACCEPTED = (
    DELIVERY_STATES.update(DELIVERIES, "accept")
    .where(DELIVERIES.c.id == bindparam("row"))
    .values(
        reason=None,
        accepted_at=func.coalesce(DELIVERIES.c.accepted_at, bindparam("at")),
        provider_ref=func.coalesce(DELIVERIES.c.provider_ref, bindparam("ref")),
    )
)
_MOVE = {
    verb: DELIVERY_STATES.update(DELIVERIES, verb)
    .where(DELIVERIES.c.id == _TOLD.c.delivery_id, _TOLD.c.verb == verb)
    .where(DELIVERIES.c.id.between(bindparam("first"), bindparam("last")))
    .values(reason=_TOLD.c.reason)
    for verb in _VERBS
}


def take(session: Session, reports: Sequence[Feedback]) -> int:
    """Store reports and do what follows from them; the number of those that were new.

    Whoever asks twice gets the same: a report is known by its key.
    """
    as_it_is(session)
    once = list({report.key: report for report in reports}.values())
    letters = letters_of(session, once)
    verbs = _verbs(once, letters)
    _tell(session, once, letters, verbs)
    new = _store(session, once)
    _lock(session, {letters[key].id for key in verbs})
    _move(session, once, letters, verbs)
    _spare(session, [r for r in once if r.key in new], letters)
    _log.info(STORED, reports=len(reports), new=len(new), known_letters=len(letters))
    return len(new)


def _verbs(reports: Iterable[Feedback], letters: dict[str, Letter]) -> dict[str, str]:
    """What each report moves its letter by, by the report's key; most of those that come again,
    or only say that a letter was accepted, move nothing."""
    verbs = {}
    for report in reports:
        letter, verb = letters.get(report.key), _NEXT.get(report.word)
        if letter is not None and verb is not None and letter.state in _CHANGES[verb]:
            verbs[report.key] = verb
    return verbs


def _lock(session: Session, ids: set[int]) -> None:
    """Lock letters in the order of their ids, so that two requests take turns; after the events
    were stored, so that those turns are short."""
    if ids:
        locked = select(Delivery.id).where(among(session, Delivery.id, ids)).order_by(Delivery.id)
        session.execute(locked.with_for_update(key_share=True))


def _tell(
    session: Session,
    reports: Iterable[Feedback],
    letters: dict[str, Letter],
    verbs: dict[str, str],
) -> None:
    """Write the reports into the connection's own table."""
    connection = session.connection()
    connection.execute(_MAKE)
    connection.execute(delete(_TOLD))
    digits = 26 if connection.dialect.name == "sqlite" else None  # it keeps no zone
    nowhere = (None, None, None)
    rows = []
    for report in reports:
        letter = letters.get(report.key)
        detail = _said(report.source, report.reason)
        if report.detail:
            detail = orjson.dumps(orjson.loads(detail) | report.detail).decode()
        rows.append(
            (
                report.key,
                _KINDS[report.word],
                _written(report.at)[:digits],
                *(letter[:3] if letter else nowhere),
                verbs.get(report.key),
                report.reason[:400] or None,
                detail,
            )
        )
    insert_rows(connection, _TOLD, _COLUMNS, rows)


@lru_cache(maxsize=4096)  # many are of the same second
def _written(at: datetime) -> str:
    return at.astimezone(UTC).isoformat(" ", "microseconds")


@lru_cache(maxsize=1024)
def _said(source: str, reason: str) -> str:
    """The detail, as JSON, of a report that says no more; mailboxes answer in the same words."""
    return orjson.dumps({"source": source} | ({"reason": reason} if reason else {})).decode()


def _store(session: Session, reports: Sequence[Feedback]) -> frozenset[str]:
    """Keep as events what is new; the keys of it."""
    if not reports:
        return frozenset()
    around = {
        "since": min(report.at for report in reports) - _TOLD_AGAIN,
        "until": max(report.at for report in reports) + _TOLD_AGAIN,
    }
    statement = (
        insert_into(session, EVENTS)
        .from_select(_EVENT, _NEW, include_defaults=False)
        .on_conflict_do_nothing()
        .returning(EVENTS.c.key)
    )
    return frozenset(session.connection().scalars(statement, around).all())


def _move(
    session: Session,
    reports: Iterable[Feedback],
    letters: dict[str, Letter],
    verbs: dict[str, str],
) -> None:
    """Bring deliveries to where the reports say that they are; repeats change nothing.

    A letter of which no outcome is recorded was accepted, or nobody could tell of it.
    """
    if not verbs:
        return
    connection = session.connection()
    moved = [letters[key] for key in verbs]
    accepted = [
        {"row": letters[r.key].id, "at": r.at, "ref": r.ref[:400] or None}
        for r in reports
        if r.key in verbs and letters[r.key].state in _ACCEPT
    ]
    if accepted:
        connection.execute(_ACCEPTED, accepted)
    bounds = {"first": min(moved).id, "last": max(moved).id}
    told = set(verbs.values())
    for verb in _VERBS:
        if verb in told:
            connection.execute(_MOVE[verb], bounds)


def _spare(session: Session, reports: Iterable[Feedback], letters: dict[str, Letter]) -> None:
    """Never write again to whom reports say so of."""
    addresses = defaultdict[tuple[str, str], list[str]](list)
    left = []
    for report in reports:
        if report.suppress:
            addresses[report.suppress, report.source].append(report.address)
        if report.word is _LEFT:
            left.append(report)
    for (reason, source), found in sorted(addresses.items()):
        suppression.suppress_many(session, sorted(found), reason=reason, source=source)
    if left:
        _withdraw(session, left, letters)


def _withdraw(session: Session, reports: Sequence[Feedback], letters: dict[str, Letter]) -> None:
    found = people_at(session, [r.address for r in reports if r.key not in letters])
    withdrawals = []
    for report in reports:
        letter = letters.get(report.key)
        supporter_id = letter.supporter_id if letter else found.get(canonical_or_so(report.address))
        if supporter_id is not None:
            basis = f"unsubscribed, says {report.source}"
            source = f"letter:{letter.id}" if letter else report.source
            withdrawals.append(ledger.Withdrawal(supporter_id, basis, source, report.at))
    ledger.withdraw_many(session, withdrawals)
