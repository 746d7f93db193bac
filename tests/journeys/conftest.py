"""The journeys' ground: an installation that runs, and a real browser for each person."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect, sync_playwright

from tests.journeys.campaign import found
from tests.journeys.house import ROOT, House, house

PATIENCE_MS = 20_000  # a page under all the load of the other tests
PETITIONS = ROOT.parent / "shared" / "petitions"


def left_out(what: str) -> None:
    """Skip in plain words; with CI=true nothing may be left out."""
    if os.environ.get("CI"):
        pytest.fail(f"{what}, and CI=true does not allow leaving it out")
    pytest.skip(f"left out: {what}")


@pytest.fixture(scope="session")
def texts() -> Path:
    """The folder with real petitions as campaigners paste them."""
    if not PETITIONS.is_dir():
        left_out("the real petitions are not in ../shared/petitions")
    return PETITIONS


@pytest.fixture
def running(tmp_path: Path) -> Iterator[House]:
    """An organisation whose server and worker run, with letters in the local mailbox."""
    with house(tmp_path / "data") as made:
        found(made)
        made.open()
        yield made


@pytest.fixture
def chromium() -> Iterator[Browser]:
    """A real browser; each context in it is a person of their own."""
    path = shutil.which("chromium")
    if path is None:
        left_out("Chromium is not installed")
    expect.set_options(timeout=PATIENCE_MS)
    quiet = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=quiet)
        yield browser
        browser.close()
