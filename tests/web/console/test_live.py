"""The console's live parts and its small screens, in a real browser."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from typing import Any

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from outreach.jobs import sending
from outreach.services import Services

PHONE = {"width": 390, "height": 780}
WAIT_MS = 20_000


@pytest.fixture
def page(chromium: BrowserContext) -> Iterator[Page]:
    """A page of which the browser must not complain, for our policy or anything else."""
    opened, said = chromium.new_page(), list[str]()
    opened.on("console", lambda message: said.append(message.text))
    opened.on("pageerror", lambda error: said.append(str(error)))
    yield opened
    assert said == []


def test_a_segment_is_counted_while_its_rules_are_written(
    page: Page, address: str, petition: object
) -> None:
    page.goto(f"{address}/console/segments/new")
    page.get_by_label("Rules", exact=True).fill("list Riverton")
    expect(page.locator("#answer .fig")).to_have_text("4", timeout=WAIT_MS)
    page.get_by_label("Rules", exact=True).fill("list Riverton and")
    expect(page.locator("#answer")).to_contain_text("expected a question", timeout=WAIT_MS)


def test_another_view_of_the_letter_leaves_typed_text_alone(
    page: Page, address: str, draft: str
) -> None:
    page.goto(f"{address}{draft}")
    page.get_by_label("Subject").fill("Typed and not saved")
    page.get_by_role("link", name="Text").click()
    expect(page.locator("#preview pre")).to_contain_text("Dear friend,", timeout=WAIT_MS)
    expect(page.get_by_label("Subject")).to_have_value("Typed and not saved")


def test_the_preview_shows_the_letter_in_its_frame(page: Page, address: str, draft: str) -> None:
    page.goto(f"{address}{draft}")
    letter = page.frame_locator("#preview iframe")
    expect(letter.get_by_text("Dear friend,")).to_be_visible(timeout=WAIT_MS)


def test_a_blast_is_followed_to_its_end_without_a_reload(
    page: Page, address: str, console: Any, draft: str, services: Services
) -> None:
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    page.goto(f"{address}{draft}")
    expect(page.locator(".sub .chip")).to_have_text("Scheduled")
    sending.start_due_blasts(services, threading.Event())
    sending.send(services, threading.Event())
    expect(page.locator(".sub .chip")).to_have_text("Finished", timeout=WAIT_MS)
    expect(page.get_by_text("of 4 done")).to_be_visible()


def test_on_a_phone_every_screen_is_reached_and_fits(
    page: Page, address: str, draft: str, petition: Any
) -> None:
    page.set_viewport_size(PHONE)
    page.goto(f"{address}/console/")
    for name in ("Petitions", "Blasts", "Supporters", "Segments", "Reports", "Mailbox"):
        page.get_by_text("Menu").click()
        page.get_by_role("link", name=name).click()
        expect(page.get_by_role("heading", level=1)).to_have_text(name)
    for path in (
        "/console/",
        draft,
        f"/console/petitions/{petition.slug}",
        "/console/petitions/import",
        "/console/supporters/",
        "/console/supporters/1",
        "/console/supporters/imports/new",
        "/console/segments/new",
        "/console/account/",
    ):
        page.goto(f"{address}{path}")
        assert page.evaluate("document.documentElement.scrollWidth") <= PHONE["width"], path
