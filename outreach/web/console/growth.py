"""How the list grew, by week or month and source. The address holds the whole view."""

from __future__ import annotations

from datetime import date

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.analytics import downloads
from outreach.analytics.days import growth
from outreach.analytics.drawing import charts, pictures
from outreach.analytics.overview import charts as overview_charts
from outreach.analytics.overview import tables as overview_tables
from outreach.core.clock import now
from outreach.web.auth import needs, zone
from outreach.web.console.overview import day_asked
from outreach.web.console.reports import chart_answer, table_answer
from outreach.web.context import services

blueprint = Blueprint("console_growth", __name__, url_prefix="/console/reports")


@blueprint.get("/growth")
@needs("read")
def grown() -> ResponseReturnValue:
    """The list by week or month: who joined by what, who came back, who left."""
    found = _found()
    return render_template(
        "console/reports_growth.html",
        found=found,
        charts=overview_charts.of_growth(found),
        sources=growth.SOURCES,
        label=overview_charts.label,
        view=_view(),
        zone=zone().key,
        bundle=charts.bundle_name(),
        parquet=downloads.writes_parquet(),
        draws=pictures.draws(),
    )


@blueprint.get("/list-growth.<any(csv, parquet):kind>")
@needs("read")
def growth_file(kind: str) -> ResponseReturnValue:
    """The same as a file."""
    return table_answer(overview_tables.of_growth(_found()), kind)


@blueprint.get('/<any("growth", "growth-by-source"):name>.<any(json, svg, png):kind>')
@needs("read")
def growth_chart(name: str, kind: str) -> ResponseReturnValue:
    """A chart of it: as a spec for the browser, or as a picture."""
    found = _found()
    return chart_answer(name, overview_charts.of_growth(found)[name], kind, found.as_of)


def _found() -> growth.Growth:
    today = now().astimezone(zone()).date()
    by, since, until = _asked()
    with services().db.reading() as session:
        return growth.growth(session, today, by=by, since=since, until=until)


def _asked() -> tuple[str, date | None, date | None]:
    return request.args.get("by", growth.MONTH), day_asked("from"), day_asked("to")


def _view() -> dict[str, str]:
    by, since, until = _asked()
    said = {
        "by": by,
        "from": since.isoformat() if since else "",
        "to": until.isoformat() if until else "",
    }
    return {name: value for name, value in said.items() if value}
