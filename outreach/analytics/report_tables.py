"""The tables of the reports, by name: what stands here can be downloaded in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass

from outreach.analytics.downloads import INSTANT, INTEGER, NUMBER, TEXT, Cell, Row, Table
from outreach.analytics.intervals import Rate
from outreach.analytics.overview.churn import Churn
from outreach.analytics.overview.overview import RATES, Line
from outreach.analytics.overview.timing import DAYS, Slot, Subject
from outreach.analytics.report import drawings, tables, wording
from outreach.analytics.report.contest import COUNTS, MEASURES
from outreach.analytics.report.figures import Figures
from outreach.analytics.report.groups import Group

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


def _variants(figures: Figures) -> Iterable[Row]:
    contest = figures.details.contest
    verdicts = [verdict for by in MEASURES if (verdict := contest.by(by))]
    for place, one in enumerate(contest.variants):
        chances: list[Cell] = []
        for verdict in verdicts:
            chance = verdict.standings[place] if verdict.standings else None
            chances += (chance.best, chance.loss) if chance else (None, None)
        rates = [cell for by in MEASURES for cell in _rate(one.rates[by])]
        yield (
            one.letter,
            one.subject,
            one.sender_name,
            one.part,
            *one.counts.values(),
            *rates,
            *chances,
        )


_OF_GROUPS = ("delivery", "bounce", "complaint", "open", "click", "sign", "unsubscribe")
_GROUPED = (
    *(("audience", INTEGER), ("sent", INTEGER), ("refused", INTEGER)),
    *((f"{rate}_{name}", kind) for rate in _OF_GROUPS for name, kind in _RATE),
)


def _group(group: Group) -> Row:
    rates = group.rates
    cells = (cell for name in _OF_GROUPS for cell in _rate(rates[name]))
    return (group.name, group.audience, group.sent, group.refused, *cells)


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
    "variants": Kind(
        "Variants beside each other",
        (
            ("variant", TEXT),
            ("subject", TEXT),
            ("sender_name", TEXT),
            ("part", NUMBER),
            *((name, INTEGER) for name in COUNTS),
            *((f"{by}_{name}", kind) for by in MEASURES for name, kind in _RATE),
            *((f"{what}_by_{by}", NUMBER) for by in MEASURES for what in ("best", "loss")),
        ),
        _variants,
    ),
    "links": Kind(
        "Links of the letter",
        (
            ("link", TEXT),
            ("kind", TEXT),
            ("url", TEXT),
            ("people", INTEGER),
            ("raw", INTEGER),
            *_RATE,
        ),
        lambda figures: [
            (link.name, link.what, link.url, link.clicked, link.raw, *_rate(link.rate))
            for link in figures.details.links
        ],
    ),
    "returned": Kind(
        "Bounced and refused, by cause",
        (("what", TEXT), ("cause", TEXT), ("meaning", TEXT), *_RATE),
        lambda figures: [
            (one.state, one.cause, one.meaning, *_rate(one.rate))
            for one in figures.details.returned
        ],
    ),
    "mailboxes": Kind(
        "Mailbox providers",
        (("provider", TEXT), *_GROUPED, ("warning", TEXT)),
        lambda figures: [
            (*_group(one), "; ".join(one.warnings)) for one in figures.details.mailboxes
        ],
    ),
    "places": Kind(
        "Places",
        (("place", TEXT), *_GROUPED),
        lambda figures: map(_group, figures.details.places),
    ),
    "segments": Kind(
        "Segments",
        (("segment", TEXT), *_GROUPED),
        lambda figures: map(_group, figures.details.segments),
    ),
    "generations": Kind(
        "Signed through shares, by generation",
        (("generation", INTEGER), ("signatures", INTEGER)),
        lambda figures: figures.details.generations,
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


def table_of_blasts(lines: Iterable[Line]) -> Table:
    """Every blast with its figures, in the order given."""
    counts = [(f"{key}_people", INTEGER) for key, _, _ in RATES]
    rates = [(f"{key}_{name}", kind) for key, _, _ in RATES for name, kind in _RATE]
    columns = (
        ("blast", INTEGER),
        ("name", TEXT),
        ("state", TEXT),
        ("started_at", INSTANT),
        ("petition", TEXT),
        ("audience", INTEGER),
        ("sent", INTEGER),
        ("delivered", INTEGER),
        *counts,
        *rates,
        ("too_small_to_compare", TEXT),
    )
    return Table("blasts", columns, [_blast(line) for line in lines])


def table_of_send_times(hours: Mapping[int, Mapping[int, Slot]]) -> Table:
    """Hours of the week in which blasts began, by the organisation's clock."""
    rates = [(f"{key}_{name}", kind) for key in ("click", "sign") for name, kind in _RATE]
    columns = (("weekday", TEXT), ("hour", INTEGER), ("blasts", INTEGER), ("sent", INTEGER), *rates)
    rows = [
        (DAYS[weekday], hour, slot.blasts, slot.sent, *_rate(slot.click), *_rate(slot.sign))
        for hour, days in hours.items()
        for weekday, slot in days.items()
    ]
    return Table("send-times", columns, rows)


def table_of_subjects(subjects: Iterable[Subject]) -> Table:
    """Every subject that went out, in the order given."""
    rates = [(f"{key}_{name}", kind) for key, _, _ in RATES for name, kind in _RATE]
    head = (("blast", INTEGER), ("name", TEXT), ("variant", TEXT), ("subject", TEXT))
    columns = (*head, ("started_at", INSTANT), ("sent", INTEGER), ("delivered", INTEGER), *rates)
    rows = [
        (
            *(one.blast_id, one.blast, one.letter, one.subject),
            *(one.started_at, one.sent, one.delivered),
            *(cell for key, _, _ in RATES for cell in _rate(one.rates[key])),
        )
        for one in subjects
    ]
    return Table("subjects", columns, rows)


def table_of_churn(found: Churn) -> Table:
    """People who left, by month and way."""
    columns = (("month", TEXT), ("way", TEXT), ("people", INTEGER))
    rows = [
        (f"{month:%Y-%m}", way, people)
        for way, counts in found.ways.items()
        for month, people in zip(found.months, counts, strict=True)
    ]
    return Table("left-by-month", columns, rows)


def _blast(line: Line) -> Row:
    known: Row = (line.blast_id, line.name, line.state, line.started_at, line.petition)
    if not line.has_run:
        return known  # nobody has been written to: no figure, and no zero either
    people = [line.counts[key] for key, _, _ in RATES]
    rates = [cell for key, _, _ in RATES for cell in _rate(line.rates[key])]
    size = "yes" if line.small else "no"
    return (*known, line.audience, line.sent, line.delivered, *people, *rates, size)


def _rate(rate: Rate) -> Row:
    return (rate.count, rate.of, rate.share, *(rate.interval or (None, None)))
