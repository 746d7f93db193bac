"""People leave, by their mail program's button and by the page; nobody who left is written to."""

from __future__ import annotations

from pathlib import Path

import requests
from playwright.sync_api import Browser, Page, expect
from sqlalchemy import select

from outreach.demo.cast import CHROME
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from tests.journeys.campaign import import_people, publish, send_blast
from tests.journeys.house import House

GMAIL = "Mozilla/5.0 (compatible; Google-List-Unsubscribe)"


def test_who_leaves_gets_no_further_letter(running: House, texts: Path, chromium: Browser) -> None:
    slug = publish(running, texts / "coalition-letter.txt")
    import_people(
        running,
        "Ana,Reed,ana@example.org",
        "Ben,Hill,ben@example.org",
        "Cleo,Fox,cleo@example.org",
        "Dana,Moss,dana@example.org",
    )
    first = send_blast(running, "First ask", slug)
    before = running.rows()
    assert states(running, first) == dict.fromkeys("abcd", ("accepted", None))

    # Ana's mail program asks with a POST of its own (RFC 8058): no cookie, no page, no redirect.
    one_click = running.letter("ana@example.org").one_click_url
    for look in (requests.get, requests.head):
        assert look(one_click, timeout=30, allow_redirects=False).status_code == 200
    assert running.rows() == before
    answer = requests.post(
        one_click,
        {"List-Unsubscribe": "One-Click"},
        headers={"User-Agent": GMAIL},
        timeout=30,
        allow_redirects=False,
    )
    assert answer.status_code == 200
    assert not answer.cookies

    # Ben reads the page first, which changes nothing, and presses its button.
    after_ana = running.rows()
    ben = leaving_page(chromium, running, "ben@example.org")
    expect(ben.get_by_text("b•••@example.org")).to_be_visible()
    assert running.rows() == after_ana
    ben.get_by_role("button", name="Leave all lists").click()
    expect(ben.get_by_role("heading", name="You have left")).to_be_visible()

    # Cleo pressed by mistake, and takes it back.
    cleo = leaving_page(chromium, running, "cleo@example.org")
    cleo.get_by_role("button", name="Leave all lists").click()
    cleo.get_by_role("button", name="That was a mistake: stay").click()
    expect(cleo.get_by_role("heading", name="You stay")).to_be_visible()

    assert running.report(first)["unsubscribed"] == 3  # what was pressed stays on record
    second = send_blast(running, "Second ask", slug)
    assert states(running, second) == {
        "a": ("skipped", "unsubscribed"),
        "b": ("skipped", "unsubscribed"),
        "c": ("accepted", None),
        "d": ("accepted", None),
    }
    assert running.report(second)["skipped"] == {"unsubscribed": 2}
    assert len(list(running.folder.glob("mailbox/**/*.eml"))) == 4 + 2

    # The way out of an old letter works again and again, and says so.
    ben.goto(running.letter("ben@example.org").link("Unsubscribe"))
    expect(ben.get_by_role("heading", name="You have left")).to_be_visible()
    expect(ben.get_by_role("button", name="That was a mistake: stay")).to_have_count(0)


def leaving_page(chromium: Browser, house: House, address: str) -> Page:
    """The page behind “Unsubscribe” in somebody's letter, in a browser of their own."""
    page = chromium.new_context(user_agent=CHROME).new_page()
    page.goto(house.letter(address).link("Unsubscribe"))
    expect(page.get_by_role("heading", name="Leave all lists")).to_be_visible()
    return page


def states(house: House, blast_id: int) -> dict[str, tuple[str, str | None]]:
    """State and reason of each delivery, by the first letter of the address."""
    query = (
        select(Supporter.address, Delivery.state, Delivery.reason)
        .join(Supporter, Supporter.id == Delivery.supporter_id)
        .where(Delivery.blast_id == blast_id)
    )
    with house.services.db.reading() as session:
        return {address[0]: (state, why) for address, state, why in session.execute(query)}
