"""A campaigner sends to 2,000 people, and everything is killed again and again while it does:
everyone gets exactly one letter or is named unknown, and nobody gets two."""

from __future__ import annotations

import time
import uuid
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from outreach.demo.cast import CHROME
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from tests.journeys.campaign import EMAIL, LIST, PASSWORD, found, import_people, publish
from tests.journeys.house import House, house, wait_until
from tests.standins.smtp import SmtpStandIn

PEOPLE = 2_000
CONNECTIONS = 5
IN_FLIGHT = CONNECTIONS * 10  # letters of a part, as providers/smtp.py cuts them
LETTER_S = 0.01  # what the relay takes for one
KILLED_AT = (230, 780, 1_430)  # letters at the relay, each in the middle of a part


@pytest.fixture(params=["sqlite", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> Iterator[str]:
    """Where the installation keeps its data; empty: SQLite in its folder."""
    if request.param == "sqlite":
        yield ""
        return
    server: str = request.getfixturevalue("postgres_url")
    name = f"outreach_journey_{uuid.uuid4().hex[:12]}"
    with psycopg.connect(server, autocommit=True) as connection:
        connection.execute(f'CREATE DATABASE "{name}"')  # type: ignore[arg-type]
        yield server.rpartition("/")[0] + f"/{name}"
        connection.execute(f'DROP DATABASE "{name}" WITH (FORCE)')  # type: ignore[arg-type]


@pytest.fixture
def relay() -> Iterator[SmtpStandIn]:
    """A mail relay that keeps what it took whatever becomes of the sender."""

    def slowly(stage: str, _given: str) -> None:
        if stage == "text":
            time.sleep(LETTER_S)

    with SmtpStandIn(behaviour=slowly) as made:
        yield made


@pytest.fixture
def sending(tmp_path: Path, database_url: str, relay: SmtpStandIn) -> Iterator[House]:
    """An installation that sends by this relay and takes lost batches back after 5 seconds."""
    with house(
        tmp_path / "data",
        database_url=database_url,
        provider="smtp",
        smtp_port=str(relay.port),
        smtp_connections=str(CONNECTIONS),
        batch_size="400",
        lease_s="5",
    ) as made:
        found(made)
        made.open()
        yield made


def test_everyone_gets_one_letter_or_is_named_unknown_whatever_is_killed(
    sending: House, relay: SmtpStandIn, texts: Path, chromium: Browser
) -> None:
    publish(sending, texts / "petition-with-footnotes.txt")
    import_people(sending, *(f"Pat{n},Reed,p{n:04}@example.org" for n in range(PEOPLE)))
    page = chromium.new_context(user_agent=CHROME).new_page()
    blast = schedule_on_the_screens(page, sending)

    for letters in KILLED_AT:
        wait_until(lambda at=letters: len(relay.letters) >= at, f"{letters} letters are out")
        taking = len(relay.letters)  # the next one that it takes shows the middle of a part
        wait_until(lambda at=taking: len(relay.letters) > at, "a part is on its way")
        if letters == KILLED_AT[0]:
            sending.kill_worker()  # the server starts another one by itself
        else:
            sending.kill()
            assert Counter(states(sending).values())["pending"] > IN_FLIGHT
            sending.open()
    sending.wait_for_blast(blast, "finished")

    taken = Counter(letter.recipient for letter in relay.letters)
    assert set(taken.values()) == {1}, "somebody was written to twice"
    reached = states(sending)
    assert len(reached) == PEOPLE
    unknown = {address for address, state in reached.items() if state == "unknown"}
    assert {address for address, state in reached.items() if state == "accepted"} <= taken.keys()
    assert set(reached) - taken.keys() <= unknown, "somebody was forgotten"
    assert 0 < len(unknown) <= IN_FLIGHT * len(KILLED_AT)
    assert set(reached.values()) == {"accepted", "unknown"}
    assert relay.faults == []

    # Every door tells the same numbers.
    named = sending.outreach("deliveries", "unknown", "--blast", blast, "--json").json
    assert {delivery["address"] for delivery in named} == unknown
    report = sending.report(blast)
    assert (report["audience"], report["accepted"]) == (PEOPLE, PEOPLE - len(unknown))
    assert (report["unknown"], report["pending"]) == (len(unknown), 0)
    page.goto(f"{sending.base_url}/console/blasts/{blast}")
    expect(page.locator(".sub .chip")).to_have_text("Finished")
    expect(page.get_by_text(f"{PEOPLE:,} of {PEOPLE:,} done")).to_be_visible()
    shown = [row.inner_text().split("\n") for row in page.locator(".key div").all()]
    assert dict(shown) == {
        "Accepted": f"{PEOPLE - len(unknown):,}",
        "Waiting": "0",
        "Skipped, with reason": "0",
        "Refused": "0",
        "Unknown": str(len(unknown)),
    }
    page.get_by_role("link", name="Look at them").click()
    expect(page.get_by_role("heading", name="Unknown letters")).to_be_visible()
    assert set(page.locator("tbody label").all_inner_texts()) == unknown


def schedule_on_the_screens(page: Page, house: House) -> int:
    """Sign in, draft a blast from the petition, look at it, send it now; returns its id."""
    page.goto(f"{house.base_url}/console/")
    page.get_by_label("Email").fill(EMAIL)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()
    page.get_by_role("link", name="Blasts").first.click()
    page.get_by_role("link", name="New blast").or_(page.get_by_role("link", name="first")).click()
    page.get_by_label("Name").fill("First ask")
    page.get_by_role("button", name="Draft it").click()

    letter = page.frame_locator("#preview iframe")
    expect(letter.get_by_text("Dear friend,")).to_be_visible()
    expect(letter.get_by_role("heading", name="Notes")).to_be_visible()
    checks = page.locator("ul.pf")
    expect(checks).to_contain_text("No audience is chosen")
    expect(page.get_by_role("button", name="Schedule")).to_be_disabled()
    page.get_by_label("Rules", exact=True).fill(f"list {LIST}")
    expect(page.locator("#audience-count")).to_contain_text(f"{PEOPLE:,}")
    page.get_by_role("button", name="Save").click()
    expect(checks).to_contain_text(f"Would get it: {PEOPLE:,}")
    expect(checks).to_contain_text("Unsubscribe and postal address, both parts")

    page.get_by_role("link", name="Schedule").click()
    page.get_by_label("Now").check()
    page.get_by_role("button", name="Go on").click()
    expect(page.get_by_role("heading", name=f"Send to {PEOPLE:,} people?")).to_be_visible()
    page.get_by_role("button", name=f"Send to {PEOPLE:,}").click()
    expect(page.get_by_text("The blast is scheduled")).to_be_visible()
    return int(page.url.rpartition("/")[2])


def states(house: House) -> dict[str, str]:
    """The state of each delivery by its address."""
    query = select(Supporter.address, Delivery.state).join(
        Supporter, Supporter.id == Delivery.supporter_id
    )
    with house.services.db.reading() as session:
        return dict(session.execute(query).all())  # type: ignore[arg-type]
