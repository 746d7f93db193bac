"""Drawing in a process of its own: ended when it is slow, one at a time, without our secrets."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from outreach.analytics.drawing import bounded
from outreach.core.errors import TryLater

ASKED = [("pdf", "<p>a</p>")]


@pytest.fixture
def library(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[[str], None]:
    """Puts a module in place of WeasyPrint, in the processes that draw."""

    def write(text: str) -> None:
        (tmp_path / "weasyprint.py").write_text(text)
        monkeypatch.setenv("PYTHONPATH", str(tmp_path))

    return write


def test_what_takes_too_long_is_ended_and_the_next_one_has_its_turn(
    library: Callable[[str], None], tmp_path: Path
) -> None:
    number = tmp_path / "number"
    library(
        "import os, pathlib, time\n"
        f"pathlib.Path({str(number)!r}).write_text(str(os.getpid()))\n"
        "time.sleep(600)\n"
    )
    with pytest.raises(TryLater, match="longer than 3 seconds and was given up"):
        bounded.made(ASKED, seconds=3)
    with pytest.raises(ProcessLookupError):
        os.kill(int(number.read_text()), 0)
    library("raise ImportError('none')")
    with pytest.raises(bounded.Missing):
        bounded.made(ASKED, seconds=60)


def test_only_one_draws_at_a_time() -> None:
    with bounded._turn, pytest.raises(TryLater, match="being drawn"):
        bounded.made(ASKED, seconds=0.01)


def test_a_library_that_is_not_there_is_named(library: Callable[[str], None]) -> None:
    library("raise OSError('cannot load library libpango-1.0-0')")
    with pytest.raises(bounded.Missing, match="libpango"):
        bounded.made(ASKED, seconds=60)


def test_a_drawing_that_fails_gives_nothing(library: Callable[[str], None]) -> None:
    library("")  # nothing that sets a page
    with pytest.raises(TryLater, match="because of a fault"):
        bounded.made(ASKED, seconds=60)


def test_our_settings_stay_here(
    library: Callable[[str], None], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_SECRET_KEY", "a secret")
    library(
        "import os\n"
        "class urls:\n"
        "    def URLFetcher(**_): pass\n"
        "class HTML:\n"
        "    def __init__(self, **_): pass\n"
        "    def write_pdf(self, **_): return repr(sorted(os.environ)).encode()\n"
    )
    assert b"OUTREACH_" not in bounded.made(ASKED, seconds=60)[0]
