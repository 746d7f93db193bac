"""A petition, an audience of any size and a blast, made quickly for measuring."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime

from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.accounts.operations import create_organisation
from outreach.blasts import operations, origins
from outreach.consent.models import EMAIL, GRANTED
from outreach.core.bulk import count_anew, insert_rows
from outreach.core.db import Base, Database
from outreach.petitions.intake.read import read_petition
from outreach.petitions.models import Petition
from outreach.petitions.operations import create_from, publish
from outreach.supporters import lists
from outreach.supporters.slices import FILLED

PETITION = """Benchmark Action

Tell the Harbour Board: count every letter!

Petition to the Harbour Board:
We ask the Harbour Board to count every letter that it sends, and to say who did not get one.

Letters get lost when nobody counts them.1 A count costs less than a stamp.2 We have counted for
ten years and have never found the same number twice, which is why we ask for a better way.3

1. Harbour Board, “Letters, counted once,” January 14, 2026. https://board.example.org/letters
2. Ada Okafor, “What a stamp costs,” Westhaven Courier, August 9, 2025. https://courier.example.org/stamp
3. Benchmark Action, “Ten years of counting,” March 30, 2026. https://action.example.org/counting
"""

BODY = """# Every letter counts

Dear {{ first_name or "friend" }},

Letters get lost when nobody counts them.[^1] A count costs less than a stamp.[^2]

[[Sign the petition]]

{% if region == "CA" %}
In California letters travel far. We have asked there first, and the answer was no.
{% else %}
Wherever you live, letters travel far.
{% endif %}

We have counted for ten years, and have never found the same number twice, which is why we ask for
a better way. It takes one press to add your name, {{ first_name or "friend" }}.

[[Sign the petition]]

With thanks,\\
Mara, for Benchmark Action
"""

LIST = "Everybody"


def build(db: Database, people: int) -> int:
    """Store everything; returns the id of the draft blast."""
    with db.transaction() as session:
        organisation = create_organisation(
            session,
            name="Benchmark Action",
            postal_address="4 Quay Street, Westhaven 01234",
            sender_name="Mara, Benchmark Action",
            sender_address="mara@benchmark.example",
        )
        petition = create_from(session, organisation, read_petition(PETITION))
        publish(session, petition)
        target = lists.find_or_create(session, organisation, LIST)
    add_people(db, target.id, people)
    origins.learn(db)  # as the worker does each hour, and when people were imported
    return add_blast(db, "Benchmark")


def add_blast(db: Database, name: str) -> int:
    """A draft to everybody; its id."""
    with db.transaction() as session:
        return operations.create(
            session,
            organisation=session.scalars(select(Organisation)).one(),
            petition=session.scalars(select(Petition)).one(),
            name=name,
            audience=f'list "{LIST}"',
            body=BODY,
            actor="benchmark",
        ).id


def add_people(db: Database, list_id: int, people: int) -> None:
    """Supporters 1 to `people` with consent, on the list."""
    tables = Base.metadata.tables
    at = datetime(2026, 6, 3, 12, tzinfo=UTC)
    stamp = at.replace(tzinfo=None).isoformat(" ") + ".000000" if db.is_sqlite else at

    def rows(*constants: object) -> Iterator[tuple[object, ...]]:
        return ((i, *constants) for i in range(1, people + 1))

    with db.connection() as connection:
        insert_rows(
            connection,
            tables["supporters"],
            ["id", "address", "email", "first_name", "last_name", "postal_code", "country",
             "region", "language", "timezone", "fields", "created_at", "updated_at"],
            (
                (i, f"person{i}@example.org", f"person{i}@example.org", f"First{i}", "Last",
                 "01234", "US", "CA" if i % 2 else "", "en", "", "{}", stamp, stamp)
                for i in range(1, people + 1)
            ),
        )  # fmt: skip
        insert_rows(
            connection,
            tables["list_members"],
            ["supporter_id", "list_id", "joined_at", "source"],
            rows(list_id, stamp, "benchmark"),
        )
        insert_rows(
            connection,
            tables["consent_standings"],
            ["supporter_id", "purpose", "status", "since", "entry_id"],
            rows(EMAIL, GRANTED, stamp, 0),
        )
        count_anew(connection, FILLED)
