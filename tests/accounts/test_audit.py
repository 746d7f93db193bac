"""An audit entry stands with its deed or not at all."""

from __future__ import annotations

import pytest
from sqlalchemy import select

from outreach.accounts import audit
from outreach.accounts.models import AuditEntry
from outreach.core.db import Database


def test_an_entry_says_who_did_what(db: Database) -> None:
    with db.transaction() as session:
        audit.record(
            session, actor="mara@x.example", action="blast.pause", subject="blast:3", why="x"
        )
    with db.reading() as session:
        entry = session.scalars(select(AuditEntry)).one()
    assert (entry.actor, entry.action, entry.subject) == (
        "mara@x.example",
        "blast.pause",
        "blast:3",
    )
    assert entry.detail == {"why": "x"}


def test_it_goes_when_its_transaction_fails(db: Database) -> None:
    with pytest.raises(ZeroDivisionError), db.transaction() as session:
        audit.record(session, actor="mara", action="blast.pause", subject="blast:3")
        raise ZeroDivisionError
    with db.reading() as session:
        assert session.scalars(select(AuditEntry)).all() == []
