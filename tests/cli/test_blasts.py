"""outreach blasts, as typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import select

import config
from outreach.accounts.models import Organisation
from outreach.analytics.drawing import printed
from outreach.cli.blasts import blasts
from outreach.cli.context import Context
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, FormErrors, NotFound, OutreachError
from outreach.mail.models import Batch
from tests.analytics import worlds as reported
from tests.standins.world import World

Typed = Callable[..., str]


@pytest.fixture
def typed(db: Database, world: World, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on the database of the world."""
    url = db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path / "data"))
    vars(context)["services"] = context.services_on_any_schema  # its tables are made already

    def type_(*words: str) -> str:
        result = CliRunner().invoke(blasts, words, obj=context)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        assert result.exit_code == 0, result.output
        return str(result.stdout)

    yield type_
    context.services.db.close()


def test_why_a_blast_is_paused_stands_in_the_list_and_in_the_report(
    typed: Typed, world: World
) -> None:
    world.add_people(2)
    world.start()
    typed("pause", "First ask", "--reason", "The date in it is wrong.")
    assert typed("list").splitlines() == [
        "    1  paused     First ask",
        "                  The date in it is wrong.",
    ]
    assert json.loads(typed("list", "--json"))[0]["reason"] == "The date in it is wrong."
    assert "The date in it is wrong." in typed("report", "First ask").splitlines()
    assert json.loads(typed("report", "First ask", "--json"))["reason"] == (
        "The date in it is wrong."
    )
    typed("resume", "First ask")
    assert "The date" not in typed("list") + typed("report", "First ask")


def test_what_held_letters_back_is_told_only_while_they_wait(typed: Typed, world: World) -> None:
    world.add_people(1)
    world.start()
    with world.db.transaction() as session:
        world.blast(session).reason = "The relay can’t be reached."
    assert "The relay" not in typed("list") + typed("report", "First ask")
    with world.db.transaction() as session:
        session.scalars(select(Batch)).one().not_before = now() + timedelta(minutes=5)
    assert "The relay can’t be reached." in typed("list")
    assert "The relay can’t be reached." in typed("report", "First ask")


def test_letters_of_which_nothing_was_heard_are_listed(typed: Typed, world: World) -> None:
    world.add_people(2)
    world.start()
    world.send()
    assert typed("silent", "First ask") == "0 silent.\n"  # accepted just now
    lines = typed("silent", "First ask", "--hours", "0").splitlines()
    assert lines[-1] == "2 silent."
    assert "p0001@example.org" in lines[0] and "accepted 20" in lines[0]
    listed = json.loads(typed("silent", "First ask", "--hours", "0", "--json"))
    assert [each["address"] for each in listed] == ["p0001@example.org", "p0002@example.org"]


def test_watching_ends_with_the_blast_and_a_draft_is_not_watched(
    typed: Typed, world: World
) -> None:
    world.add_people(3)
    with pytest.raises(Conflict, match="draft"):
        typed("watch", "First ask")
    world.start()
    world.send()
    assert typed("watch", "First ask").startswith("finished, 3 of 3 done, 3 sent, ended ")


def test_pace_and_weight_of_a_blast_are_said_as_they_are_set(typed: Typed, world: World) -> None:
    assert typed("pace", "First ask", "3000/h") == "“First ask” leaves at 3,000 an hour.\n"
    assert typed("weight", "First ask", "2.5") == "“First ask” has weight 2.5.\n"
    with world.db.reading() as session:
        assert world.blast(session).weight == 2.5


