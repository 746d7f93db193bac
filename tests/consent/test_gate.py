"""The gate says yes, or no and why, for every row of a statement."""

from __future__ import annotations

from sqlalchemy import select

from outreach.consent import gate, ledger, suppression
from outreach.core.db import Database
from outreach.supporters.models import Supporter


def reasons(db: Database, purpose: str = "email") -> dict[str, str | None]:
    query = select(
        Supporter.address,
        gate.reason_not_to_write(Supporter.id, Supporter.address, purpose).label("reason"),
    )
    with db.reading() as session:
        return {row.address: row.reason for row in session.execute(query)}


def test_each_reason(db: Database, ann: Supporter, ben: Supporter) -> None:
    assert reasons(db) == {ann.address: "no_consent", ben.address: "no_consent"}
    with db.transaction() as session:
        ledger.grant(session, ann.id, basis="signed", source="petition:a")
        ledger.withdraw(session, ben.id, basis="one-click", source="letter:1")
    assert reasons(db) == {ann.address: None, ben.address: "unsubscribed"}
    assert reasons(db, "partner:Tide Watch")[ann.address] == "no_consent"


def test_suppression_outranks_consent(db: Database, ann: Supporter) -> None:
    with db.transaction() as session:
        ledger.grant(session, ann.id, basis="signed", source="petition:a")
        suppression.suppress(session, ann.address, reason="bounced", source="provider")
    assert reasons(db) == {ann.address: "suppressed"}


def test_it_narrows_a_statement(db: Database, ann: Supporter, ben: Supporter) -> None:
    with db.transaction() as session:
        ledger.grant(session, ann.id, basis="signed", source="petition:a")
    allowed = gate.reason_not_to_write(Supporter.id, Supporter.address).is_(None)
    with db.reading() as session:
        assert session.scalars(select(Supporter.address).where(allowed)).all() == [ann.address]
