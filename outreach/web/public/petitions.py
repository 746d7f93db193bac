"""Public pages of petitions: the list, a petition, signing it, and thanks.

GET and HEAD show, and change nothing: scanners follow every link of a letter. A press is a POST. No
cookie is read or set here; what recognises a person is the sealed link of their own letter.
"""

from __future__ import annotations

from flask import Blueprint, Response, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.accounts.queries import the_organisation
from outreach.core.errors import Conflict, FormErrors, NotFound, TooMany
from outreach.core.languages import gettext as _
from outreach.petitions import letters, queries, signing, tally, translations
from outreach.petitions.models import Petition, Signature
from outreach.petitions.pages import CHECK_MAIL, CONFIRM_DAYS
from outreach.supporters.models import Supporter
from outreach.tracking import visits
from outreach.tracking.classify import SIGNED
from outreach.web.context import services
from outreach.web.languages import speak
from outreach.web.limits import must_be_within_limits
from outreach.web.public.card import picture
from outreach.web.public.desk import Pressed, desk
from outreach.web.public.desk import credit as credit_letters
from outreach.web.public.page import (
    Typed,
    frame,
    pages,
    paths,
    petition_page,
    shown_person,
    told_to_reader,
)
from outreach.web.public.seen import observation, signed, signing_request
from outreach.web.public.typed import press_of, said, said_of_reading, sign_by_form
from outreach.web.public.visitor import Visitor, credits_of, link_of, visitor_of
from outreach.web.public.whom import known_by, without_person

blueprint = Blueprint("public_petitions", __name__)


@blueprint.get("/")
def home() -> ResponseReturnValue:
    """Petitions that can be signed now."""
    with services().db.reading() as session:
        counts = tally.counts(session)
        return render_template(
            "public/home.html",
            **frame(the_organisation(session)),
            petitions=[
                (petition, told_to_reader(session, petition), counts.get(petition.id, 0))
                for petition in queries.published(session)
            ],
        )


@blueprint.get("/privacy")
def privacy() -> ResponseReturnValue:
    """What is kept of supporters, in plain words."""
    with services().db.reading() as session:
        return render_template(
            "public/privacy.html",
            **frame(the_organisation(session)),
            confirm_days=CONFIRM_DAYS,
            recognise_days=services().recognise_days,
            keep_networks=services().keep_networks,
        )


