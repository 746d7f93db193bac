"""outreach deliveries, and the commands of a blast for those who did not get it, as typed."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner
from sqlalchemy import select

import config
from outreach.cli.blasts import blasts
from outreach.cli.context import Context
from outreach.cli.deliveries import deliveries
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput, OutreachError
from outreach.mail.models import Delivery
from outreach.mail.outbox import MAX_ATTEMPTS
from tests.standins.world import World

Typed = Callable[..., str]


@pytest.fixture
def typed(db: Database, world: World, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on the database of the world."""
    url = db.url.render_as_string(hide_password=False)
    context = Context(config.Settings(database_url=url, data_dir=tmp_path / "data"))
    vars(context)["services"] = context.services_on_any_schema  # its tables are made already
    root = click.Group(commands={"blasts": blasts, "deliveries": deliveries})

    def type_(*words: str, answer: str = "") -> str:
        result = CliRunner().invoke(root, words, obj=context, input=answer)
        if isinstance(result.exception, OutreachError):
            raise result.exception
        return str(result.stdout)

    yield type_
    context.services.db.close()


@pytest.fixture
def ids(world: World) -> list[int]:
    """Three letters of a blast that has ended: unknown, refused for now, refused."""
    world.add_people(4)
    world.start()
    world.send()
    world.provider.taken.clear()
    with world.db.transaction() as session:
        found = session.scalars(select(Delivery).order_by(Delivery.id)).all()[:3]
        for delivery, state in zip(found, ("unknown", "refused", "refused"), strict=True):
            delivery.state, delivery.reason = state, "The relay did not answer."
            delivery.lost_at = now() if state == "unknown" else None
        found[1].attempts = MAX_ATTEMPTS
        return [delivery.id for delivery in found]


def test_unknown_letters_are_listed_and_settled(typed: Typed, world: World, ids: list[int]) -> None:
    assert typed("deliveries", "unknown").splitlines() == [
        f"{ids[0]:>8}  p0001@example.org  First ask",
        "          The relay did not answer.",
        "1 unknown.",
    ]
    (listed,) = json.loads(typed("deliveries", "unknown", "--blast", "First ask", "--json"))
    assert (listed["delivery_id"], listed["address"]) == (ids[0], "p0001@example.org")
    said = typed("deliveries", "settle", str(ids[0]), "--as", "refused", "--reason", "the log")
    assert said == "1 letter counts as refused.\n"
    assert typed("deliveries", "unknown") == "0 unknown.\n"


def test_sending_again_asks_and_says_that_they_may_get_it_twice(
    typed: Typed, world: World, ids: list[int]
) -> None:
    assert "they may get it twice. Send again?" in typed(
        "deliveries", "resend", str(ids[0]), answer="n\n"
    )
    assert world.states()["p0001@example.org"][0] == "unknown"
    assert "1 letter waits again." in typed(
        "deliveries", "resend", "--blast", "First ask", answer="y\n"
    )
    world.send()
    assert world.provider.taken == ["p0001@example.org"]
    with pytest.raises(BadInput, match="letters or a blast"):
        typed("deliveries", "resend", "--yes")


def test_refused_for_now_is_retried_and_the_others_followed_up(
    typed: Typed, world: World, ids: list[int]
) -> None:
    assert typed("blasts", "retry", "First ask") == "1 letter waits again.\n"
    assert typed("blasts", "retry", "First ask") == "No letter was to be sent again.\n"
    world.send()
    assert world.provider.taken == ["p0002@example.org"]
    said = typed("blasts", "followup", "First ask", "--with-unknown", "--name", "Once more")
    assert '“Once more”, to: missed "First ask" or unknown "First ask"' in said
    assert "2 people would get it" in said


def test_a_domain_is_stopped_for_one_blast_or_for_all(typed: Typed, world: World) -> None:
    world.add_people(1)
    said = typed("blasts", "stop-domain", "First ask", "Example.org")
    assert said == "Letters to example.org are held, of “First ask”. None is lost.\n"
    assert "of all blasts" in typed("blasts", "stop-domain", "--all", "example.org")
    world.start()
    world.send()
    assert world.provider.taken == []
    assert "go again, of “First ask”" in typed("blasts", "start-domain", "First ask", "example.org")
    with pytest.raises(BadInput, match="Name a blast and a domain"):
        typed("blasts", "start-domain", "example.org")


def test_pausing_says_how_many_are_in_flight(typed: Typed, world: World) -> None:
    world.provider.part_size = 2
    world.add_people(5)
    world.start()
    told: list[str] = []

    def pause(recipients: object) -> None:
        world.provider.before = lambda recipients: None
        told.append(typed("blasts", "pause", "First ask"))

    world.provider.before = pause
    world.send()
    assert told == ["“First ask” is paused. 2 letters were in flight.\n"]


@pytest.mark.parametrize("number", ["0", "-1", "9" * 20, "²"])
def test_a_number_that_no_letter_has_is_refused(number: str) -> None:
    for words in (("settle", "--as", "accepted", "--reason", "seen"), ("resend", "--yes")):
        result = CliRunner().invoke(deliveries, [*words, "--", number])
        assert (result.exit_code, type(result.exception)) == (2, SystemExit)
