"""The SQL views: as documented, equal to a recount, closed to what they leave out."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from outreach.accounts.models import AuditEntry, Organisation
from outreach.analytics.days import cohorts, conversion, days, growth
from outreach.analytics.deliverability import provider_figures
from outreach.analytics.rollups import recount, rollup
from outreach.analytics.rollups.cells import SKIPPED, TRAITS, WHOLE, Cells
from outreach.analytics.views import views
from outreach.consent import ledger, suppression
from outreach.core import migrations
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import Conflict, NotFound
from outreach.supporters import lists
from outreach.supporters.models import Supporter
from outreach.tracking import visits
from tests.analytics.worlds import World
from tests.conftest import postgres_database

DOCUMENT = (Path(__file__).parents[2] / "docs" / "analytics-views.md").read_text()
EXAMPLES = dict(
    re.findall(r"^### Example: (.+)\n(?:.*\n)*?```sql\n((?:.*\n)*?)```", DOCUMENT, re.MULTILINE)
)


@pytest.fixture(scope="module", params=["sqlite", "postgresql"])
def sample(request: pytest.FixtureRequest, tmp_path_factory: Any) -> Iterator[Database]:
    """Two blasts that ran, in a database that the scripts made, counted."""
    if request.param == "sqlite":
        yield from _made(Database(f"sqlite:///{tmp_path_factory.mktemp('views') / 'a.db'}"))
        return
    with postgres_database() as url:
        yield from _made(Database(url))


def _made(database: Database) -> Iterator[Database]:
    migrations.upgrade(database)
    with database.transaction() as session:
        organisation = Organisation(
            name="Harbour Lights Action",
            postal_address="4 Quay Street",
            sender_name="Mara",
            sender_address="mara@harbourlights.example",
        )
        session.add(organisation)
        session.flush()
        for _ in range(2):
            made = World(session, organisation.id)
            made.blast.started_at = now()
            _story(made)
        quay = lists.create(session, organisation, "Quay")
        people = [_person(session, f"p{n}@large.example") for n in range(20)]
        people.append(_person(session, "jane@janes-own.example"))
        for one in people:
            lists.add_member(session, quay, one, "fair")
            ledger.grant(session, one.id, basis="fair", source="list:Quay")
        ledger.withdraw(session, people[0].id, basis="one-click", source="letter:1")
        letter = made.letter("delivered")
        letter.supporter_id = people[1].id
        visits.record(session, made.petition.id, "a" * 32, by_machine=False)
        suppression.suppress(session, "p1@large.example", reason="asked", source="test")
    rollup.advance(database)
    provider_figures.count_moved(database)
    for subject in (growth.PEOPLE, conversion.VISITS, cohorts.COHORTS):
        days.advance(database, subject)
    yield database
    database.close()


def _person(session: Any, address: str) -> Supporter:
    stored = Supporter(address=address, email=address, first_name="Jane", last_name="Marsh")
    session.add(stored)
    session.flush()
    return stored


def _story(world: World) -> None:
    """Something of each kind that a figure tells apart."""
    for state in ("bounced", "complained", "delivered", "refused", "unknown", "cancelled"):
        world.letter(state)
    world.letter("pending")
    world.letter("skipped", reason="suppressed")
    world.letter("skipped", reason="no_consent")
    read, scanned, proxied, bounced, signed = (
        world.letter(state)
        for state in ("delivered", "accepted", "delivered", "bounced", "accepted")
    )
    for _ in range(2):
        world.opened(read)
        world.clicked(read)
    world.opened(proxied, "proxy_open")
    world.opened(scanned, "machine_open")
    world.opened(bounced)
    world.opened(signed, None)
    world.event(scanned, "viewed", "machine")
    world.clicked(scanned, "machine", evidence="head burst")
    world.clicked(scanned, "machine", link="trap", evidence="burst")
    world.clicked(proxied, link="citation")
    world.clicked(signed, "unknown")
    world.clicked(signed, link="link", minutes=61)
    world.event(read, "unsubscribed")
    world.opened(world.letter("accepted", kind="test"))
    first = world.signature(signed, new=True, minutes=62)
    world.signature(signed, minutes=63)  # forwarded
    world.signature(read, state="pending")
    world.signature(read, state="invalidated")
    shared = world.signature(shared_by=first, minutes=64)
    world.signature(shared_by=shared, minutes=65)
    world.signature(minutes=66)


def rows(database: Database, query: str) -> list[tuple[Any, ...]]:
    """What an example of the document finds; SQLite’s views begin otherwise."""
    if database.is_sqlite:
        query = query.replace("analytics.", "analytics_")
    with database.reading() as session:
        return [tuple(row) for row in session.execute(text(query.replace(":", r"\:")))]


def truth(database: Database) -> Cells:
    with database.reading() as session:
        return recount.recount(session, 1)


@pytest.mark.parametrize("view", views.VIEWS, ids=lambda view: view.name)
def test_columns_are_those_that_are_documented(sample: Database, view: views.View) -> None:
    assert view.markdown() in DOCUMENT, f"write anew: outreach analytics views {view.name}"
    with sample.reading() as session:
        name = view.called(session.get_bind().dialect.name)
        found = session.execute(text(f"SELECT * FROM {name}"))
        assert list(found.keys()) == [column.name for column in view.columns]
        assert found.all()
    assert all(column.meaning for column in view.columns)


def test_no_view_shows_who_somebody_is(sample: Database) -> None:
    said = []
    with sample.reading() as session:
        for view in views.VIEWS:
            name = view.called(session.get_bind().dialect.name)
            said += [str(tuple(row)) for row in session.execute(text(f"SELECT * FROM {name}"))]
    together = "\n".join(said)
    assert "large.example" in together
    for hidden in ("@", "Jane", "Marsh", "A person", "janes-own"):
        assert hidden not in together


# The figure of an example: the cells of a recount whose sum it is.
SUMS: dict[str, tuple[tuple[str, str], ...]] = {
    "audience": tuple(
        (WHOLE, state)
        for state in (
            *("accepted", "delivered", "bounced", "complained", "refused"),
            *("unknown", "cancelled", "pending", "skipped"),
        )
    ),
    "sent": tuple((WHOLE, s) for s in ("accepted", "delivered", "bounced", "complained")),
    "delivered": tuple((WHOLE, s) for s in ("accepted", "delivered", "complained")),
    "bounced": ((WHOLE, "bounced"),),
    "complained": ((WHOLE, "complained"),),
    "opened": ((WHOLE, "opened"),),
    "clicked": ((WHOLE, "clicked"),),
    "signed": ((WHOLE, "signatures"),),
    "new": ((WHOLE, "new"),),
    "shared": ((WHOLE, "shared"),),
    "unsubscribed": ((WHOLE, "unsubscribed"),),
    "raw opens and clicks": ((WHOLE, "raw_opened"), (WHOLE, "raw_clicked")),
    "machine events": ((WHOLE, "machine_events"),),
}


def measured(cells: Cells, dimension: str, measure: str) -> int:
    return sum(
        number for at, number in cells.items() if (at.dimension, at.measure) == (dimension, measure)
    )


@pytest.mark.parametrize("figure", SUMS)
def test_an_example_finds_what_a_recount_finds(sample: Database, figure: str) -> None:
    cells = truth(sample)
    parts = [measured(cells, *at) for at in SUMS[figure]]
    expected = tuple(parts) if figure.startswith("raw") else (sum(parts),)
    assert all(parts), "the sample has none of it"
    assert rows(sample, EXAMPLES[figure]) == [expected]


def test_examples_by_group_find_what_a_recount_finds(sample: Database) -> None:
    cells = truth(sample)

    def by(dimension: str, measure: str) -> dict[str, int]:
        return {
            at.value: number
            for at, number in cells.items()
            if (at.dimension, at.measure) == (dimension, measure)
        }

    assert dict(rows(sample, EXAMPLES["skipped, by reason"])) == by(SKIPPED, "letters")
    assert dict(rows(sample, EXAMPLES["why clicks count as a machine’s"])) == by(
        "evidence", "events"
    )
    links = {str(link): number for link, number in rows(sample, EXAMPLES["people by link"])}
    assert links == by("link", "clicked")
    for kind in ("opens", "clicks"):
        classes = {
            shown: number
            for shown in ("human", "proxy", "machine", "unknown")
            if (number := measured(cells, WHOLE, f"{kind}_{shown}"))
        }
        assert dict(rows(sample, EXAMPLES[f"{kind} by class"])) == classes
    hours = rows(sample, EXAMPLES["clicked and signed per hour"])
    assert [(clicked, signed) for _, clicked, signed in hours] == [(1, 0), (1, 2)]


def test_figures_by_trait_are_those_of_a_recount(sample: Database) -> None:
    cells = truth(sample)
    for trait in TRAITS:
        found = rows(
            sample,
            "SELECT name, delivered, delivered_opened FROM analytics.trait_figures "
            f"WHERE blast_id = 1 AND trait = '{trait}'",
        )
        assert found
        for name, delivered, opened in found:
            here = [at for at in cells if (at.dimension, at.value) == (trait, name)]
            arrived = ("accepted", "delivered", "complained")
            assert delivered == sum(cells[at] for at in here if at.measure in arrived)
            assert opened == sum(cells[at] for at in here if at.measure == "reached_opened")


def test_rates_stand_over_delivered_letters(sample: Database) -> None:
    cells = truth(sample)
    of = sum(measured(cells, *at) for at in SUMS["delivered"])
    acts = ("opened", "clicked", "signed", "unsubscribed")
    counts = [measured(cells, WHOLE, f"reached_{act}") for act in acts]
    counts.append(measured(cells, WHOLE, "complained"))
    for name in ("rates", "rates, ready counted"):
        (found,) = rows(sample, EXAMPLES[name])
        assert [float(rate) for rate in found] == pytest.approx([n / of for n in counts])


def test_every_example_is_run_by_a_test_and_finds_something(sample: Database) -> None:
    for name, query in EXAMPLES.items():
        assert rows(sample, query), name
    assert set(SUMS) < set(EXAMPLES)


def test_a_role_reads_the_views_and_nothing_else(sample: Database) -> None:
    role = 'a "reader"'
    with sample.transaction() as session:
        if sample.is_sqlite:
            with pytest.raises(Conflict):
                views.grant(session, role, actor="test")
            return
        with pytest.raises(NotFound):
            views.grant(session, "nobody of that name", actor="test")
        session.execute(text('DROP ROLE IF EXISTS "a ""reader"""'))
        session.execute(text('CREATE ROLE "a ""reader"""'))
    try:
        for _ in range(2):
            with sample.transaction() as session:
                views.grant(session, role, actor="test")
        with sample.connection() as connection:  # as a later migration does
            views.drop(connection)
            views.create(connection)
        for query, allowed in (
            ("SELECT count(*) FROM analytics.supporters", True),
            ("SELECT count(*) FROM supporters", False),
            ("DELETE FROM analytics.blasts", False),
        ):
            assert _may(sample, role, query) == allowed, query
        with sample.transaction() as session:
            views.revoke(session, role, actor="test")
        assert not _may(sample, role, "SELECT count(*) FROM analytics.supporters")
        with sample.transaction() as session:
            noted = session.query(AuditEntry.action, AuditEntry.subject).distinct().all()
        assert {tuple(one) for one in noted} >= {
            ("views.grant", f"role:{role}"),
            ("views.revoke", f"role:{role}"),
        }
    finally:
        with sample.transaction() as session:
            session.execute(text('DROP OWNED BY "a ""reader"""'))
            session.execute(text('DROP ROLE "a ""reader"""'))


def _may(database: Database, role: str, query: str) -> bool:
    with database.engine.connect() as connection:
        quoted = connection.dialect.identifier_preparer.quote_identifier(role)
        connection.execute(text(f"SET LOCAL ROLE {quoted}"))
        try:
            connection.execute(text(query))
        except ProgrammingError as error:
            assert "permission denied" in str(error)
            return False
        finally:
            connection.rollback()
        return True
