"""Limits on the screens: read by all, set by those who send, faults at their fields."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from typing import Any

import pytest
import time_machine
from sqlalchemy import select, update

from outreach.accounts.models import AuditEntry
from outreach.core.db import Database
from outreach.mail.models import Pace

PATH = "/console/pace/"
NOON = datetime(2026, 6, 1, 12, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def clock() -> Iterator[None]:
    """Noon, and it stays noon."""
    with time_machine.travel(NOON, tick=False):
        yield


def stored(db: Database) -> dict[str, tuple[float | None, list[int]]]:
    with db.reading() as session:
        return {row.scope: (row.per_s, row.daily) for row in session.scalars(select(Pace))}


def test_a_domain_is_limited_changed_and_let_go(console: Any, db: Database) -> None:
    assert "No limits" in console.get(PATH).text
    assert console.post(f"{PATH}domain", {"name": "Gmail.com", "pace": "20/s"}).status_code == 302
    page = console.get(PATH).text
    assert "Letters to gmail.com leave at 20 a second." in page
    assert "<b>gmail.com</b>" in page
    change = f"{PATH}domain?name=gmail.com"
    assert console.fields(change) == {"pace": "20/s"}
    assert console.post(change, {"pace": "3000/h"}).status_code == 302
    assert stored(db) == {"domain:gmail.com": (pytest.approx(3000 / 3600), [])}
    assert console.post(f"{PATH}domain/remove", {"name": "gmail.com"}).status_code == 302
    assert "No limit holds any more" in console.get(PATH).text
    assert stored(db) == {}
    with db.reading() as session:
        noted = session.scalars(select(AuditEntry).where(AuditEntry.action == "pace.set")).all()
    assert [(one.subject, one.actor) for one in noted] == [
        ("domain:gmail.com", "campaigner@harbourlights.example")
    ] * 3


def test_a_warm_up_shows_what_is_allowed_and_taken_today(console: Any, db: Database) -> None:
    typed = {"name": "mara@harbourlights.example", "daily": "200 500, 1000"}
    console.post(f"{PATH}sender", {**typed, "starts_on": "2026-05-31"})
    with db.transaction() as session:
        session.execute(update(Pace).values(day=NOON.date(), taken=500))
    page = console.get(PATH).text
    for shown in ("Day 2 of 3", ">500</td>", "2 June 2026, 00:00", "Any pace"):
        assert shown in page
    change = f"{PATH}sender?name=mara@harbourlights.example"
    assert console.fields(change) == {
        "pace": "",
        "daily": "200 500 1000",
        "starts_on": "2026-05-31",
    }
    console.post(change, {**console.fields(change), "pace": "20/s"})
    with db.reading() as session:
        row = session.get_one(Pace, "sender:mara@harbourlights.example")
        assert (row.per_s, row.daily, row.taken) == (20.0, [200, 500, 1000], 500)
        noted = session.scalars(select(AuditEntry.action)).all()
    assert noted.count("pace.warm_up") == 1  # the plan was not set once more


@pytest.mark.parametrize(
    ("kind", "typed", "field", "said"),
    [
        ("domain", {"pace": "20/s"}, "name", "Enter a domain"),
        ("domain", {"name": "not a domain", "pace": "20/s"}, "name", "Enter a domain such as"),
        ("domain", {"name": "a.example", "pace": "quickly"}, "pace", "“quickly” is no pace"),
        ("domain", {"name": "a.example"}, "pace", "Enter a pace"),
        ("domain", {"name": "a.example", "daily": "200"}, "daily", "Only a relay or a sender"),
        ("sender", {"name": "mara", "pace": "20/s"}, "name", "Enter an email address"),
        ("sender", {"name": "m@a.example", "daily": "1,000 2"}, "daily", "“1,000” is no number"),
        ("sender", {"name": "m@a.example", "daily": "0"}, "daily", "A warm-up plan is"),
        ("sender", {"name": "m@a.example", "daily": "9" * 5000}, "daily", "is no number"),
        (
            "sender",
            {"name": "m@a.example", "daily": "5", "starts_on": "tomorrow"},
            "starts_on",
            "is no day",
        ),
        (
            "sender",
            {"name": "m@a.example", "daily": "5 6", "starts_on": "2026-05-30"},
            "starts_on",
            "over already",
        ),
        (
            "sender",
            {"name": "m@a.example", "daily": "5 6", "starts_on": "9999-12-31"},
            "starts_on",
            "within ten years",
        ),
        ("relay", {"name": "smpt", "pace": "20/s"}, "name", "There is “mailbox”"),
    ],
)
def test_a_fault_stands_at_its_field_and_nothing_is_stored(
    console: Any, db: Database, kind: str, typed: dict[str, str], field: str, said: str
) -> None:
    answer = console.post(f"{PATH}{kind}", typed)
    assert answer.status_code == 400
    assert f'href="#{field}"' in answer.text and said in answer.text
    if not (kind == "domain" and field == "daily"):  # a form that was made by hand
        assert f'id="{field}-fault"' in answer.text
        assert f'id="{field}"' in answer.text
    assert stored(db) == {}


def test_what_is_not_set_any_more_can_t_be_changed(console: Any) -> None:
    assert console.get(f"{PATH}domain?name=gmail.com").status_code == 404
    assert console.post(f"{PATH}domain?name=gmail.com", {"pace": "20/s"}).status_code == 404


def test_the_pace_of_a_blast_leads_to_its_page(console: Any, draft: str) -> None:
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    console.post(f"{draft}/pace", {"pace": "3000/h", "weight": "1"})
    assert f'href="{draft}#pace"' in console.get(PATH).text
    console.post(f"{draft}/cancel")
    assert "3,000 an hour" not in console.get(PATH).text


@pytest.mark.parametrize("role", ["analyst", "api"])
def test_others_read_it_only(enter: Callable[[str], Any], db: Database, role: str) -> None:
    enter("owner").post(f"{PATH}domain", {"name": "gmail.com", "pace": "20/s"})
    browser = enter(role)
    page = browser.get(PATH).text
    assert "<b>gmail.com</b>" in page and "Change" not in page and "Limit a" not in page
    assert browser.get(f"{PATH}domain").status_code == 403
    for path in ("domain", "domain?name=gmail.com", "domain/remove"):
        answer = browser.post(f"{PATH}{path}", {"name": "gmail.com", "pace": "1/s"})
        assert answer.status_code == 403
    assert stored(db) == {"domain:gmail.com": (20.0, [])}


def test_a_form_without_its_check_changes_nothing(console: Any, db: Database) -> None:
    answer = console.client.post(f"{PATH}domain", data={"name": "gmail.com", "pace": "20/s"})
    assert answer.status_code == 400
    assert stored(db) == {}
