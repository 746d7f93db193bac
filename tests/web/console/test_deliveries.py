"""Who did not get it, on the screens: settled, sent again, tried again, written to, held."""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

import pytest
from sqlalchemy import select

from outreach.core.clock import now
from outreach.core.db import Database
from outreach.jobs import sending
from outreach.mail.models import Delivery
from outreach.mail.outbox import MAX_ATTEMPTS
from outreach.services import Services
from outreach.supporters.models import Supporter

UNKNOWN = "/console/deliveries/unknown"
Letters = dict[str, Delivery]


def letters(db: Database) -> Letters:
    """The blast's deliveries by first name."""
    with db.reading() as session:
        rows = session.execute(
            select(Supporter.first_name, Delivery)
            .join(Supporter, Supporter.id == Delivery.supporter_id)
            .where(Delivery.blast_id.is_not(None))
        )
        return {row[0]: row[1] for row in rows}


def become(db: Database, name: str, state: str, attempts: int = 0) -> int:
    """Bring a letter into a state; its id."""
    with db.transaction() as session:
        delivery = session.get_one(Delivery, letters(db)[name].id)
        delivery.state, delivery.attempts = state, attempts
        delivery.reason = "The provider did not answer." if state == "unknown" else None
        delivery.lost_at = now() if state == "unknown" else None
        return delivery.id


def work(services: Services) -> None:
    """One turn of everything that sends."""
    for job in (sending.start_due_blasts, sending.let_go, sending.send, sending.pause_bad):
        job(services, threading.Event())


@pytest.fixture
def sent(console: Any, draft: str, services: Services) -> str:
    """The path of a blast that went out to Ana, Ben and Cleo."""
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    work(services)
    assert "Finished" in console.get(draft).text
    return draft


def test_settling_takes_a_reason_and_sends_nothing(
    console: Any, sent: str, db: Database, services: Services
) -> None:
    ids = [become(db, "Ana", "unknown"), become(db, "Ben", "unknown")]
    page = console.get(f"{UNKNOWN}?blast={sent[-1]}").text
    assert "ana@example.org" in page and "All 2 of this blast" in page
    nothing = console.post(UNKNOWN, {"do": "refused", "reason": "the log"})
    assert nothing.status_code == 400 and "Tick the letters" in nothing.text
    silent = console.post(UNKNOWN, {"do": "refused", "ids": ids[:1], "reason": " "})
    assert silent.status_code == 400 and "Say how you know" in silent.text
    assert letters(db)["Ana"].state == "unknown"
    done = console.post(UNKNOWN, {"do": "refused", "ids": ids[:1], "reason": "the log"})
    assert done.status_code == 302
    assert "1 letter counts as refused" in console.get(UNKNOWN).text
    console.post(
        UNKNOWN, {"do": "accepted", "which": "all", "blast": sent[-1], "reason": "the log"}
    )
    found = letters(db)
    assert (found["Ana"].state, found["Ben"].state) == ("refused", "accepted")
    assert found["Ana"].reason == "Refused, says campaigner@harbourlights.example: the log"
    assert "No letter is unknown" in console.get(UNKNOWN).text


@pytest.mark.parametrize("which", ["chosen", "all"])
def test_sending_again_is_said_plainly_and_asked_for_first(
    console: Any, sent: str, db: Database, services: Services, which: str
) -> None:
    form = {"do": "resend", "which": which, "blast": sent[-1], "ids": become(db, "Ana", "unknown")}
    asked = console.post(UNKNOWN, form)
    assert asked.status_code == 200 and "they may get it twice" in asked.text
    assert letters(db)["Ana"].state == "unknown"
    console.post(UNKNOWN, form | {"confirmed": "yes"})
    assert letters(db)["Ana"].state == "pending"
    assert "1 letter waits again" in console.get(sent).text
    work(services)
    assert letters(db)["Ana"].state == "accepted"
    assert "Finished" in console.get(sent).text


def test_the_blasts_page_tells_who_did_not_get_it_and_has_the_buttons(
    console: Any, sent: str, db: Database, services: Services
) -> None:
    become(db, "Ana", "refused", attempts=MAX_ATTEMPTS)
    become(db, "Ben", "refused")
    page = console.get(sent).text
    assert "Refused for now" in page and "Draft a blast to 3 people" in page
    console.post(f"{sent}/retry")
    work(services)
    found = letters(db)
    assert (found["Ana"].state, found["Ben"].state) == ("accepted", "refused")
    drafted = console.post(f"{sent}/follow-up")
    fields = console.fields(drafted.location)
    assert fields["name"] == "First ask, follow-up"
    assert fields["audience"] == 'missed "First ask"'
    # Dana was skipped: she is suppressed, and the gate holds her back again.
    assert "Would get it: 1" in console.get(drafted.location).text


def test_a_domain_is_stopped_and_let_go(
    console: Any, draft: str, db: Database, services: Services
) -> None:
    console.post(f"{draft}/schedule", {"when": "at", "at": "2099-01-01T09:00", "confirmed": "yes"})
    console.post(f"{draft}/stop-domain", {"domain": "not a domain"})
    assert "is no domain" in console.get(draft).text
    console.post(f"{draft}/stop-domain", {"domain": "Example.org"})
    assert "example.org is stopped" in console.get(draft).text
    console.post(f"{draft}/unschedule")
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    work(services)
    page = console.get(draft).text
    assert "Sending" in page and "Let go" in page
    assert {name: letter.held for name, letter in letters(db).items()} == {
        "Ana": "example.org", "Ben": "example.org", "Cleo": "example.org", "Dana": None,
    }  # fmt: skip
    console.post(f"{draft}/start-domain", {"domain": "example.org"})
    work(services)
    assert "Finished" in console.get(draft).text
    assert {letter.state for letter in letters(db).values()} == {"accepted", "skipped"}


def test_who_may_only_read_sees_and_does_not_act(
    enter: Callable[[str], Any], sent: str, db: Database
) -> None:
    become(db, "Ana", "unknown")
    analyst = enter("analyst")
    page = analyst.get(f"{UNKNOWN}?blast={sent[-1]}").text
    assert "ana@example.org" in page and "Send again" not in page
    for path in (UNKNOWN, f"{sent}/retry", f"{sent}/follow-up", f"{sent}/stop-domain"):
        assert analyst.post(path, {"domain": "example.org"}).status_code == 403
