"""The cohorts as a heat map: a row for each month of joining, a column for each month since."""

from __future__ import annotations

from outreach.analytics.cohorts import SHADES, WHATS, Cohorts
from outreach.analytics.overview_charts import Chart, Colours, Spec

_ROW = 34
_DEEPEST = 0.24  # more of the accent, and the numbers on it would be hard to read


def of_cohorts(found: Cohorts) -> dict[str, Chart]:
    """The heat map, by name."""
    return {
        f"cohorts-{found.what}": Chart(
            f"{WHATS[found.what]} a letter, by month of joining",
            "percent of people to whom a letter was delivered in the month; machines left out",
            "",
            lambda colours: _heat(found, colours),
        )
    }


def _heat(found: Cohorts, colours: Colours) -> Spec:
    rows = [
        {
            "month": f"{one.month:%b %Y}",
            "since": number,
            "said": f"{cell.rate.count:,} of {cell.rate.of:,}" if cell.small else cell.rate.percent,
            "depth": (cell.shade or 0) * _DEEPEST / (SHADES - 1),
        }
        for one in found.cohorts
        for number, cell in one.cells.items()
    ]
    x = {
        "field": "since",
        "type": "ordinal",
        "axis": {
            "title": "months since joining",
            "labelAngle": 0,
            "orient": "top",
            "ticks": False,
            "domain": False,
        },
    }
    axis = {"title": None, "ticks": False, "domain": False, "grid": False}
    y = {"field": "month", "type": "nominal", "sort": None, "axis": axis}
    depth = {"field": "depth", "type": "quantitative", "scale": None}
    ground = {"type": "rect", "color": colours["people"], "stroke": colours["rule"]}
    text = {"field": "said", "type": "nominal"}
    return {
        "data": {"values": rows},
        "layer": [
            {"mark": ground, "encoding": {"x": x, "y": y, "fillOpacity": depth}},
            {
                "mark": {"type": "text", "color": colours["ink"], "fontSize": 11},
                "encoding": {"x": x, "y": y, "text": text},
            },
        ],
        "height": _ROW * max(1, len({row["month"] for row in rows})),
    }
