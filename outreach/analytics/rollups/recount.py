"""The same numbers a second time, the slow way: plain Python over the rows themselves.

It shares the meanings in definitions.py and cells.py with the rollup, and nothing of its SQL. It
keeps about 500 bytes for each letter that did anything, so it is a proof on demand and no screen.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from sqlalchemy import Select, select
from sqlalchemy.orm import Session

from outreach.analytics.definitions import (
    BLAST_LETTER,
    DELIVERED_STATES,
    HUMAN,
    MACHINE,
    UNKNOWN,
    class_of,
    earliest,
    strongest,
)
from outreach.analytics.rollups.causes import RETURNED, cause_of
from outreach.analytics.rollups.cells import (
    DEVICE,
    DEVICES,
    EVIDENCE,
    HOUR,
    LINK,
    MAILBOX,
    NO_VARIANT,
    OTHER,
    PLACE,
    REACHED_CLICKED,
    SEGMENT,
    SKIPPED,
    TRAIT_ACTS,
    WHOLE,
    Cell,
    Cells,
)
from outreach.blasts.models import Blast, FrozenSegment, Origin
from outreach.core.errors import NotFound
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature
from outreach.tracking.models import ASK_KINDS, Event, Judgement, Link

_ASCII_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)
AT_ONCE = 10_000  # rows on their way from the database


@dataclass(slots=True)
class Letter:
    """A letter as it is read: what its person did, and where."""

    variant_id: int
    arrived: bool
    traits: list[tuple[str, str]]  # dimension, value: what was known of the person at the freeze
    did: set[str] = field(default_factory=set)
    faceted: set[tuple[str, str, str]] = field(default_factory=set)  # dimension, value, measure
    followed_at: datetime | None = None


class Sheet:
    """The numbers of one blast in the making."""

    def __init__(self, blast_id: int) -> None:
        self.blast_id = blast_id
        self.cells = Cells()

    def add(
        self,
        measure: str,
        *,
        variant: int,
        number: int = 1,
        dimension: str = WHOLE,
        value: str = "",
    ) -> None:
        """Count one more, or `number`."""
        self.cells[Cell(self.blast_id, variant, dimension, value, measure)] += number


def recount(session: Session, blast_id: int) -> Cells:
    """Every number of a blast, counted row by row; raises NotFound."""
    blast = session.get(Blast, blast_id)
    if blast is None:
        raise NotFound(f"There is no blast {blast_id}.")
    sheet = Sheet(blast_id)
    letters = _read(session, sheet, blast)
    for letter in letters.values():
        _people(sheet, letter)
    return Cells({at: number for at, number in sheet.cells.items() if number})


def letters_of(session: Session, blast: Blast) -> dict[int, Letter]:
    """Every letter of a blast by its id, with what its person did."""
    return _read(session, Sheet(blast.id), blast)


def _read(session: Session, sheet: Sheet, blast: Blast) -> dict[int, Letter]:
    letters = _letters(session, sheet)
    _events(session, sheet, blast, letters)
    _signatures(session, sheet, blast, letters)
    return letters


def _rows(session: Session, query: Select[*tuple[Any, ...]]) -> Iterator[Any]:
    yield from session.execute(query.execution_options(yield_per=AT_ONCE))


def _letters(session: Session, sheet: Sheet) -> dict[int, Letter]:
    query = select(
        Delivery.id,
        Delivery.variant_id,
        Delivery.kind,
        Delivery.state,
        Delivery.reason,
        Delivery.mailbox_id,
        Delivery.place_id,
        Delivery.segments,
    ).where(Delivery.blast_id == sheet.blast_id)
    traits_of = _traits(session, sheet.blast_id)
    letters = {}
    for delivery_id, variant_id, kind, state, reason, *known in _rows(session, query):
        if kind != BLAST_LETTER:
            continue
        letter = Letter(variant_id or NO_VARIANT, state in DELIVERED_STATES, traits_of(*known))
        letters[delivery_id] = letter
        sheet.add(state, variant=letter.variant_id)
        for dimension, value in letter.traits:
            sheet.add(state, variant=letter.variant_id, dimension=dimension, value=value)
        if state == "skipped":
            why = reason or UNKNOWN
            sheet.add("letters", variant=letter.variant_id, dimension=SKIPPED, value=why)
        elif state in RETURNED:
            why = cause_of(reason)
            sheet.add("letters", variant=letter.variant_id, dimension=state, value=why)
    return letters


def _traits(session: Session, blast_id: int) -> Callable[..., list[tuple[str, str]]]:
    """Names what a letter holds: mailbox_id, place_id, segments."""
    origins = {origin.id: origin.value for origin in session.scalars(select(Origin))}
    segments = session.scalars(select(FrozenSegment).where(FrozenSegment.blast_id == blast_id))
    bits = {segment.bit: segment.name for segment in segments}

    def named(mailbox_id: int | None, place_id: int | None, known: int | None) -> Any:
        found = [(SEGMENT, name) for bit, name in bits.items() if (known or 0) & bit]
        for dimension, origin in ((MAILBOX, mailbox_id), (PLACE, place_id)):
            if origin is not None:
                found.append((dimension, origins[origin]))
        return found

    return named


def _events(session: Session, sheet: Sheet, blast: Blast, letters: Mapping[int, Letter]) -> None:
    own = select(Link).where(Link.blast_id == blast.id)
    links = {link.id: link.kind for link in session.scalars(own)}
    query = (
        select(
            Event.delivery_id,
            Event.kind,
            Event.at,
            Event.link_id,
            Event.agent,
            Judgement.verdict,
            Judgement.evidence,
        )
        .outerjoin(Judgement, Judgement.event_id == Event.id)
        .where(Event.blast_id == sheet.blast_id)
    )
    since = earliest(blast.frozen_at)
    if since is not None:
        query = query.where(Event.at >= since)
    for row in _rows(session, query):
        letter = letters.get(row.delivery_id)
        if letter is not None:
            asks = links.get(row.link_id) in ASK_KINDS
            _event(sheet, letter, row, shown=class_of(row.verdict), asks=asks)


def _event(sheet: Sheet, letter: Letter, event: Any, *, shown: str, asks: bool) -> None:
    variant, by_person = letter.variant_id, shown == HUMAN
    if shown == MACHINE:
        sheet.add("machine_events", variant=variant)
    if event.kind == "unsubscribed":
        letter.did.add("unsubscribed")
    if event.kind not in ("opened", "clicked"):
        return
    opened = event.kind == "opened"
    sheet.add(f"{'opens' if opened else 'clicks'}_{shown}", variant=variant)
    if opened or asks:
        letter.did |= {f"raw_{event.kind}", *([event.kind] if by_person else [])}
    if not opened and event.link_id is not None:
        link = str(event.link_id)
        sheet.add("events", variant=variant, dimension=LINK, value=link)
        letter.faceted.add((LINK, link, "raw_clicked"))
        if by_person:
            letter.faceted.add((LINK, link, "clicked"))
    if not opened and shown == MACHINE:
        why = strongest(event.evidence or [])
        sheet.add("events", variant=variant, dimension=EVIDENCE, value=why)
    if by_person:
        family = device(event.agent)
        if opened or asks:
            letter.faceted.add((DEVICE, family, event.kind))
        if asks and not opened:
            letter.followed_at = min(event.at, letter.followed_at or event.at)


def device(agent: str) -> str:
    """The family of devices that an agent names."""
    said = agent.translate(_ASCII_LOWER)
    for family, words in DEVICES:
        if any(word in said for word in words):
            return family
    return OTHER


def _people(sheet: Sheet, letter: Letter) -> None:
    for act in letter.did:
        sheet.add(act, variant=letter.variant_id)
        if not letter.arrived:
            continue
        sheet.add(f"reached_{act}", variant=letter.variant_id)
        for dimension, value in letter.traits if act in TRAIT_ACTS else ():
            sheet.add(f"reached_{act}", variant=letter.variant_id, dimension=dimension, value=value)
    for dimension, value, measure in letter.faceted:
        sheet.add(measure, variant=letter.variant_id, dimension=dimension, value=value)
        if letter.arrived and (dimension, measure) == (LINK, "clicked"):
            sheet.add(REACHED_CLICKED, variant=letter.variant_id, dimension=LINK, value=value)
    if letter.followed_at:
        at = _hour(letter.followed_at)
        sheet.add("clicked", variant=letter.variant_id, dimension=HOUR, value=at)


def _signatures(
    session: Session, sheet: Sheet, blast: Blast, letters: Mapping[int, Letter]
) -> None:
    query = select(
        Signature.id,
        Signature.state,
        Signature.is_new,
        Signature.verified_at,
        Signature.last_delivery_id,
        Signature.shared_by_id,
    ).where(Signature.petition_id == blast.petition_id)
    signatures = list(_rows(session, query))
    for one in signatures:
        letter = letters.get(one.last_delivery_id)
        if one.state != "verified" or letter is None:
            continue
        letter.did.add("signed")
        sheet.add("signatures", variant=letter.variant_id)
        sheet.add("new", variant=letter.variant_id, number=int(one.is_new))
        if one.verified_at:
            at = _hour(one.verified_at)
            sheet.add("signed", variant=letter.variant_id, dimension=HOUR, value=at)
    sheet.add("shared", variant=NO_VARIANT, number=_shared(signatures, letters))


def _shared(signatures: Iterable[Any], letters: Mapping[int, Letter]) -> int:
    """Verified signatures from which a chain of shares leads back to one of the letters."""
    by_id = {one.id: one for one in signatures}

    def comes_from_letters(signature: Any) -> bool:
        passed: set[int] = set()
        sharer = by_id.get(signature.shared_by_id)
        while sharer is not None and sharer.id not in passed:
            if sharer.last_delivery_id in letters:
                return True
            passed.add(sharer.id)
            sharer = by_id.get(sharer.shared_by_id)
        return False

    return sum(
        one.state == "verified" and one.last_delivery_id not in letters and comes_from_letters(one)
        for one in by_id.values()
    )


def _hour(at: datetime) -> str:
    return at.astimezone(UTC).replace(minute=0, second=0, microsecond=0).isoformat()
