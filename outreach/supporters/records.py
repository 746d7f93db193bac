"""Text as records of cells, with the line that each starts on; a broken one costs only its line.

The csv module reads on to the next quotation mark wherever one is left open, and with it swallows
good rows, in the worst case all the rest of the file. Here such a line is given out as faulty and
reading goes on behind it.
"""

from __future__ import annotations

import csv
from collections import deque
from collections.abc import Iterator
from typing import NamedTuple, TextIO

from outreach.core.errors import BadInput

MAX_LINE_CHARS = 65_536
MAX_RECORD_LINES = 200
BROKEN_QUOTES = (
    "A quotation mark is opened and not closed, or stands inside a quoted cell without being "
    "doubled."
)
TOO_LONG = f"The line is longer than {MAX_LINE_CHARS:,} characters."


class Record(NamedTuple):
    """One record: the physical line it starts on, its cells, and what is wrong with it, or ""."""

    line: int
    cells: list[str]
    fault: str


def records(stream: TextIO, delimiter: str) -> Iterator[Record]:
    """All records of a text, but for empty lines; of a faulty one the first line is its only cell.

    Raises BadInput for a delimiter that can't be one.
    """
    if len(delimiter) != 1 or delimiter in '"\r\n':
        raise BadInput(
            "A delimiter is one character. Nothing was stored.",
            hint="Usual ones: , ; | and tab.",
            field="delimiter",
        )
    lines = _Lines(stream)
    reader = csv.reader(lines, delimiter=delimiter, strict=True)
    number = 1
    while True:
        lines.record.clear()
        lines.fault = fault = ""
        try:
            cells = next(reader)
        except StopIteration:
            return
        except csv.Error:
            fault = lines.fault or BROKEN_QUOTES
            cells = lines.keep_first()
        if cells:
            yield Record(number, cells, fault)
        number += len(lines.record)


class _Lines:
    """Physical lines; those of the present record are kept, so that it can be read again."""

    def __init__(self, stream: TextIO) -> None:
        self._readline = stream.readline
        self._again: deque[str] = deque()
        self.record: list[str] = []
        self.fault = ""

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._again.popleft() if self._again else self._fresh()
        if not line:
            raise StopIteration
        self.record.append(line)
        if len(self.record) > MAX_RECORD_LINES:
            raise csv.Error
        if _too_long(line):
            self.fault = TOO_LONG if len(self.record) == 1 else ""
            raise csv.Error
        return line

    def keep_first(self) -> list[str]:
        """Give all lines of the record but the first back, to be read again; return the first."""
        first, *rest = self.record
        self._again.extendleft(reversed(rest))
        del self.record[1:]
        return [first.rstrip("\r\n")]

    def _fresh(self) -> str:
        line = rest = self._readline(MAX_LINE_CHARS)
        while _too_long(rest):
            rest = self._readline(MAX_LINE_CHARS)
        return line


def _too_long(line: str) -> bool:
    return len(line) == MAX_LINE_CHARS and not line.endswith(("\n", "\r"))
