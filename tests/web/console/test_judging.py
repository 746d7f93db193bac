"""Human or machine on the screens: the evidence and the rules, events with their class and why."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from outreach.accounts import queries
from outreach.core.db import Database
from outreach.petitions import signing
from outreach.petitions.grades import Press
from outreach.petitions.models import Petition
from outreach.supporters.operations import find_or_create
from outreach.tracking.catch_up import catch_up
from outreach.tracking.evidence import EVIDENCE
from outreach.tracking.record import Observation, observe

PATH = "/console/organisation/judging/"
NOON = datetime(2026, 4, 14, 12, tzinfo=UTC)


def test_an_owner_changes_the_rules(enter: Callable[[str], Any], db: Database) -> None:
    owner = enter("owner")
    assert PATH in owner.get("/console/organisation/").text
    page = owner.get(PATH).text
    assert all(f"<code>{each.name}</code>" in page for each in EVIDENCE)
    typed = {"weights": "early off\r\nhead 2", "networks": "203.0.113.9", "machine_agents": "Acme"}
    assert owner.post(PATH, typed).status_code == 302
    page = owner.get(PATH).text
    assert "The rules are saved" in page
    assert "head 2\nearly 0" in page and "203.0.113.0/24" in page
    assert "2 <small>(otherwise 4)" in page
    with db.reading() as session:
        kept = queries.the_organisation(session).judging
        assert kept["weights"] == {"early": 0, "head": 2}
        assert [len(hashes) for hashes in kept["networks"].values()] == [1]


def test_a_fault_stands_at_its_field_and_nothing_is_stored(
    enter: Callable[[str], Any], db: Database
) -> None:
    answer = enter("owner").post(PATH, {"weights": "tail 3", "machine_agents": "Acme"})
    assert answer.status_code == 400
    assert 'id="weights-fault"' in answer.text and "Acme" in answer.text
    with db.reading() as session:
        assert queries.the_organisation(session).judging == {}


@pytest.mark.parametrize("role", ["campaigner", "approver", "analyst", "api"])
def test_others_read_the_rules_only(enter: Callable[[str], Any], role: str) -> None:
    browser = enter(role)
    page = browser.get(PATH).text
    assert "hidden_link" in page and "<textarea" not in page
    assert browser.post(PATH, {"weights": "head 2"}).status_code == 403


def test_a_persons_events_show_their_class_and_why(
    enter: Callable[[str], Any], db: Database
) -> None:
    with db.transaction() as session:
        person, _ = find_or_create(session, email="ana@example.org", source="test")
        for agent in ("curl/8", "Mozilla/5.0 (X11; Linux x86_64; rv:138.0) Firefox/138.0"):
            seen = Observation("viewed", NOON, None, supporter_id=person.id, agent=agent)
            observe(session, seen)
        told = {"supporter_id": person.id}
        observe(session, Observation("bounced", NOON, None, **told))
        flag = {"machine": True}
        observe(session, Observation("provider_opened", NOON, None, detail=flag, **told))
    catch_up(db)
    page = enter("analyst").get(f"/console/supporters/{person.id}").text
    assert "The latest 4 events" in page
    assert "The agent is a script or a library" in page and "+4" in page
    assert "Nothing speaks for a machine." in page
    assert "Told by the provider" in page
    assert "The provider’s own flag says that a machine opened it." in page


def test_signatures_show_their_grade_and_doubts(
    enter: Callable[[str], Any], db: Database, petition: Petition
) -> None:
    with db.transaction() as session:
        person, _ = find_or_create(session, email="bo@example.org", first_name="Bo", source="test")
        signed = session.get_one(Petition, petition.id)
        press = Press([{"name": "head", "weight": 4}])
        signing.sign_recognised(session, signed, person, press=press)
    browser = enter("analyst")
    for path in (f"/console/supporters/{person.id}", f"/console/petitions/{petition.slug}"):
        page = browser.get(path).text
        assert "uspicious" in page
        assert "Asked with HEAD" in page