@blueprint.get("/petitions/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """The petition, for whoever the link says it is."""
    visitor = desk().visitor(link_of(services().tokens, slug, request.args))
    if visitor.has_signed:
        return _shown(slug, visitor)
    seen, values = without_person(visitor)
    kept = desk().page((slug, *known_by(seen)), lambda: _shown(slug, seen))
    return kept.fill(values)


def _shown(slug: str, visitor: Visitor) -> str:
    with services().db.reading() as session:
        return petition_page(session, open_to_all(session, slug), visitor)


@blueprint.post("/petitions/<slug>/sign")
def sign(slug: str) -> ResponseReturnValue:
    """Sign in one press as the person of the letter, or by form and then by letter."""
    if (signature_id := _signed_at_once(slug)) is not None:
        return redirect(paths().thanks(slug, signature_id), code=303)
    try:
        link = link_of(services().tokens, slug, request.form)
        if not link.known or link.known_days is not None:
            must_be_within_limits(request.form.get("email", ""))
        with services().db.transaction() as session:
            petition = open_to_all(session, slug)
            visitor = visitor_of(session, services().tokens, petition, request.form)
            return redirect(_signed(session, petition, visitor), code=303)
    except FormErrors as error:
        return _again(slug, error.faults), 400
    except TooMany as error:
        return _again(slug, (("", str(error)),)), error.status
    except Conflict:
        with services().db.reading() as session:
            if open_to_all(session, slug).state == "published":
                raise
        return _again(slug, ()), 409


@blueprint.get("/petitions/<slug>/card.png")
def card(slug: str) -> ResponseReturnValue:
    """The picture beside a shared link."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        told = told_to_reader(session, petition)
        organisation = session.get_one(Organisation, petition.organisation_id)
    speak(told.language)
    answer = Response(picture(petition, told, organisation), mimetype="image/png")
    # Its address changes with the picture.
    answer.headers["Cache-Control"] = "public, max-age=86400"
    return answer


@blueprint.get("/petitions/<slug>/check-mail")
def check_mail(slug: str) -> ResponseReturnValue:
    """A letter is on its way; says no more of the person than they typed themselves."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        return check_mail_page(session, petition, url_for(".show", slug=slug))


def check_mail_page(session: Session, petition: Petition, back: str, *, embed: bool = False) -> str:
    """The page of a sealed pending signature, in the language that was signed."""
    signature = sealed_signature(session, CHECK_MAIL, request.args.get("s", ""), petition)
    told = translations.signed(session, signature)
    speak(told.language)
    return render_template(
        "public/check_mail.html",
        **frame(session.get_one(Organisation, petition.organisation_id)),
        told=told,
        back=back,
        embed=embed,
        address=shown_person(session.get_one(Supporter, signature.supporter_id))["address"],
        confirm_days=CONFIRM_DAYS,
    )


def _signed_at_once(slug: str) -> int | None:
    """Sign together with others who press now, where the letter's link says who it is; the id of
    the signature, None where this takes the ordinary way."""
    link = link_of(services().tokens, slug, request.form)
    if link.delivery_id is None or not link.known or request.form.get("comment", "").strip():
        return None
    look = signing_request()
    return desk().sign(
        Pressed(
            link,
            request.form.get("wording", ""),
            tuple(request.form.getlist("partner")),
            look,
            signed(look, link.delivery_id),
            said(request.form),
        )
    )


def _signed(session: Session, petition: Petition, visitor: Visitor) -> str:
    """Sign; returns the address to go to."""
    typed, partners = request.form, request.form.getlist("partner")
    [credit] = credits_of(session, petition.slug, [visitor])
    if visitor.supporter is None:
        pending = sign_by_form(session, petition, typed, partners, credit)
        visits.signed(session, petition.id, typed.get("visit", ""), pending.id)
        return paths().check_mail(petition.slug, pending.id)
    organisation = session.get_one(Organisation, petition.organisation_id)
    signature = signing.sign_recognised(
        session,
        petition,
        visitor.supporter,
        credit=credit,
        partners=partners,
        press=press_of(organisation, typed),
        said=said_of_reading(session, petition, typed),
        on_verified=welcome,
    )
    return paths().thanks(petition.slug, signature.id)


def _again(slug: str, faults: tuple[tuple[str, str], ...] | tuple[()]) -> str:
    """The same page with what was typed, and what is wrong with it."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        visitor = visitor_of(session, services().tokens, petition, request.form)
        typed = Typed(request.form, request.form.getlist("partner"), faults)
        return petition_page(session, petition, visitor, typed)


def welcome(session: Session, signature: Signature) -> None:
    """Once, when a signature first counts: thank by letter, and credit the letter that led here."""
    letters.post_thanks(session, [signature], pages())
    if signature.last_delivery_id is not None:
        seen = observation(SIGNED, signature.last_delivery_id)
        credit_letters(session, [signature], {signature.supporter_id: seen})


def open_to_all(session: Session, slug: str) -> Petition:
    """A petition that the public may see; a draft is NotFound like one that does not exist."""
    petition = queries.by_slug(session, slug)
    if petition.state == "draft":
        raise NotFound(_("There is no such petition here."), hint=_("See the list of petitions."))
    return petition


def sealed_signature(
    session: Session, purpose: str, token: str, petition: Petition | None = None
) -> Signature:
    """The signature of a sealed link; raises BadToken or NotFound, which show as the same page."""
    ids = services().tokens.unseal(purpose, token)
    signature = session.get(Signature, ids[0]) if len(ids) == 1 else None
    if signature is None or (petition is not None and signature.petition_id != petition.id):
        raise NotFound(_("There is nothing at this address."), hint=_("Open the link again."))
    return signature
