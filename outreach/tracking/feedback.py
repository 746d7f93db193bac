"""What providers and bounce mail tell of letters: kept as events, deliveries moved, people spared.

A report is trusted where it is about a letter of ours: it carries our delivery's id or the
provider's reference, and the address that we wrote to. Two installations may share one account at
a provider, and their ids are alike.

Reports come in any order, more than once, and before the sender has written down that the letter
was accepted; each move is one that DELIVERY_STATES allows, so that the outcome is the same.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import suppress
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import bindparam, func, select
from sqlalchemy.orm import Session

from outreach.consent import ledger, suppression
from outreach.core import log
from outreach.core.address import canonical
from outreach.core.bulk import insert_into
from outreach.core.errors import BadInput
from outreach.mail.feedback import Feedback, Word
from outreach.mail.models import DELIVERIES, DELIVERY_STATES, Delivery, SingleLetter
from outreach.supporters.models import Supporter
from outreach.tracking.models import Event

_log = log.get(__name__)
STORED = "tracking.feedback_stored"

Item = TypeVar("Item")

_AT_A_TIME = 1000  # SQLite takes 32,766 parameters
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
ACCEPT = DELIVERY_STATES.moves["accept"]
_ACCEPT = (
    DELIVERY_STATES.update(DELIVERIES, "accept")
    .where(DELIVERIES.c.id == bindparam("row"))
    .values(
        reason=None,
        accepted_at=func.coalesce(DELIVERIES.c.accepted_at, bindparam("at")),
        provider_ref=func.coalesce(DELIVERIES.c.provider_ref, bindparam("ref")),
    )
)
# Where reports differ, the later verb here has the last word.
_MOVE = {
    verb: DELIVERY_STATES.update(DELIVERIES, verb)
    .where(DELIVERIES.c.id.in_(bindparam("rows", expanding=True)))
    .values(reason=bindparam("why"))
    for verb in ("drop", "deliver", "bounce", "complain")
}
_LETTERS = (
    select(
        Delivery.id,
        Delivery.blast_id,
        Delivery.supporter_id,
        Delivery.state,
        Delivery.provider_ref,
        func.coalesce(Supporter.address, func.lower(SingleLetter.to_address)),
    )
    .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
    .outerjoin(SingleLetter, SingleLetter.delivery_id == Delivery.id)
)


class Letter(NamedTuple):
    """A delivery that reports are about, with what tells whether they are."""

    id: int
    blast_id: int | None
    supporter_id: int | None
    state: str
    ref: str | None
    address: str | None


def take(session: Session, reports: Sequence[Feedback]) -> int:
    """Store reports and do what follows from them; the number of those that were new.

    Whoever asks twice gets the same: a report is known by its key.
    """
    letters = _letters(session, reports)
    new = _store(session, reports, letters)
    _move(session, [(r, letters[r.key]) for r in reports if r.key in letters])
    for report in reports:
        if report.key in new:
            _spare(session, report, letters.get(report.key))
    _log.info(STORED, reports=len(reports), new=len(new), known_letters=len(letters))
    return len(new)


def _letters(session: Session, reports: Sequence[Feedback]) -> dict[str, Letter]:
    """The letter of each report, by the report's key; reports about no letter of ours are left out.

    Rows are locked in the order of their ids, so that two batches of reports take turns.
    """
    ids = {r.delivery_id for r in reports if r.delivery_id is not None}
    unnamed = [r for r in reports if r.delivery_id is None and r.ref and r.address]
    ids |= _by_reference(session, unnamed)
    letters: dict[int, Letter] = {}
    for some in _slices(sorted(ids)):
        rows = session.execute(
            _LETTERS.where(Delivery.id.in_(some))
            .order_by(Delivery.id)
            .with_for_update(of=Delivery, key_share=True)
        )
        letters.update((row[0], Letter(*row)) for row in rows)
    by_address = defaultdict[str, list[Letter]](list)
    if unnamed:
        for letter in letters.values():
            by_address[letter.address or ""].append(letter)
    found = {}
    for report in reports:
        if report.delivery_id is None:
            candidates = by_address.get(_canonical(report.address), [])
        else:
            candidates = [letters[i] for i in (report.delivery_id,) if i in letters]
        for letter in candidates:
            if _is_about(report, letter):
                found[report.key] = letter
    return found


def _by_reference(session: Session, reports: Sequence[Feedback]) -> set[int]:
    """Deliveries to the addresses of reports that bring no id of ours; `_is_about` decides."""
    found = set[int]()
    for some in _slices(reports):
        people = {_canonical(r.address) for r in some}
        found.update(
            session.scalars(
                select(Delivery.id)
                .join(Supporter, Supporter.id == Delivery.supporter_id)
                .where(Supporter.address.in_(people), Delivery.provider_ref.is_not(None))
            )
        )
    return found


def _is_about(report: Feedback, letter: Letter) -> bool:
    # Behind a blank stands what is only of use to the provider's adapter.
    same_ref = letter.ref is not None and letter.ref.partition(" ")[0] in _refs(report.ref)
    if report.delivery_id is None:
        return same_ref
    same_address = letter.address is not None and letter.address == _canonical(report.address)
    # A person may have changed their address since, and one who was erased has none; a letter
    # that waits was told of only where both are right.
    return same_ref or same_address or (letter.address is None and letter.state != "pending")


def _refs(ref: str) -> list[str]:
    """What a letter may have been accepted under: a provider adds to it behind a dot."""
    return [ref[:end] for end, character in enumerate(ref) if character == "."] + [ref]


def _store(
    session: Session, reports: Sequence[Feedback], letters: dict[str, Letter]
) -> frozenset[str]:
    """Keep reports as events; the keys of those that were new.

    A report that does not say when brings another instant each time: keys are asked for first.
    """
    statement = (
        insert_into(session, Event)
        .on_conflict_do_nothing(index_elements=[Event.key, Event.at])
        .returning(Event.key)
    )
    known: set[str] = set()
    for some in _slices(reports):
        keys = [report.key for report in some]
        known.update(session.scalars(select(Event.key).where(Event.key.in_(keys))))
    new = {report.key: report for report in reports if report.key not in known}
    rows = [_row(report, letters.get(report.key)) for report in new.values()]
    return frozenset(
        key for some in _slices(rows) for key in session.scalars(statement, list(some))
    )


def _row(report: Feedback, letter: Letter | None) -> dict[str, Any]:
    said = {"source": report.source, "reason": report.reason}
    return {
        "key": report.key,
        "kind": report.word.value,
        "at": report.at,
        "delivery_id": letter.id if letter else None,
        "blast_id": letter.blast_id if letter else None,
        "supporter_id": letter.supporter_id if letter else None,
        "link_id": None,
        "method": "",
        "agent": "",
        "network": "",
        "detail": {name: value for name, value in said.items() if value} | report.detail,
    }


def _move(session: Session, told: Sequence[tuple[Feedback, Letter]]) -> None:
    """Bring deliveries to where the reports say that they are; repeats change nothing.

    A letter of which no outcome is recorded was accepted, or nobody could tell of it.
    """
    connection = session.connection()
    accepted = [
        {"row": letter.id, "at": report.at, "ref": report.ref[:400] or None}
        for report, letter in told
        if report.word in _NEXT and letter.state in ACCEPT.sources
    ]
    if accepted:
        connection.execute(_ACCEPT, accepted)
    moves = defaultdict[tuple[str, str], list[int]](list)
    for report, letter in told:
        if verb := _NEXT.get(report.word):
            moves[verb, report.reason].append(letter.id)
    for verb in _MOVE:
        for why, ids in ((why, ids) for (each, why), ids in moves.items() if each == verb):
            for some in _slices(ids):
                connection.execute(_MOVE[verb], {"rows": list(some), "why": why[:400] or None})


def _spare(session: Session, report: Feedback, letter: Letter | None) -> None:
    """Never write again to whom a report says so of."""
    if report.suppress:
        with suppress(BadInput):  # an address that we could not have written to
            suppression.suppress(
                session, report.address, reason=report.suppress, source=report.source
            )
    if report.word is Word.UNSUBSCRIBED:
        left = letter.supporter_id if letter else _supporter_at(session, report.address)
        if left is not None:
            ledger.withdraw(
                session,
                left,
                basis=f"unsubscribed, says {report.source}",
                source=f"letter:{letter.id}" if letter else report.source,
                at=report.at,
            )


def _supporter_at(session: Session, address: str) -> int | None:
    return session.scalar(select(Supporter.id).where(Supporter.address == _canonical(address)))


def _canonical(address: str) -> str:
    try:
        return canonical(address)
    except BadInput:
        return address.strip().lower()


def _slices(items: Sequence[Item]) -> Iterator[Sequence[Item]]:
    return (items[at : at + _AT_A_TIME] for at in range(0, len(items), _AT_A_TIME))
