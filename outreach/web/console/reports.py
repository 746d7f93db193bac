"""The report of a blast: what became of it, its charts, and the figures to take away."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from flask import Blueprint, Response, render_template, request, send_file
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from outreach.analytics import downloads, report_tables
from outreach.analytics.drawing import charts, paper, pictures, printed
from outreach.analytics.intervals import Rate
from outreach.analytics.overview import charts as overview_charts
from outreach.analytics.report import contest, drawings, heat, report_groups, reports, wording
from outreach.analytics.report.counting import timeline_of
from outreach.analytics.report.details import LinksOf
from outreach.analytics.report.figures import BlastReport, Figures
from outreach.analytics.rollups import proof
from outreach.core.clock import now
from outreach.core.errors import NotFound
from outreach.web.auth import current_account, needs, zone
from outreach.web.context import services

blueprint = Blueprint("console_reports", __name__, url_prefix="/console/reports")

A_YEAR_S = 365 * 24 * 3600
OPEN_CLASSES = (
    ("human", "People"),
    ("proxy", "Mail proxy"),
    ("machine", "Scanner or privacy fetch"),
    ("unknown", "Unknown"),
)
CLICK_CLASSES = (("human", "People"), ("machine", "Scanner"), ("unknown", "Unknown"))


@dataclass(frozen=True)
class Shown:
    """One of the large figures; `notes` are pairs of (number, what it counts)."""

    title: str
    rate: Rate
    of: str
    notes: Sequence[tuple[int, str]] = ()


@blueprint.get("/<int:blast_id>")
@needs("read")
def report(blast_id: int) -> ResponseReturnValue:
    """One blast's figures; `raw` counts machines in, `recount` proves them from the events, `by`
    is what its variants are compared by, `variant` whose links are shown alone."""
    by = contest.measure(request.args.get("by"))
    raw = request.args.get("raw") == "1"
    asked = request.args.get("recount") == "1"
    compared = proof.check(services().db, blast_id) if asked else None
    with services().db.reading() as session:
        found = reports.blast_report(session, blast_id)
        letters = heat.kept(session, blast_id)
        of = found.figures and _links(session, blast_id, found.figures)
    differences = None if found.figures is None else compared
    about = {"report": found, "wording": wording, "raw": raw, "differences": differences}
    if found.figures is None:
        return render_template("console/report_not_run.html", **about)
    figures = found.figures
    return render_template(
        "console/report.html",
        **about,
        figures=figures,
        shown=_shown(figures, raw=raw),
        left=_left(figures),
        letters=letters,
        of=of,
        verdict=figures.details.contest.by(by),
        measures=contest.MEASURES,
        ranges=drawings.ranges,
        sections=report_groups.sections(figures),
        range_of=drawings.range_of,
        funnel=drawings.funnel(figures, raw=raw),
        opens=drawings.stack(figures.opens, OPEN_CLASSES),
        clicks=drawings.stack(figures.clicks, CLICK_CLASSES),
        bundle=charts.bundle_name(),
        tables=report_tables.TABLES,
        pictures=pictures.drawable(figures) if pictures.draws() else {},
        parquet=downloads.writes_parquet(),
    )


def _links(session: Session, blast_id: int, figures: Figures) -> LinksOf:
    """Those of the chosen variant, or of the whole blast, whose letter need not be kept."""
    if variant := request.args.get("variant"):
        return heat.letter_of(session, blast_id, figures, variant).of
    return LinksOf(figures.details.links, figures.letters.reached)


def _shown(figures: Figures, *, raw: bool) -> list[Shown]:
    rates = figures.rates | (figures.raw_rates if raw else {})
    signed = figures.signed
    notes = [(signed.new, "had never signed before")]
    if signed.people != signed.reached:
        notes.insert(0, (signed.people, "signed, forwarded letters counted in"))
    if figures.shared:
        notes.append((figures.shared, "more signed through shares"))
    with_machines = ", machines counted in" if raw else ""
    return [
        Shown("Delivered", figures.delivery, "sent"),
        Shown(f"Opened{with_machines}" if raw else "Opened by people", rates["open"], "delivered"),
        Shown(f"Clicked{with_machines}", rates["click"], "delivered"),
        Shown("Signed", rates["sign"], "delivered", notes),
    ]


def _left(figures: Figures) -> list[Shown]:
    letters, rates = figures.letters, figures.rates
    return [
        Shown("Unsubscribed", rates["unsubscribe"], "delivered"),
        Shown("Complained", rates["complaint"], "delivered"),
        Shown("Bounced", Rate(letters.bounced, letters.sent), "sent"),
    ]


@blueprint.get("/<int:blast_id>/timeline.json")
@needs("read")
def timeline(blast_id: int) -> ResponseReturnValue:
    """The chart of clicks and signatures per hour, as a Vega-Lite spec."""
    if charts.bundle_name() is None:
        raise NotFound("Charts are not installed here.", hint="The report has the same as tables.")
    with services().db.reading() as session:
        hours = timeline_of(session, blast_id)
    if not hours:
        raise NotFound("Nobody has clicked or signed yet.")
    return charts.timeline(hours, zone().key, dark=request.args.get("theme") == "dark")


@blueprint.get("/assets/<name>")
@needs("read")
def asset(name: str) -> ResponseReturnValue:
    """The bundle that draws charts; its name changes with its content, so it is kept for ever."""
    path = charts.bundle_file(services().data_dir, name)
    if path is None:
        raise NotFound("There is no such file.", hint="Load the report again.")
    response = send_file(path, mimetype="text/javascript", max_age=A_YEAR_S)
    response.cache_control.immutable = True
    return response


@blueprint.get("/<int:blast_id>/<name>.<any(csv, parquet):kind>")
@needs("read")
def table_file(blast_id: int, name: str, kind: str) -> ResponseReturnValue:
    """One table of a report as a file; `name` is a key of report_tables.TABLES."""
    if name not in report_tables.TABLES:
        raise NotFound("A report has no such table.", hint=_one_of(report_tables.TABLES))
    _, figures = _ran(blast_id)
    return table_answer(report_tables.table_of(blast_id, figures, name), kind)


@blueprint.get("/<int:blast_id>/<name>.<any(svg, png):kind>")
@needs("read")
def picture(blast_id: int, name: str, kind: str) -> ResponseReturnValue:
    """One chart of a report as a picture; `name` is a key of pictures.KINDS."""
    if name not in pictures.KINDS:
        raise NotFound("A report has no such chart.", hint=_one_of(pictures.KINDS))
    found, _ = _ran(blast_id)
    spec = pictures.chart_of(found, name)
    if spec is None:
        raise NotFound("There is nothing to draw yet.", hint="Nobody has done what it shows.")
    mimetype, draw = pictures.FORMATS[kind]
    return attached(draw(spec)[0], mimetype, f"blast-{blast_id}-{name}.{kind}")


@blueprint.get("/<int:blast_id>/report.pdf")
@needs("read")
def printed_report(blast_id: int) -> ResponseReturnValue:
    """The whole report for printing; `paper` is A4 or Letter, else what is usual there."""
    organisation = current_account().organisation
    usual = paper.paper_of(organisation.language, organisation.timezone)
    size = request.args.get("paper", usual)
    if size not in paper.PAPERS:
        raise NotFound("There is no such paper here.", hint=_one_of(paper.PAPERS))
    found, _ = _ran(blast_id)
    content = printed.report_pdf(
        found, organisation=organisation.name, language=organisation.language, paper=size
    )
    return attached(content, "application/pdf", f"blast-{blast_id}-report.pdf")


def _ran(blast_id: int) -> tuple[BlastReport, Figures]:
    with services().db.reading() as session:
        found = reports.blast_report(session, blast_id)
    if found.figures is None:
        raise NotFound("There is nothing to take away yet.", hint=wording.not_run(found))
    return found, found.figures


def _one_of(names: Iterable[str]) -> str:
    return f"There are: {', '.join(names)}."


def table_answer(table: downloads.Table, kind: str) -> Response:
    """A table to take away; `kind` is a key of downloads.FORMATS."""
    form = downloads.FORMATS[kind]
    return attached(form.write(table), form.mimetype, f"{table.name}.{kind}")


def chart_answer(
    name: str, chart: overview_charts.Chart, kind: str, as_of: datetime | None
) -> ResponseReturnValue:
    """A chart as a spec for the browser (json), or as a picture to take away: svg or png."""
    if kind == "json":
        if charts.bundle_name() is None:
            raise NotFound("Charts are not installed here.", hint="The table has the same figures.")
        return chart.in_browser(dark=request.args.get("theme") == "dark")
    at = wording.instant(as_of or now(), zone().key)
    mimetype, draw = pictures.FORMATS[kind]
    spec = chart.alone(f"Source: {current_account().organisation.name}, as of {at}")
    return attached(draw(spec)[0], mimetype, f"{name}.{kind}")


def attached(content: bytes, mimetype: str, name: str) -> Response:
    """Content to take away under a name."""
    response = Response(content, mimetype=mimetype)
    response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
    return response
