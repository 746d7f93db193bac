"""The citations of a petition: their checks, and what mends or looks at all of them."""

from __future__ import annotations

from typing import Any

from flask import Blueprint, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.blasts.revised import take_back
from outreach.petitions import queries
from outreach.petitions.library import checks, look, operations, repairs
from outreach.petitions.models import Petition
from outreach.web.auth import actor, needs
from outreach.web.context import services
from outreach.web.forms import notice

blueprint = Blueprint("console_petition_sources", __name__, url_prefix="/console/sources/of")


@blueprint.get("/<slug>/checks")
@needs("read")
def of_petition(slug: str) -> ResponseReturnValue:
    """The checks of a petition's citations, for a screen that waits for them."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        return render_template(
            "console/_petition_checks.html", **citation_checks(session, petition)
        )


@blueprint.post("/<slug>/<any(unmark, drop, requote):verb>")
@needs("draft")
def mend_text(slug: str, verb: str) -> ResponseReturnValue:
    """Mend a petition's text with one press; a revision like any other."""
    with services().db.transaction() as session:
        petition = queries.by_slug(session, slug)
        label = request.form.get("label", "")
        revision = repairs.mend_text(session, petition, verb, label, by=actor())
        base_url = services().base_url
        taken = take_back(session, petition, revision, actor=actor(), base_url=base_url)
    drafts = "".join(f" “{blast.name}” is a draft again." for blast in taken)
    notice("The text is mended", f"{revision.about_signatures}{drafts}")
    return redirect(url_for("console_petitions.show", slug=slug))


@blueprint.post("/<slug>/<any(look, style):act>")
@needs("draft")
def whole(slug: str, act: str) -> ResponseReturnValue:
    """Look at all sources of a petition, or choose how its notes are written."""
    with services().db.transaction() as session:
        petition = queries.by_slug(session, slug)
        if act == "style":
            style = request.form.get("style", "")
            operations.set_style(session, petition, style, by=actor())
            notice("The notes are written anew", "What was signed keeps the words it had.")
        else:
            text = queries.current_version(session, petition).text
            for cited in checks.cited_in(session, petition, [text]):
                look.ask(cited.source)
    return redirect(url_for("console_petitions.show", slug=slug) + "#checks")


def citation_checks(session: Session, petition: Petition) -> dict[str, Any]:
    """What a petition's screen shows of its citations: the findings, and what is being opened."""
    text = queries.current_version(session, petition).text
    sources = [cited.source for cited in checks.cited_in(session, petition, [text])]
    return {
        "petition": petition,
        "findings": checks.of_petition(session, petition),
        "waiting": sum(look.is_asked(source) for source in sources if source.url),
        "looked": max((one.looked_at for one in sources if one.looked_at), default=None),
        "with_address": any(source.url for source in sources),
    }
