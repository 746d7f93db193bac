"""Those who joined together: who of them opened, clicked, signed in which month."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, update
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.days import cohorts, cohorts_recount, days, growth
from outreach.analytics.intervals import Rate
from outreach.analytics.rollups import rollup
from outreach.consent.models import EMAIL, GRANTED, ConsentEntry
from outreach.core.db import Database
from outreach.core.errors import BadInput
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from outreach.tracking.models import Judgement
from tests.analytics.worlds import World

Build = Callable[..., World]
TODAY = date(2026, 4, 20)


def joined(session: Session, person: int | None, at: datetime, source: str = "list:x") -> None:
    session.add(
        ConsentEntry(
            supporter_id=person, purpose=EMAIL, status=GRANTED, basis="b", source=source, at=at
        )
    )
    session.flush()


def again(made: World, letter: Delivery) -> Delivery:
    """A letter of another blast to the same person."""
    other = made.letter("delivered")
    other.supporter_id = letter.supporter_id
    made.session.flush()
    return other


def told(db: Database, what: str = "opened", zone: str = "UTC") -> dict[date, dict[int, Rate]]:
    rollup.advance(db)
    days.advance(db, growth.PEOPLE)
    days.advance(db, cohorts.COHORTS)
    with db.reading() as session:
        numbers = days.counted(session, cohorts.COHORTS)
        assert {k: n for k, n in numbers.items() if n} == dict(
            cohorts_recount.recount(session, ZoneInfo(zone))
        )
        found = cohorts.cohorts(session, TODAY, what)
    assert found.as_of is not None
    return {
        one.month: {n: cell.rate for n, cell in one.cells.items()}
        for one in found.cohorts
        if one.cells
    }


@pytest.fixture
def two_months(db: Database, world: Build) -> tuple[World, World, list[Delivery]]:
    """Blasts in March and April to three who joined in February, March and April."""
    with db.transaction() as session:
        march, april = world(session), world(session)
        march.blast.started_at = datetime(2026, 3, 10, 9, tzinfo=UTC)
        first, second, third = (march.letter("delivered") for _ in range(3))
        for month, letter in ((2, first), (3, second), (4, third)):
            joined(session, letter.supporter_id, datetime(2026, month, 1, 8, tzinfo=UTC))
        joined(session, first.supporter_id, datetime(2026, 4, 2, tzinfo=UTC))  # no second joining
        march.opened(first)
        march.opened(first)
        march.clicked(second)
        march.opened(second, "machine")
        letters = [first, second, third, *(again(april, one) for one in (first, second, third))]
        april.opened(letters[3])
        april.opened(letters[5])
        april.signature(letters[5])
        bounced = april.letter("bounced")
        joined(session, bounced.supporter_id, datetime(2026, 3, 3, tzinfo=UTC))
        april.opened(bounced)
    return march, april, letters


def test_people_stand_with_those_who_joined_when_they_did(
    db: Database, two_months: tuple[World, World, list[Delivery]]
) -> None:
    february, march, april = (date(2026, month, 1) for month in (2, 3, 4))
    assert told(db) == {
        february: {1: Rate(1, 1), 2: Rate(1, 1)},
        march: {0: Rate(0, 1), 1: Rate(0, 1)},
        april: {0: Rate(1, 1)},
    }
    assert told(db, "clicked")[march] == {0: Rate(1, 1), 1: Rate(0, 1)}
    assert told(db, "signed")[april] == {0: Rate(1, 1)}
    assert days.advance(db, cohorts.COHORTS) == 0
    with db.reading() as session, pytest.raises(BadInput, match="no such figure"):
        cohorts.cohorts(session, TODAY, "weather")


def test_a_person_is_one_whatever_the_number_of_letters(
    db: Database, world: Build, two_months: tuple[World, World, list[Delivery]]
) -> None:
    with db.transaction() as session:
        another = world(session)
        another.opened(again(another, two_months[2][3]))
    assert told(db)[date(2026, 2, 1)][2] == Rate(1, 1)


def test_months_follow_verdicts_people_and_the_clock(
    db: Database, two_months: tuple[World, World, list[Delivery]], organisation: Organisation
) -> None:
    told(db)
    with db.transaction() as session:
        session.execute(
            update(Judgement).where(Judgement.verdict == "machine").values(verdict="human")
        )
    assert told(db)[date(2026, 3, 1)][0] == Rate(1, 1)
    first = two_months[2][0].supporter_id
    with db.transaction() as session:
        session.execute(delete(Supporter).where(Supporter.id == first))
    assert date(2026, 2, 1) not in told(db)
    with db.transaction() as session:
        session.get_one(Organisation, organisation.id).timezone = "America/New_York"
        joined(session, two_months[2][1].supporter_id, datetime(2026, 3, 1, 3, tzinfo=UTC))
    assert date(2026, 2, 1) in told(db, zone="America/New_York")


def test_few_people_are_not_shaded(
    db: Database,
    two_months: tuple[World, World, list[Delivery]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told(db)
    with db.reading() as session:
        few = cohorts.cohorts(session, TODAY)
        monkeypatch.setattr(cohorts, "SMALL", 1)
        many = cohorts.cohorts(session, TODAY)
    assert {cell.shade for one in few.cohorts for cell in one.cells.values()} == {None}
    assert {cell.shade for one in many.cohorts for cell in one.cells.values()} == {0, 4}
