"""The tables of the overview’s screens, for files in every format."""

from __future__ import annotations

from outreach.analytics.cohorts import Cohorts
from outreach.analytics.downloads import INTEGER, NUMBER, TEXT, Row, Table
from outreach.analytics.growth import SOURCES, Growth


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
        ("rate", NUMBER),
        ("low", NUMBER),
        ("high", NUMBER),
    )
    rows: list[Row] = [
        (
            f"{one.month:%Y-%m}",
            one.joined,
            number,
            cell.rate.count,
            cell.rate.of,
            cell.rate.share,
            *(cell.rate.interval or (None, None)),
        )
        for one in found.cohorts
        for number, cell in one.cells.items()
    ]
    return Table(f"cohorts-{found.what}", columns, rows)
