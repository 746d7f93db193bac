"""A blast to report on, built piece by piece."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from tests.analytics.worlds import World


@pytest.fixture
def world(organisation: Organisation) -> Callable[..., World]:
    """`world(session)`: a new petition and blast, without letters yet."""

    def build(session: Session, *, state: str = "finished") -> World:
        return World(session, organisation.id, state=state)

    return build
