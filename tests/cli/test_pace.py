"""outreach pace, as typed."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

import config
from outreach.cli.context import Context
from outreach.cli.pace import pace
from outreach.core.db import Database
from outreach.core.errors import BadInput, OutreachError
from tests.standins.world import World

Typed = Callable[..., str]


@pytest.fixture
def typed(db: Database, world: World, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on the database of the world."""
    url = db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path / "data"))
    vars(context)["services"] = context.services_on_any_schema  # its tables are made already

    def type_(*words: str) -> str:
        result = CliRunner().invoke(pace, words, obj=context)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    yield type_
    context.services.db.close()


def test_what_is_set_is_listed_and_can_be_taken_away(typed: Typed) -> None:
    assert typed("list") == "No pace is set: letters leave as fast as they can.\n"
    assert typed("domain", "Gmail.com", "20/s") == "Letters to gmail.com leave at 20 a second.\n"
    said = typed("warm-up", "sender", "mara@example.org", "200", "500")
    assert said.startswith("Warm-up of mara@example.org from 20")
    assert said.endswith("200, 500 letters a day, then any number.\n")
    listed = typed("list").splitlines()
    assert listed[0].split(maxsplit=1) == ["domain:gmail.com", "20 a second"]
    assert listed[1].endswith("warm-up: 0 of today’s 200 have left")
    assert [limit["daily"] for limit in json.loads(typed("list", "--json"))] == [[], [200, 500]]
    typed("domain", "gmail.com", "none")
    typed("warm-up", "sender", "mara@example.org")
    assert typed("list") == "No pace is set: letters leave as fast as they can.\n"


def test_what_is_no_pace_changes_nothing(typed: Typed) -> None:
    with pytest.raises(BadInput, match="Nothing was changed"):
        typed("relay", "smtp", "quickly")
    assert typed("list") == "No pace is set: letters leave as fast as they can.\n"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("relay", "smpt", "20/s"), "No relay is called “smpt”.*There is “mailbox”"),
        (("domain", "not a domain", "20/s"), "Enter a domain"),
        (("sender", "mara", "20/s"), "Enter an email address"),
        (("warm-up", "sender", "mara@example.org", "200", "many"), "“many” is no number"),
        (("warm-up", "relay", "mailbox", "200", "--from", "soon"), "“soon” is no day"),
    ],
)
def test_what_is_named_wrongly_changes_nothing(
    typed: Typed, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(BadInput) as error:
        typed(*words)
    assert re.search(said, str(error.value))
    assert typed("list") == "No pace is set: letters leave as fast as they can.\n"
