"""Charts as pictures that stand alone: light, with title, unit and source in them; SVG and PNG."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

import orjson

from outreach.analytics.drawing import charts, plates
from outreach.analytics.drawing.bounded import Missing, made
from outreach.analytics.report import wording
from outreach.analytics.report.figures import BlastReport, Figures
from outreach.core import log
from outreach.core.errors import Conflict

Spec = dict[str, Any]
_log = log.get(__name__)
SECONDS = 20.0
MAX_SPEC_BYTES = 500_000
MARGIN = 24
FONT = "Inter, Liberation Sans, Arial, sans-serif"  # each reader of SVG takes the first it has


@dataclass(frozen=True)
class Kind:
    """One chart of a blast's report; `draw(figures, zone)` is its bare spec, where `has(figures)`
    says that there is something to draw."""

    title: str
    unit: str
    has: Callable[[Figures], object]
    draw: Callable[[Figures, str], Spec]


def _timeline(figures: Figures, zone: str) -> Spec:
    return charts.timeline(figures.timeline, zone) | {"width": plates.WIDTH}


_SIGNED = "percent of delivered people, with 95 % intervals"
KINDS: Mapping[str, Kind] = {
    "funnel": Kind(
        "From audience to signature",
        "people; machines left out",
        lambda figures: figures.letters.audience,
        lambda figures, _: plates.funnel(figures),
    ),
    "rates": Kind(
        "Opened, clicked, signed",
        "percent of delivered people, with 95 % intervals; machines left out",
        lambda figures: figures.letters.reached,
        lambda figures, _: plates.of_delivered(figures),
    ),
    "variants": Kind(
        "Variants: signed",
        "percent of delivered people, with 95 % intervals; machines left out",
        lambda figures: any(one.rates["sign"].of for one in figures.details.contest.variants),
        lambda figures, _: plates.variants(figures),
    ),
    "hours": Kind(
        "Clicked and signed, per hour",
        "people; machines left out",
        lambda figures: figures.timeline,
        _timeline,
    ),
    "mailboxes": Kind(
        "Bounced, by mailbox provider",
        "percent of sent letters, with 95 % intervals",
        lambda figures: figures.details.mailboxes and figures.letters.sent,
        lambda figures, _: plates.by_group(figures.details.mailboxes, "bounce"),
    ),
    "places": Kind(
        "Signed, by place",
        _SIGNED,
        lambda figures: figures.details.places and figures.letters.reached,
        lambda figures, _: plates.by_group(figures.details.places, "sign"),
    ),
    "segments": Kind(
        "Signed, by segment",
        _SIGNED,
        lambda figures: figures.details.segments and figures.letters.reached,
        lambda figures, _: plates.by_group(figures.details.segments, "sign"),
    ),
    "traffic": Kind(
        "Opens and clicks, machines kept apart",
        "events",
        lambda figures: figures.opens.total or figures.clicks.total,
        lambda figures, _: plates.traffic(figures),
    ),
}


def drawable(figures: Figures) -> dict[str, Kind]:
    """Those of KINDS that there is something to draw of."""
    return {name: kind for name, kind in KINDS.items() if kind.has(figures)}


def chart_of(report: BlastReport, name: str) -> Spec | None:
    """A whole picture of a blast's report; `name` is a key of KINDS. None: nothing to draw yet."""
    kind = KINDS[name]
    if report.figures is None or not kind.has(report.figures):
        return None
    bare = kind.draw(report.figures, report.zone)
    unit = f"{kind.unit}; hours of {report.zone}" if name == "hours" else kind.unit
    return framed(bare, title=f"{report.name}: {kind.title}", unit=unit, source=source_of(report))


def source_of(report: BlastReport) -> str:
    """The line under each picture of a report: of what, and as of when."""
    as_of = wording.instant(report.as_of, report.zone)
    return f"Source: report of blast {report.blast_id}, “{report.name}”, as of {as_of}"


def framed(bare: Spec, *, title: str, unit: str, source: str) -> Spec:
    """A bare spec with the words that it needs where nothing else stands beside it."""
    inner = {key: value for key, value in bare.items() if key not in ("$schema", "config")}
    line = {
        "data": {"values": [{}]},
        "width": 1,
        "height": 14,
        "mark": {
            "type": "text",
            "align": "left",
            "fontSize": 11,
            "color": charts.LIGHT["ink-2"],
            "limit": plates.WIDTH,
        },
        "encoding": {
            "x": {"value": -plates.indent(bare)},
            "y": {"value": 7},
            "text": {"value": source},
        },
    }
    return {
        "$schema": "https://vega.github.io/schema/vega-lite/v5.json",
        "background": "#ffffff",
        "padding": MARGIN,
        "title": {
            "text": title,
            "subtitle": unit,
            "anchor": "start",
            "fontSize": 15,
            "fontWeight": 600,
            "color": charts.LIGHT["ink"],
            "subtitleColor": charts.LIGHT["ink-2"],
            "subtitleFontSize": 13,
            "subtitlePadding": 4,
            "offset": 24,
            "limit": plates.WIDTH,
        },
        "vconcat": [inner, line],
        "spacing": 18,
        "config": charts.config(charts.LIGHT) | {"font": FONT},
    }


def as_svg(*specs: Spec) -> list[bytes]:
    """Pictures as SVG. Raises Conflict without the extra, TryLater when it takes too long."""
    return _drawn("svg", specs)


def as_png(*specs: Spec) -> list[bytes]:
    """Pictures as PNG, drawer.PNG_SCALE times their size. Raises as `as_svg`."""
    return _drawn("png", specs)


FORMATS: Mapping[str, tuple[str, Callable[..., list[bytes]]]] = {
    "svg": ("image/svg+xml", as_svg),
    "png": ("image/png", as_png),
}


def draws() -> bool:
    """Whether the extra is installed; asking loads nothing."""
    return find_spec("vl_convert") is not None and charts.bundle_name() is not None


def _drawn(what: str, specs: Sequence[Spec]) -> list[bytes]:
    texts = [orjson.dumps(spec).decode() for spec in specs]
    if sum(map(len, texts)) > MAX_SPEC_BYTES:
        raise Conflict(
            "This chart has more in it than can be drawn.", hint="Its table has all of it."
        )
    try:
        if draws():
            return made([(what, text) for text in texts], seconds=SECONDS)
    except Missing as error:
        _log.warning("drawing.missing", said=str(error))
    raise Conflict(
        "Charts can’t be drawn here: the extra `charts` is not installed. Nothing was written.",
        hint="Take the table, or: pip install altair vl-convert-python",
    )
