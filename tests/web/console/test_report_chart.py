"""The report's chart in a real browser, under the policy that the pages are served with."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import BrowserContext, Page, expect

from outreach.accounts.models import Organisation
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from tests.analytics.worlds import World


@pytest.fixture
def open_report(
    address: str, chromium: BrowserContext, db: Database, organisation: Organisation
) -> Callable[[], tuple[Page, list[str]]]:
    """Opens the report of a blast that was clicked; with what the console complained of."""

    def load() -> tuple[Page, list[str]]:
        with db.transaction() as session:
            made = World(session, organisation.id)
            for minutes in (5, 70, 400):
                made.clicked(made.letter(), minutes=minutes)
        rollup.advance(db)
        page, said = chromium.new_page(), list[str]()
        page.on("console", lambda message: said.append(message.text))
        page.goto(f"{address}/console/reports/{made.blast.id}")
        return page, said

    return load


def test_the_chart_is_drawn_within_the_policy_and_follows_the_colours_of_the_system(
    open_report: Callable[[], tuple[Page, list[str]]],
) -> None:
    page, said = open_report()
    chart = page.locator(".chart svg")
    expect(chart.get_by_text("Line: 3 clicked")).to_be_visible(timeout=20_000)
    expect(chart.locator("path[stroke='#9aa9a3']").first).to_be_attached()
    page.emulate_media(color_scheme="light")
    expect(chart.locator("path[stroke='#5a6862']").first).to_be_attached()
    assert said == []


def test_a_chart_that_can_not_be_drawn_leaves_the_summary_and_the_table(
    chromium: BrowserContext, open_report: Callable[[], tuple[Page, list[str]]]
) -> None:
    chromium.route("**/timeline.json*", lambda route: route.abort())
    page, _ = open_report()
    expect(page.get_by_text("The chart could not be drawn here.")).to_be_visible(timeout=20_000)
    page.get_by_text("Hour by hour, as a table").click()
    expect(page.get_by_role("rowheader", name="14 April 2026, 10:00")).to_be_visible()
