"""Templates that ask for their reader: rendered for each person, and sent like any letter."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from email import message_from_string
from email.policy import default
from pathlib import Path

import pytest

from outreach.blasts import preflight
from outreach.blasts.models import FrozenLetter
from outreach.core.tokens import Slot
from outreach.mail import render
from outreach.supporters.operations import tag
from tests.blasts.test_compose import body_of
from tests.blasts.test_letter_blocks import change, person, shown
from tests.standins.world import BASE_URL, World

LOOP = "{% for tag in supporter.tags %}<p>You said: {{ tag }}{{ boom }}</p>{% endfor %}"


@pytest.fixture
def templates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """The product's templates, of which the ask loops over its reader's tags."""
    shutil.copytree(render.FOLDER, tmp_path / "emails")
    monkeypatch.setattr(render, "FOLDER", tmp_path / "emails")
    render._environment.cache_clear()
    ask(tmp_path / "emails", LOOP.replace("{{ boom }}", ""))
    yield tmp_path / "emails"
    render._environment.cache_clear()


def ask(folder: Path, loop: str) -> None:
    """The ask's HTML with this before its text."""
    body = (render.FOLDER / "petition_ask" / "body.html").read_text()
    before, _, after = body.rpartition("{{ body }}")
    (folder / "petition_ask" / "body.html").write_text(f"{before}{loop}\n{{{{ body }}}}{after}")


def html(letter: str) -> str:
    message = message_from_string(letter, policy=default)
    return str(message.get_body(("html",)).get_content())  # type: ignore[union-attr]


def test_each_person_s_letter_is_rendered_and_sent(world: World, templates: Path) -> None:
    world.add_people(3)
    change(world, 2, region="NY", fields={"park": "Elm & Oak"})
    with world.db.transaction() as session:
        tag(session, person(session, 1), "volunteer")
        tag(session, person(session, 1), "<b>bold</b>")
    body_of(
        world,
        "{% if region = NY %}Home{% endif %} {{ first_name }}[^1]\n\n[[Sign]]",
        subject="Hello {{ first_name }}",
    )
    world.start()
    (templates / "petition_ask" / "body.html").write_text("changed later")
    world.send()
    one, two, three = (letter for _, letter in sorted(world.provider.letters.items()))
    assert "You said: volunteer" in html(one) and "You said: &lt;b&gt;bold" in html(one)
    assert "Home Pat2" in html(two) and "You said" not in html(two)
    assert "Home" not in html(three) and "Pat3" in html(three)
    assert "Subject: Hello Pat3" in three
    assert {state for state, _ in world.states().values()} == {"accepted"}
    token = html(one).split(f"{BASE_URL}/u/")[1].split('"')[0]
    assert world.tokens.read_letter(token).slot == Slot.UNSUBSCRIBE


def test_a_preview_is_rendered_for_its_person(world: World, templates: Path) -> None:
    world.add_people(1)
    with world.db.transaction() as session:
        tag(session, person(session, 1), "volunteer")
    assert "You said: volunteer" in shown(world, 1, "html")
    assert "You said" not in shown(world, None, "html")


def test_preflight_says_how_slow_it_is(world: World, templates: Path) -> None:
    world.add_people(1)
    with world.db.reading() as session:
        found = {f.key: f for f in preflight.run(session, world.blast(session), BASE_URL)}
    assert found["speed"].level == "look"
    assert "rendered for each person: about" in found["speed"].title


def test_who_can_not_be_rendered_is_skipped_by_name_and_the_others_get_it(
    world: World, templates: Path
) -> None:
    ask(templates, LOOP.replace("{{ boom }}", "{{ 1 // (tag | length - 4) }}"))
    world.add_people(2)
    with world.db.transaction() as session:
        tag(session, person(session, 1), "four")
    world.start()
    world.send()
    assert world.states() == {
        "p0001@example.org": ("skipped", "not_rendered"),
        "p0002@example.org": ("accepted", None),
    }


def test_other_letters_keep_nothing_to_render_from(world: World) -> None:
    world.add_people(1)
    world.start()
    with world.db.reading() as session:
        frozen = session.get_one(FrozenLetter, world.blast(session).variants[0].id)
        assert frozen.plan["rendering"] is None
        assert "speed" not in {
            f.key for f in preflight.run(session, world.blast(session), BASE_URL)
        }
