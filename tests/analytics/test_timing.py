"""Hours of the week and subjects: sums over blasts, in the organisation's zone."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import select

from outreach.analytics.intervals import Rate
from outreach.analytics.overview import overview, timing
from outreach.analytics.rollups import rollup
from outreach.blasts.models import Variant
from outreach.core.db import Database
from tests.analytics.worlds import START, World

Build = Callable[..., World]


def _filled(made: World, delivered: int, signed: int) -> None:
    variant = made.session.scalars(select(Variant).filter_by(blast_id=made.blast.id)).one()
    variant.subject = f"{signed} of {delivered}"
    letters = [made.letter() for _ in range(delivered)]
    for letter in letters:
        letter.variant_id = variant.id
    for letter in letters[:signed]:
        made.signature(letter)


def test_letters_stand_in_the_hour_of_the_week_there(
    db: Database, world: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(timing, "SMALL", 4)
    with db.transaction() as session:
        for delivered, signed, begins in ((6, 1, 0), (6, 2, 24 * 7), (5, 5, 14), (2, 2, 15)):
            made = world(session)
            _filled(made, delivered, signed)
            made.blast.started_at = START + timedelta(hours=begins)
        world(session, state="draft")
    rollup.advance(db)
    with db.reading() as session:
        lines = overview.lines(session, overview.Asked(), ZoneInfo("UTC"))
    # 14 April 2026, 09:00 UTC was a Tuesday, 11:00 in Berlin; fourteen hours on it is Wednesday.
    hours = timing.send_times(lines, ZoneInfo("Europe/Berlin"))
    assert list(hours) == [1, 2, 11]
    tuesday = hours[11][1]
    assert (tuesday.blasts, tuesday.sent, tuesday.sign) == (2, 12, Rate(3, 12))
    assert tuesday.shade == 0
    assert hours[1][2].shade == timing.SHADES - 1
    assert hours[2][2].shade is None  # too small for a verdict


def test_luck_of_few_letters_wins_no_place_among_subjects(db: Database, world: Build) -> None:
    with db.transaction() as session:
        for delivered, signed in ((1, 1), (40, 36), (40, 4)):
            _filled(world(session), delivered, signed)
        world(session, state="draft")
    rollup.advance(db)
    with db.reading() as session:
        found = timing.subjects(session)
    assert [one.subject for one in found] == ["36 of 40", "1 of 1", "4 of 40"]
    assert found[0].rates["sign"] == Rate(36, 40)
