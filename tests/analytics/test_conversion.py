"""Who came to petitions' pages by what, and signed: counted by day, proved by a recount."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.days import conversion, conversion_recount, days
from outreach.analytics.intervals import Rate
from outreach.core.db import Database
from outreach.core.errors import BadInput
from outreach.petitions.models import Signature
from outreach.supporters.models import Supporter
from outreach.tracking import visits
from outreach.tracking.models import PageVisit
from tests.analytics.worlds import World

Build = Callable[..., World]
DAY = datetime(2026, 4, 14, 12, tzinfo=UTC)


def look(session: Session, made: World, source: str, n: int, **about: object) -> PageVisit:
    about.setdefault("at", DAY)
    visit = PageVisit(
        petition_id=made.petition.id, key=f"{made.petition.id}-{source}-{n}", source=source,
        by_machine=bool(about.pop("by_machine", False)), **about,
    )  # fmt: skip
    session.add(visit)
    session.flush()
    return visit


def told(db: Database, **span: date) -> dict[int, dict[str, tuple[Rate, int]]]:
    days.advance(db, conversion.VISITS)
    with db.reading() as session:
        numbers = days.counted(session, conversion.VISITS)
        assert numbers == conversion_recount.recount(session, ZoneInfo("UTC"))
        found = conversion.conversion(session, **span)
    return {
        one.petition_id: {s.name: (s.rate, s.machines) for s in one.sources}
        for one in (*found.petitions, found.all)
    }


@pytest.fixture
def visited(db: Database, world: Build, organisation: Organisation) -> tuple[World, World]:
    """A petition to whose page people came by letter, share and otherwise; another with one."""
    with db.transaction() as session:
        made, other = world(session), world(session)
        letters = [made.letter() for _ in range(3)]
        early = made.signature(made.letter())
        early.created_at = DAY - timedelta(hours=1)  # before visits were kept
        for n, letter in enumerate(letters):
            look(session, made, "letter", n, delivery_id=letter.id)
        signed = made.signature(letters[0])
        shared = made.signature(None, shared_by=signed)
        found = made.signature(None, state="pending")
        without_script = made.signature(None)
        for one in (signed, shared, found, without_script):
            one.created_at = DAY + timedelta(minutes=5)
        look(session, made, "share", 1, signature_id=shared.id)
        look(session, made, "share", 2)
        look(session, made, "page", 1, signature_id=found.id)
        look(session, made, "page", 2, by_machine=True)
        look(session, other, "page", 1, at=DAY + timedelta(days=2))
    return made, other


def test_who_signed_of_those_who_came(db: Database, visited: tuple[World, World]) -> None:
    made, other = (one.petition.id for one in visited)
    assert told(db) == {
        made: {
            "letter": (Rate(1, 3), 0),
            "share": (Rate(1, 2), 0),
            "page": (Rate(1, 2), 1),  # one signed without script, and is one who came
        },
        other: {"page": (Rate(0, 1), 0)},
        0: {"letter": (Rate(1, 3), 0), "share": (Rate(1, 2), 0), "page": (Rate(1, 3), 1)},
    }
    only = told(db, since=DAY.date() + timedelta(days=1))
    assert list(only) == [other, 0]
    with db.reading() as session, pytest.raises(BadInput, match="lies after"):
        conversion.conversion(session, DAY.date(), DAY.date() - timedelta(days=1))


def test_the_form_on_other_sites_has_signatures_and_no_rate(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        look(session, made, "page", 1)
        signature = made.signature(None)
        signature.created_at = DAY + timedelta(hours=1)
        visits.signed_elsewhere(session, made.petition.id, signature.id)
    assert told(db)[made.petition.id] == {"page": (Rate(0, 1), 0), "embed": (Rate(0, 0), 0)}
    with db.reading() as session:
        [one] = conversion.conversion(session).petitions
    assert ([s.signed for s in one.sources], one.whole) == ([0, 1], Rate(0, 1))


def test_days_follow_what_becomes_of_a_signature(
    db: Database, visited: tuple[World, World]
) -> None:
    made = visited[0].petition.id
    told(db)
    with db.transaction() as session:
        for one in session.query(Signature):
            if one.state == "pending":
                one.state = "verified"
    assert told(db)[made]["page"] == (Rate(2, 2), 1)
    with db.transaction() as session:
        for one in session.query(Signature):
            one.state = "invalidated"
    assert told(db)[made] == {
        "letter": (Rate(0, 3), 0),
        "share": (Rate(0, 2), 0),
        "page": (Rate(0, 1), 1),
    }
    with db.transaction() as session:  # erased: the visit stays, and is nobody's
        session.execute(delete(Supporter))
    assert told(db)[made]["share"] == (Rate(0, 2), 0)
    assert days.advance(db, conversion.VISITS) == 0
