"""The server starts again while its database is away: links lead, people leave, and the blast that
waits passes them by."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import psycopg
import pytest
import requests
from sqlalchemy import select

from outreach.accounts.queries import the_organisation
from outreach.blasts import operations, schedule
from outreach.consent.models import ConsentStanding
from outreach.mail.models import Delivery
from outreach.petitions.queries import by_slug
from outreach.supporters.models import Supporter
from outreach.tracking import link_copy
from outreach.tracking.models import Event
from tests.conftest import POSTGRES, postgres_database
from tests.journeys.campaign import LIST, found, import_people, publish, send_blast
from tests.journeys.house import House, house, wait_until
from tests.standins.world import PETITION


@pytest.fixture
def settled(tmp_path: Path) -> Iterator[House]:
    """An installation on a PostgreSQL database of its own."""
    with postgres_database() as url, house(tmp_path / "data", database_url=url) as made:
        found(made)
        made.open()
        yield made


def test_links_lead_and_leaving_is_kept_until_the_database_is_back(settled: House) -> None:
    text = settled.folder / "petition.txt"
    text.write_text(PETITION, "utf-8")
    slug = publish(settled, text)
    people = [f"{name},Reed,{name}@example.org".lower() for name in ("Ana", "Ben", "Cleo")]
    import_people(settled, *people)
    send_blast(settled, "First ask", slug)
    ana, ben, cleo = (settled.letter(f"{name}@example.org") for name in ("ana", "ben", "cleo"))
    wait_until(lambda: link_copy.has_any(settled.folder), "the links are copied")
    settled.stop()
    second = due(settled, "Second ask", slug)

    with database_away(settled):
        settled.open(when="/healthz")
        assert requests.get(f"{settled.base_url}/readyz", timeout=30).status_code == 503
        assert requests.get(f"{settled.base_url}/petitions/{slug}", timeout=30).status_code == 503
        # Nobody has followed any link before, in this process or another.
        click = visit(requests.get, ana.link("Sign the petition"))
        assert click.status_code == 302
        assert urlsplit(click.headers["Location"]).path == f"/petitions/{slug}"
        # Looking at the way out is not leaving, whoever looks.
        for look in (requests.get, requests.head):
            assert visit(look, ana.link("Unsubscribe")).status_code == 200
            assert visit(look, ben.one_click_url[:-1]).status_code == 404
        # Ben's mail program, and Cleo on the page.
        kept = visit(requests.post, ben.one_click_url, {"List-Unsubscribe": "One-Click"})
        assert kept.status_code == 200
        kept = visit(requests.post, cleo.link("Unsubscribe"), {"leave": "all"})
        assert (kept.status_code, "takes effect by itself" in kept.text) == (200, True)

    assert standings(settled) == {"ana": "granted", "ben": "withdrawn", "cleo": "withdrawn"}
    settled.wait_for_blast(second, "finished")
    assert len(list(settled.folder.glob("mailbox/**/*.eml"))) == 3 + 1
    reached = states(settled, second)
    assert {name: state for name, (state, _) in reached.items()} == {
        "ana": "accepted",
        "ben": "skipped",
        "cleo": "skipped",
    }
    assert {reached["ben"][1], reached["cleo"][1]} <= {"unsubscribed", "unsubscribed_since"}
    wait_until(lambda: len(events(settled)) == 5, "what was seen is stored")
    assert sorted(events(settled)) == ["clicked", *["unsubscribed"] * 2, *["viewed"] * 2]


def visit(
    by: Callable[..., requests.Response], url: str, form: dict[str, str] | None = None
) -> requests.Response:
    """Ask a door, and stay where it answers."""
    return by(url, data=form, timeout=30, allow_redirects=False)


@contextmanager
def database_away(settled: House) -> Iterator[None]:
    """Nobody gets into the database; afterwards wait until the server has noticed its return."""
    name = settled.services.db.url.database
    settled.services.db.close()
    with psycopg.connect(POSTGRES, autocommit=True) as connection:
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS false')  # type: ignore[arg-type]
        connection.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s", (name,)
        )
        yield
        connection.execute(f'ALTER DATABASE "{name}" ALLOW_CONNECTIONS true')  # type: ignore[arg-type]
    wait_until(lambda: "withdrawn" in standings(settled).values(), "somebody has left")
    wait_until(
        lambda: not any(settled.folder.glob("spool/leavings*")), "everybody who left is stored"
    )


def due(settled: House, name: str, slug: str) -> int:
    """A blast that leaves as soon as a worker looks; returns its id."""
    with settled.services.db.transaction() as session:
        blast = operations.create(
            session,
            organisation=the_organisation(session),
            petition=by_slug(session, slug),
            name=name,
            audience=f"list {LIST}",
            actor="test",
        )
        schedule.schedule(session, blast, at=None, actor="test", base_url=settled.base_url)
    return blast.id


def standings(settled: House) -> dict[str, str]:
    """Whether we may write, by the first part of the address."""
    query = select(Supporter.address, ConsentStanding.status).join(
        Supporter, Supporter.id == ConsentStanding.supporter_id
    )
    with settled.services.db.reading() as session:
        return {address.partition("@")[0]: status for address, status in session.execute(query)}


def states(settled: House, blast_id: int) -> dict[str, tuple[str, str | None]]:
    """State and reason of each delivery, by the first part of the address."""
    query = (
        select(Supporter.address, Delivery.state, Delivery.reason)
        .join(Supporter, Supporter.id == Delivery.supporter_id)
        .where(Delivery.blast_id == blast_id)
    )
    with settled.services.db.reading() as session:
        rows = session.execute(query)
        return {address.partition("@")[0]: (state, why) for address, state, why in rows}


def events(settled: House) -> list[str]:
    """The kinds of all events."""
    with settled.services.db.reading() as session:
        return list(session.scalars(select(Event.kind)))
