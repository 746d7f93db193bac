"""A supporter signs from the letter: one link, one press, thanked with a number, counted once."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect

from outreach.demo.cast import CHROME, IPHONE
from tests.journeys.campaign import import_people, publish, send_blast
from tests.journeys.house import House, wait_until


def test_a_supporter_signs_from_the_letter(running: House, texts: Path, chromium: Browser) -> None:
    slug = publish(running, texts / "petition-with-footnotes.txt")
    import_people(
        running, "Jane,Reed,jane@example.org", "Omar,Hale,omar@example.org", "Ann,Fox,a@example.org"
    )
    blast = send_blast(running, "First ask", slug)
    ask = running.letter("jane@example.org")

    page = chromium.new_context(user_agent=CHROME).new_page()
    open_letter(page, ask.html)
    expect(page.get_by_text("Dear Jane,")).to_be_visible()
    expect(page.get_by_role("heading", name="Notes")).to_be_visible()
    page.get_by_role("link", name="Sign the petition").first.click()

    expect(page.get_by_text("Welcome back, Jane")).to_be_visible()
    expect(page.get_by_text("as Jane R., j•••@example.org")).to_be_visible()
    assert "jane@example.org" not in page.content()
    assert "Reed" not in page.content()
    other_tab = page.context.new_page()
    other_tab.goto(ask.link("Sign the petition"))
    press(page).click()
    expect(page.get_by_role("heading", name="Thank you, Jane.")).to_be_visible()
    expect(page.get_by_text("number 1", exact=True)).to_be_visible()
    assert counted(running, blast) == {"opened": 1, "clicked": 1, "signed": 1}
    wait_until(lambda: running.letter("jane@example.org") != ask, "a letter thanks her")
    assert "Thank you" in running.letter("jane@example.org").html

    # Later she presses again, on a page that was open all the time; and opens the letter again.
    press(other_tab).click()
    expect(other_tab.get_by_role("heading", name="Thank you, Jane.")).to_be_visible()
    expect(other_tab.get_by_text("number 1", exact=True)).to_be_visible()
    page.goto(ask.link("Sign the petition"))
    expect(page.get_by_text("You have signed, Jane")).to_be_visible()
    expect(press(page)).to_have_count(0)
    expect(page.get_by_text("person has signed.")).to_be_visible()
    assert counted(running, blast) == {"opened": 1, "clicked": 1, "signed": 1}

    # Somebody whose browser runs no scripts.
    plain = chromium.new_context(user_agent=IPHONE, java_script_enabled=False).new_page()
    open_letter(plain, running.letter("omar@example.org").html)
    plain.get_by_role("link", name="Sign the petition").first.click()
    expect(plain.get_by_text("Welcome back, Omar")).to_be_visible()
    press(plain).click()
    expect(plain.get_by_role("heading", name="Thank you, Omar.")).to_be_visible()
    expect(plain.get_by_text("number 2", exact=True)).to_be_visible()
    assert counted(running, blast) == {"opened": 2, "clicked": 2, "signed": 2}


def open_letter(page: Page, html: str) -> None:
    """Read a letter as a mail program shows it, images on."""
    with page.expect_response(re.compile("/o/")):
        page.set_content(html)


def press(page: Page) -> Locator:
    """The button of the petition's form."""
    return page.locator("form#sign").get_by_role("button", name="Sign the petition")


def counted(house: House, blast: int) -> dict[str, int]:
    """What the report says that people did."""
    report = house.report(blast)
    return {name: report[name] for name in ("opened", "clicked", "signed")}
