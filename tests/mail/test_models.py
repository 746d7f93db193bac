"""The ledger's tables."""

from __future__ import annotations

from outreach.mail.models import DELIVERIES


def test_no_index_changes_as_a_letter_leaves() -> None:
    """Else PostgreSQL writes all of them anew for each letter (no HOT update)."""
    written = {"state", "reason", "provider_ref", "accepted_at", "attempts"}
    for index in DELIVERIES.indexes:
        where = index.dialect_options["postgresql"]["where"]
        used = {column.name for column in index.columns} | set(str(where).split())
        assert not used & written, index.name
