"""CSV files of supporters: how a file is laid out, and a judgement on each of its rows.

No database here: what comes out is a row that could be stored, or a refusal that names line and
reason.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from io import StringIO
from pathlib import Path
from typing import Any, NamedTuple, Self

from outreach.core.address import canonical
from outreach.core.errors import BadInput
from outreach.supporters.columns import Column, columns_of
from outreach.supporters.duplicates import FirstLines
from outreach.supporters.records import Record, records
from outreach.supporters.textfile import LOST, encoding_of, opened
from outreach.supporters.values import EMAIL, LENGTHS, clean, person_value

DELIMITERS = (",", ";", "\t", "|")
REFUSED, DUPLICATE = "refused", "duplicate"
ADDRESS_LENGTH = 254
HEAD_CHARS = 200_000
REASON_CHARS = 400


@dataclass(frozen=True)
class Layout:
    """How to read one file; stored with its import, so that a resumed one reads the same."""

    encoding: str
    delimiter: str
    columns: tuple[Column, ...]

    def to_json(self) -> dict[str, Any]:
        """As JSON values."""
        return asdict(self)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """The layout that `to_json` gave."""
        columns = tuple(Column(**column) for column in value["columns"])
        return cls(value["encoding"], value["delimiter"], columns)


class Row(NamedTuple):
    """A row that can be stored: `address` canonical, `email` as it was given, `values` by the names
    of values.LENGTHS that the file has, `fields` the custom ones that are not empty."""

    line: int
    cells: list[str]
    email: str
    address: str
    values: dict[str, str]
    fields: dict[str, str]


class Refusal(NamedTuple):
    """A row that was not taken: physical line (the header's is 1), kind, reason, its cells."""

    line: int
    kind: str
    reason: str
    row: list[str]


def inspect(
    path: Path,
    *,
    delimiter: str | None = None,
    encoding: str | None = None,
    mapping: Mapping[str, str] | None = None,
) -> Layout:
    """The layout of a file; what is not given is found out from its header.

    `mapping` says for some headers which field they fill ("" for none). Raises BadInput, in words
    for the person who chose the file, for one that can't be an import: missing, empty, no text,
    without rows, without a column of addresses.
    """
    found = encoding_of(path, encoding)
    with opened(path, found) as stream:
        head = stream.read(HEAD_CHARS)
    header = _header(head, delimiter)
    layout = Layout(found, header[0], tuple(columns_of(header[1], mapping)))
    if next(_data(path, layout), None) is None:
        raise BadInput(
            "The file has a header but no rows. Nothing was stored.",
            hint="Export it again.",
            field="file",
        )
    return layout


def rows(path: Path, layout: Layout) -> Iterator[Row | Refusal]:
    """A judgement on each row of a file, in its order; of rows with one address the first wins."""
    judge = _Judge(layout)
    with FirstLines() as first:
        for record in _data(path, layout):
            judged = judge(record)
            if isinstance(judged, Row):
                earlier = first.earlier(judged.address, judged.line)
                if earlier is not None:
                    judged = Refusal(
                        judged.line, DUPLICATE, f"Same address as line {earlier:,}.", judged.cells
                    )
            yield judged


def count(path: Path, layout: Layout) -> int:
    """How many rows `rows` will judge."""
    return sum(1 for _ in _data(path, layout))


def _data(path: Path, layout: Layout) -> Iterator[Record]:
    with opened(path, layout.encoding) as stream:
        found = (record for record in records(stream, layout.delimiter) if _filled(record))
        next(found, None)  # the header
        yield from found


def _filled(record: Record) -> bool:
    return bool("".join(record.cells).strip())


def _header(head: str, wanted: str | None) -> tuple[str, list[str]]:
    """The delimiter under which the first record has an email column and most columns."""
    best: tuple[tuple[bool, int], str, list[str]] | None = None
    for delimiter in [wanted] if wanted else DELIMITERS:
        for record in records(StringIO(head, newline=""), delimiter):
            if _filled(record):
                rank = (_has_email(record.cells), len(record.cells))
                if best is None or rank > best[0]:
                    best = (rank, delimiter, record.cells)
                break
    if best is None:
        raise BadInput(
            "The file is empty. Nothing was stored.", hint="Export it again.", field="file"
        )
    return best[1], best[2]


def _has_email(header: list[str]) -> bool:
    try:
        columns_of(header)
    except BadInput:
        return False
    return True


class _Judge:
    """Turns records of one layout into rows or refusals."""

    def __init__(self, layout: Layout) -> None:
        self._width = len(layout.columns)
        self._unreadable = f"Has characters that can’t be read as {layout.encoding} ({LOST})."
        fields = [(index, column.field) for index, column in enumerate(layout.columns)]
        self._address = next(index for index, field in fields if field == EMAIL)
        self._known = [(index, field) for index, field in fields if field in LENGTHS]
        self._custom = [
            (index, field) for index, field in fields if layout.columns[index].is_custom
        ]

    def __call__(self, record: Record) -> Row | Refusal:
        cells = record.cells
        while len(cells) > self._width and not cells[-1].strip():
            cells.pop()
        if faults := self._faults_of_shape(record):
            return _refusal(record, faults)
        email = address = ""
        values: dict[str, str] = {}
        fields: dict[str, str] = {}
        try:
            email, address = _email(cells[self._address])
        except BadInput as error:
            faults.append(error.message)
        for index, field in self._known:
            try:
                values[field] = person_value(field, cells[index])
            except BadInput as error:
                faults.append(error.message)
        for index, field in self._custom:
            try:
                if text := clean(field, cells[index], multiline=True):
                    fields[field] = text
            except BadInput as error:
                faults.append(error.message)
        if faults:
            return _refusal(record, faults)
        return Row(record.line, cells, email, address, values, fields)

    def _faults_of_shape(self, record: Record) -> list[str]:
        if record.fault:
            return [record.fault]
        if len(record.cells) != self._width:
            return [f"Has {len(record.cells):,} cells; the header has {self._width:,}."]
        return [self._unreadable] if LOST in "".join(record.cells) else []


def _email(cell: str) -> tuple[str, str]:
    text = clean(EMAIL, cell, limit=ADDRESS_LENGTH)
    if not text:
        raise BadInput("There is no email address.")
    try:
        address = canonical(text)
    except BadInput:
        raise BadInput(f"“{text[:80]}” is not an email address.") from None
    if len(address) > ADDRESS_LENGTH:
        raise BadInput(f"The email address is longer than {ADDRESS_LENGTH} characters.")
    return text, address


def _refusal(record: Record, faults: list[str]) -> Refusal:
    return Refusal(record.line, REFUSED, " ".join(faults)[:REASON_CHARS], record.cells)
