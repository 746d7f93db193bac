"""Delivery of a petition's signatures to its targets: instalments, as CSV and as PDF."""

from __future__ import annotations

from collections.abc import Iterator

from flask import Blueprint, Response, redirect, render_template, request, stream_with_context
from flask import url_for as address
from flask.typing import ResponseReturnValue

from outreach.analytics.drawing import petition_print
from outreach.analytics.drawing.paper import paper_of
from outreach.core.db import Database
from outreach.core.errors import NotFound
from outreach.petitions import exports, instalments, queries
from outreach.petitions.instalment_models import Instalment
from outreach.web.auth import actor, current_account, needs
from outreach.web.console.reports import attached
from outreach.web.context import services
from outreach.web.forms import Form, notice

blueprint = Blueprint(
    "console_petitions_deliver", __name__, url_prefix="/console/petitions/<slug>/delivery"
)


@blueprint.get("/")
@needs("read")
def show(slug: str) -> ResponseReturnValue:
    """What each target got, and what waits."""
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        return render_template(
            "console/petition_delivery.html",
            petition=petition,
            lines=instalments.lines(session, petition),
            volumes_of=petition_print.volumes_of,
            names_in_volume=petition_print.NAMES,
        )


@blueprint.post("/")
@needs("draft")
def make(slug: str) -> ResponseReturnValue:
    """Make the next instalment for a target; its files can be taken from then on."""
    target = Form.sent().text("target")
    with services().db.transaction() as session:
        petition = queries.by_slug(session, slug)
        made = instalments.make(session, petition, target=target, by=actor())
    notice(
        f"Instalment {made.number} has {made.signatures:,} signatures",
        "It stays as it is; take its files as often as you like.",
    )
    return redirect(address("console_petitions_deliver.show", slug=slug))


@blueprint.get("/<int:instalment_id>.csv")
@needs("read")
def csv(slug: str, instalment_id: int) -> ResponseReturnValue:
    """The names of an instalment as CSV, sent as they are read."""
    made = _instalment(slug, instalment_id)

    def lines(db: Database) -> Iterator[str]:
        with db.reading() as session:
            yield from exports.instalment_lines(session, made)

    response = Response(stream_with_context(lines(services().db)), mimetype="text/csv")
    name = f"{slug}-{made.number}.csv"
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


@blueprint.get("/<int:instalment_id>.pdf")
@needs("read")
def pdf(slug: str, instalment_id: int) -> ResponseReturnValue:
    """A volume of an instalment for printing; `volume` from 1 on."""
    made = _instalment(slug, instalment_id)
    volume = request.args.get("volume", 1, type=int)
    organisation = current_account().organisation
    paper = paper_of(organisation.language, organisation.timezone)
    with services().db.reading() as session:
        content = petition_print.volume_pdf(session, made, volume, paper=paper)
    return attached(content, "application/pdf", f"{slug}-{made.number}-volume-{volume}.pdf")


def _instalment(slug: str, instalment_id: int) -> Instalment:
    with services().db.reading() as session:
        petition = queries.by_slug(session, slug)
        found = session.get(Instalment, instalment_id)
        if found is None or found.petition_id != petition.id:
            raise NotFound("There is no such instalment.", hint="Look at the list of instalments.")
        return found
