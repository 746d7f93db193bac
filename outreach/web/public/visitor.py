"""Who opens a petition's page, as far as a sealed link says so, and what brought them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.blasts.models import Blast
from outreach.core.tokens import BadToken, Tokens
from outreach.mail.models import Delivery
from outreach.petitions.models import Petition, Signature
from outreach.petitions.pages import CREDIT, RECOGNISE, SHARE
from outreach.petitions.signing import NO_CREDIT, Credit
from outreach.supporters.models import Supporter
from outreach.tracking.classify import MACHINE
from outreach.tracking.models import Event, Judgement


@dataclass(frozen=True, slots=True)
class Visitor:
    """One who opens the page. A stranger has no supporter, no credit and carries nothing."""

    supporter: Supporter | None = None
    credit: Credit = NO_CREDIT
    # Fields that the form sends along, so that a press keeps what the link said.
    carried: Mapping[str, str] = field(default_factory=dict)
    # The letter's link is genuine, but older than it may know anyone by name.
    expired: bool = False

    @property
    def not_me(self) -> Mapping[str, str]:
        """The query of the page without the person: the credit stays."""
        return {name: value for name, value in self.carried.items() if name != "letter"}


def visitor_of(
    session: Session, tokens: Tokens, petition: Petition, query: Mapping[str, str]
) -> Visitor:
    """Read letter=, from= and share=; whatever is mangled or foreign is as if it were not there."""
    letter = _first(tokens, RECOGNISE, query.get("letter", ""))
    known = letter is not None
    if letter is None:
        letter = _first(tokens, RECOGNISE, query.get("letter", ""), expired_too=True)
    expired = letter is not None and not known
    if letter is None:
        letter = _first(tokens, CREDIT, query.get("from", ""))
    delivery = session.get(Delivery, letter) if letter is not None else None
    supporter = _addressee(session, delivery) if known else None
    carried: dict[str, str] = {}
    if delivery is not None and not _asks_for(session, delivery, petition):
        delivery = None  # a letter for another petition knows the person, but earns no credit
    first = None
    if delivery is not None:
        carried["from"] = tokens.seal(CREDIT, delivery.id)
        first = _first_followed(session, petition, supporter) or delivery.id
    if supporter is not None:
        carried["letter"] = query["letter"]
    share = _share(session, tokens, petition, query.get("share", ""))
    if share is not None:
        carried["share"] = query["share"]
    return Visitor(
        supporter=supporter,
        credit=Credit(
            first_delivery_id=first,
            last_delivery_id=delivery.id if delivery is not None else None,
            shared_by_id=share,
        ),
        carried=carried,
        expired=expired,
    )


def _first(tokens: Tokens, purpose: str, token: str, *, expired_too: bool = False) -> int | None:
    if not token:
        return None
    try:
        ids = tokens.unseal(purpose, token, expired_too=expired_too)
    except BadToken:
        return None
    return ids[0] if len(ids) == 1 else None


def _addressee(session: Session, delivery: Delivery | None) -> Supporter | None:
    if delivery is None or delivery.supporter_id is None:
        return None
    return session.get(Supporter, delivery.supporter_id)


def _asks_for(session: Session, delivery: Delivery, petition: Petition) -> bool:
    if delivery.blast_id is None:
        return False
    asked = select(Blast.petition_id).where(Blast.id == delivery.blast_id)
    return session.scalar(asked) == petition.id


def _share(session: Session, tokens: Tokens, petition: Petition, token: str) -> int | None:
    signature_id = _first(tokens, SHARE, token)
    if signature_id is None:
        return None
    query = select(Signature.id).where(
        Signature.id == signature_id, Signature.petition_id == petition.id
    )
    return session.scalar(query)


def _first_followed(
    session: Session, petition: Petition, supporter: Supporter | None
) -> int | None:
    """The first letter asking for this petition whose link the person is known to have followed."""
    if supporter is None:
        return None
    query = (
        select(Event.delivery_id)
        .join(Delivery, Delivery.id == Event.delivery_id)
        .join(Blast, Blast.id == Delivery.blast_id)
        .where(
            Delivery.supporter_id == supporter.id,
            Blast.petition_id == petition.id,
            Event.kind == "clicked",
            ~exists().where(Judgement.event_id == Event.id, Judgement.verdict == MACHINE),
        )
        .order_by(Event.at, Event.id)
        .limit(1)
    )
    return session.scalar(query)
