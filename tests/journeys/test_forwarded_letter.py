"""A letter is forwarded: its new reader says “not me”, and signs under a name of their own."""

from __future__ import annotations

from pathlib import Path

from playwright.sync_api import Browser, Locator, Page, expect
from sqlalchemy import select

from outreach.demo.cast import CHROME, FIREFOX
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature
from outreach.supporters.models import Supporter
from tests.journeys.campaign import import_people, publish, send_blast
from tests.journeys.house import House


def test_a_letter_is_forwarded_and_signed_by_somebody_else(
    running: House, texts: Path, chromium: Browser
) -> None:
    slug = publish(running, texts / "petition-with-footnotes.txt")
    import_people(running, "Jane,Reed,jane@example.org", "Ann,Fox,ann@example.org")
    blast = send_blast(running, "First ask", slug)
    ask = running.letter("jane@example.org").link("Sign the petition")
    before = running.rows()

    page = chromium.new_context(user_agent=FIREFOX).new_page()
    page.goto(ask)
    page.get_by_role("link", name="Not Jane? Click here.").click()
    for name in ("Full name", "Email", "Postal code"):
        expect(field(page, name)).to_have_value("")
    assert "Jane" not in page.locator("form#sign").inner_text()
    assert running.rows() == before

    field(page, "Full name").fill("Robin Hale")
    field(page, "Email").fill("robin at example.net")
    field(page, "Postal code").fill("01235")
    sign(page)
    expect(page.get_by_role("alert")).to_contain_text("One thing to put right")
    expect(page.locator(".f.bad .er")).to_have_text("Enter an email address like name@example.org.")
    expect(field(page, "Full name")).to_have_value("Robin Hale")
    expect(field(page, "Email")).to_have_value("robin at example.net")
    expect(field(page, "Postal code")).to_have_value("01235")
    assert running.rows() == before

    field(page, "Email").fill("robin@example.net")
    sign(page)
    expect(page.get_by_role("heading", name="Look into your mail")).to_be_visible()
    expect(page.get_by_text("r•••@example.net")).to_be_visible()
    confirming = running.letter("robin@example.net").link("Confirm")
    running.wait_for_quiet_outbox()
    asked = running.rows()

    page.goto(confirming)
    expect(page.get_by_role("heading", name="What you sign")).to_be_visible()
    assert running.rows() == asked
    assert running.report(blast)["signed"] == 0
    page.get_by_role("button", name="Confirm my signature").click()
    expect(page.get_by_role("heading", name="Thank you, Robin.")).to_be_visible()
    expect(page.get_by_text("number 1", exact=True)).to_be_visible()

    # The credit is the letter's; Jane's name stands under nothing, and her page still waits.
    report = running.report(blast)
    assert (report["signed"], report["new"], report["clicked"]) == (1, 1, 1)
    assert signatures(running) == [("robin@example.net", "verified", "jane@example.org")]
    jane = chromium.new_context(user_agent=CHROME).new_page()
    jane.goto(ask)
    expect(jane.get_by_text("Welcome back, Jane")).to_be_visible()
    sign(jane)
    expect(jane.get_by_role("heading", name="Thank you, Jane.")).to_be_visible()
    assert running.report(blast)["signed"] == 2


def field(page: Page, label: str) -> Locator:
    """A field of the form by the words above it."""
    return page.locator("form#sign").get_by_label(label)


def sign(page: Page) -> None:
    """Press the button of the petition's form."""
    page.locator("form#sign").get_by_role("button", name="Sign the petition").click()


def signatures(house: House) -> list[tuple[str, str, str]]:
    """Who has signed, in which state, and whose letter it is credited to."""
    query = (
        select(Signature, Delivery.supporter_id)
        .join(Delivery, Delivery.id == Signature.last_delivery_id)
        .order_by(Signature.id)
    )
    with house.services.db.reading() as session:
        return [
            (
                session.get_one(Supporter, signature.supporter_id).address,
                signature.state,
                session.get_one(Supporter, addressee).address,
            )
            for signature, addressee in session.execute(query)
        ]
