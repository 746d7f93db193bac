"""Who signed through a blast, as a list and as a file."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.analytics import downloads
from outreach.analytics.report import reports, signers, wording
from outreach.core.errors import NotFound
from outreach.web.auth import needs
from outreach.web.console.reports import table_answer
from outreach.web.context import services

blueprint = Blueprint(
    "console_report_signers", __name__, url_prefix="/console/reports/<int:blast_id>"
)


@blueprint.get("/signers")
@needs("read")
def index(blast_id: int) -> ResponseReturnValue:
    """Everybody whose signature counts for the blast, the newest first."""
    with services().db.reading() as session:
        found = reports.blast_report(session, blast_id)
        number = request.args.get("page", 1, type=int)
        page = signers.page_of_signers(session, blast_id, number)
    if found.figures is None:
        return render_template("console/report_not_run.html", report=found, wording=wording)
    return render_template(
        "console/report_signers.html",
        report=found,
        figures=found.figures,
        page=page,
        parquet=downloads.writes_parquet(),
    )


@blueprint.get("/signers.<any(csv, parquet):kind>")
@needs("read")
def file(blast_id: int, kind: str) -> ResponseReturnValue:
    """The same as a file; CSV or Parquet, as for every table."""
    with services().db.reading() as session:
        found = reports.blast_report(session, blast_id)
        table = signers.table_of_signers(session, blast_id)
    if found.figures is None:
        raise NotFound("There is nothing to take away yet.", hint=wording.not_run(found))
    return table_answer(table, kind)
