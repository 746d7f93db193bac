"""The home of the console: the first steps of a new installation, then the day."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from typing import Any

from outreach.jobs import sending
from outreach.petitions.models import Petition
from outreach.services import Services


def ticked(page: str) -> list[tuple[str, bool]]:
    """The first steps in their order, and whether each is done."""
    steps = re.findall(
        r"<li( class=\"done\")?><span class=\"n\">.*?<h3>(.*?)</h3>", page, re.DOTALL
    )
    return [(re.sub("<[^>]+>", "", title), bool(done)) for done, title in steps]


def test_a_new_installation_is_led_to_its_first_letter(console: Any) -> None:
    page = console.get("/console/").text
    assert ticked(page) == [
        ("Say who speaks", True),
        ("Paste a petition", False),
        ("Publish it", False),
        ("Bring supporters in", False),
        ("Draft a blast", False),
        ("Send it", False),
    ]
    for path in re.findall(r'<h3><a href="([^"]+)"', page):
        assert console.get(path).status_code == 200, path


def test_steps_are_ticked_as_they_are_done_and_go_when_a_letter_has_left(
    console: Any, petition: Petition, services: Services
) -> None:
    assert [done for _, done in ticked(console.get("/console/").text)] == [True] * 4 + [False] * 2
    made = console.post("/console/blasts/new", {"name": "First", "petition": petition.slug})
    page = console.get("/console/").text
    assert [done for _, done in ticked(page)] == [True] * 5 + [False]
    assert f'<h3><a href="{made.location}">Send it' in page
    draft = made.location.removesuffix("/compose")
    console.save(draft, audience="list Riverton")
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    sending.start_due_blasts(services, threading.Event())
    page = console.get("/console/").text
    assert "First steps" not in page and "Just sent" in page


def test_who_may_only_read_is_led_nowhere(enter: Callable[[str], Any]) -> None:
    assert "First steps" not in enter("analyst").get("/console/").text
