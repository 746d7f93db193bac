"""The deliverability score card on its screen."""

from __future__ import annotations

import csv
import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from outreach.accounts.models import Organisation
from outreach.analytics import downloads
from outreach.analytics.deliverability import provider_figures
from outreach.analytics.deliverability import tables as scorecard_tables
from outreach.analytics.rollups import rollup
from outreach.consent import ledger
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.jobs import figures
from outreach.mail import sender_dns
from outreach.mail.models import Delivery
from outreach.providers.smtp import SmtpProvider
from outreach.providers.smtp_opening import Relay
from outreach.services import Services
from outreach.supporters.models import Supporter
from outreach.tracking.leaving import BY_ONE_CLICK
from tests.analytics.worlds import World

PATH = "/console/reports/deliverability/"


def test_an_empty_card_says_what_will_stand_there(console: Any) -> None:
    page = console.get(PATH).text
    for words in (
        "Not read yet",
        "No letters in the last 30 days",
        "Nobody left this way.",
        "there is no letter to look at",
    ):
        assert words in page
    assert f'href="{PATH}"' in console.get("/console/reports/").text


def test_the_card_shows_rates_with_intervals_and_names_who_falls(
    console: Any, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        for days, bounced in ((40, 1), (1, 30)):
            made = World(session, organisation.id)
            made.blast.started_at = now() - timedelta(days=days)
            states = ["delivered"] * 60 + ["bounced"] * bounced + ["complained"]
            for number, state in enumerate(states):
                address = f"r{days}-{number}@large.example"
                person = Supporter(address=address, email=address)
                session.add(person)
                session.flush()
                session.add(Delivery(blast_id=made.blast.id, supporter_id=person.id, state=state))
        ledger.withdraw(session, person.id, basis=BY_ONE_CLICK, source="letter:1")
    rollup.advance(db)
    provider_figures.count_moved(db)
    page = console.get(PATH).text
    assert "More letters come back than before" in page
    assert "large.example: 33 % of 91 letters of the last 7 days came back" in page
    assert "1 of 61" in page  # too few for a rate, and for a verdict
    assert "Too few to tell" in page
    assert "All within 10 s." in page
    for name, (columns, _) in scorecard_tables.TABLES.items():
        for kind in downloads.FORMATS:
            if name != "records":  # none were read
                assert f'href="{PATH}{name}.{kind}"' in page
            assert console.get(f"{PATH}{name}.{kind}").status_code == 200
        assert console.get(f"{PATH}{name}.csv").text.splitlines()[0] == ",".join(
            column for column, _ in columns
        )
    rows = list(csv.DictReader(console.get(f"{PATH}providers.csv").text.splitlines()))
    large = {row["span"]: row for row in rows if row["provider"] == "large.example"}
    assert (large["week"]["sent"], large["week"]["bounced"]) == ("91", "30")
    assert (large["week"]["delivered"], large["week"]["complained"]) == ("61", "1")
    assert float(large["week"]["complaint_rate"]) == 1 / 61
    weeks = list(csv.DictReader(console.get(f"{PATH}weeks.csv").text.splitlines()))
    assert sum(int(week["sent"]) for week in weeks) == 91 + 62
    assert console.get(f"{PATH}nothing.csv").status_code == 404


def test_records_are_read_by_a_press_and_by_nobody_who_only_reads(
    console: Any,
    enter: Callable[[str], Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    asked: list[str] = []

    def texts(name: str) -> list[str]:
        asked.append(name)
        return ["v=spf1 -all"]

    monkeypatch.setattr(sender_dns, "texts", texts)
    monkeypatch.setattr(sender_dns, "mail_servers", lambda name: [])
    console.get(PATH)
    assert asked == []
    assert console.post(f"{PATH}read").status_code == 302
    assert "harbourlights.example" in asked
    page = console.get(PATH).text
    assert "The records were read" in page
    assert "Replies to letters have nowhere to go" in page
    analyst = enter("analyst")
    assert "Read the DNS again" not in analyst.get(PATH).text
    assert analyst.post(f"{PATH}read").status_code == 403


def test_a_silent_dns_is_told_of(console: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    def silent(name: str) -> list[str]:
        raise sender_dns.NoAnswer(f"{name}: no network")

    monkeypatch.setattr(sender_dns, "texts", silent)
    console.post(f"{PATH}read")
    page = console.get(PATH).text
    assert "Not all records were read" in page
    assert "The DNS does not answer here" in page


def test_the_job_reads_where_letters_leave_and_only_when_it_is_due(
    services: Services, organisation: Organisation, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[str] = []

    def hosts(name: str) -> list[str]:
        asked.append(name)
        return []

    monkeypatch.setattr(sender_dns, "texts", lambda name: [])
    monkeypatch.setattr(sender_dns, "mail_servers", hosts)
    figures.read_senders(services, threading.Event())
    assert asked == [], "the mailbox sends nothing anywhere"
    relay = SmtpProvider(Relay("127.0.0.1", 25, "none", "", "", 1.0, None), connections=1)
    leaving = replace(services, provider=relay)
    for _ in range(2):
        figures.read_senders(leaving, threading.Event())
    assert asked == ["harbourlights.example"]
