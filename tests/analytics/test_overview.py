"""Blasts beside each other: the same figures as their reports, in any order."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy.orm import Session

from outreach.analytics.overview import overview
from outreach.analytics.overview.overview import Asked
from outreach.analytics.report.counting import figures_of
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from outreach.core.errors import BadInput
from tests.analytics.worlds import START, World

ZONE = ZoneInfo("UTC")
Build = Callable[..., World]


def _filled(made: World, delivered: int, clicked: int, signed: int = 0) -> int:
    letters = [made.letter() for _ in range(delivered)]
    for letter in letters[:clicked]:
        made.clicked(letter)
    for letter in letters[:signed]:
        made.signature(letter)
    return int(made.blast.id)


def test_a_line_says_what_the_report_says(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        letters = [made.letter() for _ in range(4)] + [made.letter("complained")]
        bounced = made.letter("bounced")
        made.letter("skipped", reason="no_consent")
        made.opened(letters[0])
        made.clicked(letters[0])
        made.clicked(bounced)
        made.clicked(letters[1], "machine")
        made.signature(letters[0])
        made.event(letters[2], "unsubscribed")
    rollup.advance(db)
    with db.reading() as session:
        (line,) = overview.lines(session, Asked(), ZONE)
        figures = figures_of(session, made.blast.id)
        assert overview.line_of(session, made.blast.id) == line
    assert dict(line.rates) == figures.rates
    assert line.counts == {
        "open": figures.people.opened,
        "click": figures.people.clicked,
        "sign": figures.signed.people,
        "unsubscribe": figures.people.unsubscribed,
        "complaint": figures.letters.complained,
    }
    assert line.counts["click"] == 2  # the one that bounced later is in the figure,
    assert line.rates["click"].count == 1  # and not in the rate
    letters_ = figures.letters
    assert (line.audience, line.sent, line.delivered) == (
        letters_.audience,
        letters_.sent,
        letters_.reached,
    )


def test_every_order_puts_those_without_the_figure_last(
    db: Database, world: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(overview, "SMALL", 4)
    with db.transaction() as session:
        low = _filled(world(session), 8, 1)
        tiny = _filled(world(session), 1, 1)
        draft = world(session, state="draft").blast.id
        high = _filled(world(session), 6, 5)
    rollup.advance(db)

    def ids(by: str, *, down: bool = False) -> list[int]:
        with db.reading() as session:
            return [line.blast_id for line in overview.lines(session, Asked(by, down), ZONE)]

    assert ids("") == [high, draft, tiny, low]
    assert ids("click") == [low, high, draft, tiny]
    assert ids("click", down=True) == [high, low, draft, tiny]
    assert ids("click-count", down=True) == [high, tiny, low, draft]
    assert ids("delivered") == [tiny, high, low, draft]
    for by in overview.ORDERS:
        assert sorted(ids(by)) == sorted([low, tiny, draft, high])
    with pytest.raises(BadInput, match="can’t be sorted"):
        ids("weather")


def test_days_are_those_of_the_organisation(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        other = world(session)
        made.blast.started_at = START.replace(hour=23, tzinfo=UTC)  # the 15th in Berlin
        draft = world(session, state="draft")
    berlin = ZoneInfo("Europe/Berlin")

    def ids(session: Session, **about: object) -> list[int]:
        return [one.blast_id for one in overview.lines(session, Asked(**about), berlin)]  # type: ignore[arg-type]

    day = date(2026, 4, 15)
    with db.reading() as session:
        assert ids(session, since=day) == [made.blast.id]
        assert ids(session, until=day) == [other.blast.id, made.blast.id]
        assert ids(session, until=day - timedelta(days=1)) == [other.blast.id]
        assert ids(session, petition=draft.petition.id) == [draft.blast.id]
        with pytest.raises(BadInput, match="lies after"):
            ids(session, since=day, until=day - timedelta(days=1))
