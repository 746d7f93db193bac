"""Heat maps: cohorts by month, and what each hour of the week brought."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from outreach.analytics.days.cohorts import SHADES, WHATS, Cohorts
from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.overview.charts import Chart, Colours, Spec
from outreach.analytics.overview.timing import DAYS, Slot

_ROW = 34
_DEEPEST = 0.24  # more of the accent, and the numbers on it would be hard to read


def of_cohorts(found: Cohorts) -> dict[str, Chart]:
    """The cohorts by name: a row for each month of joining, a column for each month since."""
    cells = [
        _cell(f"{one.month:%b %Y}", number, cell.rate, cell.shade)
        for one in found.cohorts
        for number, cell in one.cells.items()
    ]
    return {
        f"cohorts-{found.what}": Chart(
            f"{WHATS[found.what]} a letter, by month of joining",
            "percent of people to whom a letter was delivered in the month, with 95 % intervals",
            "",
            lambda colours: _map(cells, "months since joining", colours),
        )
    }


def of_send_times(hours: Mapping[int, Mapping[int, Slot]], zone: str) -> Chart:
    """What each hour of the week brought: a row for each hour, a column for each weekday."""
    cells = [
        _cell(f"{hour:02d}:00", DAYS[weekday], slot.sign, slot.shade)
        for hour, slots in hours.items()
        for weekday, slot in slots.items()
    ]
    return Chart(
        "Signed, by weekday and hour in which the blast began",
        f"percent of delivered people, with 95 % intervals; hours of {zone}",
        "",
        lambda colours: _map(cells, "", colours, columns=DAYS),
    )


def _cell(row: str, column: int | str, rate: Rate, shade: int | None) -> dict[str, Any]:
    few = rate.of < SMALL
    return {
        "row": row,
        "column": column,
        "said": f"{rate.count:,} of {rate.of:,}" if few else rate.percent,
        "between": "–".join(f"{end * 100:.0f}" for end in rate.interval or ()) + " %",
        "depth": (shade or 0) * _DEEPEST / (SHADES - 1),
    }


def _map(
    cells: Sequence[Mapping[str, Any]],
    title: str,
    colours: Colours,
    *,
    columns: Sequence[str] | None = None,
) -> Spec:
    bare = {"ticks": False, "domain": False, "grid": False, "title": None}
    x = {
        "field": "column",
        "type": "ordinal",
        **({"sort": list(columns)} if columns else {}),
        "axis": {**bare, "title": title or None, "labelAngle": 0, "orient": "top"},
    }
    y = {"field": "row", "type": "nominal", "sort": None, "axis": bare}
    depth = {"field": "depth", "type": "quantitative", "scale": None}
    ground = {"type": "rect", "color": colours["people"], "stroke": colours["rule"]}
    words = [
        {
            "mark": {"type": "text", "color": colours[ink], "fontSize": size, "dy": dy},
            "encoding": {"x": x, "y": y, "text": {"field": field, "type": "nominal"}},
        }
        for field, ink, size, dy in (("said", "ink", 11, -6), ("between", "ink-2", 9, 7))
    ]
    return {
        "data": {"values": list(cells)},
        "layer": [{"mark": ground, "encoding": {"x": x, "y": y, "fillOpacity": depth}}, *words],
        "height": _ROW * max(1, len({cell["row"] for cell in cells})),
    }
