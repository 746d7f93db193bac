"""A published petition."""

from __future__ import annotations

import pytest

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.petitions.pages import Pages
from tests.petitions.worlds import World, published


@pytest.fixture
def world(db: Database, organisation: Organisation) -> World:
    """The night buses petition, open for signatures."""
    with db.transaction() as session:
        return World(db, organisation, published(session, organisation))


@pytest.fixture
def pages() -> Pages:
    """Addresses of public pages."""
    return Pages(Tokens("a secret of the tests"), "https://harbour.example")
