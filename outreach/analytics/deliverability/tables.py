"""The tables of the deliverability score card, by name, for files in every format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from outreach.analytics.deliverability.scorecard import ProviderLine, ScoreCard
from outreach.analytics.deliverability.weeks import Sums
from outreach.analytics.deliverability.wording import REASONS
from outreach.analytics.downloads import INSTANT, INTEGER, NUMBER, TEXT, Row, Table

_LETTERS = (
    ("sent", INTEGER),
    ("bounced", INTEGER),
    ("bounce_rate", NUMBER),
    ("bounce_low", NUMBER),
    ("bounce_high", NUMBER),
    ("delivered", INTEGER),
    ("complained", INTEGER),
    ("complaint_rate", NUMBER),
    ("complaint_low", NUMBER),
    ("complaint_high", NUMBER),
)
_SPANS = ("week", "month", "before")  # the last 7 days, the last 30, the 90 before the last 7


def _records(card: ScoreCard) -> Iterable[Row]:
    for one in card.readings:
        yield one.domain, one.kind, one.name, one.level, one.found, one.todo, one.read_at


def _providers(card: ScoreCard) -> Iterable[Row]:
    lines: list[tuple[str, ProviderLine]] = [("all", card.whole)]
    lines += [(one.domain or "domains of few people", one) for one in card.providers]
    for name, line in lines:
        for span in _SPANS:
            yield (name, span, *_letters(getattr(line, span)))


def _letters(sums: Sums) -> Row:
    bounce, complaint = sums.bounce, sums.complaint
    return (
        *(sums.sent, sums.bounced, bounce.share, *(bounce.interval or (None, None))),
        *(complaint.of, complaint.count, complaint.share, *(complaint.interval or (None, None))),
    )


def _leaving(card: ScoreCard) -> Iterable[Row]:
    return [(one.way, one.presses, one.at_once, one.slowest_s) for one in card.leaving]


def _weeks(card: ScoreCard) -> Iterable[Row]:
    for week in card.weeks:
        reasons = (week.suppressed[reason] for reason in REASONS)
        yield (f"{week.monday:%Y-%m-%d}", *reasons, *_letters(week.letters))


Columns = tuple[tuple[str, str], ...]
TABLES: Mapping[str, tuple[Columns, Callable[[ScoreCard], Iterable[Row]]]] = {
    "records": (
        (
            ("domain", TEXT),
            ("kind", TEXT),
            ("name", TEXT),
            ("level", TEXT),
            ("found", TEXT),
            ("todo", TEXT),
            ("read_at", INSTANT),
        ),
        _records,
    ),
    "providers": ((("provider", TEXT), ("span", TEXT), *_LETTERS), _providers),
    "leaving": (
        (("way", TEXT), ("presses", INTEGER), ("at_once", INTEGER), ("slowest_s", NUMBER)),
        _leaving,
    ),
    "weeks": (
        (
            ("week", TEXT),
            *((f"suppressed_{reason}", INTEGER) for reason in REASONS),
            *_LETTERS,
        ),
        _weeks,
    ),
}


def table_of(card: ScoreCard, name: str) -> Table:
    """One table of the score card; `name` is a key of TABLES."""
    columns, rows = TABLES[name]
    return Table(f"deliverability-{name}", columns, list(rows(card)))
