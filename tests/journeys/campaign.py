"""What an organisation does before anybody acts, by the same functions that its screens call."""

from __future__ import annotations

from pathlib import Path

from outreach.accounts.operations import create_account, create_organisation
from outreach.accounts.queries import the_organisation
from outreach.blasts import operations, schedule
from outreach.core import migrations
from outreach.petitions import checking
from outreach.petitions.intake.read import read_petition_file
from outreach.petitions.operations import create_from
from outreach.petitions.operations import publish as open_page
from outreach.petitions.queries import by_slug
from outreach.supporters import csvfile, imports, lists
from tests.journeys.house import House

LIST = "Westhaven"
EMAIL, PASSWORD = "mara@harbourlights.example", "a lamp beside the quay"


def found(house: House) -> None:
    """A database with an organisation in it, and a campaigner who may sign in."""
    migrations.upgrade(house.services.db)
    with house.services.db.transaction() as session:
        organisation = create_organisation(
            session,
            name="Harbour Lights Action",
            postal_address="4 Quay Street, Westhaven 01234",
            sender_name="Mara, Harbour Lights Action",
            sender_address=EMAIL,
            country="US",
        )
        create_account(
            session,
            organisation=organisation,
            email=EMAIL,
            name="Mara Quist",
            role="campaigner",
            password=PASSWORD,
        )


def publish(house: House, text: Path) -> str:
    """A petition from this text, its sources checked, its page open; returns its slug."""
    with house.services.db.transaction() as session:
        understood = read_petition_file(text)
        petition = create_from(session, the_organisation(session), understood)
        checking.mark_checked(session, petition, by="Mara Quist")
        open_page(session, petition)
        return petition.slug


def import_people(house: House, *people: str) -> None:
    """Supporters who asked for letters, as lines of a CSV file: first name, last name, email."""
    file = house.folder / "people.csv"
    file.write_text("\n".join(("first name,last name,email", *people)), "utf-8")
    with house.services.db.transaction() as session:
        started = imports.start(
            session,
            house.folder,
            path=file,
            layout=csvfile.inspect(file),
            supporter_list=lists.find_or_create(session, the_organisation(session), LIST),
            basis="asked for letters at the harbour fair",
            created_by="test",
        )
    assert imports.run(house.services.db, started.id).added == len(people)


def send_blast(house: House, name: str, slug: str) -> int:
    """Draft, schedule for now, and wait until the worker has sent it; returns its id."""
    with house.services.db.transaction() as session:
        blast = operations.create(
            session,
            organisation=the_organisation(session),
            petition=by_slug(session, slug),
            name=name,
            audience=f"list {LIST}",
            actor="test",
        )
        schedule.schedule(session, blast, at=None, actor="test", base_url=house.base_url)
    house.wait_for_blast(blast.id, "finished")
    return blast.id
