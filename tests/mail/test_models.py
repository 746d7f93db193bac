"""The ledger's tables."""

from __future__ import annotations

from sqlalchemy.schema import CreateIndex

from outreach.mail.models import DELIVERIES


def test_no_index_changes_as_a_letter_leaves() -> None:
    """Else PostgreSQL writes all of them anew for each letter (no HOT update)."""
    written = ("state", "reason", "provider_ref", "accepted_at", "attempts")
    for index in DELIVERIES.indexes:
        shown = str(CreateIndex(index)).partition("(")[2]
        where = str(index.dialect_options["postgresql"]["where"] or "")
        assert not [name for name in written if name in shown or name in where], index.name
