"""A table as a file to take away, as CSV or Parquet: every table of the reports goes this way."""

from __future__ import annotations

import csv
import importlib
import io
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.util import find_spec
from typing import Any

from outreach.core.errors import Conflict
from outreach.supporters.exports import defused

Cell = str | int | float | datetime | None
Row = Sequence[Cell]
TEXT, INTEGER, NUMBER, INSTANT = "text", "integer", "number", "instant"


@dataclass(frozen=True)
class Table:
    """Rows of one shape. `columns` are pairs of a name and its type, so that a file of no rows
    says it, too; a row that is shorter has nothing in its last columns. Rates run from 0 to 1,
    instants are aware."""

    name: str  # of the file, without an ending: lower-case words with dashes
    columns: Sequence[tuple[str, str]]
    rows: Sequence[Row]


@dataclass(frozen=True)
class Format:
    """One kind of file: what the web calls it, and how a table is written in it."""

    mimetype: str
    write: Callable[[Table], bytes]


def as_csv(table: Table) -> bytes:
    """UTF-8 with a header; instants in UTC, as ISO 8601. Text that a spreadsheet would run as a
    formula starts with an apostrophe."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([defused(name) for name, _ in table.columns])
    writer.writerows([_said(cell) for cell in row] for row in _whole(table))
    return text.getvalue().encode()


def as_parquet(table: Table) -> bytes:
    """64-bit integers and floats, instants in microseconds of UTC, text as it stands.

    Raises Conflict without the extra `parquet`.
    """
    if not writes_parquet():
        raise Conflict(
            "Parquet can’t be written here: pyarrow is not installed. Nothing was written.",
            hint="Take the CSV file, or: pip install pyarrow",
        )
    arrow: Any = importlib.import_module("pyarrow")
    parquet: Any = importlib.import_module("pyarrow.parquet")
    types = {
        TEXT: arrow.string(),
        INTEGER: arrow.int64(),
        NUMBER: arrow.float64(),
        INSTANT: arrow.timestamp("us", tz="UTC"),
    }
    rows = list(_whole(table))
    arrays = [
        arrow.array([row[i] for row in rows], types[kind])
        for i, (_, kind) in enumerate(table.columns)
    ]
    made = arrow.Table.from_arrays(arrays, names=[name for name, _ in table.columns])
    file = io.BytesIO()
    parquet.write_table(made, file)
    return file.getvalue()


FORMATS: Mapping[str, Format] = {
    "csv": Format("text/csv", as_csv),
    "parquet": Format("application/vnd.apache.parquet", as_parquet),
}


def writes_parquet() -> bool:
    """Whether the extra is installed; asking loads nothing."""
    return find_spec("pyarrow") is not None


def _whole(table: Table) -> list[list[Cell]]:
    width = len(table.columns)
    return [[*row, *[None] * (width - len(row))] for row in table.rows]


def _said(cell: Cell) -> Cell:
    if isinstance(cell, datetime):
        return cell.astimezone(UTC).isoformat()
    return defused(cell) if isinstance(cell, str) else cell
