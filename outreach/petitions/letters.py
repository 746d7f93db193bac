"""Letters to one signer: the one that asks to confirm, and the one that thanks."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from markupsafe import Markup
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.consent import suppression
from outreach.core import log
from outreach.core.clock import now
from outreach.mail import single
from outreach.mail.models import Batch, Delivery
from outreach.petitions import markup
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
        post_thanks(session, signature, pages)


def post_thanks(session: Session, signature: Signature, pages: Pages) -> None:
    """Thank for a signature that counts, with the words that were signed and the own link.

    Like every letter here, it is not posted to a suppressed address.
    """
    petition = session.get_one(Petition, signature.petition_id)
    version = session.get_one(PetitionVersion, signature.version_id)
    words = markup.without_markers(version.statement)
    _post(
        session,
        signature,
        "thanks",
        version=version,
        statement=Markup(markup.Markup([]).html(words)),
        statement_text=words,
        thanks_url=pages.thanks(petition.slug, signature.id),
        share_url=pages.share(signature.id),
    )


def _post(session: Session, signature: Signature, kind: str, **context: Any) -> None:
    supporter = session.get_one(Supporter, signature.supporter_id)
    if suppression.is_suppressed(session, supporter.address):
        _log.info("letter_not_posted", kind=kind, reason="suppressed", signature_id=signature.id)
        return
    petition = session.get_one(Petition, signature.petition_id)
    organisation = session.get_one(Organisation, petition.organisation_id)
    single.post(
        session,
        organisation_id=organisation.id,
        kind=kind,
        to_address=supporter.address,
        to_name=signature.name,
        rendered=single.write(
            kind,
            organisation,
            petition=petition,
            first_name=signature.name.partition(" ")[0],
            **context,
        ),
        supporter_id=supporter.id,
    )


def _many_lately(session: Session, signature: Signature) -> bool:
    query = (
        select(func.count())
        .select_from(Delivery)
        .join(Batch, Batch.first_id == Delivery.id)
        .where(
            Delivery.supporter_id == signature.supporter_id,
            Delivery.kind.in_(("confirmation", "thanks")),
            Batch.blast_id.is_(None),
            Batch.created_at > now() - TYPED_WITHIN,
        )
    )
    many = (session.scalar(query) or 0) >= TYPED_MAX
    if many:
        _log.info("letter_not_posted", reason="many_lately", signature_id=signature.id)
    return many
