"""The weekly digest: when it is due, to whom it goes, once each, and what it says."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

import pytest
from sqlalchemy import select

from outreach.accounts.models import Account, AuditEntry, Organisation
from outreach.analytics.digest import digest, week
from outreach.analytics.digest import pictures as digest_pictures
from outreach.analytics.digest.models import DigestLetter, DigestPicture, DigestReader
from outreach.analytics.drawing import pictures
from outreach.analytics.rollups import rollup
from outreach.consent.models import GRANTED, WITHDRAWN, ConsentEntry, Suppression
from outreach.core.db import Database
from outreach.core.errors import TryLater
from outreach.core.tokens import Tokens
from outreach.mail import single
from outreach.mail.models import SingleLetter
from tests.analytics.worlds import World

Build = Callable[..., World]
TOKENS = Tokens("a secret of the tests")
BASE = "https://act.example.org"
# The worlds' blasts start on Tuesday 14 April 2026.
MONDAY = date(2026, 4, 13)
DUE = datetime(2026, 4, 20, 8, tzinfo=UTC)
BEFORE = DUE - timedelta(days=30)


@pytest.fixture
def real_charts() -> None:
    """Asked for by the test that draws; others keep a stand-in, which takes no time."""


@pytest.fixture(autouse=True)
def _charts(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    if "real_charts" not in request.fixturenames:
        monkeypatch.setattr(pictures, "as_png", lambda *specs: [b"drawn"] * len(specs))


@pytest.fixture
def reader(db: Database, organisation: Organisation) -> Callable[..., int]:
    """Makes an account that asked for the digest."""

    def make(name: str, *, since: datetime = BEFORE, role: str = "analyst") -> int:
        with db.transaction() as session:
            account = Account(
                organisation_id=organisation.id,
                email=f"{name}@harbourlights.example",
                name=name,
                role=role,
                password_hash="none",
            )
            session.add(account)
            session.flush()
            session.add(DigestReader(account_id=account.id, since=since))
            return account.id

    return make


@pytest.fixture
def post(db: Database, monkeypatch: pytest.MonkeyPatch) -> Callable[..., int]:
    """Runs the job at an instant."""

    def run(at: datetime = DUE, hour: int = 8) -> int:
        monkeypatch.setattr(digest, "now", lambda: at)
        return digest.post_due(db, TOKENS, BASE, hour, threading.Event())

    return run


def letters(db: Database) -> list[SingleLetter]:
    with db.reading() as session:
        return list(session.scalars(select(SingleLetter).order_by(SingleLetter.delivery_id)))


@pytest.mark.parametrize(
    ("zone", "at", "is_due"),
    [
        ("UTC", datetime(2026, 4, 20, 7, 59, 59), False),
        ("UTC", datetime(2026, 4, 20, 8), True),
        ("UTC", datetime(2026, 4, 22, 7, 59), True),
        ("UTC", datetime(2026, 4, 22, 8), False),  # two days late: not any more
        ("UTC", datetime(2026, 4, 19, 12), False),
        ("Pacific/Auckland", datetime(2026, 4, 19, 20), True),  # Monday 08:00 there
        ("America/New_York", datetime(2026, 4, 20, 11, 59), False),
    ],
)
def test_it_is_due_on_mondays_from_the_hour_on_in_the_zone(
    zone: str, at: datetime, is_due: bool
) -> None:
    found = digest.due(Organisation(timezone=zone), at.replace(tzinfo=UTC), 8)
    assert (found is not None) == is_due
    if found is not None:
        assert found[0] == MONDAY


def test_each_reader_gets_one_letter_for_a_week_however_often_it_runs(
    db: Database, reader: Callable[..., int], post: Callable[..., int]
) -> None:
    reader("anna")
    reader("ben")
    assert [post(), post(), post(DUE + timedelta(hours=30))] == [2, 0, 0]
    assert [one.to_name for one in letters(db)] == ["anna", "ben"]
    assert post(DUE + timedelta(days=7)) == 2
    with db.reading() as session:
        weeks = session.scalars(select(DigestLetter.week).order_by(DigestLetter.week)).all()
    assert weeks == [MONDAY, MONDAY, MONDAY + week.WEEK, MONDAY + week.WEEK]


def test_many_at_once_post_one_letter(
    db: Database, reader: Callable[..., int], post: Callable[..., int]
) -> None:
    for number in range(4):
        reader(f"reader{number}")
    post(DUE - timedelta(days=1))  # sets the clock
    digest.now = lambda: DUE  # type: ignore[attr-defined]  # put back by monkeypatch
    start = threading.Barrier(3)

    def run() -> None:
        start.wait()
        digest.post_due(db, TOKENS, BASE, 8, threading.Event())

    threads = [threading.Thread(target=run) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one.to_name for one in letters(db)) == [f"reader{n}" for n in range(4)]
    with db.reading() as session:
        names = session.scalars(select(DigestPicture.name)).all()
    assert list(names) == ["growth"]


def test_who_did_not_ask_may_not_read_or_asked_later_gets_none(
    db: Database, organisation: Organisation, reader: Callable[..., int], post: Callable[..., int]
) -> None:
    closed, stranger = reader("closed"), reader("stranger", role="nobody")
    reader("late", since=DUE + timedelta(minutes=1))
    off = reader("off")
    with db.transaction() as session:
        session.get_one(Account, closed).disabled_at = BEFORE
        digest.stop(session, off)
        digest.stop(session, off)  # a second press changes nothing
    assert post(DUE + timedelta(hours=1)) == 0
    assert letters(db) == []
    with db.reading() as session:
        assert session.get(DigestReader, stranger) is not None
        entries = session.scalars(select(AuditEntry)).all()
    assert [(one.action, one.subject) for one in entries] == [("digest.stop", f"account:{off}")]


def test_it_says_the_weeks_figures_with_images_off(
    db: Database,
    world: Build,
    reader: Callable[..., int],
    post: Callable[..., int],
    real_charts: None,
) -> None:
    with db.transaction() as session:
        made, other = world(session), world(session)
        other.blast.started_at = DUE  # another week's
        made.blast.name = "Night <buses>"
        sent = [made.letter() for _ in range(9)]
        made.letter("bounced")
        made.clicked(sent[0])
        made.signature(sent[0])
        people = [made.supporter().id for _ in range(4)]
        for person, status, day in (
            (people[0], GRANTED, 14),
            (people[1], GRANTED, 14),
            (people[1], WITHDRAWN, 15),
            (people[1], WITHDRAWN, 16),
            (people[2], GRANTED, 1),
            (people[2], GRANTED, 17),  # again: no new person
            (people[3], GRANTED, 20),  # the next week's
        ):
            at = datetime(2026, 4, day, 0, tzinfo=UTC)
            entry = ConsentEntry(supporter_id=person, status=status, basis="b", source="s", at=at)
            session.add(entry)
        at = datetime(2026, 4, 15, tzinfo=UTC)
        session.add(Suppression(address="gone@x.example", reason="bounced", source="s", at=at))
    rollup.advance(db)
    account = reader("anna")
    assert post() == 1
    letter = letters(db)[0]
    assert letter.to_address == "anna@harbourlights.example"
    assert letter.subject == "13 to 19 April 2026: 1 blast, 2 joined, 1 left"
    for said in (
        "Night <buses>\n9 of 10 sent were delivered.",
        "- Clicked: 1 (95 % interval 2 to 43 %)",
        "- Signed: 1 (95 % interval 2 to 43 %)",
        "People: 2 joined and 1 left.",
        "not written to any more: 1 bounced.",
        f"{BASE}/console/reports/{made.blast.id}",
    ):
        assert said in letter.text, letter.text
    html = " ".join(re.sub(r"<[^>]+>", " ", letter.html).split())
    assert "Signed: 1 (95 % interval 2 to 43 %)" in html
    assert "Night &lt;buses&gt;" in letter.html
    assert "2 joined and 1 left." in html
    shown = re.findall(r'<img src="([^"]+)" alt="([^"]+)"', letter.html)
    assert [alt for _, alt in shown] == list(digest_pictures._ALTS.values())
    token = re.search(rf"{BASE}/digest/([\w-]+)$", letter.text, re.M)
    assert token
    assert TOKENS.unseal(digest.OFF, token[1]) == (account,)
    assert letter.way_out == token[0]  # mail programs make a button of it
    assert len(letter.html) < 102_000
    with db.reading() as session:
        kept = session.scalars(select(DigestPicture)).all()
    assert {one.png[:4] for one in kept} == {b"\x89PNG"}


def test_without_charts_or_blasts_the_letter_leaves_all_the_same(
    db: Database,
    reader: Callable[..., int],
    post: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pictures, "draws", lambda: False)
    reader("anna")
    assert post() == 1
    letter = letters(db)[0]
    assert letter.subject == "13 to 19 April 2026: 0 joined, 0 left"
    assert "No blast began in this week." in letter.text
    assert "<img" not in letter.html


def test_a_chart_that_can_not_be_drawn_holds_no_letter_up(
    db: Database,
    reader: Callable[..., int],
    post: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def slow(*_specs: object) -> list[bytes]:
        raise TryLater("This took longer than 20 seconds and was given up.")

    monkeypatch.setattr(pictures, "as_png", slow)
    reader("anna")
    assert post() == 1
    assert "0 joined and 0 left." in letters(db)[0].text


def test_a_letter_that_can_not_be_written_is_posted_by_the_next_run(
    db: Database,
    reader: Callable[..., int],
    post: Callable[..., int],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    reader("anna")

    def broken(*_given: object, **_named: object) -> None:
        raise RuntimeError

    with monkeypatch.context() as patched:
        patched.setattr(single, "post", broken)
        with pytest.raises(RuntimeError):
            post()
    assert post() == 1
    assert len(letters(db)) == 1


def test_old_pictures_go(
    db: Database, reader: Callable[..., int], post: Callable[..., int]
) -> None:
    reader("anna")
    post()
    post(DUE + digest_pictures.KEPT + 2 * week.WEEK)
    with db.reading() as session:
        weeks = session.scalars(select(DigestPicture.week)).all()
    assert weeks == [MONDAY + digest_pictures.KEPT + 2 * week.WEEK]


def test_a_week_is_called_by_its_days() -> None:
    def title(monday: date) -> str:
        return week.Week(monday, "UTC", DUE, (), 0, (), 0, ()).title

    assert title(date(2026, 4, 6)) == "6 to 12 April 2026"
    assert title(date(2026, 3, 30)) == "30 March to 5 April 2026"
    assert title(date(2026, 12, 28)) == "28 December 2026 to 3 January 2027"
