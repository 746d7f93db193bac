"""Those who joined together, month by month: who of them opened, clicked, signed."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.analytics import downloads
from outreach.analytics.days import cohorts
from outreach.analytics.drawing import pictures
from outreach.analytics.overview import heat_maps
from outreach.analytics.overview import tables as overview_tables
from outreach.core.clock import now
from outreach.web.auth import needs, zone
from outreach.web.console.reports import chart_answer, table_answer
from outreach.web.context import services

blueprint = Blueprint("console_cohorts", __name__, url_prefix="/console/reports")


@blueprint.get("/cohorts")
@needs("read")
def show() -> ResponseReturnValue:
    """The heat map of one figure; `what` is a key of cohorts.WHATS."""
    return render_template(
        "console/reports_cohorts.html",
        found=_found(),
        whats=cohorts.WHATS,
        zone=zone().key,
        parquet=downloads.writes_parquet(),
        draws=pictures.draws(),
    )


@blueprint.get("/cohorts.<any(csv, parquet):kind>")
@needs("read")
def table_file(kind: str) -> ResponseReturnValue:
    """The same as a file."""
    return table_answer(overview_tables.of_cohorts(_found()), kind)


@blueprint.get("/cohorts.<any(svg, png):kind>")
@needs("read")
def picture(kind: str) -> ResponseReturnValue:
    """The same as a picture."""
    found = _found()
    [(name, chart)] = heat_maps.of_cohorts(found).items()
    return chart_answer(name, chart, kind, found.as_of)


def _found() -> cohorts.Cohorts:
    today = now().astimezone(zone()).date()
    with services().db.reading() as session:
        return cohorts.cohorts(session, today, request.args.get("what", "opened"))
