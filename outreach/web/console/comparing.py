"""Two segments held against each other, and comparisons as files. The address holds the whole."""

from __future__ import annotations

from flask import Blueprint, render_template, request
from flask.typing import ResponseReturnValue

from outreach.analytics import downloads
from outreach.analytics.overview import compare, compare_segments, overview
from outreach.analytics.overview import tables as overview_tables
from outreach.analytics.overview.overview import Asked
from outreach.core.errors import BadInput
from outreach.web.auth import needs, zone
from outreach.web.console.overview import day_asked
from outreach.web.console.reports import table_answer
from outreach.web.context import services

blueprint = Blueprint("console_comparing", __name__, url_prefix="/console/reports")


@blueprint.get("/compare/segments")
@needs("read")
def segments() -> ResponseReturnValue:
    """Two segments over chosen blasts or days; without `a` and `b`, the choice of them."""
    with services().db.reading() as session:
        names = compare_segments.names(session)
        ran = [line for line in overview.lines(session, Asked(), zone()) if line.has_run]
    both = request.args.get("a") and request.args.get("b")
    return render_template(
        "console/reports_compare_segments.html",
        found=_found() if both else None,
        names=names,
        ran=ran,
        chosen=request.args.getlist("blast", type=int),
        parquet=downloads.writes_parquet(),
    )


@blueprint.get("/compare-segments.<any(csv, parquet):kind>")
@needs("read")
def segments_file(kind: str) -> ResponseReturnValue:
    """The same as a file."""
    return table_answer(overview_tables.of_comparison(_found().rates, "compare-segments"), kind)


@blueprint.get("/compare.<any(csv, parquet):kind>")
@needs("read")
def blasts_file(kind: str) -> ResponseReturnValue:
    """Two blasts held against each other, as a file."""
    a, b = (request.args.get(side, type=int) for side in ("a", "b"))
    if a is None or b is None:
        raise BadInput("Two blasts are needed.", hint="Choose them under Compare.")
    with services().db.reading() as session:
        found = compare.compare(session, a, b)
    return table_answer(overview_tables.of_comparison(found.rates, "compare-blasts"), kind)


def _found() -> compare_segments.SegmentComparison:
    with services().db.reading() as session:
        return compare_segments.compare(
            session,
            request.args.get("a", ""),
            request.args.get("b", ""),
            zone(),
            blasts=request.args.getlist("blast", type=int),
            since=day_asked("from"),
            until=day_asked("to"),
        )
