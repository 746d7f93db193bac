"""Where the marks of small drawings stand; templates draw them as SVG, without any script.

Lengths are percent of the drawing's width unless said otherwise.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.report.figures import Figures, Traffic

INSIDE_FROM = 0.45  # of the audience: a longer bar carries its number inside
LONGEST = 62.0  # leaves room on a phone for the rate behind a full bar
GAP = 0.4


@dataclass(frozen=True)
class Range:
    """An interval on a scale from `floor` to `ceiling` (shares), with the estimate as a dot."""

    low: float
    high: float
    dot: float
    floor: float
    ceiling: float


def range_of(rate: Rate) -> Range | None:
    """The rate on a round scale that begins at 0, or ends at 100 % for rates above half."""
    return ranges([rate])[0]


def ranges(rates: Sequence[Rate]) -> list[Range | None]:
    """Rates on one such scale, to be read below each other; None for those of nobody."""
    ends = [end for rate in rates if rate.interval for end in rate.interval]
    low, high = min(ends, default=0.0), max(ends, default=1.0)
    floor, ceiling = (0.0, _round_up(high)) if high <= 0.5 else (1 - _round_up(1 - low), 1.0)

    return [_drawn(rate, floor, ceiling) for rate in rates]


def beside(rates: Sequence[Rate], whole: Rate) -> tuple[list[Range | None], float]:
    """Rates on one scale from 0 on, and where the whole's stands on it.

    Rates of few people, whose intervals are wide, do not widen the scale: their ends are cut off.
    """
    known = [rate for rate in (*rates, whole) if rate.interval is not None]
    enough = [rate for rate in known if rate.of >= SMALL] or known
    ceiling = _round_up(max((rate.interval or (0, 0))[1] for rate in enough)) if enough else 1.0

    marks = [_drawn(rate, 0.0, ceiling) for rate in rates]
    return marks, round(min((whole.share or 0) / ceiling, 1) * 100, 2)


def _drawn(rate: Rate, floor: float, ceiling: float) -> Range | None:
    if rate.share is None or rate.interval is None:
        return None
    low, high, dot = (
        round(min((share - floor) / (ceiling - floor), 1) * 100, 2)
        for share in (*rate.interval, rate.share)
    )
    return Range(low, high, dot, floor, ceiling)


def _round_up(share: float) -> float:
    """The next of 1, 2, 5, 10, 20, … hundredths, thousandths and so on; at most 1."""
    size = 10.0 ** math.floor(math.log10(share))
    return min(1.0, next(round(n * size, 9) for n in (1, 2, 5, 10) if n * size >= share))


@dataclass(frozen=True)
class Bar:
    """One step of the funnel; `length` is 0 to LONGEST."""

    label: str
    count: int
    length: float
    note: str
    of_people: bool
    inside: bool


def funnel(figures: Figures, *, raw: bool = False) -> list[Bar]:
    """From audience to signature; rates beside the bars as long as enough people stand behind."""
    letters, rates = figures.letters, figures.rates
    people = figures.people
    opened, clicked = people.opened, people.clicked
    if raw:
        rates = rates | figures.raw_rates
        opened, clicked = people.raw_opened, people.raw_clicked
    steps = [
        ("Audience", letters.audience, None, "", False),
        ("Sent", letters.sent, Rate(letters.sent, letters.audience), "of audience", False),
        ("Delivered", letters.reached, figures.delivery, "of sent", False),
        ("Opened, raw" if raw else "Opened by people", opened, rates["open"], "of delivered", True),
        ("Clicked, raw" if raw else "Clicked", clicked, rates["click"], "of delivered", True),
        ("Signed", figures.signed.people, rates["sign"], "of delivered", True),
    ]
    whole = max(letters.audience, 1)
    return [
        Bar(
            label=label,
            count=count,
            length=round(min(count / whole, 1) * LONGEST, 2),
            note=f"{rate.percent} {of}" if rate and rate.of and not figures.small else "",
            of_people=of_people,
            inside=count / whole >= INSIDE_FROM,
        )
        for label, count, rate, of, of_people in steps
    ]


@dataclass(frozen=True)
class Piece:
    """One class of events in a stacked bar; `kind` is human, proxy, machine or unknown."""

    kind: str
    label: str
    count: int
    start: float
    length: float


def stack(traffic: Traffic, labels: Sequence[tuple[str, str]]) -> list[Piece]:
    """Events by class in the order of `labels` (class, label), a gap between the pieces."""
    counts = [(kind, label, getattr(traffic, kind)) for kind, label in labels]
    shown = [one for one in counts if one[2]]
    room = 100 - GAP * (len(shown) - 1)
    pieces, start = [], 0.0
    for kind, label, count in shown:
        length = count / traffic.total * room
        pieces.append(Piece(kind, label, count, round(start, 2), round(length, 2)))
        start += length + GAP
    return pieces
