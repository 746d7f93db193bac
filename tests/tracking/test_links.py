"""Links are stored once, found by slot, and never lead elsewhere."""

from __future__ import annotations

import pytest
from sqlalchemy import func, select

from outreach.core.db import Database
from outreach.core.errors import Conflict
from outreach.tracking import links
from outreach.tracking.links import NewLink
from outreach.tracking.models import Link
from tests.tracking.worlds import Letter

ASK = NewLink(8, "ask", "https://act.example/petitions/night-buses", "ask")


def test_a_link_is_found_by_blast_and_slot(db: Database, letter: Letter) -> None:
    with db.reading() as session:
        found = links.by_slot(session, letter.blast_id, 9)
        assert found is not None
        assert (found.id, found.url) == (letter.links["timetable"], "https://act.example/timetable")
        assert links.by_slot(session, letter.blast_id, 77) is None
        assert links.by_slot(session, letter.blast_id + 1, 9) is None


def test_storing_again_changes_nothing(db: Database, letter: Letter) -> None:
    with db.transaction() as session:
        links.store(session, letter.blast_id, [ASK])
        assert session.scalar(select(func.count()).select_from(Link)) == 5


def test_a_slot_never_leads_elsewhere(db: Database, letter: Letter) -> None:
    elsewhere = NewLink(8, "ask", "https://elsewhere.example", "ask")
    with db.transaction() as session, pytest.raises(Conflict, match="Link 8"):
        links.store(session, letter.blast_id, [elsewhere])
    with db.reading() as session:
        assert links.by_slot(session, letter.blast_id, 8).url == ASK.url  # type: ignore[union-attr]
