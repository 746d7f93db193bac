"""What the tests of tracking know of the letter that they work on."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime

DELIVERED = datetime(2026, 4, 14, 9, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Letter:
    """Ids of a stored letter; `links` maps a label to the id of its link."""

    blast_id: int
    supporter_id: int
    delivery_id: int
    links: dict[str, int]
