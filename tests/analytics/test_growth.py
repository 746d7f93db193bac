"""How the list grew: who joined by what, who came back, who left; rolled up by day."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.days import days, growth, growth_recount
from outreach.analytics.days.models import DayChange, DayFigure
from outreach.consent.models import EMAIL, GRANTED, WITHDRAWN, ConsentEntry
from outreach.core.db import Database
from outreach.core.errors import BadInput
from outreach.petitions.models import Signature
from outreach.supporters.models import Import, Supporter, SupporterList
from tests.analytics.worlds import START, World

Build = Callable[..., World]
BERLIN = "Europe/Berlin"
APRIL = datetime(2026, 4, 14, 9, tzinfo=UTC)


def person(session: Session, name: str) -> Supporter:
    found = Supporter(address=f"{name}@x.example", email=f"{name}@x.example")
    session.add(found)
    session.flush()
    return found


def word(
    session: Session,
    who: Supporter,
    source: str = "list:Riverton",
    *,
    at: datetime = APRIL,
    status: str = GRANTED,
    purpose: str = EMAIL,
) -> ConsentEntry:
    entry = ConsentEntry(
        supporter_id=who.id, purpose=purpose, status=status, basis="b", source=source, at=at
    )
    session.add(entry)
    session.flush()
    return entry


def told(db: Database, zone: str = "UTC") -> Counter[tuple[date, str, str]]:
    """What is rolled up, which has to equal a recount each time it is looked at."""
    days.advance(db, growth.PEOPLE)
    with db.reading() as session:
        numbers = days.counted(session, growth.PEOPLE)
        assert numbers == growth_recount.recount(session, ZoneInfo(zone))
        assert session.scalar(select(DayChange.id).where(DayChange.subject == "people")) is None
    return Counter({(day, measure, of): n for (day, _, of, measure), n in numbers.items()})


def test_people_join_once_by_what_brought_them(
    db: Database, world: Build, organisation: Organisation
) -> None:
    with db.transaction() as session:
        made = world(session)
        page = f"petition:{made.petition.slug}"
        letter = made.letter()
        by_letter = made.signature(letter)
        by_share = made.signature(None, shared_by=by_letter)
        by_page = made.signature(None)
        for signature in (by_letter, by_share, by_page):
            word(session, session.get_one(Supporter, signature.supporter_id), page)
        for name, source in (
            ("a", "import:7"),
            ("b", "list:Riverton"),
            ("c", "letter:9"),
            ("d", "fair"),
        ):
            word(session, person(session, name), source)
        twice = person(session, "e")
        word(session, twice, "import:7")
        word(session, twice, page, at=APRIL + timedelta(days=1))
        word(session, person(session, "f"), "import:7", purpose="partner:x")
    day = APRIL.date()
    assert told(db) == {
        (day, "joined", "blast"): 2,
        (day, "joined", "share"): 1,
        (day, "joined", "petition"): 1,
        (day, "joined", "import"): 2,
        (day, "joined", "entry"): 1,
        (day, "joined", "other"): 1,
    }


def test_who_leaves_comes_back_and_leaves_again(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        one, never = person(session, "one"), person(session, "never")
        for n, status in enumerate((GRANTED, GRANTED, WITHDRAWN, WITHDRAWN, GRANTED, WITHDRAWN)):
            word(session, one, status=status, at=APRIL + timedelta(days=n))
        word(session, never, status=WITHDRAWN)
        word(session, never, at=APRIL + timedelta(days=9))
    day = APRIL.date()
    assert told(db) == {
        (day, "joined", "entry"): 1,
        (day + timedelta(days=2), "left", ""): 1,
        (day + timedelta(days=4), "returned", "entry"): 1,
        (day + timedelta(days=5), "left", ""): 1,
        (day + timedelta(days=9), "returned", "entry"): 1,
    }


def test_figures_follow_whoever_changes_the_ledger(
    db: Database, world: Build, organisation: Organisation
) -> None:
    day = APRIL.date()
    with db.transaction() as session:
        made = world(session)
        sharer = made.signature(made.letter())
        signature = made.signature(None, shared_by=sharer)
        friend = session.get_one(Supporter, signature.supporter_id)
        word(session, friend, f"petition:{made.petition.slug}")
        erased = person(session, "erased")
        word(session, erased)
    assert told(db) == {(day, "joined", "share"): 1, (day, "joined", "entry"): 1}
    assert days.advance(db, growth.PEOPLE) == 0  # nothing has changed
    with db.transaction() as session:
        session.execute(delete(Supporter).where(Supporter.id == erased.id))
    assert told(db) == {(day, "joined", "share"): 1}
    with db.transaction() as session:  # who shared is erased: nobody's share any more
        session.execute(delete(Signature).where(Signature.id == sharer.id))
    assert told(db) == {(day, "joined", "petition"): 1}
    with db.transaction() as session:
        word(session, friend, status=WITHDRAWN, at=APRIL + timedelta(days=40))
    assert told(db)[day + timedelta(days=40), "left", ""] == 1


def test_an_import_that_was_undone_brought_nobody(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        riverton = SupporterList(organisation_id=organisation.id, name="Riverton")
        session.add(riverton)
        session.flush()
        task = Import(
            list_id=riverton.id, filename="f", path="f", layout={}, basis="b", state="finished"
        )
        session.add(task)
        session.flush()
        stays, other = person(session, "stays"), person(session, "other")
        word(session, stays, f"import:{task.id}")
        word(session, stays, "list:Riverton", at=APRIL + timedelta(days=3))
        word(session, other, f"import:{task.id}0")
    assert told(db)[APRIL.date(), "joined", "import"] == 2
    with db.transaction() as session:
        session.get_one(Import, task.id).state = "undone"
    assert told(db) == {
        (APRIL.date() + timedelta(days=3), "joined", "entry"): 1,
        (APRIL.date(), "joined", "import"): 1,
    }


def test_days_are_those_of_the_organisations_clock(
    db: Database, organisation: Organisation
) -> None:
    late = datetime(2026, 3, 31, 22, 30, tzinfo=UTC)
    with db.transaction() as session:
        word(session, person(session, "late"), at=late)
        session.get_one(Organisation, organisation.id).timezone = "UTC"
    assert told(db) == {(date(2026, 3, 31), "joined", "entry"): 1}
    with db.transaction() as session:
        session.get_one(Organisation, organisation.id).timezone = BERLIN
    assert told(db, BERLIN) == {(date(2026, 4, 1), "joined", "entry"): 1}
    with db.transaction() as session:
        word(session, person(session, "later"), at=late + timedelta(minutes=5))
    assert told(db, BERLIN) == {(date(2026, 4, 1), "joined", "entry"): 2}


def test_a_run_that_another_overtook_stores_nothing(
    db: Database, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        word(session, person(session, "a"))
    days.advance(db, growth.PEOPLE)
    with db.transaction() as session:
        word(session, person(session, "b"))
    real, overtaken = days.count_days, []

    def slowly(session: Session, *about: object) -> object:
        found = real(session, *about)  # type: ignore[arg-type]
        if not overtaken:
            overtaken.append(True)
            with db.transaction() as other:
                word(other, person(other, "c"))
            assert days.advance(db, growth.PEOPLE) == 1
        return found

    monkeypatch.setattr(days, "count_days", slowly)
    assert days.advance(db, growth.PEOPLE) == 0
    assert told(db) == {(APRIL.date(), "joined", "entry"): 3}


def test_a_change_while_a_day_is_counted_is_counted_next(
    db: Database, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        word(session, person(session, "a"))
    real = days.count_days

    def slowly(session: Session, *about: object) -> object:
        found = real(session, *about)  # type: ignore[arg-type]
        with db.transaction() as other:
            word(other, person(other, "b"))
        monkeypatch.setattr(days, "count_days", real)
        return found

    monkeypatch.setattr(days, "count_days", slowly)
    days.advance(db, growth.PEOPLE)
    with db.reading() as session:
        assert session.scalar(select(DayFigure.number)) == 1
    assert told(db) == {(APRIL.date(), "joined", "entry"): 2}


def test_weeks_and_months_add_up_to_who_agrees(db: Database, organisation: Organisation) -> None:
    with db.transaction() as session:
        for n in range(10):
            who = person(session, f"p{n}")
            word(session, who, "import:1" if n % 2 else "list:x", at=START - timedelta(days=9 * n))
            if n < 3:
                word(session, who, at=START + timedelta(days=n), status=WITHDRAWN)
    told(db)
    today = START.date() + timedelta(days=30)
    with db.reading() as session:
        weeks = growth.growth(session, today, by="week")
        months = growth.growth(session, today, since=date(2026, 3, 20), until=date(2026, 4, 20))
        assert weeks.as_of is not None
        with pytest.raises(BadInput, match="by week or by month"):
            growth.growth(session, today, by="year")
        with pytest.raises(BadInput, match="lies after"):
            growth.growth(session, today, since=today, until=START.date())
    assert len(weeks.periods) == 26
    assert weeks.periods[-1].first.weekday() == 0
    assert weeks.periods[-1].agreed == 7
    assert sum(one.net for one in weeks.periods) == 7
    assert weeks.sources == ["import", "entry"]
    assert [(one.first, one.joined.total(), one.left) for one in months.periods] == [
        (date(2026, 3, 1), 3, 0),
        (date(2026, 4, 1), 2, 3),
    ]
    assert months.periods[-1].agreed == 7
