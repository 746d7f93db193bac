"""The tables of the overview’s screens, for files in every format."""

from __future__ import annotations

from collections.abc import Iterable

from outreach.analytics.days.cohorts import Cohorts
from outreach.analytics.days.conversion import Conversion, Source
from outreach.analytics.days.growth import SOURCES, Growth
from outreach.analytics.downloads import INTEGER, NUMBER, TEXT, Row, Table
from outreach.analytics.intervals import Rate
from outreach.analytics.overview.cited import Cited
from outreach.analytics.overview.compare import Difference


def of_growth(found: Growth) -> Table:
    """A row for each week or month."""
    columns = (
        (f"{found.by}_from", TEXT),
        ("to", TEXT),
        *((f"joined_{name}", INTEGER) for name in SOURCES),
        ("joined", INTEGER),
        ("came_back", INTEGER),
        ("left", INTEGER),
        ("net", INTEGER),
        ("agreed_at_the_end", INTEGER),
    )
    rows: list[Row] = [
        (
            one.first.isoformat(),
            one.last.isoformat(),
            *(one.joined[name] for name in SOURCES),
            one.joined.total(),
            one.returned,
            one.left,
            one.net,
            one.agreed,
        )
        for one in found.periods
    ]
    return Table(f"list-growth-by-{found.by}", columns, rows)


def of_cohorts(found: Cohorts) -> Table:
    """A row for each month of joining and month since in which a letter reached anybody."""
    columns = (
        ("joined_in", TEXT),
        ("joined", INTEGER),
        ("months_since", INTEGER),
        (found.what, INTEGER),
        ("reached", INTEGER),
        *_SHARE,
    )
    rows: list[Row] = [
        (
            f"{one.month:%Y-%m}",
            one.joined,
            number,
            *_rate(cell.rate),
        )
        for one in found.cohorts
        for number, cell in one.cells.items()
    ]
    return Table(f"cohorts-{found.what}", columns, rows)


def of_conversion(found: Conversion) -> Table:
    """A row for each petition and source; petition 0 is all of them."""
    columns = (
        ("petition", INTEGER),
        ("headline", TEXT),
        ("source", TEXT),
        ("signed", INTEGER),
        ("visits", INTEGER),
        *_SHARE,
        ("machines", INTEGER),
    )
    rows: list[Row] = [
        (one.petition_id, one.headline, source.name, *_visits(source), source.machines)
        for one in (found.all, *found.petitions)
        for source in one.sources
    ]
    return Table("petition-visits", columns, rows)


def _visits(source: Source) -> Row:
    """Without visits there is no rate: what is not known is empty."""
    return _rate(source.rate) if source.rate.of else (source.signed, None, None, None, None)


def of_cited(found: Iterable[Cited], name: str) -> Table:
    """A row for each source, in the letters of each petition or of all."""
    rates = [
        (f"{what}_{column}", kind)
        for what in ("note", "source")
        for column, kind in (("people", INTEGER), ("delivered", INTEGER), *_SHARE)
    ]
    columns = (("petition", INTEGER), ("headline", TEXT), ("source", TEXT), ("url", TEXT), *rates)
    rows: list[Row] = [
        (one.petition_id, one.headline, one.title, one.url, *_rate(one.note), *_rate(one.source))
        for one in found
    ]
    return Table(name, columns, rows)


_SHARE = (("rate", NUMBER), ("low", NUMBER), ("high", NUMBER))


def _rate(rate: Rate) -> Row:
    return (rate.count, rate.of, rate.share, *(rate.interval or (None, None)))


def of_comparison(rates: Iterable[Difference], name: str) -> Table:
    """A row for each rate of a and b; the difference is b less a, from -1 to 1."""
    sides = [
        (f"{side}_{column}", kind)
        for side in ("a", "b")
        for column, kind in (("count", INTEGER), ("of", INTEGER), *_SHARE)
    ]
    last = (("difference", NUMBER), ("difference_low", NUMBER), ("difference_high", NUMBER))
    rows: list[Row] = [
        (one.key, *_rate(one.a), *_rate(one.b), one.points, *(one.interval or (None, None)))
        for one in rates
    ]
    return Table(name, (("rate", TEXT), *sides, *last), rows)
