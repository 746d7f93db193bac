"""A suppressed address stays suppressed in every spelling until a person lifts it."""

from __future__ import annotations

import pytest

from outreach.consent import suppression
from outreach.core.db import Database
from outreach.core.errors import BadInput, NotFound


def test_any_spelling_is_the_same_address(db: Database) -> None:
    with db.transaction() as session:
        suppression.suppress(session, " Ann@Example.org", reason="asked", source="letter:1")
    with db.reading() as session:
        assert suppression.is_suppressed(session, "ann@example.ORG")
        assert not suppression.is_suppressed(session, "ben@example.org")


def test_the_first_reason_stays(db: Database) -> None:
    with db.transaction() as session:
        suppression.suppress(session, "ann@example.org", reason="complained", source="provider")
        again = suppression.suppress(session, "ann@example.org", reason="bounced", source="x")
        assert (again.reason, again.source) == ("complained", "provider")
        assert suppression.listed(session).total == 1


def test_lifting_lets_letters_through_again(db: Database) -> None:
    with db.transaction() as session:
        suppression.suppress(session, "ann@example.org", reason="manual", source="x")
        suppression.lift(session, "ANN@example.org")
    with db.reading() as session:
        assert not suppression.is_suppressed(session, "ann@example.org")
    with pytest.raises(NotFound), db.transaction() as session:
        suppression.lift(session, "ann@example.org")


def test_a_reason_of_ones_own_is_refused(db: Database) -> None:
    with pytest.raises(BadInput, match="not a reason"), db.transaction() as session:
        suppression.suppress(session, "ann@example.org", reason="because", source="x")
