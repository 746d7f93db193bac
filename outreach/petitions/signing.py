"""Signing: one name per person under one petition, verified by a letter's link or by letter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.core import address, log
from outreach.core.clock import now
from outreach.core.errors import Conflict, FormErrors
from outreach.core.languages import gettext as _
from outreach.petitions import agreeing, grades, letters, saying, translations, wording
from outreach.petitions.grades import Press
from outreach.petitions.models import SIGNATURE_STATES, Petition, Signature
from outreach.petitions.pages import Pages
from outreach.petitions.queries import current_version, signature_of, signer_from
from outreach.petitions.saying import NOTHING_SAID, Said
from outreach.petitions.signer import Signer
from outreach.petitions.translations import Reading
from outreach.supporters import operations as supporters
from outreach.supporters.models import Supporter

Verified = Callable[[Session, Signature], None]

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Credit:
    """What brought a signer here: letters (deliveries) followed first and last, a share."""

    first_delivery_id: int | None = None
    last_delivery_id: int | None = None
    shared_by_id: int | None = None


NO_CREDIT = Credit()


def hold_wording(session: Session, petition: Petition) -> None:
    """Nobody changes the wording until this transaction ends."""
    held = select(Petition.id).where(Petition.id == petition.id)
    session.execute(held.with_for_update(read=True, key_share=True))


def must_be_read(session: Session, petition: Petition, fingerprint: str) -> Reading:
    """Hold the wording until this transaction ends: it must be the one that the person was shown.

    Raises FormErrors where it was changed meanwhile; then nobody signs what they have not read.
    """
    hold_wording(session, petition)
    found = translations.in_force(session, petition).get(fingerprint)
    if found is None:
        raise FormErrors(
            [
                (
                    "statement",
                    _("The wording was changed while you read it. Read it again, then sign."),
                )
            ]
        )
    return found


def sign_recognised(
    session: Session,
    petition: Petition,
    supporter: Supporter,
    *,
    credit: Credit = NO_CREDIT,
    partners: Sequence[str] = (),
    press: Press = grades.UNSEEN,
    said: Said = NOTHING_SAID,
    on_verified: Verified | None = None,
) -> Signature:
    """Sign as the person whom a letter's link recognised; verified at once.

    A second time nothing is counted again, but newly ticked partners are told. `on_verified` is
    called in this transaction when the signature first counts. Raises Conflict where the petition
    can't be signed, or the signature was taken off.
    """
    _must_be_open(petition)
    _lock(session, supporter)
    signature = signature_of(session, petition, supporter)
    if signature is None or signature.state == "pending":
        name = f"{supporter.first_name} {supporter.last_name}".strip()
        signer = Signer(supporter.email, name, supporter.postal_code)
        signature = _keep(session, petition, supporter, signature, signer, credit)
        saying.keep(session, petition, signature, supporter, said)
        signature.grade = grades.RECOGNISED
        grades.note(session, signature, press)
    _must_stand(signature)
    ticked = _tick(signature, petition, partners)
    _verify(session, petition, signature, ticked, on_verified)
    return signature


def sign_by_form(
    session: Session,
    petition: Petition,
    *,
    email: str,
    name: str,
    postal_code: str = "",
    credit: Credit = NO_CREDIT,
    partners: Sequence[str] = (),
    press: Press = grades.UNSEEN,
    said: Said = NOTHING_SAID,
    pages: Pages,
) -> Signature:
    """Sign as someone whom we don't know yet; counts once the letter posted here is answered.

    Whoever typed this is not proven to be the person of the address: nothing that is known of
    that person is changed or told. Raises FormErrors naming the fields, Conflict where the
    petition can't be signed.
    """
    _must_be_open(petition)
    signer = Signer.typed(email=email, name=name, postal_code=postal_code)
    supporter = _person(session, petition, signer)
    _lock(session, supporter)
    signature = signature_of(session, petition, supporter)
    if signature is not None and signature.state == "invalidated":
        _log.info("signature_again_after_invalidation", signature_id=signature.id)
        return signature
    if signature is not None and signature.state == "verified":
        letters.post_already_signed(session, signature, pages)
        return signature
    signature = _keep(session, petition, supporter, signature, signer, credit)
    saying.keep(session, petition, signature, supporter, said)
    grades.note(session, signature, press)
    _tick(signature, petition, partners)
    letters.post_confirmation(session, signature, pages)
    return signature


def confirm(
    session: Session, signature: Signature, *, on_verified: Verified | None = None
) -> Signature:
    """Count a signature whose letter was answered; a second time changes nothing.

    Raises Conflict where the petition can't be signed any more, or the signature was taken off.
    """
    supporter = session.get_one(Supporter, signature.supporter_id)
    _lock(session, supporter)
    session.refresh(signature)
    _must_stand(signature)
    if signature.state == "verified":
        return signature
    petition = session.get_one(Petition, signature.petition_id)
    _must_be_open(petition)
    signature.grade = grades.CONFIRMED
    Signer(supporter.email, signature.name, signature.postal_code).complete(supporter)
    _verify(session, petition, signature, signature.partners, on_verified)
    return signature


def invalidate(session: Session, signature: Signature, reason: str) -> None:
    """Take a signature off, with the reason; the count follows."""
    before = signature.state
    signature.state = SIGNATURE_STATES.after(before, "invalidate")
    if before != signature.state:
        signature.reason = reason
        signature.invalidated_at = now()
        _log.info("signature_invalidated", signature_id=signature.id)
    session.flush()


def _person(session: Session, petition: Petition, signer: Signer) -> Supporter:
    """The supporter of a typed address: whoever signed from the same mailbox, if anybody did,
    however they spelled it."""
    known = signer_from(session, petition, address.canonical(signer.email))
    if known is not None:
        return known
    source = wording.source(petition)
    return supporters.find_or_create(session, email=signer.email, source=source)[0]


def _keep(
    session: Session,
    petition: Petition,
    supporter: Supporter,
    pending: Signature | None,
    signer: Signer,
    credit: Credit,
) -> Signature:
    """The pending signature with what was said last: only its owner can make it count.

    Boxes that were ticked before are empty again: anyone may have ticked them.
    """
    signature = pending or Signature(
        petition_id=petition.id,
        supporter_id=supporter.id,
        mailbox=address.mailbox(supporter.address),
        grade=grades.FORM,
        partners=[],
        is_new=False,
    )
    signature.supporter_id = supporter.id  # of several spellings the one that signs now
    signature.version_id = current_version(session, petition).id
    signature.name = signer.name
    signature.partners = []
    signature.postal_code = signer.postal_code
    signature.first_delivery_id = credit.first_delivery_id
    signature.last_delivery_id = credit.last_delivery_id
    session.add(signature)
    session.flush()
    if credit.shared_by_id != signature.id:  # nobody brings themselves
        signature.shared_by_id = credit.shared_by_id
    return signature


def _tick(signature: Signature, petition: Petition, partners: Sequence[str]) -> list[str]:
    """Add partners to those of the signature; returns the ones that this press named."""
    ticked = {*signature.partners, *partners}
    signature.partners = [name for name in petition.partners if name in ticked]
    return [name for name in signature.partners if name in partners]


def _verify(
    session: Session,
    petition: Petition,
    signature: Signature,
    partners: Sequence[str],
    on_verified: Verified | None,
) -> None:
    first = SIGNATURE_STATES.allows(signature.state, "verify")
    if first:
        signature.is_new = not _signed_before(session, signature)
        signature.state = SIGNATURE_STATES.after(signature.state, "verify")
        signature.verified_at = now()
        session.flush()
        _log.info(
            "signature_verified",
            signature_id=signature.id,
            petition_id=petition.id,
            grade=signature.grade,
        )
    _agree(session, petition, signature, partners, updates=first)
    if first and on_verified is not None:
        on_verified(session, signature)


def _agree(
    session: Session,
    petition: Petition,
    signature: Signature,
    partners: Sequence[str],
    *,
    updates: bool,
) -> None:
    """Write into the ledger what the page said a signature, and each box of `partners`, agrees to.

    A box of an earlier press is no new word: the person may have left that partner since.
    """
    proven = signature.grade == grades.CONFIRMED
    if updates:
        agreeing.to_updates(session, petition, [signature], proven=proven)
    for partner in partners:
        agreeing.to_partner(session, petition, [signature.supporter_id], partner, proven=proven)


def _signed_before(session: Session, signature: Signature) -> bool:
    query = select(
        exists().where(
            Signature.supporter_id == signature.supporter_id,
            Signature.id != signature.id,
            Signature.verified_at.is_not(None),
        )
    )
    return bool(session.scalar(query))


def _lock(session: Session, supporter: Supporter) -> None:
    # One signature of a person at a time: of two presses the second finds the first. On SQLite
    # writers queue anyway.
    session.execute(select(Supporter.id).where(Supporter.id == supporter.id).with_for_update())


def _must_be_open(petition: Petition) -> None:
    if petition.state != "published":
        raise Conflict(
            f"This petition is {petition.state}: it can’t be signed now. Nothing was stored.",
            hint="Its page says what has become of it.",
        )


def _must_stand(signature: Signature) -> None:
    if signature.state == "invalidated":
        raise Conflict(
            _("Your signature on this petition was taken off, and stays off."),
            hint=_("Write to us if you think that this is a mistake."),
        )
