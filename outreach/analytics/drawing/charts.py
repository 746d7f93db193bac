"""Charts as Vega-Lite specs, made with Altair; the extra `charts`, loaded when first needed.

The browser draws them with the bundle that vl-convert carries: no node, no other host.
"""

from __future__ import annotations

import importlib
import tempfile
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from outreach.analytics.report.figures import Hour

WINDOW = timedelta(hours=72)  # most of a blast's answers come in three days
LEAST = timedelta(hours=6)  # a first hour alone is a bar and not a wall
HOUR = timedelta(hours=1)

LIGHT: Mapping[str, str] = {
    "ink": "#15211d", "ink-2": "#43514b", "ink-3": "#5a6862", "rule": "#d6deda",
    "rule-strong": "#7b8983", "people": "#0b5b4c",
}  # fmt: skip
DARK: Mapping[str, str] = {
    "ink": "#e9f0ed", "ink-2": "#b9c6c1", "ink-3": "#9aa9a3", "rule": "#2d3b36",
    "rule-strong": "#72837c", "people": "#74d3ba",
}  # fmt: skip


@cache
def bundle_name() -> str | None:
    """Name of the drawing bundle's file, new with each version; None without the extra."""
    try:
        version("altair")
        return f"vega-{version('vl-convert-python')}.js"
    except PackageNotFoundError:
        return None


def bundle_file(data_dir: Path, name: str) -> Path | None:
    """The bundle (about 900 kB), written once; None where `name` is not this version's."""
    if name != bundle_name():
        return None
    path = data_dir / "assets" / name
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        # Web processes may get here at once: each writes its own file, and the last rename wins.
        with tempfile.NamedTemporaryFile("w", dir=path.parent, delete=False) as file:
            file.write(importlib.import_module("vl_convert").javascript_bundle())
        Path(file.name).replace(path)
    return path


def timeline(hours: Sequence[Hour], zone: str, *, dark: bool = False) -> dict[str, Any]:
    """People who clicked (a line) and signed (bars) in each hour from the first one on.

    Hours are those of the organisation's zone; at most WINDOW of them.
    """
    alt = importlib.import_module("altair")
    colours = DARK if dark else LIGHT
    rows = _rows(hours, ZoneInfo(zone))
    x = alt.X(
        "from:T",
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            title=None,
            format="%-d %b, %H:%M",
            tickCount=4,
            labelSeparation=16,
            labelOverlap="greedy",
        ),
    )
    y = alt.Y("clicked:Q", axis=alt.Axis(title="people", format=",d", tickMinStep=1))
    base = alt.Chart()
    bars = base.mark_bar(color=colours["people"], cornerRadiusEnd=0).encode(
        x=x, x2="bar_to:T", y=alt.Y("signed:Q"), y2="floor:Q"
    )
    line = base.mark_line(
        color=colours["ink-3"], strokeWidth=1.5, interpolate="step-after", clip=False
    ).encode(x=x, y=y)
    whole = base.mark_bar(opacity=0).encode(
        x=x,
        x2="to:T",
        y=alt.value("height"),
        y2=alt.value(0),
        tooltip=[
            alt.Tooltip("hour:N", title="Hour from"),
            alt.Tooltip("clicked:Q", title="Clicked", format=",d"),
            alt.Tooltip("signed:Q", title="Signed", format=",d"),
        ],
    )
    chart = alt.layer(
        bars, line, *_labels(alt, hours, colours), whole, data=alt.Data(values=rows)
    ).properties(width="container", height=220)
    spec: dict[str, Any] = chart.to_dict()
    return spec | {"config": config(colours)}


def _labels(alt: Any, hours: Sequence[Hour], colours: Mapping[str, str]) -> list[Any]:
    """What line and bars are, said where the chart is mostly empty: at its upper right."""
    clicked, signed = sum(h.clicked for h in hours), sum(h.signed for h in hours)
    said = (
        (f"Line: {clicked:,} clicked", colours["ink-2"], 400, 12),
        (f"Bars: {signed:,} signed", colours["people"], 600, 32),
    )
    return [
        alt.Chart(alt.Data(values=[{}]))
        .mark_text(align="right", color=colour, fontWeight=weight, fontSize=13)
        .encode(x=alt.value("width"), y=alt.value(y), text=alt.value(text))
        for text, colour, weight, y in said
    ]


def _rows(hours: Sequence[Hour], zone: ZoneInfo) -> list[dict[str, Any]]:
    """Every hour of the window, also the empty ones. Wall-clock times, which the chart takes
    for UTC: Vega knows only that and the zone of the browser."""
    by_hour = {hour.hour: hour for hour in hours}
    at = first = hours[0].hour
    rows = []
    while at <= min(hours[-1].hour, first + WINDOW - HOUR):
        hour = by_hour.get(at, Hour(at))
        start, end = (one.astimezone(zone) for one in (at, at + HOUR))
        rows.append(
            {
                "from": _wall(start),
                "to": _wall(end),
                "bar_to": _wall(end - HOUR / 9),
                "hour": f"{start:%A} {start.day} {start:%B, %H:%M}",
                "clicked": hour.clicked,
                "signed": hour.signed,
                "floor": 0,
            }
        )
        at += HOUR
    # A line in steps ends where its last hour begins, unless it is led on.
    last = rows[-1]["to"]
    rows.append(rows[-1] | {"from": last, "to": last, "bar_to": last, "signed": 0})
    if at < first + LEAST:  # a time without counts draws nothing and widens the axis
        least = _wall((first + LEAST).astimezone(zone))
        rows.append({"from": least, "to": least, "bar_to": least})
    return rows


def _wall(local: datetime) -> str:
    return f"{local:%Y-%m-%dT%H:%M:%S}Z"


def config(colours: Mapping[str, str]) -> dict[str, Any]:
    """The look that all charts share, in one set of colours."""
    return {
        "background": None,
        "font": "Inter, system-ui, sans-serif",
        "view": {"stroke": None},
        "axis": {
            "labelColor": colours["ink-3"], "titleColor": colours["ink-3"], "labelFontSize": 13,
            "titleFontSize": 13, "titleFontWeight": 400, "domainColor": colours["rule-strong"],
            "tickColor": colours["rule-strong"], "gridColor": colours["rule"], "labelPadding": 8,
        },
        "axisX": {"grid": False},
        "axisY": {
            "domain": False, "ticks": False, "tickCount": 4, "titleAngle": 0, "titleAlign": "left",
            "titleAnchor": "end", "titleY": -12,
        },
        "legend": {"disable": True},
    }  # fmt: skip
