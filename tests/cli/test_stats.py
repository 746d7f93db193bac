"""outreach stats, as typed."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import time_machine
from sqlalchemy import delete, update

from outreach.accounts.models import Organisation
from outreach.analytics.days.models import DayFigure
from outreach.analytics.report.counting import figures_of
from outreach.analytics.rollups.models import Rollup
from outreach.cli.stats import stats
from outreach.consent import ledger
from outreach.core.db import Database
from outreach.supporters.models import Supporter
from outreach.tracking.models import Event
from tests.analytics.worlds import START, World
from tests.cli.terminal import Typed, terminal


@pytest.fixture
def typed(db: Database, organisation: Organisation, tmp_path: Path) -> Iterator[Typed]:
    """A terminal on a database with two blasts that ran."""
    with db.transaction() as session:
        for _ in range(2):
            made = World(session, organisation.id)
            made.opened(made.letter())
    with terminal(stats, db, tmp_path) as typed:
        yield typed


def test_equal_figures_are_said_to_be_and_end_well(typed: Typed) -> None:
    found = typed("recount", "--check")
    assert (found.exit_code, found.output) == (
        0,
        "2 blasts recounted from the events: equal.\n"
        "Growth of the list, recounted from the consent ledger: equal.\n",
    )


def test_a_check_names_what_differs_and_ends_with_1(typed: Typed, db: Database) -> None:
    typed("recount")
    with db.transaction() as session:
        changed = update(Rollup).where(Rollup.measure == "raw_opened", Rollup.blast_id == 2)
        session.execute(changed.values(number=7))
    found = typed("recount", "--check")
    assert found.exit_code == 1
    assert "(blast 2):\n  raw_opened: the figures say 7, the recount 1\n" in found.output
    assert "1 not equal" in found.output
    said = json.loads(typed("recount", "--check", "--json").output)
    assert (said["blasts"], said["equal"], said["mended"]) == (2, False, False)
    assert said["differences"] == {"2": ["raw_opened: the figures say 7, the recount 1"]}


def test_without_check_it_mends(typed: Typed, db: Database) -> None:
    typed("recount")
    with db.transaction() as session:
        session.execute(update(Rollup).values(number=Rollup.number + 1))
    assert typed("recount", "2").exit_code == 0
    said = json.loads(typed("recount", "--json").output)
    assert (said["equal"], said["mended"], list(said["differences"])) == (False, True, ["1"])
    assert typed("recount", "--check").exit_code == 0


def test_growth_that_is_not_the_ledgers_is_named_and_mended(typed: Typed, db: Database) -> None:
    with db.transaction() as session:
        one = Supporter(address="a@x.example", email="a@x.example")
        session.add(one)
        session.flush()
        ledger.grant(session, one.id, basis="b", source="import:1")
    assert typed("recount", "--check").exit_code == 0
    with db.transaction() as session:
        session.execute(update(DayFigure).values(number=4))
    found = typed("recount", "--check")
    assert found.exit_code == 1
    assert "list growth, joined on" in found.output
    assert "by import: the figures say 4, the recount 1\n" in found.output
    assert len(json.loads(typed("recount", "--json").output)["days"]) == 1
    assert typed("recount", "--check").exit_code == 0


def test_a_blast_whose_events_are_forgotten_is_left_as_it_is(
    typed: Typed, db: Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    typed("recount")
    with db.transaction() as session:
        session.execute(delete(Event))
    monkeypatch.setenv("OUTREACH_EVENTS_KEEP_MONTHS", "1")
    long_after = START + timedelta(days=90)
    with time_machine.travel(long_after, tick=False):
        found = typed("recount")
    assert "2 blasts left out: their events are no longer kept." in found.output
    with db.reading() as session:
        assert figures_of(session, 1).people.opened == 1
