"""One letter of one blast, as tracking sees it."""

from __future__ import annotations

import pytest

from outreach.accounts.models import Organisation
from outreach.blasts.models import Blast
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.petitions.models import Petition
from outreach.supporters.models import Supporter
from outreach.tracking import links
from outreach.tracking.links import NewLink
from tests.tracking.worlds import DELIVERED, Letter


@pytest.fixture
def letter(db: Database, organisation: Organisation) -> Letter:
    """An accepted letter with an ask, three more links and a hidden one."""
    with db.transaction() as session:
        petition = Petition(
            organisation_id=organisation.id, slug="night-buses", headline="Keep the night buses"
        )
        supporter = Supporter(address="ada@riverton.example", email="Ada@riverton.example")
        session.add_all([petition, supporter])
        session.flush()
        blast = Blast(
            organisation_id=organisation.id,
            petition_id=petition.id,
            name="Night buses, first ask",
            sender_name="Mara",
            sender_address="mara@harbourlights.example",
        )
        session.add(blast)
        session.flush()
        delivery = Delivery(
            blast_id=blast.id,
            supporter_id=supporter.id,
            state="accepted",
            accepted_at=DELIVERED,
        )
        session.add(delivery)
        session.flush()
        links.store(
            session,
            blast.id,
            [
                NewLink(3, "trap", "https://act.example/petitions/night-buses", "trap"),
                NewLink(8, "ask", "https://act.example/petitions/night-buses", "ask"),
                NewLink(9, "link", "https://act.example/timetable", "timetable"),
                NewLink(10, "citation", "https://gazette.example/1", "note 1"),
                NewLink(11, "citation", "https://gazette.example/2", "note 2"),
            ],
        )
        stored = {
            label: links.by_slot(session, blast.id, slot).id  # type: ignore[union-attr]
            for slot, label in [(3, "trap"), (8, "ask"), (9, "timetable"), (10, "1"), (11, "2")]
        }
        return Letter(blast.id, supporter.id, delivery.id, stored)
