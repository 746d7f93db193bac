"""outreach supporters and outreach lists, as typed."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import config
from outreach.accounts.models import AuditEntry, Organisation
from outreach.cli.context import Context
from outreach.cli.lists import lists
from outreach.cli.supporters import supporters
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound, OutreachError
from outreach.supporters import imports as operations

Typed = Callable[..., str]

FILE = (
    "Contact,First name,City\n"
    "ann@example.org,Ann,Westhaven\n"
    "ben@example.org,=Ben,Eastcliff\n"
    "nobody,Cem,\n"
    "ANN@example.org,Ann,\n"
)


@pytest.fixture
def typed(db: Database, organisation: Organisation, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on the database; what a command raises comes out."""
    url = db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path / "data"))
    vars(context)["services"] = context.services_on_any_schema  # its tables are made already

    def type_(words: str, *more: str, exit_code: int = 0) -> str:
        group = {"supporters": supporters, "lists": lists}[words.split()[0]]
        result = CliRunner().invoke(group, [*words.split()[1:], *more], obj=context)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == exit_code, result.output
        return str(result.stdout)

    yield type_
    context.services.db.close()


@pytest.fixture
def file(tmp_path: Path) -> str:
    """A file with two good rows, a bad one and a repeated one."""
    path = tmp_path / "people.csv"
    path.write_text(FILE)
    return str(path)


def taken_in(typed: Typed, file: str) -> dict[str, object]:
    answer = typed("supporters import --list Boats --basis fair --map Contact=email --json", file)
    found: dict[str, object] = json.loads(answer)
    return found


def test_a_file_is_tried_then_imported(typed: Typed, file: str) -> None:
    tried = typed("supporters import --list Boats --dry-run --map Contact=email", file)
    assert "Dry run of 4 rows; nothing is stored" in tried
    assert typed("lists list") == "No list yet. Make one: outreach lists create NAME\n"
    told = typed("supporters import --list Boats --map Contact=email", file)
    assert "recorded as “import of people.csv”" in told
    assert "           2  people added\n" in told
    assert "  line 4: “nobody” is not an email address.\n" in told
    assert "  line 5: Same address as line 2.\n" in told
    assert typed("lists list") == "           2  Boats\n"


def test_the_machine_s_answer_has_every_count(typed: Typed, file: str) -> None:
    found = taken_in(typed, file)
    assert {name: found[name] for name in ("state", "rows", "added", "refused", "duplicates")} == {
        "state": "finished", "rows": 4, "added": 2, "refused": 1, "duplicates": 1,
    }  # fmt: skip
    (listed,) = json.loads(typed("supporters imports --json"))
    assert (listed["list"], listed["basis"], listed["rows_done"]) == ("Boats", "fair", 4)


def test_bad_files_and_choices_store_nothing(typed: Typed, file: str) -> None:
    with pytest.raises(BadInput, match="no column with email addresses"):
        typed("supporters import --list Boats", file)
    with pytest.raises(BadInput, match="which field the column fills"):
        typed("supporters import --list Boats --map Contact", file)
    with pytest.raises(BadInput, match="no file"):
        typed("supporters import --list Boats nowhere.csv")
    assert "Imports: 0;" in typed("supporters imports")


