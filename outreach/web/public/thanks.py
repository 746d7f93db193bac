"""After signing: confirming by the letter's link, thanks, and the signer's own link to share."""

from __future__ import annotations

from collections.abc import Mapping

from flask import Blueprint, redirect, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.consent import suppression
from outreach.core.errors import NotFound
from outreach.core.languages import gettext as _
from outreach.petitions import instalments, queries, referrals, signing, translations, wording
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.petitions.pages import CONFIRM, SHARE, THANKS
from outreach.supporters.models import Supporter
from outreach.web.context import services
from outreach.web.languages import speak
from outreach.web.public import sharing
from outreach.web.public.page import frame, pages, paths, share_links, shown_person, statement_of
from outreach.web.public.petitions import open_to_all, sealed_signature, welcome

blueprint = Blueprint("public_thanks", __name__)


@blueprint.get("/confirm/<token>")
def ask(token: str) -> ResponseReturnValue:
    """Show what is to be confirmed, and the button."""
    with services().db.reading() as session:
        signature = sealed_signature(session, CONFIRM, token)
        petition = session.get_one(Petition, signature.petition_id)
        if signature.state == "verified":
            return redirect(paths().thanks(petition.slug, signature.id))
        return render_template("public/confirm.html", token=token, **_shown(session, signature))


@blueprint.post("/confirm/<token>")
def confirm(token: str) -> ResponseReturnValue:
    """Count the signature; a second press shows the same thanks."""
    with services().db.transaction() as session:
        signature = sealed_signature(session, CONFIRM, token)
        signing.confirm(session, signature, on_verified=welcome)
        petition = session.get_one(Petition, signature.petition_id)
        return redirect(paths().thanks(petition.slug, signature.id), code=303)


@blueprint.get("/petitions/<slug>/thanks")
def thanks(slug: str) -> ResponseReturnValue:
    """Thanks with the signature's number, and ways to pass the petition on."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        signature = sealed_signature(session, THANKS, request.args.get("s", ""), petition)
        if signature.state != "verified":
            raise NotFound(_("This signature does not count."), hint=_("Open the petition’s page."))
        supporter = session.get_one(Supporter, signature.supporter_id)
        shown = _shown(session, signature)
        share = share_links(translations.signed(session, signature), pages().share(signature.id))
        return render_template(
            "public/thanks.html",
            number=queries.number_of(session, signature),
            receipt=not suppression.is_suppressed(session, supporter.address),
            brought=queries.brought_by(session, signature),
            tree=referrals.tree(session, petition, signature.id),
            instalments=instalments.of_signature(session, signature),
            next_ask=queries.next_ask(session, signature),
            share=share,
            **_passed_on(share),
            **shown,
        )


@blueprint.get("/r/<token>")
def shared(token: str) -> ResponseReturnValue:
    """A signer's own link: to the petition, with credit for the share and nobody's name."""
    with services().db.reading() as session:
        signature = sealed_signature(session, SHARE, token)
        petition = session.get_one(Petition, signature.petition_id)
        return redirect(paths().petition(petition.slug, share=token))


def _passed_on(share: Mapping[str, str]) -> dict[str, object]:
    """Networks to post the link on; a Mastodon server is named by the person."""
    server = request.args.get("server", "")
    mastodon = sharing.on_mastodon(server, share["text"], share["url"])
    return {
        "ways": sharing.ways(share["text"], share["url"]),
        "server": server,
        "mastodon": mastodon,
        "wrong_server": bool(server) and mastodon is None,
        "qr": sharing.qr_code(share["url"]),
        "s": request.args.get("s", ""),
    }


def _shown(session: Session, signature: Signature) -> dict[str, object]:
    petition = session.get_one(Petition, signature.petition_id)
    supporter = session.get_one(Supporter, signature.supporter_id)
    organisation = session.get_one(Organisation, petition.organisation_id)
    told = translations.signed(session, signature)
    speak(told.language)
    return {
        **frame(organisation),
        "petition": petition,
        "told": told,
        "version": session.get_one(PetitionVersion, signature.version_id),
        "statement": statement_of(told),
        "signature": signature,
        "first_name": signature.name.partition(" ")[0],
        "as_name": wording.shown_name(signature.name),
        "address": shown_person(supporter)["address"],
        "consent": wording.consent(
            organisation, country=signature.country, proven=True, own_line=told.consent_line
        ),
    }
