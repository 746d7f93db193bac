"""Who opens a petition's page, as far as a sealed link says so, and what brought them."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.blasts.models import Blast
from outreach.core.bulk import any_of
from outreach.core.clock import now
from outreach.core.tokens import BadToken, Tokens
from outreach.mail.models import Delivery
from outreach.petitions.models import Petition, Signature
from outreach.petitions.pages import CREDIT, RECOGNISE, RECOGNISE_IF_YOUNG, SHARE
from outreach.petitions.signing import Credit
from outreach.supporters.models import Supporter
from outreach.tracking.classify import MACHINE
from outreach.tracking.models import Event, Judgement


@dataclass(frozen=True, slots=True)
class Link:
    """What the link to a petition's page carries, unsealed; nothing of it is looked up yet.

    Whatever is mangled or foreign is as if it were not there. `known`: the letter may know its
    reader by name; `expired`: it is genuine, but too old for that. `known_days`: it may only if it
    is no older; None where that was found out when the link was made.
    """

    slug: str
    delivery_id: int | None = None
    known: bool = False
    known_days: int | None = None
    expired: bool = False
    signature_id: int | None = None  # whose share led here
    letter: str = ""
    share: str = ""

    @property
    def says_nothing(self) -> bool:
        """Whether a stranger comes, brought by nobody."""
        return self.delivery_id is None and self.signature_id is None


@dataclass(frozen=True, slots=True)
class Visitor:
    """One who opens the page. A stranger has no supporter, no credit and carries nothing."""

    supporter: Supporter | None = None
    delivery_id: int | None = None  # of the letter that asked for this petition and led here
    blast_id: int | None = None  # of that letter
    shared_by_id: int | None = None
    # Fields that the form sends along, so that a press keeps what the link said.
    carried: Mapping[str, str] = field(default_factory=dict)
    # The letter's link is genuine, but older than it may know anyone by name.
    expired: bool = False
    has_signed: bool = False  # here, whatever became of it
    # How the page names the person; empty: as shown_person has it.
    who: Mapping[str, str] = field(default_factory=dict)

    @property
    def not_me(self) -> Mapping[str, str]:
        """The query of the page without the person: the credit stays."""
        return {name: value for name, value in self.carried.items() if name != "letter"}


def link_of(tokens: Tokens, slug: str, query: Mapping[str, str]) -> Link:
    """Read letter=, from= and share=."""
    token, days = query.get("letter", ""), None
    letter = _first(tokens, RECOGNISE, token)
    if letter is None and (found := _ids(tokens, RECOGNISE_IF_YOUNG, token, 2)):
        letter, days = found
    known = letter is not None
    if letter is None:
        letter = _first(tokens, RECOGNISE, token, expired_too=True)
    if letter is None and (found := _ids(tokens, RECOGNISE_IF_YOUNG, token, 2, expired_too=True)):
        letter = found[0]
    expired = letter is not None and not known
    if letter is None:
        letter = _first(tokens, CREDIT, query.get("from", ""))
    return Link(
        slug=slug,
        delivery_id=letter,
        known=known,
        known_days=days,
        expired=expired,
        signature_id=_first(tokens, SHARE, query.get("share", "")),
        letter=token,
        share=query.get("share", ""),
    )


def visitor_of(
    session: Session, tokens: Tokens, petition: Petition, query: Mapping[str, str]
) -> Visitor:
    """Who comes with these fields of a link or a form."""
    [visitor] = visitors_of(session, tokens, [link_of(tokens, petition.slug, query)])
    return visitor


def visitors_of(
    session: Session, tokens: Tokens, links: Sequence[Link], *, pressing: bool = False
) -> list[Visitor]:
    """Who comes by each of these links, in as many statements for all of them as for one.

    `pressing`: they are about to sign. Each person is locked until this transaction ends, what is
    `carried` is not made, and nobody looks for `has_signed`.
    """
    deliveries = _deliveries(session, links, lock=pressing)
    rows = [deliveries.get(link.delivery_id) for link in links]
    by_name = [_may_know(link, row) for link, row in zip(links, rows, strict=True)]
    found_in = [row for row, known in zip(rows, by_name, strict=True) if row and known]
    people = {row.supporter_id: row.Supporter for row in found_in if row.Supporter is not None}
    signed = set() if pressing else _signed(session, people)
    sharers = _sharers(session, links)
    found = []
    for link, row, known in zip(links, rows, by_name, strict=True):
        person = people.get(row.supporter_id) if row is not None and known else None
        # A letter for another petition knows the person, but earns no credit.
        asked = row if row is not None and row.slug == link.slug else None
        is_shared = (link.signature_id, link.slug) in sharers
        carried = {}
        if asked is not None and not pressing:
            carried["from"] = tokens.seal(CREDIT, asked.id)
        if person is not None:
            carried["letter"] = link.letter
        if is_shared:
            carried["share"] = link.share
        found.append(
            Visitor(
                supporter=person,
                delivery_id=None if asked is None else link.delivery_id,
                blast_id=None if asked is None else asked.blast_id,
                shared_by_id=link.signature_id if is_shared else None,
                carried=carried,
                expired=link.expired or (link.known and row is not None and not known),
                has_signed=person is not None and (person.id, link.slug) in signed,
            )
        )
    return found


def credits_of(session: Session, slug: str, visitors: Sequence[Visitor]) -> list[Credit]:
    """What brought each of these to the petition at this address."""
    first = _first_followed(
        session,
        slug,
        [one.supporter.id for one in visitors if one.supporter and one.delivery_id is not None],
    )
    return [
        Credit(
            first_delivery_id=None
            if one.delivery_id is None
            else first.get(one.supporter.id if one.supporter else 0, one.delivery_id),
            last_delivery_id=one.delivery_id,
            shared_by_id=one.shared_by_id,
        )
        for one in visitors
    ]


def _first(tokens: Tokens, purpose: str, token: str, *, expired_too: bool = False) -> int | None:
    ids = _ids(tokens, purpose, token, 1, expired_too=expired_too)
    return ids[0] if ids else None


def _ids(
    tokens: Tokens, purpose: str, token: str, number: int, *, expired_too: bool = False
) -> tuple[int, ...]:
    """So many sealed ids; nothing where the token is mangled, foreign or holds others."""
    if not token:
        return ()
    try:
        ids = tokens.unseal(purpose, token, expired_too=expired_too)
    except BadToken:
        return ()
    return ids if len(ids) == number else ()


def _may_know(link: Link, row: Any) -> bool:
    """Whether the letter may know its reader by name."""
    if not link.known or row is None:
        return False
    # The click may be faster than the sender's own note that the letter was accepted.
    accepted_at = row.accepted_at or now()
    return link.known_days is None or accepted_at + timedelta(days=link.known_days) > now()


def _deliveries(session: Session, links: Sequence[Link], *, lock: bool) -> dict[int | None, Any]:
    """The letters of these links by id: `id`, `blast_id`, `supporter_id`, `accepted_at`, the `slug`
    it asked for, and whom it was for (`Supporter`). With `lock` only those whose person is there
    still."""
    ids = {link.delivery_id for link in links} - {None}
    if not ids:
        return {}
    query = (
        select(Delivery.id, Delivery.blast_id, Delivery.supporter_id, Delivery.accepted_at)
        .add_columns(Petition.slug, Supporter)
        .join(Supporter, Supporter.id == Delivery.supporter_id, isouter=not lock)
        .outerjoin(Blast, Blast.id == Delivery.blast_id)
        .outerjoin(Petition, Petition.id == Blast.petition_id)
        .where(any_of(session, Delivery.id, ids))
    )
    if lock:
        # By id: two groups that hold each other's people would wait for ever. On SQLite writers
        # queue anyway.
        query = query.order_by(Supporter.id).with_for_update(of=Supporter)
    return {row.id: row for row in session.execute(query)}


def _signed(session: Session, people: Collection[int]) -> set[tuple[int, str]]:
    """Who of these people has signed what."""
    if not people:
        return set()
    query = (
        select(Signature.supporter_id, Petition.slug)
        .join(Petition, Petition.id == Signature.petition_id)
        .where(any_of(session, Signature.supporter_id, people))
    )
    return {(row.supporter_id, row.slug) for row in session.execute(query)}


def _sharers(session: Session, links: Sequence[Link]) -> set[tuple[int, str]]:
    """Signatures whose shares led here, each with what it signed."""
    ids = {link.signature_id for link in links} - {None}
    if not ids:
        return set()
    query = (
        select(Signature.id, Petition.slug)
        .join(Petition, Petition.id == Signature.petition_id)
        .where(any_of(session, Signature.id, ids))
    )
    return {(row.id, row.slug) for row in session.execute(query)}


def _first_followed(session: Session, slug: str, people: Sequence[int]) -> dict[int, int]:
    """For each of these people the first letter asking for this petition whose link they are known
    to have followed."""
    if not people:
        return {}
    query = (
        select(Delivery.supporter_id, Event.delivery_id)
        .join(Delivery, Delivery.id == Event.delivery_id)
        .join(Blast, Blast.id == Delivery.blast_id)
        .join(Petition, Petition.id == Blast.petition_id)
        .where(
            any_of(session, Delivery.supporter_id, people),
            Petition.slug == slug,
            Event.kind == "clicked",
            ~exists().where(Judgement.event_id == Event.id, Judgement.verdict == MACHINE),
        )
        .order_by(Event.at.desc(), Event.id.desc())  # of one person the first stays
    )
    return {row[0]: row[1] for row in session.execute(query) if row[0] and row[1]}
