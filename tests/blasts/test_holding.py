"""Pausing, cancelling and resuming reach letters that SendGrid holds back."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select, update

from outreach.blasts import delivery, holding
from outreach.core.clock import now
from outreach.mail.feedback import Feedback, Word
from outreach.mail.models import Delivery
from outreach.providers.sendgrid import SendGridProvider
from outreach.tracking import feedback
from tests.standins.sendgrid import Fault, SendGridStandIn
from tests.standins.world import World

HOLD_MINUTES = 30


@pytest.fixture
def sendgrid() -> Iterator[SendGridStandIn]:
    """An account."""
    with SendGridStandIn() as standin:
        yield standin


@pytest.fixture
def provider(sendgrid: SendGridStandIn) -> SendGridProvider:
    """Held for half an hour."""
    return SendGridProvider(sendgrid.api_key, url=sendgrid.url, hold_minutes=HOLD_MINUTES)


@pytest.fixture
def sent(world: World, provider: SendGridProvider) -> World:
    """A blast of 150 in two batches, handed over."""
    world.add_people(150)
    world.start()
    delivery.send_all(replace(world.sender(), provider=provider), threading.Event())
    assert {state for state, _ in world.states().values()} == {"accepted"}
    return world


def test_a_blasts_requests_can_be_stopped_as_one(sent: World, sendgrid: SendGridStandIn) -> None:
    assert {body["batch_id"] for body in sendgrid.requests} == {"batch-1"}
    for body in sendgrid.requests:
        assert 29 * 60 < body["send_at"] - time.time() <= 30 * 60


def test_what_is_done_to_the_blast_reaches_them(
    sent: World, sendgrid: SendGridStandIn, provider: SendGridProvider
) -> None:
    def reach(verb: str) -> str:
        return holding.reach(sent.db, provider, sent.blast_id, verb)

    for _ in range(2):
        assert reach("pause") == "Handed over and paused at the provider: 150."
        assert sendgrid.account.held == {"batch-1": "pause"}
    for _ in range(2):
        assert reach("resume") == "Letters that the provider held back leave, too."
        assert sendgrid.account.held == {}
    reach("pause")
    assert reach("cancel") == "Handed over and cancelled at the provider: 150."
    assert sendgrid.account.held == {"batch-1": "cancel"}
    assert set(sent.states().values()) == {("cancelled", holding.RECALLED)}


def test_only_what_was_cancelled_in_time_counts_as_cancelled(
    sent: World, provider: SendGridProvider
) -> None:
    with sent.db.transaction() as session:
        ids = session.scalars(select(Delivery.id).order_by(Delivery.id)).all()
        about_to_leave = update(Delivery).where(Delivery.id.in_(ids[:100]))
        session.execute(about_to_leave.values(accepted_at=now() - timedelta(minutes=25)))
        at_once = update(Delivery).where(Delivery.id == ids[149])
        session.execute(at_once.values(provider_ref="message-9"))  # before there was a hold
    said = holding.reach(sent.db, provider, sent.blast_id, "cancel")
    assert said == "Handed over and cancelled at the provider: 49. Perhaps too late for 100 more."
    found = Counter(state for state, _ in sent.states().values())
    assert found == {"accepted": 101, "cancelled": 49}


def test_a_report_of_one_that_was_too_late_to_be_cancelled_has_the_last_word(
    sent: World, provider: SendGridProvider
) -> None:
    words = (Word.DELIVERED, Word.DROPPED)
    holding.reach(sent.db, provider, sent.blast_id, "cancel")
    with sent.db.transaction() as session:
        some = session.scalars(select(Delivery.id).order_by(Delivery.id).limit(2)).all()
        told = [
            Feedback(f"k{i}", word, now(), "SendGrid", i, address=f"p{number:04}@example.org")
            for number, (i, word) in enumerate(zip(some, words, strict=True), 1)
        ]
        assert feedback.take(session, told) == 2
    with sent.db.reading() as session:
        states = [session.get_one(Delivery, i).state for i in some]
    assert states == ["delivered", "cancelled"]


def test_letters_that_are_about_to_leave_are_told_apart(
    sent: World, provider: SendGridProvider
) -> None:
    def accepted(minutes_ago: int, through: int) -> None:
        with sent.db.transaction() as session:
            session.execute(
                update(Delivery)
                .where(Delivery.id <= through)
                .values(accepted_at=now() - timedelta(minutes=minutes_ago))
            )

    accepted(25, through=100)
    said = holding.reach(sent.db, provider, sent.blast_id, "pause")
    assert said == "Handed over and paused at the provider: 50. Perhaps too late for 100 more."
    accepted(31, through=150)
    assert holding.reach(sent.db, provider, sent.blast_id, "pause") == ""


def test_sendgrid_away_is_said_and_can_be_tried_again(
    sent: World, sendgrid: SendGridStandIn, provider: SendGridProvider
) -> None:
    sendgrid.then(Fault(429))
    said = holding.reach(sent.db, provider, sent.blast_id, "pause")
    assert said.startswith("Letters that were handed over before were not all reached (150 may")
    assert said.endswith("Try the same again.")
    assert holding.reach(sent.db, provider, sent.blast_id, "pause").endswith(": 150.")


def test_without_a_hold_and_with_other_providers_there_is_nothing_to_say(
    world: World, sendgrid: SendGridStandIn
) -> None:
    at_once = SendGridProvider(sendgrid.api_key, url=sendgrid.url)
    world.add_people(1)
    world.start()
    delivery.send_all(replace(world.sender(), provider=at_once), threading.Event())
    assert holding.reach(world.db, at_once, world.blast_id, "pause") == ""
    assert holding.reach(world.db, world.provider, world.blast_id, "pause") == ""
    assert "send_at" not in sendgrid.requests[0] and "batch_id" not in sendgrid.requests[0]


def test_no_batch_id_is_sendgrid_down_and_nothing_left(
    world: World, sendgrid: SendGridStandIn, provider: SendGridProvider
) -> None:
    world.add_people(1)
    world.start()
    sendgrid.then(Fault(429))
    delivery.send_all(replace(world.sender(), provider=provider), threading.Event())
    assert sendgrid.deliveries == []
    assert world.states() == {"p0001@example.org": ("pending", None)}
