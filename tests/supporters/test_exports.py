"""Exports open in a spreadsheet without running anything, and come back unchanged."""

from __future__ import annotations

import csv
from collections.abc import Callable
from io import StringIO
from pathlib import Path

import pytest

from outreach.accounts.models import Organisation
from outreach.consent import suppression
from outreach.core.db import Database
from outreach.core.errors import BadInput
from outreach.supporters import csvfile, exports, imports, lists, operations
from outreach.supporters.models import Import, SupporterList

StartImport = Callable[..., Import]

FILE = (
    "email,first_name,city,note\n"
    "ann@example.org,=1+1,Westhaven,\n"
    "+ben@example.org,Ben,,@home\n"
    "cem@example.org,'Cem,,\n"
)


def exported(db: Database, supporter_list: SupporterList | None = None) -> list[dict[str, str]]:
    stream = StringIO(newline="")
    with db.reading() as session:
        written = exports.export_supporters(session, stream, supporter_list)
    rows = list(csv.DictReader(StringIO(stream.getvalue(), newline="")))
    assert written == len(rows)
    return rows


def test_cells_that_are_formulas_are_defused(db: Database, started: StartImport) -> None:
    imports.run(db, started(FILE).id)
    by_address = {row["email"]: row for row in exported(db)}
    assert set(by_address) == {"ann@example.org", "'+ben@example.org", "cem@example.org"}
    assert by_address["ann@example.org"]["first_name"] == "'=1+1"
    assert by_address["'+ben@example.org"]["note"] == "'@home"
    assert by_address["cem@example.org"]["first_name"] == "'Cem"
    assert [exports.defused(text) for text in ("-1", "\tx", "\rx", "1-1", "")] == [
        "'-1", "'\tx", "'\rx", "1-1", "",
    ]  # fmt: skip


def test_the_gate_s_word_goes_with_each_person(db: Database, started: StartImport) -> None:
    imports.run(db, started(FILE).id)
    with db.transaction() as session:
        suppression.suppress(session, "ann@example.org", reason="asked", source="x")
        operations.find_or_create(session, email="dee@example.org", source="test")
    words = {row["email"]: row["not_to_be_written_to"] for row in exported(db)}
    assert words == {
        "ann@example.org": "suppressed", "'+ben@example.org": "", "cem@example.org": "",
        "dee@example.org": "no_consent",
    }  # fmt: skip


def test_a_list_alone_with_its_own_fields(
    db: Database, started: StartImport, organisation: Organisation
) -> None:
    with db.transaction() as session:
        other = lists.create(session, organisation, "Eastcliff")
    imports.run(db, started(FILE).id)
    imports.run(db, started("email,boat\ndee@example.org,tug\n", other).id)
    (dee,) = exported(db, other)
    assert dee["boat"] == "tug" and "city" not in dee
    assert len(exported(db)) == 4


def test_an_export_comes_back_unchanged(db: Database, started: StartImport, tmp_path: Path) -> None:
    imports.run(db, started(FILE).id)
    before = exported(db)
    path = tmp_path / "export.csv"
    with db.reading() as session, exports.new_file(path) as stream:
        exports.export_supporters(session, stream)
    assert path.read_bytes().startswith(b"\xef\xbb\xbfemail,")
    report = imports.run(db, started(path.read_text(encoding="utf-8-sig")).id)
    assert (report.added, report.updated, report.refused) == (0, 3, 0)
    assert exported(db) == before


def test_refused_rows_come_back_when_repaired(
    db: Database, started: StartImport, tmp_path: Path
) -> None:
    task = started('Mail,Name,zip\nbad,=Ann,1\nb@example.org,Ben,2\n"open,Cem,3\n')
    imports.run(db, task.id)
    path = tmp_path / "refused.csv"
    with db.reading() as session, exports.new_file(path) as stream:
        assert exports.export_refusals(session, stream, task.id) == 2
    text = path.read_text(encoding="utf-8-sig")
    assert text.splitlines()[:2] == [
        "refused_line,refused_kind,refused_because,Mail,Name,zip",
        "2,refused,“bad” is not an email address.,bad,'=Ann,1",
    ]
    path.write_text(text.replace(",bad,", ",ann@example.org,"))
    first = next(csvfile.rows(path, csvfile.inspect(path)))
    assert isinstance(first, csvfile.Row)
    assert (first.address, first.fields) == ("ann@example.org", {"name": "=Ann"})


def test_a_place_that_can_not_be_written(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="can’t be written"), exports.new_file(tmp_path / "no" / "x"):
        pass
    (tmp_path / "kept.csv").write_text("old")
    with pytest.raises(ZeroDivisionError), exports.new_file(tmp_path / "kept.csv"):
        raise ZeroDivisionError
    assert [path.name for path in tmp_path.iterdir()] == ["kept.csv"]
    assert (tmp_path / "kept.csv").read_text() == "old"
