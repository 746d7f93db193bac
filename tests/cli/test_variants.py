"""`outreach blasts variants`: what the composer does, from the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from outreach.core.errors import BadInput, Conflict, NotFound
from tests.cli.test_blasts import Typed, typed
from tests.standins.world import World

__all__ = ["typed"]


def test_variants_are_drafted_shared_out_previewed_and_removed(
    typed: Typed, world: World, tmp_path: Path
) -> None:
    letter = tmp_path / "b.md"
    letter.write_text("Another text.[^1]\n\n[[Add your name]]", "utf-8")
    said = typed("variants", "add", "First ask", "--subject", "Two", "--body", str(letter))
    assert said.startswith("Variant B gets 50.0% of the audience.")
    typed("edit", "First ask", "--variant", "b", "--sender-name", "Ada")
    assert typed("variants", "share", "First ask", "A=1", "B=3") == "A 25.0%, B 75.0%\n"
    _, line = typed("variants", "list", "First ask").splitlines()
    assert line == "B   75.0%  Two  (differs in subject, sender_name, body)"
    (first, second) = json.loads(typed("variants", "list", "First ask", "--json"))
    assert (second["sender_name"], second["preheader"]) == ("Ada", first["preheader"])
    shown = typed("preview", "First ask", "--variant", "B")
    assert shown.startswith("Subject: Two\n") and "Another text.[1]" in shown
    assert "Another text" not in typed("preview", "First ask")
    typed("test", "First ask", "--variant", "B", "--to", "mara@harbour.example")
    assert typed("variants", "remove", "First ask", "a").endswith("has now: A.\n")
    assert typed("preview", "First ask").startswith("Subject: Two\n")


def test_what_is_not_there_or_no_share_is_said(typed: Typed, world: World) -> None:
    with pytest.raises(NotFound, match="no variant “C”"):
        typed("preview", "First ask", "--variant", "C")
    with pytest.raises(BadInput, match="is no share"):
        typed("variants", "share", "First ask", "A:3")
    with pytest.raises(BadInput, match="Nothing was given"):
        typed("edit", "First ask", "--variant", "A")
    with pytest.raises(Conflict, match="needs one variant"):
        typed("variants", "remove", "First ask", "A")


def test_a_part_tries_them_and_a_person_chooses(typed: Typed, world: World) -> None:
    world.add_people(10)
    typed("variants", "add", "First ask", "--subject", "Two")
    said = typed("variants", "test", "First ask", "--percent", "40", "--by", "click")
    assert said.startswith("40 % of the audience try the variants; 4 hours after")
    assert "20.0%" in typed("variants", "list", "First ask")
    with pytest.raises(BadInput, match="either"):
        typed("variants", "test", "First ask")
    world.start()
    world.send()
    assert typed("variants", "choose", "First ask", "b") == "The rest of “First ask” gets B.\n"
    world.send()
    assert len(world.provider.taken) == 10
    assert "6 more people waited for the winner, B" in typed("report", "First ask")
