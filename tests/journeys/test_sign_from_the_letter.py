"""A supporter signs from the letter: one link, one press, thanked, counted once."""

from __future__ import annotations

import re
from pathlib import Path

from playwright.sync_api import Browser, Page, expect

from outreach.demo.cast import CHROME, IPHONE
from tests.journeys.campaign import import_people, publish, send_blast
from tests.journeys.house import House


def open_letter(page: Page, house: House, address: str) -> None:
    """Read a letter as a mail program shows it, images on."""
    with page.expect_response(re.compile("/o/")):
        page.set_content(house.letter(address).html)


def test_a_supporter_signs_from_the_letter(running: House, texts: Path, chromium: Browser) -> None:
    slug = publish(running, texts / "petition-with-footnotes.txt")
    import_people(
        running, "Jane,Reed,jane@example.org", "Omar,Hale,omar@example.org", "Ann,Fox,a@example.org"
    )
    blast = send_blast(running, "First ask", slug)

    page = chromium.new_context(user_agent=CHROME).new_page()
    open_letter(page, running, "jane@example.org")
    expect(page.get_by_text("Dear Jane,")).to_be_visible()
    expect(page.get_by_role("heading", name="Notes")).to_be_visible()
    page.get_by_role("link", name="Sign the petition").first.click()

    expect(page.get_by_text("Welcome back, Jane")).to_be_visible()
    expect(page.get_by_text("as Jane R., j•••@example.org")).to_be_visible()
    assert "jane@example.org" not in page.content()
    assert "Reed" not in page.content()
    page.locator("form#sign").get_by_role("button", name="Sign the petition").click()
    expect(page.get_by_role("heading", name="Thank you, Jane.")).to_be_visible()
    expect(page.get_by_text("number 1", exact=True)).to_be_visible()
    assert_counted(running, blast, people=1)

    # Back, and pressed once more; and again from the letter.
    page.go_back()
    page.locator("form#sign").get_by_role("button", name="Sign the petition").click()
    expect(page.get_by_text("number 1", exact=True)).to_be_visible()
    page.goto(running.letter("jane@example.org").link("your signature"))
    page.goto(running.letter("jane@example.org").link("Sign the petition"))
    assert_counted(running, blast, people=1)

    # Somebody whose browser runs no scripts.
    plain = chromium.new_context(user_agent=IPHONE, java_script_enabled=False).new_page()
    open_letter(plain, running, "omar@example.org")
