"""Suppressions are kept alike here and at SendGrid, page by page, as often as one likes."""

from __future__ import annotations

import time

import pytest
from sqlalchemy import select

from outreach.consent import exchange as exchanging
from outreach.consent import suppression
from outreach.consent.exchange import Exchanged, KeepsSuppressions, exchange
from outreach.consent.models import Suppression
from outreach.core.db import Database
from outreach.mail.provider import ProviderDown, ProviderRefuses
from outreach.providers.sendgrid import SendGridProvider
from tests.providers.conftest import provider
from tests.standins.sendgrid import Fault, SendGridStandIn

NOTHING = dict.fromkeys(("bounces", "invalid_emails", "spam_reports", "unsubscribes"), 0)


def look(db: Database, sendgrid: SendGridStandIn) -> Exchanged:
    asked = provider(sendgrid)
    assert isinstance(asked, KeepsSuppressions)
    return exchange(db, asked.suppression_lists())


def reasons(db: Database) -> dict[str, tuple[str, str]]:
    with db.reading() as session:
        return {s.address: (s.reason, s.source) for s in session.scalars(select(Suppression))}


def test_each_list_is_read_with_its_reason(db: Database, sendgrid: SendGridStandIn) -> None:
    sendgrid.account.put("bounces", "Gone@mail.example", created=1)
    sendgrid.account.put("invalid_emails", "odd@mail.example", "no address at all", created=2)
    sendgrid.account.put("spam_reports", "cross@mail.example")
    sendgrid.account.put("unsubscribes", "left@mail.example", "gone@mail.example")
    found = look(db, sendgrid)
    assert reasons(db) == {
        "gone@mail.example": ("bounced", "sendgrid"),
        "odd@mail.example": ("bounced", "sendgrid"),
        "cross@mail.example": ("complained", "sendgrid"),
        "left@mail.example": ("asked", "sendgrid"),
    }
    assert found == Exchanged(
        {"bounces": 1, "invalid_emails": 2, "spam_reports": 1, "unsubscribes": 2}, new=4, told=0
    )


def test_looking_again_reads_only_what_is_new(db: Database, sendgrid: SendGridStandIn) -> None:
    long_ago = int(time.time()) - 86_400
    sendgrid.account.put("bounces", *(f"p{n}@mail.example" for n in range(1201)), created=long_ago)
    assert look(db, sendgrid).new == 1201
    pages = [path for _, path in sendgrid.account.calls if path.endswith("bounces")]
    assert len(pages) == 3

    sendgrid.account.put("bounces", "late@mail.example")
    assert look(db, sendgrid) == Exchanged(NOTHING | {"bounces": 1}, new=1, told=0)
    assert look(db, sendgrid).new == 0  # the overlap is read again, and harmless


def test_what_is_suppressed_here_is_told_once(
    db: Database, sendgrid: SendGridStandIn, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(exchanging, "AT_A_TIME", 2)
    sendgrid.account.put("bounces", "gone@mail.example", created=1)
    with db.transaction() as session:
        for number in range(5):
            suppression.suppress(session, f"p{number}@mail.example", reason="manual", source="me")
    assert look(db, sendgrid).told == 5
    told = {row["email"] for row in sendgrid.account.lists["unsubscribes"]}
    assert told == {f"p{number}@mail.example" for number in range(5)}  # and none of its own
    calls = [path for _, path in sendgrid.account.calls if path.endswith("global")]
    assert len(calls) == 3

    with db.transaction() as session:
        suppression.suppress(session, "new@mail.example", reason="asked", source="me")
    look(db, sendgrid)
    assert sendgrid.account.lists["unsubscribes"][-1]["email"] == "new@mail.example"
    assert len(sendgrid.account.lists["unsubscribes"]) == 6


def test_what_came_from_sendgrid_keeps_the_reason_that_we_had(
    db: Database, sendgrid: SendGridStandIn
) -> None:
    with db.transaction() as session:
        suppression.suppress(session, "one@mail.example", reason="complained", source="me")
    look(db, sendgrid)
    look(db, sendgrid)  # now it comes back as one of SendGrid's unsubscribes
    assert reasons(db) == {"one@mail.example": ("complained", "me")}


def test_a_look_that_fails_goes_on_where_it_ended(db: Database, sendgrid: SendGridStandIn) -> None:
    sendgrid.account.put("bounces", "gone@mail.example", created=1)
    sendgrid.account.put("spam_reports", "cross@mail.example", created=1)
    sendgrid.then(None, None, Fault(429, headers={"Retry-After": "7"}))
    with pytest.raises(ProviderDown) as caught:
        look(db, sendgrid)
    assert caught.value.wait_s == 7
    assert set(reasons(db)) == {"gone@mail.example"}
    assert look(db, sendgrid).new == 1
    assert set(reasons(db)) == {"gone@mail.example", "cross@mail.example"}


def test_failures_say_what_to_do(db: Database, sendgrid: SendGridStandIn) -> None:
    sendgrid.then(Fault(500))
    with pytest.raises(ProviderDown, match="patience"):
        look(db, sendgrid)
    wrong = SendGridProvider("SG.wrong", url=sendgrid.url)
    with pytest.raises(ProviderRefuses, match="401"):
        exchange(db, wrong.suppression_lists())
    assert reasons(db) == {}
