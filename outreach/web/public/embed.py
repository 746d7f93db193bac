"""The form inside other sites' pages, and the petition for their programs.

Only these pages may be framed, by the origins that the petition names; only these answer programs
of those origins (CORS). Nobody is recognised here: a press that another site could lead to signs
nothing without a name and an address.
"""

from __future__ import annotations

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.core.errors import BadInput, Conflict, FormErrors, NotAllowed, TooMany
from outreach.petitions import markup, queries, tally, translations
from outreach.petitions.goal import goal_for
from outreach.petitions.models import Petition
from outreach.petitions.pages import CHECK_MAIL
from outreach.tracking import visits
from outreach.web import headers
from outreach.web.context import services
from outreach.web.limits import must_be_within_limits
from outreach.web.public.page import Typed, pages, petition_page, told_to_reader
from outreach.web.public.petitions import check_mail_page, open_to_all
from outreach.web.public.typed import sign_by_form
from outreach.web.public.visitor import Visitor

JSON_MAX_BYTES = 20_000
blueprint = Blueprint("public_embed", __name__)


@blueprint.get("/embed/petitions/<slug>")
def show(slug: str) -> ResponseReturnValue:
    """The petition's form, small, for an <iframe>."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        return _framed(petition, _form(session, petition))


@blueprint.post("/embed/petitions/<slug>/sign")
def sign(slug: str) -> ResponseReturnValue:
    """Sign by form, and answer in the frame."""
    try:
        must_be_within_limits(request.form.get("email", ""))
        with services().db.transaction() as session:
            petition = open_to_all(session, slug)
            pending = sign_by_form(session, petition, request.form, request.form.getlist("partner"))
            visits.signed_elsewhere(session, petition.id, pending.id)
            token = services().tokens.seal(CHECK_MAIL, pending.id)
            return redirect(url_for(".check_mail", slug=slug, s=token), code=303)
    except (FormErrors, Conflict, TooMany) as error:
        faults = error.faults if isinstance(error, FormErrors) else (("", error.message),)
        with services().db.reading() as session:
            petition = open_to_all(session, slug)
            typed = Typed(request.form, request.form.getlist("partner"), faults)
            return _framed(petition, _form(session, petition, typed)), error.status


@blueprint.get("/embed/petitions/<slug>/check-mail")
def check_mail(slug: str) -> ResponseReturnValue:
    """A letter is on its way."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        page = check_mail_page(session, petition, url_for(".show", slug=slug), embed=True)
        return _framed(petition, page)


@blueprint.get("/api/petitions/<slug>")
def read(slug: str) -> ResponseReturnValue:
    """The petition as JSON: headline, targets, statement, count, goal, fields of its form."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        return _shared(petition, jsonify(_as_json(session, petition)))


@blueprint.route("/api/petitions/<slug>", methods=["OPTIONS"])
@blueprint.route("/api/petitions/<slug>/signatures", methods=["OPTIONS"])
def preflight(slug: str) -> ResponseReturnValue:
    """What a browser asks before a program of another site may send something."""
    with services().db.reading() as session:
        answer = _shared(open_to_all(session, slug), Response(status=204))
    if "Access-Control-Allow-Origin" in answer.headers:
        answer.headers["Access-Control-Allow-Methods"] = "GET, POST"
        answer.headers["Access-Control-Allow-Headers"] = "Content-Type"
        answer.headers["Access-Control-Max-Age"] = "600"
    return answer


@blueprint.post("/api/petitions/<slug>/signatures")
def take(slug: str) -> ResponseReturnValue:
    """A signature as JSON, from a program of a named origin; it counts once its letter is answered.

    Fields: name, email, postal_code, country, comment, partners, updates, hidden, wording.
    """
    typed, partners = _sent()
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        if request.headers.get("Origin") not in petition.embed_origins:
            raise NotAllowed(
                "This petition takes no signatures from there. Nothing was stored.",
                hint="Its owner can name your site’s origin on its page’s screen.",
            )
    answer, status = jsonify(state="pending"), 202
    try:
        must_be_within_limits(typed.get("email", ""))
        with services().db.transaction() as session:
            pending = sign_by_form(session, queries.by_slug(session, slug), typed, partners)
            visits.signed_elsewhere(session, petition.id, pending.id)
    except FormErrors as error:
        said = [{"field": name, "message": sentence} for name, sentence in error.faults]
        answer, status = jsonify(error={"status": 400, "fields": said}), 400
    return _shared(petition, answer), status


def _form(session: Session, petition: Petition, typed: Typed | None = None) -> str:
    return petition_page(
        session,
        petition,
        Visitor(),
        typed or Typed(),
        template="public/embed_petition.html",
        embed=True,
    )


def _framed(petition: Petition, page: str) -> Response:
    """A page that the petition's origins, and nobody else, may show in a frame."""
    answer = Response(page, mimetype="text/html")
    ancestors = " ".join(["'self'", *petition.embed_origins])
    policy = headers.POLICY.replace("frame-ancestors 'self'", f"frame-ancestors {ancestors}")
    answer.headers["Content-Security-Policy"] = policy
    answer.headers["Cross-Origin-Opener-Policy"] = "unsafe-none"
    return answer


def _shared(petition: Petition, answer: Response) -> Response:
    """An answer that programs of the petition's origins may read."""
    origin = request.headers.get("Origin", "")
    answer.headers["Vary"] = "Origin, Accept-Language"
    if origin in petition.embed_origins:
        answer.headers["Access-Control-Allow-Origin"] = origin
    return answer


def _as_json(session: Session, petition: Petition) -> dict[str, Any]:
    told = told_to_reader(session, petition)
    goal = goal_for(tally.count(session, petition.id), petition.goal)
    version = queries.current_version(session, petition)
    return {
        "slug": petition.slug,
        "state": petition.state,
        "language": told.language,
        "languages": translations.offered(session, petition, version),
        "headline": told.headline,
        "targets": list(told.targets),
        "statement": markup.without_markers(told.statement),
        "wording": told.fingerprint,
        "version": version.number,
        "signatures": goal.count,
        "goal": goal.target,
        "partners": list(petition.partners),
        "url": pages().petition(petition.slug),
    }


def _sent() -> tuple[dict[str, str], list[str]]:
    """The JSON object of this request, its texts as a form would send them, and the partners."""
    if (request.content_length or 0) > JSON_MAX_BYTES:
        raise BadInput("This is too long to be a signature. Nothing was stored.")
    sent = request.get_json(silent=True)
    if not isinstance(sent, dict):
        raise BadInput("Send one JSON object. Nothing was stored.")
    partners = sent.pop("partners", [])
    typed = {
        str(name): value if isinstance(value, str) else "yes"
        for name, value in sent.items()
        if isinstance(value, str) or value is True
    }
    return typed, [name for name in partners if isinstance(name, str)]
