"""One sent letter with all its doors, and what is stored about it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from flask.testing import FlaskClient
from sqlalchemy import select
from werkzeug.test import TestResponse

from outreach.accounts.models import Organisation
from outreach.app import create_app
from outreach.blasts.models import Blast, FrozenLetter, Variant
from outreach.consent.ledger import grant
from outreach.consent.models import ConsentEntry
from outreach.core.db import Base, Database
from outreach.core.tokens import Slot
from outreach.mail.draft import Draft
from outreach.mail.fields import Field
from outreach.mail.models import Delivery
from outreach.mail.plan import Context, Envelope, Plan
from outreach.petitions.models import Petition
from outreach.services import Services
from outreach.supporters.models import Supporter
from outreach.tracking import links
from outreach.tracking.catch_up import catch_up
from outreach.tracking.links import NewLink
from outreach.tracking.models import Event, Judgement

PETITION_URL = "https://act.example/petitions/night-buses"
ASK, TIMETABLE, NOTE, LATE_ASK = 8, 9, 10, 11
LINKS = (
    NewLink(Slot.TRAP, "trap", PETITION_URL, "hidden link"),
    NewLink(ASK, "ask", PETITION_URL, "Sign"),
    NewLink(TIMETABLE, "link", "https://timetable.example/?line=7#night", "timetable"),
    NewLink(NOTE, "citation", f"{PETITION_URL}#n1", "note 1"),
    NewLink(LATE_ASK, "ask", f"{PETITION_URL}?lang=es#form", "Sign again"),
)


@dataclass(frozen=True)
class Letterbox:
    """A letter to Ada, as the freeze and the sender leave it."""

    services: Services
    blast_id: int
    delivery_id: int
    supporter_id: int

    def token(self, slot: int) -> str:
        """The token of one of the letter's slots."""
        return self.services.tokens.letter(self.delivery_id, self.blast_id, [slot])[0]

    def doors(self) -> list[str]:
        """The path of every link of the letter, the hidden one and the image too."""
        followed = [f"/c/{self.token(link.slot)}" for link in LINKS]
        own = [f"/u/{self.token(Slot.UNSUBSCRIBE)}", f"/v/{self.token(Slot.VIEW)}"]
        return [*followed, *own, f"/o/{self.token(Slot.OPEN)}.gif"]

    def events(self) -> list[tuple[str, str, str]]:
        """Kind, method and verdict of each event, in the order of arrival, as judged by now."""
        catch_up(self.services.db)
        judged = (
            select(Event.kind, Event.method, Judgement.verdict)
            .outerjoin(Judgement, Judgement.event_id == Event.id)
            .order_by(Event.id)
        )
        with self.services.db.reading() as session:
            return [(kind, method, verdict) for kind, method, verdict in session.execute(judged)]

    def consent(self) -> list[tuple[str, str]]:
        """What Ada agreed to and took back: status and basis, in order."""
        with self.services.db.reading() as session:
            entries = session.scalars(select(ConsentEntry).order_by(ConsentEntry.id))
            return [(entry.status, entry.basis) for entry in entries]


def put_letter(services: Services, organisation: Organisation, delivered_at: datetime) -> Letterbox:
    """Store a petition, a blast, and its letter to Ada, who agreed to get letters."""
    with services.db.transaction() as session:
        petition = Petition(
            organisation_id=organisation.id, slug="night-buses", headline="Keep the night buses"
        )
        ada = Supporter(
            address="ada@riverton.example", email="ada@riverton.example", first_name="Ada"
        )
        session.add_all([petition, ada])
        session.flush()
        grant(session, ada.id, basis="import", source="list:Riverton")
        blast = Blast(
            organisation_id=organisation.id,
            petition_id=petition.id,
            name="First ask",
            sender_name="Mara",
            sender_address="mara@harbourlights.example",
            variants=[Variant(subject="Night buses", body="x")],
        )
        session.add(blast)
        session.flush()
        variant_id = blast.variants[0].id
        session.add(FrozenLetter(variant_id=variant_id, plan=_plan(services, blast.id).to_json()))
        delivery = Delivery(
            blast_id=blast.id,
            variant_id=variant_id,
            supporter_id=ada.id,
            state="accepted",
            accepted_at=delivered_at,
        )
        session.add(delivery)
        links.store(session, blast.id, LINKS)
        session.flush()
        return Letterbox(services, blast.id, delivery.id, ada.id)


def _plan(services: Services, blast_id: int) -> Plan:
    draft = Draft()
    name = draft.merge(Field("first_name", "friend"), Context.HTML)
    html = f"<p>Dear {name},</p>" + "".join(
        f'<a href="{services.base_url}/{door}/{draft.link(slot)}">x</a>'
        for door, slot in [("c", ASK), ("u", Slot.UNSUBSCRIBE)]
    )
    envelope = Envelope("Mara", "mara@harbourlights.example", services.base_url)
    return draft.compile(envelope, subject="x", html=html, text="x", blast_id=blast_id)


CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)


def browser(services: Services) -> FlaskClient:
    """Somebody with an ordinary program."""
    client = create_app(services).test_client()
    client.environ_base["HTTP_USER_AGENT"] = CHROME
    return client


def led_to(answer: TestResponse) -> tuple[str, dict[str, list[str]]]:
    """Where a redirect leads, without and with its query."""
    assert answer.status_code == 302
    parts = urlsplit(answer.headers["Location"])
    return parts._replace(query="").geturl(), parse_qs(parts.query)


def dump(db: Database, *, without: frozenset[str] = frozenset()) -> dict[str, list[object]]:
    """Every row of every table."""
    with db.reading() as session:
        return {
            table.name: [tuple(row) for row in session.execute(select(table))]
            for table in Base.metadata.sorted_tables
            if table.name not in without
        }
