"""Every public page in a real browser: no axe violation, nothing cut off, the keyboard suffices."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass

import pytest
from playwright.sync_api import Browser
from werkzeug.serving import make_server

from outreach.app import create_app
from outreach.core.clock import now
from outreach.petitions import operations, translations
from outreach.petitions.models import Petition
from outreach.petitions.page_settings import PageSettings, set_page
from outreach.web.limits import limiter
from tests.petitions.test_translations import SPANISH
from tests.petitions.worlds import published, revised
from tests.web.accessible import VIEWS, chromium, findings, seen_as
from tests.web.public.conftest import Public
from tests.web.public.visits import confirm, typed_in

__all__ = ["chromium"]  # a fixture


@dataclass
class Site:
    """The pages of a served installation, by what they show."""

    address: str
    pages: dict[str, str]


@pytest.fixture
def site(public: Public) -> Iterator[Site]:
    """Petitions in every state, and every page that a signer passes."""
    app = create_app(public.browser.application.extensions["outreach"])
    limiter.reset()
    pages = _pages(public)
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield Site(f"http://127.0.0.1:{server.server_port}", pages)
    server.shutdown()
    thread.join()
    server.server_close()


def _pages(public: Public) -> dict[str, str]:
    seal = public.tokens.seal
    with public.db.transaction() as session:
        settings = PageSettings(comments="at_once", state_text="The board has met.")
        set_page(session, session.get_one(Petition, public.petition.id), settings, by="mara")
    letter = public.letter_to(public.supporter())
    pending, signed = typed_in(public), typed_in(public, "cy@example.org")
    confirm(public, signed)
    third = public.letter_to(public.supporter("Dee Marsh"))
    public.browser.post(f"{public.path}/sign", data={"letter": public.recognise(third)})
    said = typed_in(public, "ed@example.org", comment="Keep <b>them</b>.")
    confirm(public, said)
    with public.db.transaction() as session:
        revised(
            session,
            session.get_one(Petition, public.petition.id),
            reason="The board has changed its plan.",
            statement="Keep every night bus, and run them on Sundays.[^1]",
        )
        for language in ("es", "ar"):
            found = session.get_one(Petition, public.petition.id)
            translations.save(session, found, language, SPANISH, by="mara")
        others = {state: published(session, public.organisation) for state in ("paused", "closed")}
        operations.pause(session, others["paused"])
        operations.close(session, others["closed"])
    return {
        "home": "/",
        "privacy": "/privacy",
        "nothing": "/petitions/no-such",
        "stranger": public.path,
        "spanish": f"{public.path}?lang=es",
        "arabic": f"{public.path}?lang=ar",
        "embed": f"/embed{public.path}",
        "comments": f"{public.path}/comments",
        "comment": f"{public.path}/comments/1",
        "recognised": f"{public.path}?letter={public.recognise(letter)}",
        "old letter": f"{public.path}?letter={public.recognise(letter, now())}",
        "signed": f"{public.path}?letter={public.recognise(third)}",
        **{state: f"/petitions/{other.slug}" for state, other in others.items()},
        "check mail": f"{public.path}/check-mail?s={seal('check-mail', pending.id)}",
        "confirm": f"/confirm/{seal('confirm', pending.id)}",
        "thanks": f"{public.path}/thanks?s={seal('thanks', signed.id)}",
        "name": f"{public.path}/name?s={seal('thanks', signed.id)}",
        "print": f"{public.path}/print",
        "leave": f"/u/{public.tokens.letter(letter.id, letter.blast_id or 0, [1])[0]}",
    }


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
@pytest.mark.parametrize("view", VIEWS)
def test_no_page_shuts_anybody_out(chromium: Browser, site: Site, view: str) -> None:
    context, enlarge = seen_as(chromium, view)
    page = context.new_page()
    found = {}
    for name, path in site.pages.items():
        page.goto(site.address + path)
        enlarge(page)
        found[name] = findings(page)
        if name == "stranger":
            page.get_by_role("button", name="Sign the petition").last.press("Enter")
            found["with faults"] = findings(page)
    context.close()
    said = [f"{name}: {fault}" for name, faults in found.items() for fault in faults]
    assert not said, "\n".join(said)


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_the_keyboard_reaches_everything_and_shows_where_it_is(
    chromium: Browser, site: Site
) -> None:
    page = chromium.new_page()
    page.goto(site.address + site.pages["recognised"])
    reached, outlined = list[str](), list[bool]()
    for _ in range(60):
        page.keyboard.press("Tab")
        name, outline = page.evaluate(
            "[document.activeElement.name || document.activeElement.textContent.trim(),"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        reached.append(name)
        outlined.append(outline != "none")
        if name == "Sign the petition":
            break
    assert reached[0] == "Skip to the text" and reached[-1] == "Sign the petition"
    assert reached.index("partner") < len(reached) - 1  # boxes come before the button
    assert all(outlined)
    page.keyboard.press("Enter")
    page.get_by_role("heading", name="Thank you, Jane.").wait_for()
    page.close()
