"""A signed-in browser at the console, and one that is not."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from werkzeug.test import TestResponse

from outreach.accounts.models import Account, Organisation
from outreach.accounts.passwords import hashed
from outreach.app import create_app
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.providers.mailbox import MailboxProvider
from outreach.services import Services
from outreach.web.auth import limiter

PASSWORD = "a lamp beside the quay"
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
        self.seen += _TOKEN.findall(answer.text)[:1]
        return answer

    def post(self, path: str, data: dict[str, Any] | None = None, **options: Any) -> TestResponse:
        """Send a form."""
        if not self.seen:
            self.get("/console/sign-in")
        sent = {"csrf_token": self.seen[-1], **(data or {})}
        return self.client.post(path, data=sent, **options)


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
