"""Petitions beside each other: who came to their pages and signed; which notes were followed."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.analytics import downloads
from outreach.analytics.days import conversion
from outreach.analytics.drawing import pictures
from outreach.analytics.overview import charts as overview_charts
from outreach.analytics.overview import cited
from outreach.analytics.overview import tables as overview_tables
from outreach.analytics.report import drawings
from outreach.core.paging import page_in
from outreach.web.auth import needs, zone
from outreach.web.console.overview import day_asked
from outreach.web.console.reports import chart_answer, table_answer
from outreach.web.context import services

blueprint = Blueprint("console_visits", __name__, url_prefix="/console/reports")
SHOWN = 20  # of a page; files have all


@blueprint.get("/petitions")
@needs("read")
def show() -> ResponseReturnValue:
    """Visits by source with the share that signed, then notes by source."""
    found = _found()
    with services().db.reading() as session:
        notes = cited.cited(session)
    return render_template(
        "console/reports_petitions.html",
        found=found,
        petitions=page_in(found.petitions, request.args.get("page", 1, type=int), SHOWN),
        notes=page_in(notes, request.args.get("notes", 1, type=int), SHOWN),
        sources=conversion.SOURCES,
        range_of=drawings.range_of,
        view=_view(),
        zone=zone().key,
        parquet=downloads.writes_parquet(),
        draws=pictures.draws(),
    )


@blueprint.get("/petition-visits.<any(csv, parquet):kind>")
@needs("read")
def visits_file(kind: str) -> ResponseReturnValue:
    """Visits of every petition as a file."""
    return table_answer(overview_tables.of_conversion(_found()), kind)


@blueprint.get("/petition-visits.<any(svg, png):kind>")
@needs("read")
def picture(kind: str) -> ResponseReturnValue:
    """The share that signed, by source, of all petitions, as a picture."""
    found = _found()
    chart = overview_charts.of_conversion(found)
    return chart_answer("petition-visits", chart, kind, found.as_of)


@blueprint.get('/<any("citations", "citations-by-source"):name>.<any(csv, parquet):kind>')
@needs("read")
def notes_file(name: str, kind: str) -> ResponseReturnValue:
    """Notes that people followed as a file: by petition and source, or by source alone."""
    read = cited.cited if name == "citations" else cited.cited_anywhere
    with services().db.reading() as session:
        found = read(session)
    return table_answer(overview_tables.of_cited(found, name), kind)


def _found() -> conversion.Conversion:
    with services().db.reading() as session:
        return conversion.conversion(session, day_asked("from"), day_asked("to"))


def _view() -> dict[str, str]:
    days = {name: day_asked(name) for name in ("from", "to")}
    return {name: day.isoformat() for name, day in days.items() if day}
