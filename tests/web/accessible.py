"""Pages in a real browser, large, narrow or dark as people need them, and what axe finds there."""

from __future__ import annotations

import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Literal

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]}
# Phone, half a desktop at 200 % zoom, desktop: width, height; light or dark; size of text.
VIEWS: dict[str, tuple[int, int, Literal["light", "dark"], int]] = {
    "phone": (320, 700, "light", 1),
    "phone, dark, large text": (390, 780, "dark", 2),
    "desktop": (1280, 900, "light", 1),
    "desktop, dark": (1440, 900, "dark", 1),
    "desktop, large text": (1280, 900, "light", 2),
}


@contextmanager
def launched() -> Iterator[Browser]:
    """A real browser; without one left out, with CI=true a failure."""
    path = shutil.which("chromium")
    if path is None:
        if os.environ.get("CI"):
            pytest.fail("Chromium is not installed, and CI=true does not allow leaving it out")
        pytest.skip("left out: no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """A browser for all tests of a module."""
    with launched() as browser:
        yield browser


def seen_as(browser: Browser, view: str) -> tuple[BrowserContext, Callable[[Page], None]]:
    """A context of this view, and what makes a loaded page's text as large as it asks for."""
    width, height, scheme, text = VIEWS[view]
    context = browser.new_context(viewport={"width": width, "height": height}, color_scheme=scheme)

    def enlarge(page: Page) -> None:
        if text != 1:
            page.evaluate(f"document.documentElement.style.fontSize = '{text * 100}%'")

    return context, enlarge


def findings(page: Page) -> list[str]:
    """What axe finds, and what sticks out to the side."""
    found = [
        f"{rule['id']}: {node['target']} {node.get('failureSummary', '')}"
        for rule in Axe().run(page, options=RULES).response["violations"]
        for node in rule["nodes"]
    ]
    wide: Any = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [*found, f"{wide} px too wide"] if wide > 0 else found
