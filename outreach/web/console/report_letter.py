"""The letter on a report's screen: each link marked by how many followed it, for a frame."""

from __future__ import annotations

from flask import Blueprint, Response, request

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
    """The letter as it was frozen, nobody's name in it; links lead on without being counted.

    `variant` asks for that of one variant, marked by its own people.
    """
    with services().db.reading() as session:
        found = reports.blast_report(session, blast_id)
        if found.figures is None:
            raise NotFound("There is nothing to mark yet.", hint=wording.not_run(found))
        letter = heat.letter_of(
            session, blast_id, found.figures, request.args.get("variant") or None
        )
    return sheet.framed(letter.html, "phone")
