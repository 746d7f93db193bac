"""What signers said, and signatures that are taken off."""

from __future__ import annotations

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.accounts import audit
from outreach.core.errors import BadInput
from outreach.petitions import comments, queries, signing
from outreach.petitions.comment_models import COMMENT_STATES
from outreach.web.auth import actor, needs
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint("console_petitions_people", __name__, url_prefix="/console/petitions")


@blueprint.get("/<slug>/comments")
@needs("read")
def heard(slug: str) -> ResponseReturnValue:
    """Comments in a state: those that wait, unless another is asked for."""
    state = request.args.get("state", "waiting")
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        found = comments.to_read(session, petition, state)
        return render_template(
            "console/petition_comments.html",
            petition=petition,
            state=state,
            states=sorted(COMMENT_STATES.states, reverse=True),
            counts=comments.counts(session, petition),
            heard=found,
            reasons=comments.reasons(session, [one.comment for one in found]),
        )


@blueprint.post("/<slug>/comments/<int:comment_id>/<any(show, hide):verb>")
@needs("draft")
def decide(slug: str, comment_id: int, verb: str) -> ResponseReturnValue:
    """Show or hide a comment."""
    with services().db.transaction() as session:
        petition = queries.by_slug(session, slug)
        comment = comments.by_id(session, petition, comment_id)
        before = comment.state
        comments.decide(session, comment, verb, by=actor())
    notice("The comment is shown" if verb == "show" else "The comment is hidden")
    return redirect(url_for(".heard", slug=slug, state=before))


@blueprint.get("/<slug>/invalidate")
@needs("draft")
def ask(slug: str) -> ResponseReturnValue:
    """The form that takes a signature off."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        return render_template("console/petition_invalidate.html", petition=petition, form=Form())


@blueprint.post("/<slug>/invalidate")
@needs("draft")
def invalidate(slug: str) -> ResponseReturnValue:
    """Take the signature of an address off, with the reason; the count follows."""
    form = Form.sent()
    reason = form.needed("reason", "Enter why: it is kept with the signature.")
    with form.judging():
        if form.faults:
            raise BadInput("Nothing was taken off.")
        with services().db.transaction() as session:
            petition = queries.by_slug(session, slug)
            signature = queries.signature_by_address(session, petition, form.text("email"))
            signing.invalidate(session, signature, reason)
            subject = f"signature:{signature.id}"
            audit.record(
                session,
                actor=actor(),
                action="signature.invalidate",
                subject=subject,
                reason=reason,
            )
    if form.faults:
        with services().db.reading() as session:
            petition = queries.by_slug(session, slug)
            page = render_template("console/petition_invalidate.html", petition=petition, form=form)
            return page, 400
    notice("The signature is taken off", "It stays off, and the count is one less.")
    return redirect(url_for("console_petitions.show", slug=slug))
