"""outreach segments, as typed."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

import config
from outreach.accounts.models import Organisation
from outreach.cli.context import Context
from outreach.cli.segments import segments
from outreach.core.db import Database
from outreach.core.errors import BadInput, OutreachError
from outreach.supporters.models import ListMember, Supporter, SupporterList


class Typed:
    """A terminal on one database."""

    def __init__(self, db: Database, data_dir: Path) -> None:
        url = db.url.render_as_string(hide_password=False)
        self._context = Context(config.Settings(database_url=url, data_dir=data_dir))

    def __call__(self, *words: str) -> str:
        result: Result = CliRunner().invoke(segments, words, obj=self._context)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return result.output

    def close(self) -> None:
        self._context.services.db.close()


@pytest.fixture
def typed(db: Database, organisation: Organisation, tmp_path: Path) -> Any:
    with db.transaction() as session:
        westhaven = SupporterList(organisation_id=organisation.id, name="Westhaven")
        session.add(westhaven)
        session.flush()
        for number in range(3):
            person = Supporter(
                address=f"p{number}@riverton.example",
                email=f"P{number}@riverton.example",
                first_name="Ada",
                country="US" if number else "GB",
            )
            session.add(person)
            session.flush()
            session.add(ListMember(list_id=westhaven.id, supporter_id=person.id))
    terminal = Typed(db, tmp_path)
    yield terminal
    terminal.close()


def test_count(typed: Typed) -> None:
    assert typed("count", "list Westhaven") == "3 supporters\n"
    assert typed("count", "country = GB") == "1 supporter\n"
    assert json.loads(typed("count", "country = US", "--json")) == {"count": 2}


def test_sample_shows_who_they_are(typed: Typed) -> None:
    assert typed("sample", "country = GB") == "1 of 1 supporter\n  P0@riverton.example  Ada  GB\n"
    found = json.loads(typed("sample", "list Westhaven", "-n", "2", "--json"))
    assert found["count"] == 3
    assert len(found["sample"]) == 2
    assert set(found["sample"][0]) == {"id", "name", "email", "place"}


def test_explain_counts_the_parts(typed: Typed) -> None:
    assert typed("explain", "list Westhaven and not country = US").splitlines() == [
        "1  list Westhaven and not country = US",
        "3  list Westhaven",
        "1  not country = US",
        "2  country = US",
    ]


def test_save_use_list_delete(typed: Typed) -> None:
    assert "No segment is saved yet." in typed("list")
    assert typed("save", "Abroad", "country = GB") == "Saved “Abroad”: 1 supporter at present.\n"
    assert typed("count", "--name", "Abroad") == "1 supporter\n"
    assert typed("count", 'not segment "Abroad"') == "2 supporters\n"
    assert typed("list") == "Abroad: country = GB\n"
    assert json.loads(typed("list", "--json"))["segments"][0]["rules"] == "country = GB"
    typed("delete", "Abroad")
    assert "No segment is saved yet." in typed("list")


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("count",), "Give either RULES or the --name"),
        (("count", "everyone", "--name", "Abroad"), "Give either RULES or the --name"),
        (("count", "list Westhavn"), "There is no list “Westhavn”. Did you mean “Westhaven”?"),
        (("sample", "everyon"), "At character 1: expected a question"),
        (("count", "--name", "Nowhere"), "There is no saved segment “Nowhere”."),
        (("delete", "Nowhere"), "There is no saved segment “Nowhere”."),
        (("save", "Loop", "everyone sample"), "expected a number of people"),
    ],
)
def test_mistakes(typed: Typed, words: tuple[str, ...], message: str) -> None:
    with pytest.raises(BadInput) as raised:
        typed(*words)
    assert message in str(raised.value)
