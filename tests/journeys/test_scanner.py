"""Scanners follow every link of a letter, mangle it and run its scripts; nothing comes of it."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import requests
from playwright.sync_api import Browser
from sqlalchemy import func, select

from outreach.demo.cast import SCANNERS
from outreach.demo.people import Letter
from outreach.tracking.models import Event, Judgement
from tests.journeys.campaign import import_people, publish, send_blast
from tests.journeys.house import House

PEOPLE = ("opened", "clicked", "signed", "unsubscribed", "complained", "shared", "new")
IN_A_BROWSER = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Proofpoint URL Defense"


def test_scanners_follow_every_link_and_nothing_happens(
    running: House, texts: Path, chromium: Browser
) -> None:
    slug = publish(running, texts / "petition-with-footnotes.txt")
    import_people(running, *(f"P{n},Reed,p{n}@example.org" for n in range(4)))
    blast = send_blast(running, "First ask", slug)
    letters = [running.letter(f"p{n}@example.org") for n in range(4)]
    before = running.rows()
    places = [url for url in letters[0].urls if url.startswith(running.base_url)]
    assert {url.split("/")[3] for url in places} == {"c", "o", "u", "v"}

    # By GET and HEAD: one that gives its name, one that calls itself a browser, one without name.
    for letter, agent in zip(letters, (*SCANNERS, ""), strict=False):
        for url, method in product(followed(letter, running), ("GET", "HEAD")):
            answer = requests.request(method, url, headers={"User-Agent": agent}, timeout=30)
            assert answer.status_code == 200, url.split("/")[3]
    # With mangled tokens, as gateways rewrite and cut them.
    seen = events(running)
    for url, mangled in product(places, (str.lower, lambda u: u[:-9], lambda u: u + "A=", flipped)):
        for method in ("GET", "HEAD"):
            assert requests.request(method, mangled(url), timeout=30).status_code == 404
    assert events(running) == seen

    # In a browser that runs scripts, link after link, and every page that they lead to.
    page = chromium.new_context(user_agent=IN_A_BROWSER).new_page()
    broken: list[str] = []
    page.on("response", lambda answer: broken.append(answer.url) if answer.status >= 500 else None)
    for url in followed(letters[3], running):
        page.goto(url, wait_until="load")
        for further in page.eval_on_selector_all("a[href]", "links => links.map(a => a.href)"):
            if further.startswith(running.base_url):
                page.goto(further, wait_until="load")
    assert broken == []

    assert running.rows() == before
    assert events(running) > seen
    report = running.report(blast)
    assert verdicts(running) <= {"machine", "machine_open"}
    assert {name: report[name] for name in PEOPLE} == dict.fromkeys(PEOPLE, 0)
    assert report["machine_events"] == events(running)


def followed(letter: Letter, house: House) -> list[str]:
    """What a scanner follows: all links of ours, and the one in the header."""
    return [url for url in (*letter.urls, letter.one_click_url) if url.startswith(house.base_url)]


def flipped(url: str) -> str:
    """The address with another character in the middle of its token."""
    at = url.rindex("/") + 12
    return url[:at] + ("A" if url[at] != "A" else "B") + url[at + 1 :]


def events(house: House) -> int:
    """How many things were observed."""
    with house.services.db.reading() as session:
        return session.scalar(select(func.count()).select_from(Event)) or 0


def verdicts(house: House) -> set[str | None]:
    """What all that was observed is held to be."""
    judged = select(Judgement.verdict).select_from(Event)
    query = judged.outerjoin(Judgement, Judgement.event_id == Event.id).distinct()
    with house.services.db.reading() as session:
        return set(session.scalars(query))
