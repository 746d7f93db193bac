"""Bounce mail moves the letter that it is provably about, once, and spares dead addresses."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.consent import suppression
from outreach.consent.suppression import suppression_of
from outreach.core.db import Database
from outreach.core.tokens import Slot, Tokens
from outreach.mail.models import Delivery
from outreach.mail.plan import Recipient
from outreach.mail.verp import ReturnPaths
from outreach.supporters.models import Supporter
from outreach.tracking.bounces import Bounces, Verdict
from outreach.tracking.models import Event
from tests.standins import bounce_mail as samples
from tests.tracking.worlds import Letter

ADDRESS = "ada@riverton.example"
TOKENS = Tokens("a secret of the tests")
PATHS = ReturnPaths("a secret of the tests", "bounces@act.example")


@pytest.fixture
def bounces(db: Database) -> Bounces:
    return Bounces(db, TOKENS, PATHS)


@pytest.fixture
def to(letter: Letter) -> str:
    """The return path of the letter."""
    return path(letter.delivery_id)


def path(delivery_id: int, paths: ReturnPaths = PATHS) -> str:
    return paths.maker()(Recipient(delivery_id, ADDRESS, "", ()))


def way_out(letter: Letter, slot: int = Slot.UNSUBSCRIBE) -> str:
    return TOKENS.letter(letter.delivery_id, letter.blast_id, [slot])[0]


def state(db: Database) -> tuple[str, str | None]:
    with db.reading() as session:
        delivery = session.scalars(select(Delivery)).one()
        return delivery.state, delivery.reason


def kinds(db: Database) -> list[str]:
    with db.reading() as session:
        return list(session.scalars(select(Event.kind).order_by(Event.id)))


def spared(db: Database) -> str | None:
    with db.reading() as session:
        found = suppression_of(session, ADDRESS)
        return found.reason if found else None


def test_a_dead_address_is_never_written_to_again(db: Database, bounces: Bounces, to: str) -> None:
    assert bounces.take(samples.report(to)) is Verdict.STORED
    assert state(db) == ("bounced", "550 5.1.1 [address] there is nobody of this name")
    assert spared(db) == suppression.BOUNCED
    with db.reading() as session:
        event = session.scalars(select(Event)).one()
    assert event.kind == "gone"
    assert event.detail["status"] == "5.1.1"
    assert "@" not in str(event.detail)


@pytest.mark.parametrize(
    ("source", "after", "kind"),
    [
        (
            lambda to: samples.report(to, status="5.7.1", diagnostic="smtp; spam"),
            "bounced",
            "bounced",
        ),
        (
            lambda to: samples.report(to, status="4.4.7", diagnostic="smtp; late"),
            "bounced",
            "bounced",
        ),
        (
            lambda to: samples.report(to, action="delayed", status="4.4.1", diagnostic="smtp; -"),
            "accepted",
            "deferred",
        ),
        (
            lambda to: samples.report(to, action="delivered", status="2.0.0", diagnostic="smtp; -"),
            "delivered",
            "delivered",
        ),
    ],
)
def test_what_does_not_say_that_the_address_is_dead_spares_nobody(
    db: Database, bounces: Bounces, to: str, source: object, after: str, kind: str
) -> None:
    assert bounces.take(source(to)) is Verdict.STORED  # type: ignore[operator]
    assert (state(db)[0], kinds(db), spared(db)) == (after, [kind], None)


@pytest.mark.parametrize("form", [samples.qmail, samples.exim, samples.exchange])
def test_messages_in_forms_of_their_own_are_about_the_letter_of_their_return_path(
    db: Database, bounces: Bounces, to: str, form: object
) -> None:
    assert bounces.take(form(to)) is Verdict.STORED  # type: ignore[operator]
    assert (state(db)[0], spared(db)) == ("bounced", suppression.BOUNCED)


def test_the_same_message_twice_is_stored_once(db: Database, bounces: Bounces, to: str) -> None:
    assert bounces.take(samples.report(to)) is Verdict.STORED
    with db.transaction() as session:
        suppression.lift(session, ADDRESS)
    again = b"Received: from elsewhere.example\r\n" + samples.report(to)
    assert bounces.take(again) is Verdict.REPEATED
    assert kinds(db) == ["gone"]
    assert spared(db) is None  # a person's word stands against a repetition


def test_a_delay_and_then_the_end_are_two_events(db: Database, bounces: Bounces, to: str) -> None:
    bounces.take(samples.report(to, action="delayed", status="4.4.1", message_id="<1@mx>"))
    bounces.take(samples.report(to, message_id="<2@mx>"))
    assert kinds(db) == ["deferred", "gone"]


@pytest.mark.parametrize("before", ["pending", "unknown"])
def test_a_bounce_proves_that_the_letter_left(
    db: Database, bounces: Bounces, to: str, before: str
) -> None:
    with db.transaction() as session:
        session.scalars(select(Delivery)).one().state = before
    bounces.take(samples.report(to))
    assert state(db)[0] == "bounced"


@pytest.mark.parametrize("form", [samples.away, samples.receipt])
def test_people_on_holiday_have_not_gone(
    db: Database, bounces: Bounces, to: str, form: object
) -> None:
    assert bounces.take(form(to)) is Verdict.AUTOMATIC  # type: ignore[operator]
    assert (state(db)[0], kinds(db), spared(db)) == ("accepted", [], None)


def test_a_letter_of_a_person_is_for_a_person(db: Database, bounces: Bounces, to: str) -> None:
    assert bounces.take(samples.letter_of_a_person(to)) is Verdict.UNCLEAR
    assert kinds(db) == []


def test_made_up_return_paths_do_nothing(db: Database, bounces: Bounces, letter: Letter) -> None:
    foreign = path(letter.delivery_id, ReturnPaths("another secret", "bounces@act.example"))
    for to in (foreign, "bounces@act.example", f"bounces+{'0' * 30}@act.example"):
        assert bounces.take(samples.report(to)) is Verdict.FOREIGN
    assert (kinds(db), spared(db)) == ([], None)


def test_a_report_cannot_name_whom_to_spare(db: Database, bounces: Bounces, to: str) -> None:
    bounces.take(samples.report(to))
    with db.reading() as session:
        assert suppression_of(session, "zoe@mail.example") is None


def test_a_complaint_with_its_return_path(db: Database, bounces: Bounces, to: str) -> None:
    assert bounces.take(samples.complaint(return_path=to)) is Verdict.STORED
    assert (state(db)[0], spared(db)) == ("complained", suppression.COMPLAINED)


def test_a_complaint_whose_return_path_was_left_out_shows_the_way_out(
    db: Database, bounces: Bounces, letter: Letter
) -> None:
    assert bounces.take(samples.complaint(way_out=way_out(letter))) is Verdict.STORED
    assert (state(db)[0], spared(db)) == ("complained", suppression.COMPLAINED)


def test_the_way_out_proves_no_bounce_and_other_links_no_complaint(
    db: Database, bounces: Bounces, letter: Letter
) -> None:
    bounce = samples.report("bounces@act.example").replace(b"x" * 26, way_out(letter).encode())
    assert bounces.take(bounce) is Verdict.FOREIGN
    other = samples.complaint(way_out=way_out(letter, Slot.FIRST_LINK))
    assert bounces.take(other) is Verdict.FOREIGN
    assert kinds(db) == []


def test_a_letter_that_is_no_longer_kept_is_no_trouble(bounces: Bounces, letter: Letter) -> None:
    assert bounces.take(samples.report(path(letter.delivery_id + 99))) is Verdict.LETTER_GONE


def test_a_person_who_was_erased_stays_so(db: Database, bounces: Bounces, to: str) -> None:
    with db.transaction() as session:
        session.scalars(select(Delivery)).one().supporter_id = None
        session.delete(session.scalars(select(Supporter)).one())
    assert bounces.take(samples.report(to)) is Verdict.STORED
    assert state(db)[0] == "bounced"
