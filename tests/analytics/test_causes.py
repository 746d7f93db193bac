"""Why letters were refused or came back: few causes, counted as a recount counts them."""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module

import pytest
from alembic.migration import MigrationContext
from alembic.operations import Operations
from sqlalchemy import delete, update

from outreach.analytics.report.counting import figures_of
from outreach.analytics.rollups import proof, rollup
from outreach.analytics.rollups.causes import cause_of, meaning
from outreach.analytics.rollups.models import SLICES, Rollup
from outreach.core.db import Database
from tests.analytics.worlds import World

Build = Callable[..., World]


@pytest.mark.parametrize(
    ("reason", "cause"),
    [
        ("550 5.1.1 [address] does not live here", "5.1.1"),
        ("SendGrid: 550-5.7.26 This mail is not authenticated.", "5.7.26"),
        ("The mailbox is full (4.2.2).", "4.2.2"),
        ("550 no mailbox here", "550"),
        ("smtp; 552 too much", "552"),
        ("turned away by 5.1.1.7, see there", "turned away by … see there"),
        ("queue 4F2A91: it has 250 letters", "queue … it has … letters"),
        ("", "unknown"),
        (None, "unknown"),
    ],
)
def test_a_cause_is_a_code_where_there_is_one(reason: str | None, cause: str) -> None:
    assert cause_of(reason) == cause


def test_an_answer_that_differs_in_its_numbers_is_one_cause_of_bounded_length() -> None:
    assert cause_of("held as id 1a2b") == cause_of("held as id 9x8y")
    assert len(cause_of("never " * 60)) <= 80


@pytest.mark.parametrize(
    ("cause", "said"),
    [
        ("5.1.1", "no such mailbox"),
        ("4.2.2", "the mailbox is full"),
        ("5.7.99", "security or policy"),
        ("5.9.1", "no cause was given"),
        ("550", "refused for good"),
        ("unknown", "no reason was given"),
        ("no such user", "no such user"),
    ],
)
def test_a_cause_in_words(cause: str, said: str) -> None:
    assert meaning(cause) == said


def test_causes_are_counted_as_they_change_and_equal_a_recount(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        for number in range(3):
            made.letter("bounced", reason=f"550 5.1.1 no {number}")
        late = made.letter()
        made.letter("refused", reason="550 5.7.1 not you")
        made.letter("delivered", reason="250 2.0.0 kept")
    rollup.advance(db)
    with db.transaction() as session:
        moved = session.get_one(type(late), late.id)
        moved.state, moved.reason = "bounced", "452 4.2.2 full"
    rollup.advance(db)
    with db.reading() as session:
        found = figures_of(session, made.blast.id).details.returned
    assert [(one.state, one.cause, one.rate.count, one.rate.of) for one in found] == [
        ("bounced", "5.1.1", 3, 6),
        ("bounced", "4.2.2", 1, 6),
        ("refused", "5.7.1", 1, 6),
    ]
    assert proof.check(db, made.blast.id) == []


def test_what_was_counted_before_there_were_causes_is_counted_anew(
    db: Database, world: Build
) -> None:
    with db.transaction() as session:
        made = world(session)
        made.letter("bounced", reason="550 5.1.1 nobody")
        made.letter("refused", reason="550 5.7.1 not you")
    rollup.advance(db)
    migration = import_module("migrations.versions.0013_causes")
    with db.transaction() as session:  # as it was
        session.execute(delete(Rollup).where(Rollup.dimension.in_(("bounced", "refused"))))
        session.execute(update(SLICES).values(reason=""))
        with Operations.context(MigrationContext.configure(session.connection())):
            migration.upgrade()
    rollup.advance(db)
    assert proof.check(db, made.blast.id) == []
