"""Files to take away: types are kept, nothing runs, and pictures fetch nothing."""

from __future__ import annotations

import csv
import io
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pyarrow import parquet

from outreach.analytics import downloads
from outreach.analytics.downloads import INSTANT, INTEGER, NUMBER, TEXT, Cell, Table
from outreach.analytics.drawing import pictures
from outreach.core.errors import Conflict, TryLater

COLUMNS = (("word", TEXT), ("count", INTEGER), ("rate", NUMBER), ("at", INSTANT))
WORDS = st.text(st.characters(blacklist_categories=["Cs"], blacklist_characters="\0\r"))
COUNTS = st.integers(-(2**63), 2**63 - 1)
RATES = st.floats(allow_nan=False, allow_infinity=False)
INSTANTS = st.datetimes(datetime(1970, 1, 1), datetime(2999, 1, 1), timezones=st.just(UTC))
ROWS = st.lists(
    st.tuples(WORDS, st.none() | COUNTS, st.none() | RATES, st.none() | INSTANTS), max_size=5
)


@given(ROWS)
def test_parquet_gives_every_cell_back(rows: list[tuple[Cell, ...]]) -> None:
    made = parquet.read_table(io.BytesIO(downloads.as_parquet(Table("t", COLUMNS, rows))))
    assert [tuple(row.values()) for row in made.to_pylist()] == rows
    types = [str(field.type) for field in made.schema]
    assert types == ["string", "int64", "double", "timestamp[us, tz=UTC]"]


@given(ROWS)
def test_csv_has_the_same_numbers_and_no_cell_that_runs(rows: list[tuple[Cell, ...]]) -> None:
    text = downloads.as_csv(Table("t", COLUMNS, rows)).decode()
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert len(read) == len(rows)
    for given_row, row in zip(rows, read, strict=True):
        assert not row["word"].startswith(("=", "+", "-", "@", "\t"))
        assert row["word"].removeprefix("'") == str(given_row[0]).removeprefix("'")
        assert row["count"] == ("" if given_row[1] is None else str(given_row[1]))
        assert row["rate"] == ("" if given_row[2] is None else repr(given_row[2]))


def test_instants_are_of_utc_whatever_zone_they_came_in() -> None:
    at = datetime(2026, 4, 14, 9, tzinfo=timezone(timedelta(hours=2)))
    table = Table("t", (("at", INSTANT),), [(at,)])
    assert downloads.as_csv(table).decode().splitlines() == ["at", "2026-04-14T07:00:00+00:00"]
    assert parquet.read_table(io.BytesIO(downloads.as_parquet(table))).to_pylist() == [{"at": at}]


def test_short_rows_are_filled_and_an_empty_table_keeps_its_types() -> None:
    filled = downloads.as_csv(Table("t", COLUMNS, [("a", 1)])).decode().splitlines()
    assert filled == ["word,count,rate,at", "a,1,,"]
    empty = parquet.read_table(io.BytesIO(downloads.as_parquet(Table("t", COLUMNS, []))))
    assert (empty.num_rows, str(empty.schema.field("count").type)) == (0, "int64")


def test_a_chart_with_too_much_in_it_is_refused_before_it_is_drawn() -> None:
    with pytest.raises(Conflict, match="more in it than can be drawn"):
        pictures.as_svg({"description": "x" * pictures.MAX_SPEC_BYTES})


def test_names_in_a_picture_are_text_and_nothing_is_fetched() -> None:
    bare = {
        "data": {"values": [{"x": 1}]},
        "mark": "point",
        "encoding": {"x": {"field": "x", "type": "quantitative"}},
        "height": 20,
    }
    spec = pictures.framed(bare, title="<b>&\"'", unit="a", source="<script>")
    svg = pictures.as_svg(spec)[0].decode()
    assert "&lt;b&gt;&amp;" in svg
    assert "<script>" not in svg
    elsewhere = bare | {"data": {"url": "http://127.0.0.1:9/x.csv"}}
    with pytest.raises(TryLater, match="because of a fault"):
        pictures.as_svg(spec | {"vconcat": [elsewhere]})
