"""Records come back as they were written; a broken one costs its own line and no other."""

from __future__ import annotations

import csv
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.supporters.records import BROKEN_QUOTES, MAX_LINE_CHARS, TOO_LONG, records

CELLS = st.text(st.characters(exclude_categories=["Cs"]), max_size=20)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=5), max_size=8)


@given(TABLES, st.sampled_from([",", ";", "\t", "|"]))
def test_any_table_comes_back_as_it_was_written(table: list[list[str]], delimiter: str) -> None:
    stream = StringIO(newline="")
    csv.writer(stream, delimiter=delimiter).writerows(table)
    stream.seek(0)
    found = list(records(stream, delimiter))
    assert [record.cells for record in found] == table
    assert not any(record.fault for record in found)


@given(TABLES.filter(bool))
def test_each_record_names_the_line_it_starts_on(table: list[list[str]]) -> None:
    text = ""
    starts = []
    for row in table:
        starts.append(1 + len(StringIO(text, newline="").readlines()))
        stream = StringIO(newline="")
        csv.writer(stream).writerow(row)
        text += stream.getvalue()
    assert [record.line for record in records(StringIO(text, newline=""), ",")] == starts


def found_in(text: str) -> list[tuple[int, list[str], str]]:
    return [tuple(record) for record in records(StringIO(text, newline=""), ",")]


def test_an_unclosed_quote_costs_one_line() -> None:
    text = 'a,b\n1,"open\n2,two\n3,"three ""quoted"""\n4,four\n'
    assert found_in(text) == [
        (1, ["a", "b"], ""),
        (2, ['1,"open'], BROKEN_QUOTES),
        (3, ["2", "two"], ""),
        (4, ["3", 'three "quoted"'], ""),
        (5, ["4", "four"], ""),
    ]


def test_an_unclosed_quote_at_the_end_costs_one_line() -> None:
    rest = "".join(f"{n},x\n" for n in range(500))
    found = found_in(f'a,b\n1,"open\n{rest}')
    assert [record for record in found if record[2]] == [(2, ['1,"open'], BROKEN_QUOTES)]
    assert len(found) == 502


def test_a_line_that_never_ends_is_passed_over_in_bounded_memory() -> None:
    found = found_in(f"a,b\n1,{'x' * (3 * MAX_LINE_CHARS)}\n2,two\n")
    assert [(line, fault) for line, _, fault in found] == [(1, ""), (2, TOO_LONG), (3, "")]
    assert len(found[1][1][0]) == MAX_LINE_CHARS
    found = found_in(f'1,"open\n2,{"x" * (3 * MAX_LINE_CHARS)}\n3,three\n')
    assert [(line, fault) for line, _, fault in found] == [
        (1, BROKEN_QUOTES), (2, TOO_LONG), (3, ""),
    ]  # fmt: skip


def test_every_kind_of_line_end() -> None:
    assert [record[:2] for record in found_in("a,b\r\nc,d\re,f\n\n\ng,h")] == [
        (1, ["a", "b"]),
        (2, ["c", "d"]),
        (3, ["e", "f"]),
        (6, ["g", "h"]),
    ]


@pytest.mark.parametrize("delimiter", ["", ";;", "\n"])
def test_a_delimiter_is_one_character(delimiter: str) -> None:
    with pytest.raises(BadInput, match="one character"):
        list(records(StringIO("a"), delimiter))
