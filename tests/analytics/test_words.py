"""A report in words: what a terminal prints, what is said before a blast has run."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from outreach.analytics.report import plain, reports, tables, wording
from outreach.analytics.rollups import rollup
from outreach.core.db import Database
from tests.analytics.worlds import START, World

Build = Callable[..., World]


def text_of(db: Database, made: World) -> list[str]:
    rollup.advance(db)
    with db.reading() as session:
        text = plain.as_text(reports.blast_report(session, made.blast.id))
    return [" ".join(line.split()) for line in text.splitlines()]


def test_a_blast_that_ran_says_counts_denominators_and_intervals(
    db: Database, world: Build
) -> None:
    with db.transaction() as session:
        made = world(session)
        made.a_small_blast()
    lines = text_of(db, made)
    assert "Audience 11" in lines
    assert "Not sent 1 1 no consent" in lines
    assert "Delivered 9 90 % of sent (95 % interval 60 to 98 %)" in lines
    assert "Clicked 1 11 % of delivered (95 % interval 2 to 43 %)" in lines
    assert "New signers 1 had never signed before" in lines
    assert "Clicks 2 1 by people, 1 by machines" in lines
    assert "1 Followed the link that no reader can see" in lines
    assert "Sent Tuesday 14 April 2026, 09:00 to 09:04 UTC." in " ".join(lines)
    assert "Under 500 delivered: go by the counts and intervals, not by a rate." in lines


def test_a_blast_to_nobody_has_no_rates(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        made.letter("skipped", reason="suppressed")
    assert "Opened 0 no rate: nobody delivered" in text_of(db, made)


@pytest.mark.parametrize(
    ("state", "said"),
    [
        ("draft", "This blast has not run. It is a draft: nobody has been written to."),
        (
            "scheduled",
            "This blast has not run. Nobody has been written to yet. "
            "It leaves on Tuesday 14 April 2026, 09:00 UTC.",
        ),
    ],
)
def test_a_blast_that_has_not_run_says_so(
    db: Database, world: Build, state: str, said: str
) -> None:
    with db.transaction() as session:
        made = world(session, state=state)
    lines = text_of(db, made)
    assert lines[-1] == said
    assert not any(line.startswith("Audience") for line in lines)


def test_a_cancelled_blast_gives_its_reason(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session, state="draft")
        made.blast.state, made.blast.reason = "cancelled", "Cancelled by mara@example.org."
    assert "before anybody was written to. Cancelled by mara@example.org." in text_of(db, made)[-1]


def test_what_makes_figures_doubtful_is_said_first(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session, state="sending")
        made.letter("pending")
        made.clicked(made.letter("unknown"))
    rollup.advance(db)
    with db.reading() as session:
        figures = reports.blast_report(session, made.blast.id).figures
    assert figures is not None
    assert wording.caution(figures) == [
        "Still to go out: 1. The figures will change.",
        "Unknown whether sent: 1. These are not counted as delivered.",
        "Clicked in letters not counted as delivered: 1. Rates leave them out.",
    ]


def test_a_send_over_midnight_names_both_days(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        made.blast.finished_at = START + timedelta(hours=16)
    rollup.advance(db)
    with db.reading() as session:
        report = reports.blast_report(session, made.blast.id)
    assert wording.sent_when(report) == (
        "Sent Tuesday 14 April 2026, 09:00 to Wednesday 15 April 2026, 01:00 UTC"
    )


def test_rows_for_files_hold_every_count_and_rate(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        made.clicked(made.letter(), minutes=61)
        made.letter("skipped", reason="suppressed")
    rollup.advance(db)
    with db.reading() as session:
        figures = reports.blast_report(session, made.blast.id).figures
    assert figures is not None
    rows = {row[0]: row[1:] for row in tables.figure_rows(figures)}
    assert rows["audience"] == (2,)
    assert rows["skipped: suppressed"] == (1,)
    assert rows["click rate"][:3] == (1, 1, 1.0)
    assert len(rows["click rate"]) == 5
