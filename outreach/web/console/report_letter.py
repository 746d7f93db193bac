"""The letter on a report's screen: each link marked by how many followed it, for a frame."""

from __future__ import annotations

from flask import Blueprint, Response

from outreach.analytics.report import heat, reports, wording
from outreach.core.errors import NotFound
from outreach.web.auth import needs
from outreach.web.console import sheet
from outreach.web.context import services

blueprint = Blueprint(
    "console_report_letter", __name__, url_prefix="/console/reports/<int:blast_id>"
)


@blueprint.get("/letter")
@needs("read")
def letter(blast_id: int) -> Response:
    """The letter as it was frozen, nobody's name in it; links lead on without being counted."""
    with services().db.reading() as session:
        found = reports.blast_report(session, blast_id)
        plan = heat.letter_of(session, blast_id)
    if found.figures is None:
        raise NotFound("There is nothing to mark yet.", hint=wording.not_run(found))
    if plan is None:
        raise NotFound("The letter as it went out is not kept here.")
    figures = found.figures
    html = heat.marked(plan, figures.details.links, as_counts=figures.small)
    return sheet.framed(html, "phone")
