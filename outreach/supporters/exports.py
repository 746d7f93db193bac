"""CSV files that leave: supporters, and the refused rows of an import.

A cell that a spreadsheet would take for a formula gets an apostrophe in front, which imports take
off again (OWASP, CSV injection).
"""

from __future__ import annotations

import csv
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from pathlib import Path
from typing import Any, TextIO

from sqlalchemy import ColumnElement, Select, func, select, true
from sqlalchemy.orm import Session

from outreach.consent.gate import reason_not_to_write
from outreach.core.files import whole
from outreach.supporters.columns import NOT_TO_BE_WRITTEN_TO, REFUSAL_REMARKS
from outreach.supporters.csvfile import Layout
from outreach.supporters.models import ImportRefusal, ListMember, Supporter, SupporterList
from outreach.supporters.queries import import_by_id
from outreach.supporters.values import EMAIL, LENGTHS

COLUMNS = (EMAIL, *LENGTHS)
ENCODING = "utf-8-sig"  # without its mark spreadsheets read UTF-8 as something else
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
ROWS_AT_ONCE = 2_000


def export_supporters(
    session: Session, stream: TextIO, supporter_list: SupporterList | None = None
) -> int:
    """Write everybody, or everybody on a list, with their custom fields; returns how many.

    The last column says why a person must not be written to, and is empty where we may.
    """
    wanted: list[ColumnElement[bool]] = []
    if supporter_list is not None:
        members = select(ListMember.supporter_id).where(ListMember.list_id == supporter_list.id)
        wanted.append(Supporter.id.in_(members))
    custom = session.scalars(_field_names(session).where(*wanted)).all()
    reason = reason_not_to_write(Supporter.id.expression, Supporter.address.expression)
    people = (
        select(*(getattr(Supporter, name) for name in COLUMNS), Supporter.fields, reason)
        .where(*wanted)
        .order_by(Supporter.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    rows = (
        [*values, *(fields.get(name, "") for name in custom), why or ""]
        for *values, fields, why in session.execute(people)
    )
    return _write(stream, [*COLUMNS, *custom, NOT_TO_BE_WRITTEN_TO], rows)


def export_refusals(session: Session, stream: TextIO, import_id: int) -> int:
    """Write the rows that an import had to remark on under their own headers, the remark in front.

    Repaired, the file can be imported as it is: imports leave the remarks out. Returns how many.
    Raises NotFound.
    """
    layout = Layout.from_json(import_by_id(session, import_id).layout)
    kept = (
        select(ImportRefusal.line, ImportRefusal.kind, ImportRefusal.reason, ImportRefusal.row)
        .where(ImportRefusal.import_id == import_id)
        .order_by(ImportRefusal.line, ImportRefusal.id)
        .execution_options(yield_per=ROWS_AT_ONCE)
    )
    rows = ([line, kind, reason, *row] for line, kind, reason, row in session.execute(kept))
    return _write(stream, [*REFUSAL_REMARKS, *(c.header for c in layout.columns)], rows)


@contextmanager
def new_file(path: Path) -> Iterator[TextIO]:
    """A file to export into, whole or not at all; raises as core.files.whole."""
    with whole(path) as file, TextIOWrapper(file, encoding=ENCODING, newline="") as stream:
        yield stream


def defused(value: str) -> str:
    """A cell that no spreadsheet takes for a formula."""
    return f"'{value}" if value.startswith(FORMULA_STARTS) else value


def _write(stream: TextIO, header: list[str], rows: Iterable[list[Any]]) -> int:
    writer = csv.writer(stream)
    writer.writerow(map(defused, header))
    written = 0
    for row in rows:
        writer.writerow([defused(str(value)) for value in row])
        written += 1
    return written


def _field_names(session: Session) -> Select[str]:
    if session.get_bind().dialect.name == "postgresql":
        name: ColumnElement[str] = func.jsonb_object_keys(Supporter.fields).label("name")
        return select(name).distinct().order_by(name)
    each = func.json_each(Supporter.fields).table_valued("key")
    return select(each.c.key).select_from(Supporter).join(each, true()).distinct().order_by("key")
