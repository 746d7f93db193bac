"""Charts of the overview, as bare Vega-Lite specs: for a browser's width and colours, or for a
picture that stands alone."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from outreach.analytics.days.conversion import SOURCES as CAME_BY
from outreach.analytics.days.conversion import Conversion
from outreach.analytics.days.growth import MONTH, SOURCES, Growth, Period
from outreach.analytics.drawing import charts, pictures, plates
from outreach.analytics.overview.churn import Churn

Spec = dict[str, Any]
Colours = Mapping[str, str]
SCHEMA = "https://vega.github.io/schema/vega-lite/v6.json"
_BAND = 62  # the height of one row of small bars


@dataclass(frozen=True)
class Chart:
    """One chart: `summary` says in words what it shows, `draw(colours)` is its spec without a
    width."""

    title: str
    unit: str
    summary: str
    draw: Callable[[Colours], Spec]

    def in_browser(self, *, dark: bool) -> Spec:
        """As wide as its place, in the reader's colours."""
        colours = charts.DARK if dark else charts.LIGHT
        config = charts.config(colours)
        return {"$schema": SCHEMA, "width": "container", "config": config} | self.draw(colours)

    def alone(self, source: str) -> Spec:
        """A whole picture: light, with title, unit and `source` in it."""
        bare = {"width": plates.WIDTH - 60} | self.draw(charts.LIGHT)
        return pictures.framed(bare, title=self.title, unit=self.unit, source=source)


def of_growth(found: Growth) -> dict[str, Chart]:
    """How the list grew, by name."""
    joined = sum(one.joined.total() + one.returned for one in found.periods)
    left = sum(one.left for one in found.periods)
    sources = ", ".join(
        f"{SOURCES[name].lower()} {sum(one.joined[name] for one in found.periods):,}"
        for name in found.sources
    )
    return {
        "growth": Chart(
            f"Joined and left, by {found.by}",
            f"people for each {found.by}; joined and came back above the line, left below it",
            f"{joined:,} joined or came back and {left:,} left: the list grew by "
            f"{joined - left:,}.",
            lambda colours: _growth(found, colours),
        ),
        "growth-by-source": Chart(
            f"Joined, by {found.by} and source",
            f"people for each {found.by}; each row has its own scale, with its highest beside it",
            f"Joined for the first time, by source: {sources or 'nobody'}.",
            lambda colours: _by_source(found, colours),
        ),
    }


def of_conversion(found: Conversion) -> Chart:
    """The share of visits that signed, by source; light, for a picture."""
    rates = [(CAME_BY[one.name], one.rate) for one in found.all.sources if one.rate.of]
    return Chart(
        "Signed of those who came to petitions’ pages, by source",
        "percent of visits by people, with 95 % intervals; machines left out",
        "",
        lambda _: plates.rates(rates),
    )


def label(period: Period, by: str) -> str:
    """April 2026, or 13 April 2026 for the week from that Monday."""
    return f"{period.first:%B %Y}" if by == MONTH else f"{period.first.day} {period.first:%B %Y}"


def _growth(found: Growth, colours: Colours) -> Spec:
    rows = [
        _row(one, found.by)
        | {
            "came": one.joined.total() + one.returned,
            "left": one.left,
            "below": -one.left,
            "net": one.net,
        }
        for one in found.periods
    ]
    y = {"type": "quantitative", "axis": {"title": "people", "format": ",d", "tickMinStep": 1}}
    x = _periods([_row(one, found.by) for one in found.periods])
    whole = {
        "mark": {"type": "bar", "opacity": 0},
        "encoding": {
            "x": x,
            "y": {"value": "height"},
            "y2": {"value": 0},
            "tooltip": [
                {"field": "named", "title": found.by.capitalize()},
                {"field": "came", "title": "Joined or came back", "format": ",d"},
                {"field": "left", "title": "Left", "format": ",d"},
                {"field": "net", "title": "Grew by", "format": ",d"},
            ],
        },
    }
    layers = [
        {
            "mark": {"type": "bar", "color": colour, "cornerRadiusEnd": 2},
            "encoding": {"x": x, "y": y | {"field": field}},
        }
        for field, colour in (("came", colours["people"]), ("below", colours["rule-strong"]))
    ]
    zero = {"mark": {"type": "rule", "color": colours["rule-strong"]}, "encoding": {"y": _ZERO}}
    return {"data": {"values": rows}, "layer": [*layers, zero, whole], "height": 220}


