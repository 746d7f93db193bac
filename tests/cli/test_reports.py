"""outreach reports, as typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from outreach.accounts.models import Account, Organisation
from outreach.cli.reports import reports
from outreach.consent import ledger
from outreach.core.db import Database
from outreach.core.errors import NotFound
from outreach.supporters.models import Supporter
from outreach.tracking import visits
from tests.analytics.worlds import World
from tests.cli.terminal import Typed, terminal


@pytest.fixture
def typed(db: Database, organisation: Organisation, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on a database with one blast, one who joined and one who came to the page."""
    with db.transaction() as session:
        made = World(session, organisation.id)
        letter = made.letter()
        made.clicked(letter, link="citation")
        visits.record(session, made.petition.id, "a" * 32, by_machine=False)
        one = Supporter(address="a@x.example", email="a@x.example")
        session.add(one)
        session.add(
            Account(
                organisation_id=organisation.id, email="mara@x.example", name="Mara",
                role="analyst", password_hash="none",
            )
        )  # fmt: skip
        session.flush()
        ledger.grant(session, one.id, basis="b", source="import:1")
    with terminal(reports, db, tmp_path) as typed:
        yield typed


def test_each_screen_is_told_in_words_and_json(typed: Typed) -> None:
    said = typed("growth", "--by", "week").output.splitlines()
    assert len(said) == 26
    assert "1 joined (import 1), 0 came back, 0 left; 1 agree at its end" in said[-1]
    assert json.loads(typed("growth", "--json").output)[-1]["joined"]["import"] == 1
    assert "0 of 1 visits" in typed("petitions").output
    [whole, _] = json.loads(typed("petitions", "--json").output)
    assert whole["sources"]["page"]["of"] == 1
    assert typed("cohorts").exit_code == 0
    assert len(json.loads(typed("cohorts", "--what", "signed", "--json").output)) == 12
    assert "its number" in typed("citations").output
    [cited] = json.loads(typed("citations", "--by-source", "--json").output)
    assert cited["petition"] == 0
    assert "A: Segment 1" in typed("compare-segments", "Segment 1", "Segment 2").output


def test_views_are_kept_shared_and_deleted(typed: Typed) -> None:
    mara = "mara@x.example"
    typed("views", "save", mara, "Best asks", "blasts", "by=sign&down=1")
    [view] = json.loads(typed("views", "list", mara, "--json").output)
    assert view["address"] == "/console/reports/?by=sign&down=1"
    assert not view["shared"]
    typed("views", "share", mara, "Best asks")
    assert "by=sign" in typed("views", "list", mara).output
    assert json.loads(typed("views", "list", mara, "--json").output)[0]["shared"]
    typed("views", "delete", mara, "Best asks")
    assert json.loads(typed("views", "list", mara, "--json").output) == []
    assert isinstance(typed("views", "delete", mara, "Best asks").exception, NotFound)
