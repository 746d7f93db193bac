"""A browser on the public pages of a published petition, and a letter that led there."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path

import pytest
from flask.testing import FlaskClient

from outreach.accounts.models import Organisation
from outreach.app import create_app
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail.models import Delivery
from outreach.petitions.models import Petition
from outreach.providers.mailbox import MailboxProvider
from outreach.providers.null import NullProvider
from outreach.services import Services
from outreach.supporters.models import Supporter
from outreach.web.limits import limiter
from tests.petitions.worlds import World, published
from tests.web.public.letterbox import Letterbox, browser, put_letter

ROOT = Path(__file__).parents[3]
BASE = "http://127.0.0.1:8000"


@dataclass
class Public(World):
    """The world with a browser in it."""

    browser: FlaskClient
    tokens: Tokens
    asks: Iterator[int] = field(default_factory=count)

    @property
    def path(self) -> str:
        """The petition's page."""
        return f"/petitions/{self.petition.slug}"

    def letter_to(self, supporter: Supporter, petition: Petition | None = None) -> Delivery:
        """A blast's letter asking this person."""
        asked = petition or self.petition
        with self.db.transaction() as session:
            blast = Blast(
                organisation_id=self.organisation.id,
                petition_id=asked.id,
                name=f"Ask {next(self.asks)}",
                sender_name="Mara",
                sender_address="mara@harbourlights.example",
            )
            session.add(blast)
            session.flush()
            delivery = Delivery(blast_id=blast.id, supporter_id=supporter.id, state="accepted")
            session.add(delivery)
        return delivery

    def recognise(self, delivery: Delivery, expires: datetime | None = None) -> str:
        """What the letter's link carries."""
        return self.tokens.seal("recognise", delivery.id, expires=expires)


@pytest.fixture
def public(db: Database, organisation: Organisation, tmp_path: Path) -> Public:
    """The public pages, as the application serves them, with the night buses petition open."""
    services = Services(
        db=db,
        tokens=Tokens("a secret of the tests"),
        provider=MailboxProvider(tmp_path / "mailbox"),
        base_url=BASE,
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
    with db.transaction() as session:
        petition = published(session, organisation)
    app = create_app(services)
    limiter.reset()  # its counts outlive an app
    return Public(db, organisation, petition, app.test_client(), services.tokens)


@pytest.fixture
def services(db: Database, tmp_path: Path) -> Services:
    """Services of an installation that writes to nobody."""
    return Services(
        db=db,
        tokens=Tokens("a secret of the tests"),
        provider=NullProvider(),
        base_url="https://act.example",
        data_dir=tmp_path,
        secret="a secret of the tests",
        batch_size=1000,
        lease_s=60,
        late_limit_s=3600,
        recognise_days=30,
        keep_networks=True,
        test_sends_to="",
        watches_worker=False,
    )


@pytest.fixture
def letter(services: Services, organisation: Organisation) -> Letterbox:
    """A letter that came ten minutes ago."""
    return put_letter(services, organisation, now() - timedelta(minutes=10))


@pytest.fixture
def client(services: Services) -> FlaskClient:
    """A visitor with an ordinary program."""
    return browser(services)
