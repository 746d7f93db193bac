"""What providers tell of letters moves deliveries, spares people, and is kept once."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import datetime, timedelta, timezone
from itertools import count

import pytest
from sqlalchemy import select, update

from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.consent.suppression import suppression_of
from outreach.core.clock import now
from outreach.mail.feedback import Feedback, Word
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from outreach.tracking.feedback import take
from outreach.tracking.models import Event
from tests.standins.world import World

_numbers = count(1)


@pytest.fixture
def sent(world: World) -> World:
    """A blast that five people got."""
    world.add_people(5)
    world.start()
    world.send()
    return world


def told(world: World, word: Word, address: str = "p0001@example.org", **more: object) -> Feedback:
    """A report about the letter of one address."""
    with world.db.reading() as session:
        delivery_id = session.scalar(
            select(Delivery.id)
            .join(Supporter, Supporter.id == Delivery.supporter_id)
            .where(Supporter.address == address)
        )
    report = Feedback(
        f"key-{next(_numbers)}", word, now(), "provider", delivery_id, "message-1", address
    )
    return replace(report, **more)  # type: ignore[arg-type]


def tell(world: World, *reports: Feedback) -> int:
    with world.db.transaction() as session:
        return take(session, reports)


def set_state(world: World, state: str, ref: str | None = None) -> None:
    with world.db.transaction() as session:
        session.execute(
            update(Delivery).values(state=state, provider_ref=ref, accepted_at=None, reason="?")
        )


def state(world: World, address: str = "p0001@example.org") -> tuple[str, str | None]:
    return world.states()[address]


@pytest.mark.parametrize(
    ("word", "after"),
    [
        (Word.ACCEPTED, "accepted"),
        (Word.DEFERRED, "accepted"),
        (Word.DELIVERED, "delivered"),
        (Word.DROPPED, "refused"),
        (Word.BOUNCED, "bounced"),
        (Word.GONE, "bounced"),
        (Word.COMPLAINED, "complained"),
        (Word.UNSUBSCRIBED, "delivered"),
        (Word.PROVIDER_OPENED, "delivered"),
    ],
)
@pytest.mark.parametrize("before", ["pending", "unknown", "accepted"])
def test_a_report_settles_what_nobody_knew(
    sent: World, before: str, word: Word, after: str
) -> None:
    set_state(sent, before)
    report = told(sent, word, reason="552 too large" if after in ("bounced", "refused") else "")
    assert tell(sent, report) == 1
    assert state(sent) == (after, report.reason or (None if after != before else "?"))
    assert state(sent, "p0002@example.org") == (before, "?")
    with sent.db.reading() as session:
        delivery = session.get_one(Delivery, report.delivery_id)
        if before != "accepted":
            assert delivery.accepted_at == report.at
            assert delivery.provider_ref == "message-1"


def test_an_unknown_kind_of_report_is_kept_and_moves_nothing(sent: World) -> None:
    set_state(sent, "unknown")
    tell(sent, told(sent, Word.OTHER, detail={"said": "levitated"}))
    assert state(sent) == ("unknown", "?")
    with sent.db.reading() as session:
        [event] = session.scalars(select(Event))
    assert (event.kind, event.detail["said"]) == ("other", "levitated")


def test_the_order_of_reports_does_not_matter_nor_their_number(sent: World) -> None:
    reports = [
        told(sent, Word.ACCEPTED),
        told(sent, Word.DEFERRED, reason="try again"),
        told(sent, Word.DELIVERED),
        told(sent, Word.GONE, reason="550 no such user"),
        told(sent, Word.DELIVERED, "p0002@example.org"),
        told(sent, Word.COMPLAINED, "p0002@example.org", suppress="complained"),
    ]
    for seed in range(4):
        set_state(sent, "unknown")
        shuffled = random.Random(seed).sample(reports, len(reports))
        for some in (shuffled[:3], shuffled[2:], shuffled):
            tell(sent, *some)
        assert state(sent) == ("bounced", "550 no such user")
        assert state(sent, "p0002@example.org")[0] == "complained"
    with sent.db.reading() as session:
        assert len(session.scalars(select(Event)).all()) == len(reports)


def test_an_address_that_must_not_be_written_to_is_suppressed_once(sent: World) -> None:
    gone = told(sent, Word.GONE, suppress="bounced")
    assert [tell(sent, gone), tell(sent, gone)] == [1, 0]
    with sent.db.transaction() as session:
        found = suppression_of(session, "p0001@example.org")
        assert found is not None and (found.reason, found.source) == ("bounced", "provider")
        session.delete(found)  # a person lifts it
    tell(sent, gone)  # and an old report told again does not bring it back
    with sent.db.reading() as session:
        assert suppression_of(session, "p0001@example.org") is None


def test_who_leaves_at_the_provider_has_left_here(sent: World) -> None:
    left = told(sent, Word.UNSUBSCRIBED)
    tell(sent, left, replace(left, key="twin", delivery_id=None, ref=""))
    tell(sent, left)
    with sent.db.reading() as session:
        entries = session.scalars(
            select(ConsentEntry).where(ConsentEntry.status == "withdrawn")
        ).all()
        standing = session.scalars(
            select(ConsentStanding.status).where(
                ConsentStanding.supporter_id == entries[0].supporter_id
            )
        ).all()
    assert len(entries) == 2  # two reports, each written once
    assert standing == ["withdrawn"]


def test_a_report_without_our_id_finds_its_letter_by_reference_and_address(sent: World) -> None:
    set_state(sent, "accepted", "a1.b2 batch-7")
    late = {"delivery_id": None, "ref": "a1.b2.filter0001.16648.0"}
    tell(sent, told(sent, Word.BOUNCED, **late))
    tell(sent, told(sent, Word.BOUNCED, "p0002@example.org", delivery_id=None, ref="a1.b3.filter"))
    tell(sent, told(sent, Word.BOUNCED, "p0003@example.org", delivery_id=None, ref=""))
    assert [state(sent, f"p000{n}@example.org")[0] for n in (1, 2, 3)] == [
        "bounced",
        "accepted",
        "accepted",
    ]
    with sent.db.reading() as session:
        assert len(session.scalars(select(Event)).all()) == 3


def test_an_id_of_another_installation_moves_nothing_of_ours(sent: World) -> None:
    set_state(sent, "pending")
    foreign = told(sent, Word.DELIVERED, address="p0001@example.org")
    tell(sent, replace(foreign, address="somebody@elsewhere.example"))
    assert state(sent) == ("pending", "?")
    with sent.db.reading() as session:
        [event] = session.scalars(select(Event))
    assert event.delivery_id is None


def test_a_letter_that_is_no_longer_kept_and_an_impossible_address_do_no_harm(sent: World) -> None:
    report = told(sent, Word.GONE, suppress="bounced", delivery_id=999_999)
    assert tell(sent, replace(report, address="no address", reason="x" * 500)) == 1


def test_thousands_of_reports_are_taken_at_once(sent: World) -> None:
    report = told(sent, Word.DELIVERED)
    many = [replace(report, key=f"many-{n}", at=now() + timedelta(seconds=n)) for n in range(2500)]
    assert tell(sent, *many) == 2500
    assert tell(sent, *many) == 0
    assert state(sent) == ("delivered", None)


def test_instants_of_any_zone_are_kept(sent: World) -> None:
    east = datetime(2026, 11, 3, 23, 30, tzinfo=timezone(timedelta(hours=5, minutes=30)))
    tell(sent, told(sent, Word.ACCEPTED, at=east))
    with sent.db.reading() as session:
        assert session.scalars(select(Event.at)).one() == east


def test_several_who_leave_at_once_each_stand_as_they_last_said(sent: World) -> None:
    people = [f"p{number:04}@example.org" for number in (3, 1, 2)]
    reports = [told(sent, Word.UNSUBSCRIBED, address) for address in people * 2]
    reports.append(told(sent, Word.UNSUBSCRIBED, "stranger@example.org", delivery_id=None))
    assert tell(sent, *reports) == 7
    with sent.db.reading() as session:
        entries = session.scalars(
            select(ConsentEntry).where(ConsentEntry.status == "withdrawn")
        ).all()
        standing = session.scalars(
            select(ConsentStanding).where(ConsentStanding.status == "withdrawn")
        ).all()
    assert len(entries) == 6
    assert len(standing) == 3
    last = {entry.supporter_id: entry.id for entry in sorted(entries, key=lambda e: e.id)}
    assert {s.supporter_id: s.entry_id for s in standing} == last


def test_reports_of_one_letter_in_one_request_end_as_they_would_one_by_one(sent: World) -> None:
    set_state(sent, "unknown")
    words = (Word.COMPLAINED, Word.PROVIDER_OPENED, Word.DELIVERED, Word.DEFERRED, Word.ACCEPTED)
    tell(sent, *(told(sent, word) for word in words))
    assert state(sent)[0] == "complained"
    tell(sent, told(sent, Word.DROPPED, "p0002@example.org", reason="quota"))
    tell(sent, told(sent, Word.DELIVERED, "p0002@example.org"))
    assert state(sent, "p0002@example.org") == ("refused", "quota")
