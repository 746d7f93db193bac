"""Two segments over the same blasts, by who was in them when those were frozen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete

from outreach.analytics.intervals import Rate
from outreach.analytics.overview import compare_segments
from outreach.analytics.rollups import rollup
from outreach.blasts.models import FrozenSegment
from outreach.core.db import Database
from outreach.core.errors import BadInput, Conflict, NotFound
from tests.analytics.worlds import START, World

Build = Callable[..., World]
UTC = ZoneInfo("UTC")
NEW, LOYAL, LATER = 1, 2, 4


@pytest.fixture
def blasts(db: Database, world: Build) -> tuple[int, int, int]:
    """Two blasts that know who is new and who loyal, and one that knows nobody's segment."""
    with db.transaction() as session:
        made = [world(session) for _ in range(3)]
        session.execute(delete(FrozenSegment))
        for one in made[:2]:
            for bit, name in ((NEW, "New"), (LOYAL, "Loyal")):
                session.add(FrozenSegment(blast_id=one.blast.id, bit=bit, name=name))
        session.add(FrozenSegment(blast_id=made[2].blast.id, bit=LATER, name="Later"))
        made[1].blast.started_at = START + timedelta(days=3)
        for one in made:
            for segments in (NEW, NEW, LOYAL, LOYAL, NEW | LOYAL):
                letter = one.letter()
                letter.segments = segments
                if segments & LOYAL:
                    one.clicked(letter)
            one.letter("bounced").segments = NEW
    rollup.advance(db)
    return tuple(one.blast.id for one in made)  # type: ignore[return-value]


def test_rates_are_of_the_letters_to_each_segment(
    db: Database, blasts: tuple[int, int, int]
) -> None:
    with db.reading() as session:
        assert list(compare_segments.names(session)) == ["Later", "Loyal", "New"]
        found = compare_segments.compare(session, "New", "Loyal", UTC)
        one = compare_segments.compare(session, "New", "Loyal", UTC, blasts=[blasts[0]])
        late = compare_segments.compare(
            session, "New", "Loyal", UTC, since=START.date() + timedelta(days=1)
        )
    assert [number for number, _ in found.blasts] == [blasts[1], blasts[0]]
    assert (found.a.sent, found.a.delivered, found.b.delivered) == (8, 6, 6)
    click = next(each for each in found.rates if each.key == "click")
    assert (click.a, click.b) == (Rate(2, 6), Rate(6, 6))
    assert (one.a.delivered, [number for number, _ in late.blasts]) == (3, [blasts[1]])
    assert found.to_json()["rates"]["delivery"]["a"]["count"] == 6


def test_what_can_not_be_compared_is_said(db: Database, blasts: tuple[int, int, int]) -> None:
    with db.reading() as session:
        with pytest.raises(BadInput, match="same segment"):
            compare_segments.compare(session, "New", "New", UTC)
        with pytest.raises(NotFound, match="“Nobody”"):
            compare_segments.compare(session, "New", "Nobody", UTC)
        with pytest.raises(Conflict, match="both segments"):
            compare_segments.compare(session, "New", "Later", UTC)
