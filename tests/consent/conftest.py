"""People to ask consent of."""

from __future__ import annotations

import pytest

from outreach.core.db import Database
from outreach.supporters.models import Supporter


@pytest.fixture
def ann(db: Database) -> Supporter:
    """A stored supporter."""
    return _stored(db, "ann@example.org")


@pytest.fixture
def ben(db: Database) -> Supporter:
    """Another one."""
    return _stored(db, "ben@example.org")


def _stored(db: Database, address: str) -> Supporter:
    with db.transaction() as session:
        supporter = Supporter(address=address, email=address)
        session.add(supporter)
    return supporter
