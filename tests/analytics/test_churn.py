"""Who left, by month of the organisation's clock and by way."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from outreach.analytics.overview import churn
from outreach.consent.models import EMAIL, GRANTED, WITHDRAWN, ConsentEntry
from outreach.core.db import Database
from outreach.supporters.models import Supporter

BERLIN = ZoneInfo("Europe/Berlin")


@pytest.fixture
def ledger(db: Database) -> Database:
    """Three people who left, one of them twice, and what must not count."""
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)  # the first of April in Berlin
    with db.transaction() as session:
        people = [Supporter(address=f"p{n}@x.example", email="p") for n in range(3)]
        session.add_all(people)
        session.flush()
        for person, status, way, at, purpose in (
            (0, WITHDRAWN, "one-click", late, EMAIL),
            (0, WITHDRAWN, "one-click", late.replace(day=30), EMAIL),
            (0, WITHDRAWN, "one-click", late.replace(day=29), EMAIL),
            (1, WITHDRAWN, "asked by letter", late, EMAIL),
            (1, GRANTED, "signed petition", late, EMAIL),
            (1, WITHDRAWN, "one-click", late, "partner:x"),
            (2, WITHDRAWN, "one-click", datetime(2025, 5, 1, tzinfo=BERLIN), EMAIL),
            (2, WITHDRAWN, "one-click", datetime(2025, 4, 30, 23, 59, tzinfo=BERLIN), EMAIL),
        ):
            session.add(
                ConsentEntry(
                    supporter_id=people[person].id,
                    purpose=purpose,
                    status=status,
                    basis=way,
                    source="x",
                    at=at,
                )
            )
    return db


def test_people_count_once_a_month_for_each_way(ledger: Database) -> None:
    with ledger.reading() as session:
        found = churn.churn(session, date(2026, 4, 14), BERLIN)
    assert (found.months[0], found.months[-1]) == (date(2025, 5, 1), date(2026, 4, 1))
    assert list(found.ways) == ["one-click", "asked by letter"]
    assert found.ways["one-click"] == [1, *[0] * 9, 1, 1]
    assert found.ways["asked by letter"] == [*[0] * 11, 1]
    assert found.totals == [1, *[0] * 9, 1, 2]


def test_rare_ways_stand_together_at_the_end(
    ledger: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(churn, "WAYS", 1)
    with ledger.reading() as session:
        found = churn.churn(session, date(2026, 4, 14), BERLIN)
    assert list(found.ways) == ["one-click", churn.OTHER]
    assert sum(found.ways[churn.OTHER]) == 1
