"""The demo's way through the main job, in the order in which an organisation goes it."""

from __future__ import annotations

import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.accounts.operations import create_account, create_organisation
from outreach.audiences.operations import save
from outreach.blasts import operations, queries, schedule, variants
from outreach.blasts.models import Blast
from outreach.consent import ledger, suppression
from outreach.core.db import Database
from outreach.demo.cast import LEFT_BEFORE, SUPPRESSED
from outreach.mail.models import Delivery
from outreach.petitions import checking
from outreach.petitions.intake.read import read_petition_file
from outreach.petitions.models import Petition
from outreach.petitions.operations import create_from, publish
from outreach.services import Services
from outreach.supporters import csvfile, imports, lists
from outreach.supporters.models import Supporter
from outreach.tracking.models import Link

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "lists" / "demo"
LIST = ROOT / "lists" / "westhaven.toml"
ACTOR = "demo"
SEGMENT = "Westhaven, not yet signed"
BLAST = "Quay Street, first ask"


@dataclass(frozen=True)
class Stage:
    """What the demo made, before anybody acts."""

    blast_id: int
    slug: str
    email: str
    supporters: int


def set_the_stage(services: Services, password: str) -> Stage:
    """Organisation, account, petition, supporters, segment, blast; each committed by itself."""
    db = services.db
    people = tomllib.loads((SAMPLES / "organisation.toml").read_text("utf-8"))
    account: dict[str, str] = people.pop("account")
    with db.transaction() as session:
        organisation = create_organisation(session, **people)
        create_account(
            session, organisation=organisation, role="owner", password=password, **account
        )
        understood = read_petition_file(SAMPLES / "petition.txt")
        petition = create_from(session, organisation, understood)
        checking.mark_checked(session, petition, by=account["name"])
        publish(session, petition)
    definition = lists.read_definition(LIST)
    with db.transaction() as session:
        target = lists.find_or_create(
            session, organisation, definition.name, wording=definition.wording
        )
        started = imports.start(
            session,
            services.data_dir,
            path=definition.file,
            layout=csvfile.inspect(definition.file),
            supporter_list=target,
            basis=definition.basis,
            created_by=ACTOR,
        )
    imports.run(db, started.id)
    supporters = _turn_some_away(db)
    with db.transaction() as session:
        rules = f'list "{definition.name}" and not signed "{petition.slug}"'
        save(session, organisation, SEGMENT, rules)
        blast = _draft(session, organisation, petition)
    return Stage(blast.id, petition.slug, account["email"], supporters)


def send_now(services: Services, blast_id: int) -> None:
    """Schedule the blast for this instant; the checks must let it pass."""
    with services.db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        schedule.schedule(session, blast, at=None, actor=ACTOR, base_url=services.base_url)


def recipients(session: Session, blast_id: int) -> Sequence[str]:
    """Addresses that the blast was accepted for, in a fixed order."""
    return session.scalars(
        select(Supporter.address)
        .join(Delivery, Delivery.supporter_id == Supporter.id)
        .where(Delivery.blast_id == blast_id, Delivery.state == "accepted")
        .order_by(Supporter.address)
    ).all()


def tracked_links(session: Session, blast_id: int) -> int:
    """How many addresses of one letter are observed: links, hidden one, pixel, view, way out."""
    return len(session.scalars(select(Link.id).where(Link.blast_id == blast_id)).all()) + 3


def _draft(session: Session, organisation: Organisation, petition: Petition) -> Blast:
    blast = operations.create(
        session,
        organisation=organisation,
        petition=petition,
        name=BLAST,
        audience=f'segment "{SEGMENT}"',
        subject='143 days, {{ first_name or "neighbour" }}, and no warning',
        preheader="The company meets on 18 March. It takes one press to add your name.",
        body=(SAMPLES / "ask.md").read_text("utf-8"),
        actor=ACTOR,
    )
    second = variants.add(session, blast, actor=ACTOR)
    operations.edit(
        session,
        blast,
        variant=second.letter,
        subject='Would you have swum in it, {{ first_name or "neighbour" }}?',
        actor=ACTOR,
    )
    return blast


def _turn_some_away(db: Database) -> int:
    """Some addresses bounced before, some people left: the gate must hold them back."""
    with db.transaction() as session:
        everyone = session.scalars(select(Supporter).order_by(Supporter.address.desc())).all()
        for supporter in everyone[:SUPPRESSED]:
            suppression.suppress(
                session, supporter.address, reason="bounced", source="earlier system"
            )
        for supporter in everyone[SUPPRESSED : SUPPRESSED + LEFT_BEFORE]:
            ledger.withdraw(session, supporter.id, basis="asked by letter", source="demo")
        return len(everyone)