def test_options_overrule_what_is_found_out(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "odd.csv"
    path.write_bytes("email\tname, full\nzoe@example.org\tZoë\n".encode("latin-1"))
    words = "supporters import --list Boats --delimiter tab --encoding latin-1 --json"
    assert json.loads(typed(words, str(path)))["added"] == 1
    assert "  name_full: Zoë\n" in typed("supporters show zoe@example.org")


def test_interrupted_it_stops_and_says_how_to_go_on(
    typed: Typed, file: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = operations._store

    def interrupted(*arguments: object) -> None:
        monkeypatch.setattr(operations, "_store", store)
        raise KeyboardInterrupt

    monkeypatch.setattr(operations, "_store", interrupted)
    told = typed("supporters import --list Boats --map Contact=email", file, exit_code=130)
    assert "Stopped: 0 rows are stored so far." in told and "outreach supporters resume 1" in told
    assert "Import 1 is finished: 4 rows" in typed("supporters resume 1")


def test_one_is_not_many(typed: Typed, tmp_path: Path) -> None:
    path = tmp_path / "one.csv"
    path.write_text("email\nann@example.org\n")
    assert typed("supporters import --list Boats --basis fair", str(path)).splitlines() == [
        "Import 1 is finished: 1 row", "           1  person added",
    ]  # fmt: skip


def test_refused_rows_go_into_a_file_and_an_import_is_undone(
    typed: Typed, file: str, tmp_path: Path
) -> None:
    taken_in(typed, file)
    assert "line 4: “nobody”" in typed("supporters refusals 1")
    path = tmp_path / "refused.csv"
    assert typed("supporters refusals 1 --csv", str(path)) == f"Rows written into {path}: 2.\n"
    assert len(path.read_text().splitlines()) == 3
    told = typed("supporters undo 1")
    assert told.startswith("Gone: 2 from the list, 2 from the supporters.\n")
    assert json.loads(typed("supporters undo 1 --json"))["supporters"] == 0
    with pytest.raises(NotFound):
        typed("supporters refusals 9")


def test_an_export_is_defused_and_written_down(
    typed: Typed, file: str, tmp_path: Path, db: Database
) -> None:
    taken_in(typed, file)
    path = tmp_path / "out.csv"
    assert (
        typed("supporters export --list Boats", str(path))
        == f"Supporters written into {path}: 2.\n"
    )
    rows = list(csv.DictReader(StringIO(path.read_text(encoding="utf-8-sig"))))
    assert [(row["first_name"], row["city"]) for row in rows] == [
        ("Ann", "Westhaven"), ("'=Ben", "Eastcliff"),
    ]  # fmt: skip
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry).order_by(AuditEntry.id.desc())).first()
        assert entry is not None
        assert (entry.action, entry.detail) == ("supporters.export", {"supporters": 2})
    with pytest.raises(NotFound):
        typed("supporters export --list Nowhere", str(path))


def test_one_person_is_added_by_hand(typed: Typed) -> None:
    typed("lists create Boats")
    words = ("--list", "Boats", "--first-name", "Zoë", "--basis", "wrote to us in May")
    told = typed("supporters add Zoe@example.org", *words)
    assert told == "Zoe@example.org is on “Boats”. Basis: wrote to us in May\n"
    assert "and was known before" in typed("supporters add zoe@example.org", *words)
    shown = typed("supporters show zoe@example.org")
    assert "first_name: Zoë" in shown and "granted (email)" in shown
    typed("supporters suppress zoe@example.org")
    with pytest.raises(Conflict, match="suppressed since"):
        typed("supporters add zoe@example.org", *words)
    with pytest.raises(NotFound):
        typed("supporters add ann@example.org --list Harbour --basis fair")


def test_suppressing_and_showing(typed: Typed, file: str) -> None:
    taken_in(typed, file)
    typed("supporters tag ann@example.org volunteer")
    typed("supporters suppress --reason asked Ann@Example.org")
    shown = typed("supporters show ann@example.org")
    for line in ("first_name: Ann", "city: Westhaven", "tag: volunteer", "list: Boats", ": asked"):
        assert line in shown
    found = json.loads(typed("supporters show --json ann@example.org"))
    assert (found["suppressed"], found["tags"], found["consent"][0]["basis"]) == (
        "asked", ["volunteer"], "fair",
    )  # fmt: skip
    assert "Suppressed: 1;" in typed("supporters suppressed")
    typed("supporters unsuppress ann@example.org")
    assert "Suppressed: 0;" in typed("supporters suppressed")
    assert typed("supporters tag --remove ann@example.org volunteer") == "Tags: none.\n"
    typed("supporters suppress gone@example.org")
    assert "address is suppressed: manual" in typed("supporters show gone@example.org")
    gone = json.loads(typed("supporters show --json gone@example.org"))
    assert gone == {"id": None, "suppressed": "manual"}
    with pytest.raises(NotFound):
        typed("supporters show nobody@example.org")


def test_a_list_is_made_once_and_loaded_often(typed: Typed, tmp_path: Path) -> None:
    assert typed("lists create Harbour") == "“Harbour” is made. It is empty.\n"
    with pytest.raises(Conflict):
        typed("lists create Harbour")
    (tmp_path / "west.csv").write_text("email\nann@example.org\n")
    path = tmp_path / "west.toml"
    path.write_text('name = "West"\nwording = "Yes."\nfile = "west.csv"\nbasis = "fair"\n')
    assert json.loads(typed("lists load --json", str(path)))["added"] == 1
    assert json.loads(typed("lists load --json", str(path)))["updated"] == 1
    assert json.loads(typed("lists list --json"))[1] == {
        "name": "West", "members": 1, "wording": "Yes.",
    }  # fmt: skip
