"""The console's screens in a real browser: no axe violation and nothing cut off, narrow to wide."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from typing import Literal

import pytest
from playwright.sync_api import BrowserContext

from outreach.accounts.models import Organisation
from outreach.analytics.days import cohorts, conversion, days, growth
from outreach.analytics.deliverability import provider_figures
from outreach.analytics.deliverability.models import SenderReading
from outreach.analytics.rollups import rollup
from outreach.blasts.models import Variant
from outreach.consent import ledger
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from outreach.tracking import visits
from tests.analytics.worlds import World
from tests.web.accessible import findings
from tests.web.console.conftest import Browser
from tests.web.console.test_report_links import BODY, freeze

VIEWS: list[tuple[int, Literal["light", "dark"]]] = [
    *((320, "light"), (320, "dark")),
    *((1280, "dark"), (1280, "light")),
]
ENOUGH = 510  # delivered of each variant: rates and a verdict in place of counts


def _deliver(made: World, variant: Variant) -> None:
    """So many letters of a variant to new people, who joined by an import."""
    people = [
        Supporter(address=f"{variant.letter}{number}@large.example".lower(), email="x@y.example")
        for number in range(ENOUGH)
    ]
    made.session.add_all(people)
    made.session.flush()
    made.session.add_all(
        Delivery(
            blast_id=made.blast.id,
            variant_id=variant.id,
            supporter_id=one.id,
            state="bounced" if number < 5 else "delivered",
            mailbox_id=made.mailboxes[0].id,
            place_id=made.places[0].id,
            segments=1 + number % 3,
        )
        for number, one in enumerate(people)
    )
    for one in people[:20]:
        ledger.grant(made.session, one.id, basis="b", source="import:1")
    ledger.withdraw(made.session, people[0].id, basis="one-click", source="letter:1")


@pytest.fixture
def organised(db: Database, organisation: Organisation) -> Iterator[tuple[int, int]]:
    """Two blasts, one of them with two variants and enough letters for rates; their ids."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        made.blast.started_at = now() - timedelta(days=1)
        first, second = made.second_variant()
        first.body = BODY
        freeze(made)
        made.links["ask"] = made.links["Sign"]
        for variant in (first, second):
            _deliver(made, variant)
            made.answers(variant, 4, 2)
        made.letter("refused", reason="450 4.2.1 later")
        made.letter("unknown")
        for number in ("a" * 32, "b" * 32):
            visits.record(session, made.petition.id, number, by_machine=False)
        other = World(session, organisation.id)
        other.links["citation"].label = "source 1"
        other.a_small_blast()
        for level, todo in (("ok", ""), ("missing", "Publish v=spf1 include:relay.example -all.")):
            name = f"{level}.harbourlights.example"
            reading = SenderReading(domain=name, kind="spf", name=name, level=level, todo=todo)
            session.add(reading)
    rollup.advance(db)
    for subject in (growth.PEOPLE, conversion.VISITS, cohorts.COHORTS):
        days.advance(db, subject)
    provider_figures.count_moved(db)
    yield made.blast.id, other.blast.id


def _screens(console: Browser, draft: str, one: int, two: int) -> list[str]:
    console.post(f"{draft}/variants/add", {})
    console.post("/console/reports/views/", {"name": "Best", "screen": "blasts", "query": ""})
    reports = "/console/reports"
    return [
        "/console/",
        "/console/blasts/",
        f"{draft}/compose",
        f"{draft}/compose?variant=B",
        f"{draft}/schedule",
        f"/console/blasts/{one}",
        "/console/deliveries/unknown",
        f"{reports}/",
        f"{reports}/{one}",
        f"{reports}/{one}?variant=B&by=click",
        f"{reports}/{two}?raw=1",
        f"{reports}/{one}/signers",
        f"{reports}/compare?a={one}&b={two}",
        f"{reports}/compare/segments?a=Segment+1&b=Segment+2",
        f"{reports}/times",
        f"{reports}/petitions",
        f"{reports}/growth",
        f"{reports}/growth?by=week",
        f"{reports}/cohorts?what=clicked",
        f"{reports}/leaving",
        f"{reports}/deliverability/",
        f"{reports}/views/",
        "/console/supporters/",
        "/console/segments/new",
        "/console/pace/",
        "/console/pace/domain",
        "/console/pace/pausing/",
        "/console/organisation/",
        "/console/organisation/judging/",
        "/console/account/",
    ]


@pytest.mark.parametrize("db", ["sqlite"], indirect=True)
def test_no_screen_shuts_anybody_out(
    chromium: BrowserContext,
    address: str,
    console: Browser,
    draft: str,
    organised: tuple[int, int],
) -> None:
    page, said = chromium.new_page(), []
    for path in _screens(console, draft, *organised):
        answer = page.goto(address + path)
        assert answer is not None and answer.status == 200, path
        page.wait_for_load_state("networkidle")  # charts are drawn
        for width, scheme in VIEWS:
            page.set_viewport_size({"width": width, "height": 800})
            page.emulate_media(color_scheme=scheme)
            said += [f"{width} {scheme} {path}: {fault}" for fault in findings(page)]
    assert not said, "\n".join(said)
