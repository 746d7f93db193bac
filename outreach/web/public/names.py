"""A signer's own name: hidden from others, shown again, or taken off the petition.

Reached by the thanks page's sealed link. GET shows, only a press acts: a scanner that follows every
link of a letter changes nothing.
"""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.core.errors import NotFound
from outreach.core.languages import gettext as _
from outreach.petitions import instalments, signing, translations, wording
from outreach.petitions.models import Petition, Signature
from outreach.petitions.pages import THANKS
from outreach.web.context import services
from outreach.web.languages import speak
from outreach.web.public.page import frame
from outreach.web.public.petitions import open_to_all, sealed_signature

SIGNER = "the signer"  # in the audit log, which holds no names of supporters
TAKEN_OFF = "Taken off by the signer"
blueprint = Blueprint("public_names", __name__)


@blueprint.get("/petitions/<slug>/name")
def ask(slug: str) -> ResponseReturnValue:
    """What the signer may do with their name, or that it is off."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        signature = _standing(session, petition, request.args.get("s", ""))
        told = translations.signed(session, signature)
        speak(told.language)
        return render_template(
            "public/name.html",
            **frame(session.get_one(Organisation, petition.organisation_id)),
            petition=petition,
            told=told,
            signature=signature,
            as_name=wording.shown_name(signature.name),
            instalments=instalments.of_signature(session, signature),
            s=request.args["s"],
        )


@blueprint.post("/petitions/<slug>/name")
def act(slug: str) -> ResponseReturnValue:
    """Hide the name, show it again, or take the signature off; a second press changes nothing."""
    do, s = request.form.get("do", ""), request.form.get("s", "")
    if do not in ("hide", "show", "off"):
        raise NotFound(_("There is nothing at this address."), hint=_("Open the link again."))
    with services().db.transaction() as session:
        petition = open_to_all(session, slug)
        signature = _standing(session, petition, s, lock=True)
        if signature.state == "verified" and do != "off":
            signature.is_hidden = do == "hide"
        elif signature.state == "verified":
            signing.invalidate(session, signature, TAKEN_OFF)
            subject = f"signature:{signature.id}"
            audit.record(
                session,
                actor=SIGNER,
                action="signature.invalidate",
                subject=subject,
                reason=TAKEN_OFF,
            )
    return redirect(url_for(".ask", slug=slug, s=s), code=303)


def _standing(session: Session, petition: Petition, s: str, *, lock: bool = False) -> Signature:
    """The signature of the sealed link, where it counts or its signer took it off."""
    signature = sealed_signature(session, THANKS, s, petition)
    if lock:
        session.refresh(signature, with_for_update=True)
    by_signer = signature.state == "invalidated" and signature.reason == TAKEN_OFF
    if signature.state != "verified" and not by_signer:
        raise NotFound(_("This signature does not count."), hint=_("Open the petition’s page."))
    return signature
