"""Comments of signers on pages of their own: all of them, and one that somebody objects to."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.petitions import comments
from outreach.petitions.models import Petition
from outreach.tracking.network import network_hash
from outreach.web.context import services
from outreach.web.limits import must_be_within_limits
from outreach.web.public.page import frame, shown_signer, told_to_reader
from outreach.web.public.petitions import open_to_all

AT_A_TIME = 50
blueprint = Blueprint("public_comments", __name__)


@blueprint.get("/petitions/<slug>/comments")
def index(slug: str) -> ResponseReturnValue:
    """Comments, the newest first; `before`: those older than this one."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        before = request.args.get("before", 0, int)
        heard = comments.shown(session, petition, before=before, limit=AT_A_TIME + 1)
        return render_template(
            "public/comments.html",
            **_about(session, petition),
            heard=heard[:AT_A_TIME],
            more=len(heard) > AT_A_TIME,
        )


@blueprint.get("/petitions/<slug>/comments/<int:comment_id>")
def show(slug: str, comment_id: int) -> ResponseReturnValue:
    """One comment, and the form that objects to it."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        heard = comments.public(session, petition, comment_id)
        return render_template("public/comment.html", **_about(session, petition), heard=heard)


@blueprint.post("/petitions/<slug>/comments/<int:comment_id>")
def report(slug: str, comment_id: int) -> ResponseReturnValue:
    """Keep an objection."""
    must_be_within_limits()
    address = request.remote_addr if services().keep_networks else None
    with services().db.transaction() as session:
        petition = open_to_all(session, slug)
        heard = comments.public(session, petition, comment_id)
        comments.object_to(
            session,
            heard.comment,
            reason=request.form.get("reason", ""),
            network=network_hash(address, services().secret),
        )
    return redirect(url_for(".reported", slug=slug), code=303)


@blueprint.get("/petitions/<slug>/comments/reported")
def reported(slug: str) -> ResponseReturnValue:
    """Somebody will read it."""
    with services().db.reading() as session:
        petition = open_to_all(session, slug)
        return render_template("public/comment.html", **_about(session, petition), heard=None)


def _about(session: Session, petition: Petition) -> dict[str, Any]:
    return {
        **frame(session.get_one(Organisation, petition.organisation_id)),
        "petition": petition,
        "told": told_to_reader(session, petition),
        "names_shown": shown_signer,
    }
