"""outreach tracking, as typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import config
from outreach.cli.context import Context
from outreach.cli.tracking import tracking
from outreach.core.db import Database
from outreach.core.errors import BadInput, FormErrors, OutreachError
from outreach.supporters import queries
from outreach.tracking.record import Observation, observe
from tests.standins.world import World

Typed = Callable[..., Result]
PERSON = {
    "id": "one",
    "path": "click",
    "user_agent": "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Gecko/20100101 Firefox/138.0",
    "delay_s": 900,
}
SCANNER = {"path": "click", "method": "HEAD", "user_agent": "", "label": "human"}


@pytest.fixture
def typed(db: Database, world: World, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on the database of the world."""
    url = db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path / "data"))
    vars(context)["services"] = context.services_on_any_schema  # its tables are made already

    def type_(*words: str, given: str = "") -> Result:
        result = CliRunner().invoke(tracking, words, obj=context, input=given)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        return result

    yield type_
    context.services.db.close()


def _lines(*rows: object) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_log_is_judged_line_by_line_whatever_its_labels_say(typed: Typed, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_text(_lines(PERSON, SCANNER))
    result = typed("judge", str(log))
    assert result.exit_code == 0
    first, second = result.stdout.splitlines()
    assert first.split(maxsplit=2) == ["one", "human", "nothing speaks for a machine"]
    assert second.split(maxsplit=2) == ["2", "machine", "blank_agent +4, head +4"]
    assert "2 requests judged: 1 human, 1 machine." in result.stderr


def test_machines_get_one_json_value(typed: Typed) -> None:
    result = typed("judge", "-", "--json", given=_lines(PERSON, SCANNER))
    one, two = json.loads(result.stdout)
    assert one == {"line": 1, "id": "one", "class": "human", "evidence": []}
    assert (two["line"], two["class"]) == (2, "machine")
    assert two["evidence"][0] == {
        "name": "blank_agent",
        "weight": 4,
        "why": "No agent was given; every browser gives one.",
    }


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("nonsense", "This is no JSON"),
        ("[1]", "one JSON object"),
        ('{"path": "climb", "user_agent": ""}', "not “climb”"),
        ('{"path": "click"}', "“user_agent” has to be there"),
        ('{"path": "click", "user_agent": "", "delay_s": "soon"}', "“delay_s” has to be a number"),
        ('{"path": "click", "user_agent": "", "method": "STEAL"}', "not “STEAL”"),
        ('{"path": "click", "user_agent": "", "headers": {"A": 1}}', "an object of texts"),
        ('{"path": "click", "user_agent": "", "runs_js": 1}', "true or false"),
        ('{"path": "click", "user_agent": "", "links_clicked": 1.5}', "a whole number"),
    ],
)
def test_a_bad_line_is_named_and_the_rest_is_judged(typed: Typed, line: str, said: str) -> None:
    result = typed("judge", "-", given=f"{_lines(PERSON)}\n{line}\n{_lines(SCANNER)}")
    assert result.exit_code == 2
    assert "Error: line 3: " in result.stderr
    assert said in result.stderr
    assert [row.split()[1] for row in result.stdout.splitlines()] == ["human", "machine"]


def test_bytes_that_are_no_text_are_a_bad_line(typed: Typed, tmp_path: Path) -> None:
    log = tmp_path / "log.jsonl"
    log.write_bytes(b'\xef\xbb\xbf{"path": "open", "user_agent": "Mozilla/5.0"}\n\xff\xfe\n')
    result = typed("judge", str(log), "--json")
    assert result.exit_code == 2
    assert [row["class"] for row in json.loads(result.stdout)] == ["machine_open"]
    assert "line 2" in result.stderr


def test_own_rules_are_shown_changed_and_taken_away(typed: Typed) -> None:
    assert typed("rules").stdout.startswith("No rules of its own")
    assert "Changed." in typed("rule", "machine_agents", "Rv:138").stdout
    typed("rule", "weights", "head off")
    typed("rule", "networks", "203.0.113.77")
    assert json.loads(typed("rules", "--json").stdout) == {
        "weights": ["head 0"],
        "machine_agents": ["Rv:138"],
        "reader_agents": [],
        "networks": ["203.0.113.0/24"],
    }
    given = _lines(PERSON, SCANNER)
    theirs = json.loads(typed("judge", "-", "--json", given=given).stdout)
    assert [row["class"] for row in theirs] == ["human", "machine"]
    ours = json.loads(typed("judge", "-", "--json", "--own-rules", given=given).stdout)
    assert [each["name"] for row in ours for each in row["evidence"]] == [
        "own_machine",
        "blank_agent",
    ]
    typed("rule", "machine_agents", "Rv:138", "--remove")
    typed("rule", "weights", "head", "--remove")
    typed("rule", "networks", "203.0.113.0/24", "--remove")
    assert typed("rules").stdout.startswith("No rules of its own")
    with pytest.raises(BadInput, match="no such rule"):
        typed("rule", "networks", "203.0.113.0/24", "--remove")


@pytest.mark.parametrize(
    ("field", "line", "said"),
    [
        ("weights", "tail 3", "no evidence “tail”"),
        ("weights", "head", "Enter a weight behind head"),
        ("weights", "head 99", "between -20 and 20"),
        ("machine_agents", "ab", "3 to 200 characters"),
        ("networks", "10.0.0.0/8", "/16 is the widest"),
        ("networks", "here", "not “here”"),
    ],
)
def test_what_is_no_rule_changes_nothing(typed: Typed, field: str, line: str, said: str) -> None:
    with pytest.raises(FormErrors, match=said):
        typed("rule", field, line)
    assert typed("rules").stdout.startswith("No rules of its own")


def test_all_evidence_is_listed_with_its_weight_here(typed: Typed) -> None:
    typed("rule", "weights", "early 0")
    listed = typed("evidence").stdout
    assert " off  early " in listed
    assert "(own weight, otherwise 2)" in listed
    rows = {row["name"]: row for row in json.loads(typed("evidence", "--json").stdout)}
    assert (rows["early"]["weight"], rows["early"]["default"]) == (0, 2)


def test_a_persons_events_are_listed_with_class_and_why(
    typed: Typed, world: World, db: Database
) -> None:
    [address] = world.add_people(1)
    assert typed("events", address).stdout == "Nothing was seen of this person yet.\n"
    with db.transaction() as session:
        person = queries.by_address(session, address)
        at = datetime(2026, 4, 14, 9, tzinfo=UTC)
        detail = {"place": "view"}
        observe(
            session,
            Observation("viewed", at, None, supporter_id=person.id, agent="curl/8", detail=detail),
        )
    listed = typed("events", address).stdout.splitlines()
    assert listed[0] == "2026-04-14 09:00:00  machine       viewed view"
    assert listed[-1].strip().startswith("+4 The agent is a script")
    [row] = json.loads(typed("events", address, "--json").stdout)
    assert (row["verdict"], row["reasons"][-1]["name"]) == ("machine", "program_agent")


def test_nothing_is_judged_anew_where_nothing_came(typed: Typed) -> None:
    result = typed("rejudge", "--json")
    assert json.loads(result.stdout) == {"judged": 0, "total": 0, "changed": 0, "finished": True}
