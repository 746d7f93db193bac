"""Letters to one signer: the one that asks to confirm, and the one that thanks."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.consent import suppression
from outreach.core import log
from outreach.core.clock import now
from outreach.mail import single
from outreach.mail.models import Delivery
from outreach.mail.shared import SharedText
from outreach.petitions import thanking, translations
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.petitions.pages import CONFIRM_DAYS, Pages
from outreach.supporters.models import Supporter

# Anyone can type anyone's address into the form: so many letters in this time, and no more.
TYPED_MAX, TYPED_WITHIN = 3, timedelta(minutes=10)

_log = log.get(__name__)


def post_confirmation(session: Session, signature: Signature, pages: Pages) -> None:
    """Ask the person at the address whether it was them."""
    if _many_lately(session, signature):
        return
    _post(
        session,
        signature,
        "confirmation",
        confirm_url=pages.confirm(signature.id),
        days=CONFIRM_DAYS,
    )


def post_already_signed(session: Session, signature: Signature, pages: Pages) -> None:
    """Tell the person at the address, and nobody else, that they have signed already."""
    if not _many_lately(session, signature):
        post_thanks(session, [signature], pages)


def post_thanks(session: Session, signatures: Sequence[Signature], pages: Pages) -> None:
    """Thank for signatures that count, all under one petition, with the words that were signed and
    the own link of each.

    Like every letter here, it is not posted to a suppressed address.
    """
    petition = session.get_one(Petition, signatures[0].petition_id)
    organisation = session.get_one(Organisation, petition.organisation_id)
    people = _people(session, signatures)
    texts: dict[tuple[int, int | None, bool], SharedText] = {}
    alike: dict[SharedText, list[single.Own]] = {}
    for signature in signatures:
        supporter = people.get(signature.supporter_id)
        if supporter is None:
            _log.info("letter_not_posted", reason="suppressed", signature_id=signature.id)
            continue
        of = (signature.version_id, signature.translation_id, bool(signature.name))
        if of not in texts:
            told = translations.signed(session, signature)
            version = session.get_one(PetitionVersion, signature.version_id)
            texts[of] = thanking.text_of(told, version, organisation, named=of[-1])
        own = (
            signature.name.partition(" ")[0],
            pages.thanks(petition.slug, signature.id),
            pages.share(signature.id),
        )
        letter = single.Own(supporter.address, signature.name, supporter.id, own)
        alike.setdefault(texts[of], []).append(letter)
    for text, letters in alike.items():
        single.post_alike(session, text, letters, organisation_id=organisation.id, kind="thanks")


def _people(session: Session, signatures: Sequence[Signature]) -> dict[int, Supporter]:
    """Who signed and may be written to, by id."""
    # One by one: who signs a moment ago is at hand, and asked for by no statement.
    found = [session.get_one(Supporter, signature.supporter_id) for signature in signatures]
    suppressed = suppression.suppressed_among(session, [person.address for person in found])
    return {person.id: person for person in found if person.address not in suppressed}


def _post(session: Session, signature: Signature, kind: str, **context: Any) -> None:
    supporter = session.get_one(Supporter, signature.supporter_id)
    if suppression.is_suppressed(session, supporter.address):
        _log.info("letter_not_posted", kind=kind, reason="suppressed", signature_id=signature.id)
        return
    petition = session.get_one(Petition, signature.petition_id)
    organisation = session.get_one(Organisation, petition.organisation_id)
    told = translations.signed(session, signature)
    single.post(
        session,
        organisation_id=organisation.id,
        kind=kind,
        to_address=supporter.address,
        to_name=signature.name,
        rendered=single.write(
            kind,
            organisation,
            petition=told,
            language=told.language,
            first_name=signature.name.partition(" ")[0],
            **context,
        ),
        supporter_id=supporter.id,
    )


def _many_lately(session: Session, signature: Signature) -> bool:
    lately = or_(Delivery.accepted_at > now() - TYPED_WITHIN, Delivery.state == "pending")
    query = select(func.count()).where(
        Delivery.supporter_id == signature.supporter_id,
        Delivery.blast_id.is_(None),
        Delivery.kind.in_(("confirmation", "thanks")),
        lately,
    )
    many = (session.scalar(query) or 0) >= TYPED_MAX
    if many:
        _log.info("letter_not_posted", reason="many_lately", signature_id=signature.id)
    return many