_ZERO = {"datum": 0, "type": "quantitative"}


def _by_source(found: Growth, colours: Colours) -> Spec:
    """A row of bars for each source."""
    periods = [_row(one, found.by) for one in found.periods]
    series = {SOURCES[name]: [one.joined[name] for one in found.periods] for name in found.sources}
    return _bands(periods, series, found.by, colours)


def of_churn(found: Churn) -> Chart:
    """People who left, a row of bars for each way."""
    periods = [_month(month) for month in found.months]
    series = {f"{way[0].upper()}{way[1:]}": counts for way, counts in found.ways.items()}
    ways = ", ".join(f"{way} {sum(counts):,}" for way, counts in found.ways.items())
    return Chart(
        "Left, by month and way",
        "people for each month; each row has its own scale, with its highest beside it",
        f"Left in twelve months, by way: {ways or 'nobody'}.",
        lambda colours: _bands(periods, series, MONTH, colours),
    )


def _bands(
    periods: Sequence[Mapping[str, Any]],
    series: Mapping[str, Sequence[int]],
    by: str,
    colours: Colours,
) -> Spec:
    """A row of bars for each of a series, one below the other, each to its own scale. Rows are
    made by hand: a browser's width can't be shared among small charts."""
    rows, names = _band_rows(periods, series, by)
    x = _periods(periods)
    scale = {"nice": False, "zero": False, "domain": [1 - max(1, len(names)), 1]}
    y = {"type": "quantitative", "axis": None, "scale": scale}
    bars = {
        "mark": {"type": "bar", "color": colours["people"], "cornerRadiusEnd": 0},
        "encoding": {
            "x": x,
            "y": y | {"field": "base"},
            "y2": {"field": "top"},
            "tooltip": [
                {"field": "series", "title": "By"},
                {"field": "named", "title": by.capitalize()},
                {"field": "people", "title": "People", "format": ",d"},
            ],
        },
    }
    lines = {
        "data": {"values": names},
        "mark": {"type": "rule", "color": colours["rule-strong"]},
        "encoding": {"y": y | {"field": "base"}},
    }
    words = {
        "data": {"values": names},
        "mark": {
            "type": "text",
            "align": "left",
            "baseline": "bottom",
            "dy": -0.7 * _BAND,
            "color": colours["ink-2"],
            "fontSize": 13,
        },
        "encoding": {
            "x": {"value": 0},
            "y": y | {"field": "base"},
            "text": {"field": "text", "type": "nominal"},
        },
    }
    return {
        "data": {"values": rows},
        "layer": [bars, lines, words],
        "height": _BAND * max(1, len(names)),
    }


def _month(first: date) -> dict[str, Any]:
    return {"at": first.isoformat(), "short": f"{first:%b %Y}", "named": f"{first:%B %Y}"}


def _row(one: Period, by: str) -> dict[str, Any]:
    if by == MONTH:
        return _month(one.first)
    short = f"{one.first.day} {one.first:%b}"
    return {"at": one.first.isoformat(), "short": short, "named": label(one, by)}


def _periods(rows: Iterable[Mapping[str, Any]]) -> Spec:
    names = " : ".join(f"datum.value == '{row['at']}' ? '{row['short']}'" for row in rows)
    return {
        "field": "at",
        "type": "ordinal",
        "axis": {
            "title": None,
            "labelAngle": 0,
            "labelExpr": f"{names} : ''",
            "labelOverlap": "greedy",
            "labelSeparation": 12,
            "ticks": False,
        },
    }


def _band_rows(
    periods: Sequence[Mapping[str, Any]], series: Mapping[str, Sequence[int]], by: str
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Where each bar stands and how high it is, and what is written above each row."""
    rows, names = [], []
    for place, (name, numbers) in enumerate(series.items()):
        highest = max(numbers, default=0)
        said = f"{name}, {sum(numbers):,}; at most {highest:,} a {by}"
        names.append({"base": -place, "text": said})
        rows += [
            {
                **period,
                "series": name,
                "people": number,
                "base": -place,
                "top": -place + 0.62 * number / max(highest, 1),
            }
            for period, number in zip(periods, numbers, strict=True)
        ]
    return rows, names
