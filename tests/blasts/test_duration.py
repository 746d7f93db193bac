"""How long a blast takes at least, before it is scheduled."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime

import pytest
import time_machine

from outreach.blasts import pace, preflight
from outreach.blasts.duration import Estimate, at_least
from outreach.mail.pace_scopes import of_blast, of_domain, of_relay, of_sender
from outreach.mail.provider import Way
from tests.standins.recorder import Recorder
from tests.standins.world import BASE_URL, World

NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)
SENDER = "mara@harbourlights.example"


class Relays(Recorder):
    """Two relays; the pace of the first stands in the settings."""

    def __init__(self) -> None:
        super().__init__()
        self.paces = {"main": 50.0}

    def ways(self, sender: str) -> Sequence[Way]:
        """Both work."""
        return (Way("main", 100), Way("spare", 100))


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Noon, and it stays noon."""
    with time_machine.travel(NOON, tick=False):
        yield


def paced(world: World, **scopes: float) -> None:
    names = {"blast": of_blast(world.blast_id), "sender": of_sender(SENDER)}
    names |= {"spare": of_relay("spare"), "slow": of_domain("slow.example")}
    with world.db.transaction() as session:
        for name, per_s in scopes.items():
            pace.set_pace(session, names[name], per_s, actor="test")


def planned(world: World, scope: str, *daily: int, start: date = date(2026, 6, 1)) -> None:
    with world.db.transaction() as session:
        pace.set_warm_up(session, scope, daily, start, actor="test")


def estimate(world: World, letters: int, provider: Recorder | None = None) -> Estimate | None:
    with world.db.reading() as session:
        return at_least(session, world.blast(session), letters, provider)


def test_without_a_pace_nothing_is_estimated(world: World) -> None:
    planned(world, of_sender(SENDER), 500)
    assert estimate(world, 500, Recorder()) is None


@pytest.mark.parametrize(
    ("letters", "span"),
    [
        (5, "1 second"),
        (10, "1 second"),
        (11, "2 seconds"),
        (1200, "2 minutes"),
        (60_000, "1.7 hours"),
        (1_728_000, "2 days"),
    ],
)
def test_the_slowest_pace_counts(world: World, letters: int, span: str) -> None:
    paced(world, blast=40, sender=10)
    found = estimate(world, letters)
    assert found is not None and found.span == span
    assert found.why == f"The pace of {SENDER} is 10 a second."


def test_relays_share_the_letters_and_one_without_a_limit_takes_them_all(world: World) -> None:
    assert estimate(world, 4200, Relays()) is None
    paced(world, spare=20)
    found = estimate(world, 4200, Relays())
    assert found is not None and found.seconds == 60
    assert found.why == "The pace of main and spare is 70 a second."
    paced(world, blast=10)
    assert (found := estimate(world, 4200, Relays())) is not None and found.seconds == 420


def test_of_a_domain_its_own_letters_count(world: World) -> None:
    world.add_people(30)
    world.add_people(12, start=31, domain="slow.example")
    paced(world, slow=0.1, blast=10)
    found = estimate(world, 42)
    assert found is not None and found.span == "2 minutes"
    assert found.why == "The pace of slow.example, for 12 letters, is 360 an hour."
    with world.db.reading() as session:
        said = preflight.run(session, world.blast(session), BASE_URL, provider=world.provider)
    assert [(f.level, f.title) for f in said if f.key == "pace"] == [
        ("ok", "It takes 2 minutes at least")
    ]


def test_a_warm_up_plan_counts_in_days_of_the_organisation(world: World) -> None:
    planned(world, of_sender(SENDER), 10, 25)
    found = estimate(world, 50)
    assert found is not None and (found.span, found.seconds) == ("3 days", 36 * 3600)
    assert found.why == f"The warm-up plan of {SENDER} allows no more."
    assert (found := estimate(world, 35)) is not None and found.span == "2 days"
    assert estimate(world, 10) is None


def test_a_plan_that_begins_later_limits_nothing_before(world: World) -> None:
    planned(world, of_sender(SENDER), 10, 25, start=date(2026, 6, 2))
    assert estimate(world, 1000) is None
    paced(world, sender=0.001)  # 43.2 until midnight, then the plan
    assert (found := estimate(world, 50)) is not None and found.seconds == pytest.approx(50_000)
    assert found.why == f"The pace of {SENDER} is 3.6 an hour."
    assert (found := estimate(world, 60)) is not None and found.days == 3


def test_relays_under_warm_up_add_up(world: World) -> None:
    planned(world, of_relay("main"), 10)
    planned(world, of_relay("spare"), 20)
    found = estimate(world, 31, Relays())
    assert found is not None and found.days == 2
    assert found.why == "The warm-up plan of main and spare allows no more."
    assert estimate(world, 30, Relays()) is None
