"""All blasts beside each other: sorted, filtered, taken away. The address holds the whole view."""

from __future__ import annotations

from datetime import date
from typing import Any

from flask import render_template, request, url_for
from flask.typing import ResponseReturnValue

from outreach.analytics import downloads, report_tables
from outreach.analytics.drawing import charts, pictures
from outreach.analytics.overview import charts as overview_charts
from outreach.analytics.overview import churn, compare, heat_maps, overview, timing
from outreach.analytics.overview.overview import Asked, Line
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.core.paging import page_in
from outreach.web.auth import needs, zone
from outreach.web.console.reports import blueprint, chart_answer, table_answer
from outreach.web.context import services

__all__ = ["blueprint"]


@blueprint.get("/")
@needs("read")
def index() -> ResponseReturnValue:
    """Every blast with its figures, as the address asks for them; the newest first."""
    asked = _asked()
    lines = _lines(asked)
    with services().db.reading() as session:
        petitions = overview.petitions(session)
    return render_template(
        "console/reports.html",
        page=page_in(lines, request.args.get("page", 1, type=int)),
        asked=asked,
        view=_view(asked),
        turned=_turned(asked),
        petitions=petitions,
        orders=overview.ORDERS,
        rates=[one for one in overview.RATES if not asked.columns or one[0] in asked.columns],
        every_rate=overview.RATES,
        parquet=downloads.writes_parquet(),
    )


@blueprint.get("/blasts.<any(csv, parquet):kind>")
@needs("read")
def blasts_file(kind: str) -> ResponseReturnValue:
    """The blasts that the address asks for as a file, all pages of them."""
    return table_answer(report_tables.table_of_blasts(_lines(_asked())), kind)


@blueprint.get("/compare")
@needs("read")
def side_by_side() -> ResponseReturnValue:
    """Two blasts and each difference of their rates; without `a` and `b`, the choice of them."""
    a, b = (request.args.get(side, type=int) for side in ("a", "b"))
    with services().db.reading() as session:
        ran = [line for line in overview.lines(session, Asked(), zone()) if line.has_run]
        found = compare.compare(session, a, b) if a is not None and b is not None else None
    return render_template(
        "console/reports_compare.html",
        found=found,
        ran=ran,
        a=a,
        b=b,
        parquet=downloads.writes_parquet(),
    )


@blueprint.get("/times")
@needs("read")
def times() -> ResponseReturnValue:
    """When blasts went out and under which subject, and what that brought."""
    with services().db.reading() as session:
        numbers = list(overview.numbers_of_variants(session))
        lines = overview.lines(session, Asked(), zone(), numbers)
        subjects = timing.subjects(session, numbers)
    return render_template(
        "console/reports_times.html",
        hours=timing.send_times(lines, zone()),
        days=timing.DAYS,
        draws=pictures.draws(),
        zone=zone().key,
        subjects=page_in(subjects, request.args.get("page", 1, type=int), 20),
        parquet=downloads.writes_parquet(),
    )


@blueprint.get('/<any("send-times", subjects):name>.<any(csv, parquet):kind>')
@needs("read")
def times_file(name: str, kind: str) -> ResponseReturnValue:
    """Hours of the week, or all subjects, as a file."""
    with services().db.reading() as session:
        if name == "subjects":
            table = report_tables.table_of_subjects(timing.subjects(session))
        else:
            lines = overview.lines(session, Asked(), zone())
            table = report_tables.table_of_send_times(timing.send_times(lines, zone()))
    return table_answer(table, kind)


@blueprint.get("/send-times.<any(svg, png):kind>")
@needs("read")
def times_picture(kind: str) -> ResponseReturnValue:
    """The hours of the week as a picture."""
    with services().db.reading() as session:
        lines = overview.lines(session, Asked(), zone())
    chart = heat_maps.of_send_times(timing.send_times(lines, zone()), zone().key)
    return chart_answer("send-times", chart, kind, None)


@blueprint.get("/leaving")
@needs("read")
def leaving() -> ResponseReturnValue:
    """Who left in the last twelve months, by month and way."""
    found = _churn()
    return render_template(
        "console/reports_leaving.html",
        found=found,
        one=overview_charts.of_churn(found),
        bundle=charts.bundle_name(),
        draws=pictures.draws(),
        zone=zone().key,
        parquet=downloads.writes_parquet(),
    )


@blueprint.get("/left-by-month.<any(json, svg, png):kind>")
@needs("read")
def leaving_chart(kind: str) -> ResponseReturnValue:
    """Those who left by month and way: as a spec for the browser, or as a picture."""
    return chart_answer("left-by-month", overview_charts.of_churn(_churn()), kind, None)


@blueprint.get("/left-by-month.<any(csv, parquet):kind>")
@needs("read")
def leaving_file(kind: str) -> ResponseReturnValue:
    """The same as a file."""
    return table_answer(report_tables.table_of_churn(_churn()), kind)


def _churn() -> churn.Churn:
    with services().db.reading() as session:
        return churn.churn(session, now().astimezone(zone()).date(), zone())


def _lines(asked: Asked) -> list[Line]:
    with services().db.reading() as session:
        return overview.lines(session, asked, zone())


def _asked() -> Asked:
    petition = request.args.get("petition", "")
    if petition and not (petition.isascii() and petition.isdigit() and len(petition) < 19):
        raise BadInput("A petition is named by its number here.", hint="Choose one from the list.")
    return Asked(
        columns=tuple(key for key, _, _ in overview.RATES if key in request.args.getlist("column")),
        by=request.args.get("by", ""),
        down=request.args.get("down") == "1",
        petition=int(petition) if petition else None,
        since=day_asked("from"),
        until=day_asked("to"),
    )


def day_asked(name: str) -> date | None:
    """The day that the address asks for; raises BadInput."""
    said = request.args.get(name, "")
    try:
        return date.fromisoformat(said) if said else None
    except ValueError:
        raise BadInput(
            f"“{said[:40]}” is no day. Nothing was filtered.", hint="Write it as 2026-04-14."
        ) from None


def _view(asked: Asked) -> dict[str, str | tuple[str, ...]]:
    """What the address says of the view, without the page."""
    said: dict[str, str | tuple[str, ...]] = {
        "column": asked.columns,
        "petition": str(asked.petition or ""),
        "from": asked.since.isoformat() if asked.since else "",
        "to": asked.until.isoformat() if asked.until else "",
        "by": asked.by,
        "down": "1" if asked.down else "",
    }
    return {name: value for name, value in said.items() if value}


def _turned(asked: Asked) -> dict[str, str]:
    """Where the head of each column leads: to that order, largest first, or turned round."""
    kept: dict[str, Any] = {
        name: value for name, value in _view(asked).items() if name not in ("by", "down")
    }
    addresses = {}
    for key in overview.ORDERS:
        down = not asked.down if key == asked.by else key != "name"
        order: dict[str, Any] = {"by": key, "down": "1"} if down else {"by": key}
        addresses[key] = url_for("console_reports.index", **(kept | order))
    return addresses
