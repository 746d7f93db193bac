"""The tables of the overview’s screens, for files in every format."""

from __future__ import annotations

from outreach.analytics.downloads import INTEGER, TEXT, Row, Table
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
