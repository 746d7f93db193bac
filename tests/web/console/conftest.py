"""A signed-in browser at the console, and one that is not."""

from __future__ import annotations

import html
import re
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from playwright.sync_api import BrowserContext
from werkzeug.serving import make_server
from werkzeug.test import TestResponse

from outreach.accounts.models import Account, Organisation
from outreach.accounts.passwords import hashed
from outreach.app import create_app
from outreach.consent import ledger, suppression
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.petitions import checking, operations
from outreach.petitions.intake.read import read_petition
from outreach.petitions.models import Petition
from outreach.providers.mailbox import MailboxProvider
from outreach.services import Services
from outreach.supporters import lists
from outreach.supporters.operations import find_or_create
from outreach.web.auth import COOKIE
from outreach.web.limits import limiter
from tests.web.accessible import launched

PASSWORD = "a lamp beside the quay"
PETITION = """\
Tell the harbour board: Keep the night ferry

The night ferry carried 412 nurses and cleaners home last winter.1 It is to stop.

Petition to the harbour board: Keep the night ferry running on every day of the year.

1. Harbour Board, "Winter passenger count," March 3, 2026.
"""
NAMES = ("Ana", "Ben", "Cleo", "Dana")
_TOKEN = re.compile(r'name="csrf_token" value="([^"]+)"')


@pytest.fixture
def password() -> str:
    """The password of every account here."""
    return PASSWORD


@pytest.fixture(scope="session")
def stored_password() -> str:
    """Its hash, made once: it takes its time by design."""
    return hashed(PASSWORD)


@dataclass
class Browser:
    """A test client that takes the check of the page that it saw last into the next form."""

    client: FlaskClient
    seen: list[str] = field(default_factory=list)

    def get(self, path: str, **options: Any) -> TestResponse:
        """Open a page."""
        answer = self.client.get(path, **options)
        if answer.mimetype == "text/html":
            self.seen += _TOKEN.findall(answer.text)[:1]
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form."""
        if not self.seen:
            self.get("/console/sign-in")
        sent = {"csrf_token": self.seen[-1], **(data or {})}
        return self.client.post(path, data=sent, **options)

    def fields(self, path: str) -> dict[str, str]:
        """What stands in the fields of a page's forms."""
        page = self.get(path).text
        lines = re.findall(
            r'<input class="in[^"]*" id="(\w+)" name="\w+"[^>]*value="([^"]*)"', page
        )
        texts = re.findall(r'<textarea[^>]* name="(\w+)"[^>]*>\n?(.*?)</textarea>', page, re.DOTALL)
        return {name: html.unescape(value) for name, value in (*lines, *texts)}

    def save(self, draft: str, **changes: str) -> TestResponse:
        """Save a draft with some of its fields changed."""
        path = f"{draft}/compose"
        return self.post(path, {**self.fields(path), **changes})


@pytest.fixture
def services(db: Database, tmp_path: Path) -> Services:
    """Services of an installation whose letters stay in a local mailbox."""
    return Services(
        db=db,
        tokens=Tokens("a secret of the tests"),
        provider=MailboxProvider(tmp_path / "mailbox"),
        base_url="http://127.0.0.1:8000",
        data_dir=tmp_path,
        secret="a secret of the tests",
        batch_size=1000,
        lease_s=60,
        late_limit_s=3600,
        recognise_days=30,
        keep_networks=False,
        test_sends_to="",
        watches_worker=False,
    )


@pytest.fixture
def app(services: Services) -> Flask:
    """The whole application, as it is served."""
    made = create_app(services)
    limiter.reset()  # its counts outlive an app
    return made


@pytest.fixture
def enter(
    app: Flask, db: Database, organisation: Organisation, stored_password: str
) -> Callable[[str], Browser]:
    """Makes an account of a role and signs it in."""

    def as_role(role: str) -> Browser:
        with db.transaction() as session:
            account = Account(
                organisation_id=organisation.id,
                email=f"{role}@harbourlights.example",
                name=f"{role.title()} Marsh",
                role=role,
                password_hash=stored_password,
            )
            session.add(account)
        browser = Browser(app.test_client())
        browser.post("/console/sign-in", {"email": account.email, "password": PASSWORD})
        return browser

    return as_role


@pytest.fixture
def console(enter: Callable[[str], Browser]) -> Browser:
    """A campaigner's browser, signed in."""
    return enter("campaigner")


@pytest.fixture
def petition(db: Database, organisation: Organisation) -> Petition:
    """An open petition, and four people of whom three may be written to."""
    with db.transaction() as session:
        made = operations.create_from(session, organisation, read_petition(PETITION))
        operations.publish(session, made)
        checking.mark_checked(session, made, by="somebody@harbourlights.example")
        riverton = lists.create(session, organisation, "Riverton")
        for name in NAMES:
            address = f"{name.lower()}@example.org"
            person, _ = find_or_create(session, email=address, first_name=name, source="test")
            lists.add_member(session, riverton, person, "fair")
            ledger.grant(session, person.id, basis="fair", source="list:Riverton")
        suppression.suppress(session, "dana@example.org", reason="bounced", source="test")
    return made


@pytest.fixture
def draft(console: Browser, petition: Petition) -> str:
    """The path of a blast that was drafted on the screens."""
    made = console.post("/console/blasts/new", {"name": "First ask", "petition": petition.slug})
    path = made.location.removesuffix("/compose")
    assert console.save(path, audience="list Riverton").status_code == 302
    return path


@pytest.fixture
def address(app: Flask) -> Iterator[str]:
    """Where the application is served while a test runs."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def chromium(address: str, console: Browser) -> Iterator[BrowserContext]:
    """A dark Chromium, signed in; without one left out, with CI=true a failure."""
    cookie = console.client.get_cookie(COOKIE, path="/console")
    assert cookie is not None
    with launched() as browser:
        context = browser.new_context(color_scheme="dark")
        context.add_cookies([{"name": COOKIE, "value": cookie.value, "url": f"{address}/console"}])
        yield context
