"""Mailbox providers, places and segments in a report, and when a provider is warned of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy.orm import Session

from outreach.analytics.intervals import Rate, difference
from outreach.analytics.report import drawings, plain, reports
from outreach.analytics.report.falls import AT_MOST, SINCE, is_worse
from outreach.analytics.report.groups import Group, groups_of
from outreach.analytics.rollups.models import Rollup
from outreach.core.db import Database
from tests.analytics.worlds import World

Build = Callable[..., World]


def letters(session: Session, made: World, dimension: str, of: Mapping[str, Any]) -> None:
    """Numbers of a dimension in the rollups: by value, then by measure."""
    for value, numbers in of.items():
        for measure, number in numbers.items():
            for place in ((dimension, value), ("", "")):
                known = session.get(Rollup, (made.blast.id, 0, *place, measure)) or Rollup(
                    blast_id=made.blast.id,
                    variant_id=0,
                    dimension=place[0],
                    value=place[1],
                    measure=measure,
                    number=0,
                )
                known.number += number
                session.add(known)
    session.flush()


def warned(session: Session, made: World) -> dict[str, tuple[str, ...]]:
    """The warnings of each provider that has some."""
    figures = reports.blast_report(session, made.blast.id).figures
    assert figures is not None
    return {one.name: tuple(one.warnings) for one in figures.details.mailboxes if one.warnings}


@pytest.mark.parametrize(
    ("rate", "other", "worse"),
    [
        (Rate(60, 1_000), Rate(100, 10_000), True),
        (Rate(6, 100), Rate(100, 10_000), False),  # as high, of few letters
        (Rate(40, 100), Rate(100, 10_000), True),  # few letters, and no chance
        (Rate(20_000, 1_000_000), Rate(15_000, 1_000_000), False),  # half a point: sure, and small
        (Rate(10, 1_000), Rate(600, 10_000), False),  # better
        (Rate(5, 5), Rate(0, 0), False),
        (Rate(1, 3), Rate(100, 10_000), False),
        (Rate(5, 13), Rate(100, 10_000), True),
    ],
)
def test_lost_letters_warn_by_their_interval_and_only_where_it_matters(
    rate: Rate, other: Rate, worse: bool
) -> None:
    assert is_worse("lost", rate, other) is worse


def test_a_difference_turned_round_is_the_same_with_its_sign_turned() -> None:
    low, high = difference(Rate(60, 1_000), Rate(100, 10_000)) or (0.0, 0.0)
    back = difference(Rate(100, 10_000), Rate(60, 1_000))
    assert back == pytest.approx((-high, -low))
    assert low < 0.05 < high
    assert difference(Rate(1, 2), Rate(0, 0)) is None


def test_a_provider_that_falls_behind_the_rest_is_warned_of(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        letters(
            session,
            made,
            "mailbox",
            {
                "Gmail": {"delivered": 5_000, "bounced": 30},
                "Yahoo": {"delivered": 900, "bounced": 60, "refused": 40},
                "Microsoft": {"delivered": 4_000, "bounced": 20, "complained": 20},
                "": {"delivered": 10, "bounced": 3},
            },
        )
        assert warned(session, made) == {
            "Microsoft": ("Complaints rise: 0.50 %, 0.000 % in the rest of this blast",),
            "Yahoo": (
                "Delivery falls: 10.0 % bounced or refused, 0.58 % in the rest of this blast",
            ),
        }
        said = plain.as_text(reports.blast_report(session, made.blast.id))
        assert "Look: Delivery falls: 10.0 % bounced or refused" in said
        assert "Other domains" in said


def test_a_provider_is_held_against_its_own_last_blasts(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        letters(session, made, "mailbox", {"Yahoo": {"delivered": 900, "bounced": 60}})
        at = made.blast.started_at
        assert at is not None
        assert warned(session, made) == {}  # it is alone, and the first
        older = world(session)
        letters(session, older, "mailbox", {"Yahoo": {"delivered": 5_000, "bounced": 25}})
        older.blast.started_at = at - SINCE - timedelta(days=1)
        session.flush()
        assert warned(session, made) == {}
        older.blast.started_at = at - timedelta(days=7)
        session.flush()
        said = "Delivery falls: 6.2 % bounced or refused, 0.50 % in its last blasts"
        assert warned(session, made) == {"Yahoo": (said,)}
        assert warned(session, older) == {}
        for days in range(AT_MOST):
            later = world(session)
            later.blast.started_at = at - timedelta(days=1 + days / 2)
        session.flush()
        assert warned(session, made) == {}  # those of ten blasts are looked at, and none is Yahoo's


def test_groups_stand_by_size_with_the_rest_behind_and_their_names_in_words() -> None:
    of = {
        ("place", "US-CA", "delivered"): 40,
        ("place", "US-CA", "reached_signed"): 4,
        ("place", "GB", "bounced"): 60,
        ("place", "", "pending"): 900,
        ("place", "QZ", "delivered"): 1,
        ("mailbox", "Gmail", "delivered"): 7,
        ("place", "FR", "delivered"): 0,
    }
    found = groups_of(of, "place")
    assert [(one.name, one.audience) for one in found] == [
        ("United Kingdom", 60),
        ("United States, CA", 40),
        ("QZ", 1),
        ("Elsewhere, or not known", 900),
    ]
    assert found[1].rates["sign"] == Rate(4, 40)
    assert found[0].rates["delivery"] == Rate(0, 60)
    assert found[0].to_json()["rates"]["sign"]["rate"] is None


def test_few_people_do_not_widen_the_scale_of_the_drawings() -> None:
    marks, whole = drawings.beside([Rate(50, 1_000), Rate(1, 3), Rate(0, 0)], Rate(60, 1_100))
    many, few, nobody = marks
    assert nobody is None
    assert many is not None
    assert few is not None
    assert many.ceiling == few.ceiling == 0.1
    assert (few.high, few.dot) == (100, 100)
    assert many.low < many.dot == 50 < many.high < 100
    assert 50 < whole < 60


def test_a_blast_from_before_has_no_groups_and_says_so(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        letters(session, made, "link", {"1": {"delivered": 0}})
        report = reports.blast_report(session, made.blast.id)
    assert report.figures is not None
    assert report.to_json()["mailbox_providers"] == []
    assert "Mailbox providers" not in plain.as_text(report)
    assert Group("mailbox", "").name == "Other domains"
