"""A petition with notes, supporters with consent, a blast about to leave."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import mkdtemp

from sqlalchemy import select, update
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts import delivery, operations, queries, schedule
from outreach.blasts.freeze import freeze
from outreach.blasts.models import Blast
from outreach.blasts.sender import Sender
from outreach.consent import ledger
from outreach.consent.models import ConsentEntry, ConsentStanding
from outreach.core import bulk
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail.flight import FlightRecorder
from outreach.mail.models import Batch, Delivery
from outreach.petitions import checking
from outreach.petitions.intake.read import read_petition
from outreach.petitions.models import Petition
from outreach.petitions.operations import create_from, publish
from outreach.supporters import lists
from outreach.supporters.models import ListMember, Supporter
from outreach.supporters.operations import find_or_create
from tests.standins.recorder import Recorder

BASE_URL = "https://act.harbour.example"

PETITION = """Harbour Lights Action

Tell the Harbour Board: count every letter!

Petition to the Harbour Board:
We ask the Harbour Board to count every letter.

Letters get lost when nobody counts them.1 A count costs less than a stamp.2

1. Harbour Board, “Letters, counted once,” January 14, 2026. https://board.example.org/letters
2. Ada Okafor, “What a stamp costs,” Westhaven Courier, August 9, 2025.
"""

BODY = """Dear {{ first_name or "friend" }},

Letters get lost.[^1] See [the figures](https://figures.example.org/2026?a=1&b=2).

[[Sign the petition]]
"""


@dataclass
class World:
    """A stored draft blast and the ways to move it."""

    db: Database
    organisation: Organisation
    blast_id: int
    list_id: int
    provider: Recorder = field(default_factory=Recorder)
    tokens: Tokens = field(default_factory=lambda: Tokens("a secret of the tests"))
    batch_size: int = 100
    flights: FlightRecorder = field(default_factory=lambda: FlightRecorder(Path(mkdtemp())))

    def add_people(self, number: int, *, start: int = 1, domain: str = "example.org") -> list[str]:
        """Supporters with consent on the list; returns their addresses. One comes as people come;
        the others get the same rows, which takes a tenth of the time."""
        addresses = [f"p{i:04}@{domain}" for i in range(start, start + number)]
        if not addresses:
            return []
        with self.db.transaction() as session:
            first, _ = find_or_create(
                session,
                email=addresses[0],
                first_name=f"Pat{start}",
                last_name="Reed",
                source="test",
            )
            target = lists.by_name(session, "Westhaven")
            lists.add_member(session, target, first, source="the fair")
            ledger.grant(session, first.id, basis="asked", source="test")
            session.flush()
            _same_rows(session, first, addresses[1:], start + 1)
        return addresses

    def another_blast(self, name: str) -> int:
        """A second draft of the same kind; its id."""
        with self.db.transaction() as session:
            first = self.blast(session)
            organisation = session.get_one(Organisation, first.organisation_id)
            blast = operations.create(
                session,
                organisation=organisation,
                petition=session.get_one(Petition, first.petition_id),
                name=name,
                audience=first.audience,
                body=BODY,
                actor="test",
            )
        return blast.id

    def blast(self, session: Session) -> Blast:
        """The blast, in this session."""
        return queries.by_id(session, self.blast_id)

    def start(self, blast_id: int = 0) -> None:
        """Schedule the blast (or another one) for now and freeze it."""
        with self.db.transaction() as session:
            blast = queries.by_id(session, blast_id or self.blast_id)
            schedule.schedule(session, blast, at=None, actor="test", base_url=BASE_URL)
            freeze(session, blast, base_url=BASE_URL, batch_size=self.batch_size)

    def sender(self, name: str = "sender") -> Sender:
        """Someone who sends."""
        return Sender(name, self.db, self.tokens, self.provider, self.flights, BASE_URL, lease_s=60)

    def send(self, name: str = "sender") -> None:
        """Send all that is due, and close what is done."""
        delivery.send_all(self.sender(name), threading.Event())
        with self.db.transaction() as session:
            schedule.close_finished(session)

    def states(self) -> dict[str, tuple[str, str | None]]:
        """(state, reason) of every delivery of the blast, by address, in the order of their ids."""
        with self.db.reading() as session:
            rows = session.execute(
                select(Supporter.address, Delivery.state, Delivery.reason)
                .join(Supporter, Supporter.id == Delivery.supporter_id)
                .where(Delivery.blast_id == self.blast_id)
                .order_by(Delivery.id)
            )
            return {address: (state, reason) for address, state, reason in rows}

    def let_time_come(self) -> None:
        """As if what was put off were due."""
        with self.db.transaction() as session:
            session.execute(update(Batch).values(not_before=None))
            session.execute(update(Delivery).values(not_before=None))

    def expire_leases(self) -> None:
        """As if every sender had been silent for long."""
        with self.db.transaction() as session:
            session.execute(
                update(Batch)
                .where(Batch.lease_until.is_not(None))
                .values(lease_until=session.get_one(Blast, self.blast_id).created_at)
            )


def _same_rows(session: Session, first: Supporter, addresses: list[str], start: int) -> None:
    ids = bulk.reserve_ids(session, Supporter.__table__, len(addresses)) if addresses else []
    entries = bulk.reserve_ids(session, ConsentEntry.__table__, len(ids)) if ids else []
    people = [
        {"id": id_, "address": address, "email": address, "first_name": f"Pat{number}"}
        for number, (id_, address) in enumerate(zip(ids, addresses, strict=True), start)
    ]
    own = [
        {"supporter_id": id_, "id": entry, "entry_id": entry}
        for id_, entry in zip(ids, entries, strict=True)
    ]
    for model, differing, its in (
        (Supporter, people, Supporter.id),
        (ConsentEntry, own, ConsentEntry.supporter_id),
        (ConsentStanding, own, ConsentStanding.supporter_id),
        (ListMember, own, ListMember.supporter_id),
    ):
        table = model.__table__
        (row,) = session.execute(select(table).where(its == first.id)).mappings()
        alike = [{name: each.get(name, row[name]) for name in row} for each in differing]
        bulk.insert_alike(session, table, alike)


def build_world(db: Database, organisation: Organisation) -> World:
    """A checked, published petition and a draft blast to the list “Westhaven”."""
    with db.transaction() as session:
        petition = create_from(session, organisation, read_petition(PETITION))
        checking.mark_checked(session, petition, by="Mara")
        publish(session, petition)
        target = lists.find_or_create(session, organisation, "Westhaven")
        blast = operations.create(
            session,
            organisation=organisation,
            petition=petition,
            name="First ask",
            audience='list "Westhaven"',
            body=BODY,
            actor="test",
        )
    return World(db, organisation, blast.id, target.id)
