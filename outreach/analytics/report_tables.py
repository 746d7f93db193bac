"""The tables of the reports, by name: what stands here can be downloaded in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from outreach.analytics import drawings, tables, wording
from outreach.analytics.dashboard import Headline
from outreach.analytics.downloads import INSTANT, INTEGER, NUMBER, TEXT, Row, Table
from outreach.analytics.figures import Figures
from outreach.analytics.intervals import Rate
from outreach.blasts.models import Blast

_RATE = (("count", INTEGER), ("of", INTEGER), ("rate", NUMBER), ("low", NUMBER), ("high", NUMBER))


@dataclass(frozen=True)
class Kind:
    """One table of a blast's report: its columns, and its rows of the figures."""

    title: str
    columns: tuple[tuple[str, str], ...]
    rows: Callable[[Figures], Iterable[Row]]


def _funnel(figures: Figures) -> Iterable[Row]:
    raw = {bar.label.removesuffix(", raw"): bar for bar in drawings.funnel(figures, raw=True)}
    for bar in drawings.funnel(figures):
        with_machines = raw.get(bar.label.removesuffix(" by people"), bar)
        yield bar.label, bar.count, with_machines.count


def _left(figures: Figures) -> Iterable[Row]:
    letters, rates = figures.letters, figures.rates
    yield "unsubscribed", *_rate(rates["unsubscribe"])
    yield "complained", *_rate(rates["complaint"])
    yield "bounced", *_rate(Rate(letters.bounced, letters.sent))


def _traffic(figures: Figures) -> Iterable[Row]:
    for noun, traffic in (("opens", figures.opens), ("clicks", figures.clicks)):
        for held_to_be in ("human", "proxy", "machine", "unknown"):
            yield noun, held_to_be, getattr(traffic, held_to_be)


def _evidence(figures: Figures) -> Iterable[Row]:
    return [(name, wording.evidence(name), events) for name, events in figures.evidence]


TABLES: Mapping[str, Kind] = {
    "figures": Kind(
        "All figures, with rates and intervals", (("figure", TEXT), *_RATE), tables.figure_rows
    ),
    "hours": Kind(
        "Clicked and signed, per hour",
        (("hour", INSTANT), ("clicked", INTEGER), ("signed", INTEGER)),
        lambda figures: [(hour.hour, hour.clicked, hour.signed) for hour in figures.timeline],
    ),
    "funnel": Kind(
        "From audience to signature",
        (("step", TEXT), ("people", INTEGER), ("raw", INTEGER)),
        _funnel,
    ),
    "not-sent": Kind(
        "Not sent, by reason", (("reason", TEXT), ("people", INTEGER)), wording.not_sent
    ),
    "left": Kind("Left, complained, bounced", (("what", TEXT), *_RATE), _left),
    "traffic": Kind(
        "Opens and clicks, machines kept apart",
        (("events", TEXT), ("held_to_be", TEXT), ("number", INTEGER)),
        _traffic,
    ),
    "evidence": Kind(
        "Why clicks count as a scanner’s",
        (("evidence", TEXT), ("meaning", TEXT), ("clicks", INTEGER)),
        _evidence,
    ),
}


def table_of(blast_id: int, figures: Figures, name: str) -> Table:
    """One table of a blast's report; `name` is a key of TABLES."""
    kind = TABLES[name]
    return Table(f"blast-{blast_id}-{name}", kind.columns, list(kind.rows(figures)))


def table_of_blasts(blasts: Iterable[Blast], headlines: Mapping[int, Headline]) -> Table:
    """Every blast with its headline, in the order given."""
    columns = (
        ("blast", INTEGER),
        ("name", TEXT),
        ("state", TEXT),
        ("started_at", INSTANT),
        ("audience", INTEGER),
        ("sent", INTEGER),
        ("delivered", INTEGER),
        ("signed", INTEGER),
        *((f"sign_{name}", kind) for name, kind in _RATE),
    )
    return Table("blasts", columns, [_blast(blast, headlines[blast.id]) for blast in blasts])


def _blast(blast: Blast, line: Headline) -> Row:
    known: Row = (blast.id, blast.name, blast.state, blast.started_at)
    if blast.frozen_at is None and not line.audience:
        return known  # nobody has been written to: no figure, and no zero either
    counts = (line.audience, line.sent, line.delivered, line.signed)
    return (*known, *counts, *_rate(line.sign_rate))


def _rate(rate: Rate) -> Row:
    return (rate.count, rate.of, rate.share, *(rate.interval or (None, None)))
