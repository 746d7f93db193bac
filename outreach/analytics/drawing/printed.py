"""The report of a blast on paper: the same figures, intervals, charts and tables, as PDF."""

from __future__ import annotations

import re
from base64 import b64encode
from functools import cache
from pathlib import Path
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from outreach.analytics.drawing import pictures
from outreach.analytics.drawing.charts import WINDOW
from outreach.analytics.drawing.pdf import as_pdf
from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.report import report_groups, wording
from outreach.analytics.report.figures import BlastReport, Figures
from outreach.core.errors import NotFound

MM_A_UNIT, PAGE_MM = 0.24, 178.0  # what is drawn in 13 units is read as 9 points
_WIDTH = re.compile(rb'<svg[^>]* width="([\d.]+)"')
FOLDER = Path(__file__).parents[3] / "templates" / "printed"


def report_pdf(report: BlastReport, *, organisation: str, language: str, paper: str) -> bytes:
    """A report on A4 or Letter (paper.PAPERS).

    Raises NotFound for a blast that has not run, Conflict where nothing can be printed.
    """
    return as_pdf(report_html(report, organisation=organisation, language=language, paper=paper))


def report_html(report: BlastReport, *, organisation: str, language: str, paper: str) -> str:
    """The page that is printed, with all that it needs in it; raises NotFound as report_pdf."""
    figures = report.figures
    if figures is None:
        raise NotFound("There is nothing to print yet.", hint=wording.not_run(report))
    last = figures.timeline[0].hour + WINDOW if figures.timeline else None
    zone = ZoneInfo(report.zone)
    return (
        environment()
        .get_template("report.html")
        .render(
            report=report,
            figures=figures,
            organisation=organisation,
            language=language,
            paper=paper,
            small=SMALL,
            wording=wording,
            as_of=wording.instant(report.as_of, report.zone),
            rates=_rates(figures),
            verdict=figures.details.contest.by("sign"),
            charts=_charts(report),
            sections=report_groups.sections(figures),
            hours=[
                (f"{local.day} {local:%B %Y, %H:%M}", hour.clicked, hour.signed)
                for hour in figures.timeline
                if last is None or hour.hour < last
                for local in (hour.hour.astimezone(zone),)
            ],
        )
    )


def _rates(figures: Figures) -> list[tuple[str, Rate, str]]:
    """Each rate with its name and what it is of."""
    rates, letters = figures.rates, figures.letters
    return [
        ("Delivered", figures.delivery, "sent"),
        ("Opened by people", rates["open"], "delivered"),
        ("Clicked", rates["click"], "delivered"),
        ("Signed", rates["sign"], "delivered"),
        ("Unsubscribed", rates["unsubscribe"], "delivered"),
        ("Complained", rates["complaint"], "delivered"),
        ("Bounced", Rate(letters.bounced, letters.sent), "sent"),
    ]


def _charts(report: BlastReport) -> list[tuple[str, str, float]]:
    """Title, picture (as an address that holds it) and width in mm of each chart, all on one scale;
    none without the extra."""
    if report.figures is None or not pictures.draws():
        return []
    kinds = pictures.drawable(report.figures)
    drawn = pictures.as_svg(*(pictures.chart_of(report, name) or {} for name in kinds))
    return [
        (kind.title, f"data:image/svg+xml;base64,{b64encode(svg).decode()}", _millimetres(svg))
        for kind, svg in zip(kinds.values(), drawn, strict=True)
    ]


def _millimetres(svg: bytes) -> float:
    width = _WIDTH.search(svg)
    return round(min(float(width[1]) * MM_A_UNIT if width else PAGE_MM, PAGE_MM), 1)


@cache
def environment() -> Environment:
    """The templates of what is printed."""
    made = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.filters["number"] = "{:,}".format
    return made