def test_a_draft_is_changed_and_nothing_else_is(typed: Typed, world: World, tmp_path: Path) -> None:
    world.add_people(1)
    letter = tmp_path / "letter.md"
    letter.write_text("Anew.[^1]\n\n[[Sign]]", "utf-8")
    said = typed("edit", "First ask", "--subject", "Count!", "--body", str(letter))
    assert said == "“First ask” is changed. Look: outreach blasts preview 1\n"
    typed("edit", "1", "--sender-address", "bea@harbourlights.example", "--name", "Ask")
    with world.db.reading() as session:
        blast = world.blast(session)
        variant = blast.variants[0]
        assert (blast.name, blast.sender_name) == ("Ask", world.organisation.sender_name)
        assert (blast.sender_address, variant.subject) == ("bea@harbourlights.example", "Count!")
        assert (variant.body, blast.audience) == ("Anew.[^1]\n\n[[Sign]]", 'list "Westhaven"')
    with pytest.raises(BadInput, match="Nothing was given"):
        typed("edit", "Ask")
    with pytest.raises(FormErrors, match="list"):
        typed("edit", "Ask", "--audience", "lst Westhaven", "--subject", "Lost?")
    typed("schedule", "Ask", "--at", "2099-03-21T09:00")
    with pytest.raises(Conflict, match="This blast is scheduled"):
        typed("edit", "Ask", "--subject", "Too late")
    assert typed("unschedule", "Ask") == "“Ask” is a draft again. Nothing was sent.\n"
    typed("edit", "Ask", "--subject", "In time")
    with world.db.reading() as session:
        assert world.blast(session).variants[0].subject == "In time"


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("preview", "9" * 20), "There is no blast"),
        (("preview", "²"), "There is no blast"),
        (("silent", "First ask", "--hours", "nan"), "is no number of hours"),
        (("silent", "First ask", "--hours", "1e300"), "is no number of hours"),
        (("silent", "First ask", "--hours=-1"), "is no number of hours"),
        (("schedule", "First ask", "--at", "0001-01-01T00:00+14:00"), "is no time"),
    ],
)
def test_numbers_and_times_that_there_are_not_are_named(
    typed: Typed, words: tuple[str, ...], said: str
) -> None:
    with pytest.raises(OutreachError, match=said):
        typed(*words)


def test_a_report_is_printed_whole_or_not_at_all(
    typed: Typed, world: World, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "ask.pdf"
    with pytest.raises(NotFound, match="nothing to print yet"):
        typed("report", "First ask", "--pdf", str(path))
    world.add_people(2)
    world.start()
    asked: list[str] = []
    monkeypatch.setattr(printed, "as_pdf", lambda html: asked.append(html) or b"%PDF-")
    assert typed("report", "First ask", "--pdf", str(path), "--paper", "letter") == (
        f"The report is in {path}.\n"
    )
    assert path.read_bytes() == b"%PDF-"
    assert "size:Letter" in asked[0]
    with pytest.raises(BadInput, match="can’t be written"):
        typed("report", "First ask", "--pdf", str(tmp_path / "none" / "ask.pdf"))
    assert json.loads(typed("report", "First ask", "--json", "--pdf", str(path)))["audience"] == 2
    assert [one.name for one in tmp_path.glob("*.p*")] == ["ask.pdf"]


def test_passing_over_a_check_is_offered_only_where_it_can_be(typed: Typed, world: World) -> None:
    def hint(body: str) -> str:
        with world.db.transaction() as session:
            world.blast(session).variants[0].body = body
        with pytest.raises(Conflict) as stopped:
            typed("preflight", "First ask")
        return stopped.value.hint

    world.add_people(1)
    assert "outreach blasts override" in hint("Lost.[^9]\n\n[[Sign]]")
    assert hint("{{ nobody }}") == "Mend it."


def test_two_blasts_are_compared_by_name(typed: Typed, world: World, db: Database) -> None:
    with db.transaction() as session:
        organisation = session.scalars(select(Organisation.id)).one()
        first, second = (reported.World(session, organisation) for _ in range(2))
        for made in (first, second):
            made.clicked(made.letter())
        names = first.blast.name, second.blast.name
    said = typed("compare", *names)
    assert f"A: {names[0]}\nB: {names[1]}" in said
    assert "Clicked: Too few to compare" in said
    figures = json.loads(typed("compare", *names, "--json"))
    assert figures["rates"]["click"]["b"]["rate"] == 1.0
    with pytest.raises(BadInput, match="both sides"):
        typed("compare", names[0], names[0])
