"""`outreach blasts watch`, at a terminal and where lines are read."""

from __future__ import annotations

import dataclasses
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from rich.console import Console

from outreach.blasts import progress
from outreach.blasts.progress import Progress
from outreach.cli.watch import _View

STARTED = datetime(2027, 3, 21, 9, 0, tzinfo=UTC)


@pytest.fixture
def moving(monkeypatch: pytest.MonkeyPatch) -> Progress:
    monkeypatch.setattr(progress, "now", lambda: STARTED + timedelta(seconds=5))
    domains = {f"d{n}.example": {"accepted": 100 - n, "pending": 50} for n in range(9)}
    return Progress(
        state="sending",
        reason=None,
        total=20_000,
        by_state={"accepted": 11_900, "bounced": 90, "skipped": 10, "pending": 8_000},
        skipped={"no_consent": 10},
        domains={"gmail.example": {"accepted": 9_000, "refused": 3}, **domains},
        done=12_000,
        left=8_000,
        started_at=STARTED,
        finished_at=None,
        letters_per_second=400.0,
        tried_again_at=None,
        in_flight=0,
        held_because="",
        starts_at=None,
    )


def test_one_line_says_what_matters(moving: Progress) -> None:
    line = _View("First ask", "smtp", ZoneInfo("Europe/Berlin")).line(moving)
    assert line == (
        "sending, 12,000 of 20,000 done, 11,990 sent, 10 skipped, 8,000 pending, 400 letters/s, "
        "ready about 10:00:25"
    )


def test_the_screen_shows_states_reasons_and_the_largest_domains(moving: Progress) -> None:
    console = Console(width=80, record=True)
    console.print(_View("First ask", "smtp", ZoneInfo("UTC")).screen(moving))
    text = console.export_text()
    assert "First ask  sending through smtp" in text
    assert "12,000 of 20,000 done, 400 letters/s, ready about 09:00:25" in text
    assert "(10 no consent)" in text
    assert "gmail.example" in text
    assert "and 2 other domains" in text


def test_why_nothing_moves_stands_in_place_of_the_end(moving: Progress) -> None:
    view = _View("First ask", "smtp", ZoneInfo("UTC"))
    paused = dataclasses.replace(
        moving, state="paused", letters_per_second=None, in_flight=40, reason="Paused by Mara."
    )
    assert view.line(paused).endswith("8,000 pending, 40 still with the provider, Paused by Mara.")
    quiet = dataclasses.replace(moving, held_because="Quiet hours until 08:00.")
    assert view.line(quiet).endswith("400 letters/s, Quiet hours until 08:00.")
