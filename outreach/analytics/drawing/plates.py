"""The bare Vega-Lite specs of pictures: as wide as a page, with their numbers written in them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from outreach.analytics.drawing import charts
from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.report import drawings
from outreach.analytics.report.figures import Figures
from outreach.analytics.report.groups import SHOWN, Group

WIDTH = 620
_STEP = 34
_NAMES_AT = 168  # where rows begin; longer names are cut
_NUMBERS = 190  # room behind the longest bar
_CLASSES = {
    "human": ("by people", charts.LIGHT["people"]),
    "proxy": ("by a mail proxy", "#5f7bab"),
    "machine": ("by machines", "#78847f"),
    "unknown": ("unknown", "#ffffff"),
}


def funnel(figures: Figures) -> dict[str, Any]:
    """From audience to signature."""
    rows = [
        {
            "label": bar.label,
            "value": bar.count,
            "said": f"{bar.count:,}" + (f" ({bar.note})" if bar.note else ""),
            "colour": charts.LIGHT["people" if bar.of_people else "rule-strong"],
        }
        for bar in drawings.funnel(figures)
    ]
    return _bars(rows)


def traffic(figures: Figures) -> dict[str, Any]:
    """Opens and clicks by what they are held to be."""
    rows = [
        {
            "label": f"{noun}, {label}",
            "value": getattr(of, kind),
            "said": f"{getattr(of, kind):,}",
            "colour": colour,
        }
        for noun, of in (("Opens", figures.opens), ("Clicks", figures.clicks))
        for kind, (label, colour) in _CLASSES.items()
        if getattr(of, kind)
    ]
    return _bars(rows)


def of_delivered(figures: Figures) -> dict[str, Any]:
    """The rates of what people did, on one scale."""
    names = {"open": "Opened by people", "click": "Clicked", "sign": "Signed"}
    return rates([(label, figures.rates[name]) for name, label in names.items()])


def variants(figures: Figures) -> dict[str, Any]:
    """The sign rates of the variants, on one scale."""
    return rates(
        [
            (f"{one.letter}: {one.subject}", one.rates["sign"])
            for one in figures.details.contest.variants
        ]
    )


def by_group(groups: Sequence[Group], name: str) -> dict[str, Any]:
    """One rate of the largest groups, the largest first."""
    return rates([(group.name, group.rates[name]) for group in groups[:SHOWN]])


def rates(of: Sequence[tuple[str, Rate]]) -> dict[str, Any]:
    """Rates with their intervals on one scale, each with its label; under SMALL counts are written
    in place of a verdict. A rate of nobody is left out."""
    rows = [
        {
            "label": label,
            "low": rate.interval[0],
            "high": rate.interval[1],
            "share": rate.share,
            "said": (rate.percent if rate.of >= SMALL else f"{rate.count:,} of {rate.of:,}")
            + f" ({rate.between})",
        }
        for label, rate in of
        if rate.interval is not None
    ]
    y = {"field": "label", "type": "nominal", "sort": None, "axis": _names()}
    scale = {"domainMin": 0, "nice": True}
    axis = {"title": None, "format": ".1~%", "tickCount": 4, "grid": True}
    x = {"field": "low", "type": "quantitative", "scale": scale, "axis": axis}
    colour = charts.LIGHT["people"]
    return _rows(
        rows,
        [
            {
                "mark": {"type": "bar", "color": colour, "opacity": 0.28, "height": 10},
                "encoding": {"x": x, "x2": {"field": "high"}, "y": y},
            },
            {
                "mark": {
                    "type": "point",
                    "color": colour,
                    "opacity": 1,
                    "filled": True,
                    "size": 40,
                },
                "encoding": {"x": {**x, "field": "share"}, "y": y},
            },
            {**_said(), "encoding": {"y": y, "x": {"value": _plot() + 12}, "text": _TEXT}},
        ],
    )


def growth(weeks: Sequence[tuple[str, int, int]]) -> dict[str, Any]:
    """People who joined (up) and left (down), for each week: its label, joined, left."""
    rows = [
        {"week": label, "order": i, "joined": joined, "left": -left}
        for i, (label, joined, left) in enumerate(weeks)
    ]
    x = {
        "field": "week",
        "type": "ordinal",
        "sort": {"field": "order"},
        "axis": {"title": None, "labelAngle": 0, "labelOverlap": "greedy", "labelSeparation": 8},
    }
    axis = {"title": None, "format": ",d", "tickMinStep": 1}
    layers = [
        {
            "mark": {"type": "bar", "color": colour, "size": 22},
            "encoding": {"x": x, "y": {"field": name, "type": "quantitative", "axis": axis}},
        }
        for name, colour in (("joined", charts.LIGHT["people"]), ("left", "#78847f"))
    ]
    return {"data": {"values": rows}, "layer": layers, "width": WIDTH - 60, "height": 180}


_TEXT = {"field": "said", "type": "nominal"}


def _plot() -> int:
    return WIDTH - _NAMES_AT - _NUMBERS


def _bars(rows: list[dict[str, Any]]) -> dict[str, Any]:
    y = {"field": "label", "type": "nominal", "sort": None, "axis": _names()}
    x = {"field": "value", "type": "quantitative", "axis": None, "scale": {"domainMin": 0}}
    fill = {"field": "colour", "type": "nominal", "scale": None}
    bar = {"type": "bar", "height": 18, "stroke": charts.LIGHT["rule-strong"], "strokeWidth": 0.5}
    said = {**_said(), "encoding": {"y": y, "x": x, "text": _TEXT}}
    return _rows(rows, [{"mark": bar, "encoding": {"y": y, "x": x, "fill": fill}}, said])


def indent(bare: dict[str, Any]) -> int:
    """How far a spec's words reach to the left of its plot."""
    return _NAMES_AT if isinstance(bare["height"], dict) else 32


def _rows(rows: list[dict[str, Any]], layers: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "data": {"values": rows},
        "layer": layers,
        "width": _plot(),
        "height": {"step": _STEP},
    }


def _said() -> dict[str, Any]:
    mark = {"type": "text", "align": "left", "dx": 8, "fontSize": 13, "color": charts.LIGHT["ink"]}
    return {"mark": mark}


def _names() -> dict[str, Any]:
    return {
        "title": None,
        "domain": False,
        "ticks": False,
        "grid": False,
        "labelColor": charts.LIGHT["ink"],
        "labelLimit": _NAMES_AT - 12,
        "minExtent": _NAMES_AT - 12,
    }
