"""The report's figures: each definition by an example, and all of them against a recount."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from outreach.accounts.models import Organisation
from outreach.analytics.overview import dashboard
from outreach.analytics.report import reports
from outreach.analytics.report.counting import figures_of
from outreach.analytics.rollups import proof, rollup
from outreach.core.db import Database
from outreach.core.errors import NotFound
from outreach.supporters.models import Supporter
from tests.analytics.worlds import World

Build = Callable[..., World]


def report_json(db: Database, blast_id: int) -> dict[str, Any]:
    assert proof.check(db, blast_id) == []
    with db.reading() as session:
        return reports.blast_report(session, blast_id).to_json()


def test_everybody_in_the_audience_is_in_exactly_one_place(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        states = {"accepted": 5, "delivered": 4, "bounced": 2, "complained": 1, "refused": 3}
        states |= {"unknown": 2, "cancelled": 1, "pending": 1}
        for state, number in states.items():
            for _ in range(number):
                made.letter(state, reason="some sentence of a provider")
        made.letter("skipped", reason="suppressed")
        made.letter("skipped", reason="suppressed")
        made.letter("skipped", reason="no_consent")
        made.letter("accepted", kind="test")
    said = report_json(db, made.blast.id)
    assert said["skipped"] == {"suppressed": 2, "no_consent": 1}
    assert said["skipped_total"] == 3
    assert said["accepted"] == 12  # sent, whatever was heard afterwards
    assert said["delivered"] == 10  # sent less bounced
    assert (said["refused"], said["unknown"], said["cancelled"], said["pending"]) == (3, 2, 1, 1)
    assert said["audience"] == 22
    assert said["complained"] == said["rates"]["complaint"]["count"] == 1
    assert said["rates"]["delivery"]["count"] == 10
    assert said["rates"]["delivery"]["of"] == 12


def test_opened_and_clicked_are_unique_people_and_no_machines(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        anna, ben, cora, dan = (made.letter() for _ in range(4))
        for _ in range(3):
            made.opened(anna)
            made.clicked(anna)
        made.clicked(anna, link="link")
        made.opened(ben, "proxy_open")
        made.clicked(ben, link="citation")  # reading a note is not following the ask
        made.opened(cora, "machine_open")
        made.clicked(cora, "machine", evidence="early head")
        made.clicked(cora, "machine", evidence="head hidden_link")
        made.clicked(cora, "machine", link="trap", evidence="hidden_link burst")
        made.event(cora, "viewed", "machine", evidence="burst")
        made.opened(dan, None)
        made.clicked(dan, "unknown")
        test_letter = made.letter(kind="test")
        made.opened(test_letter)
        made.clicked(test_letter)
    said = report_json(db, made.blast.id)
    assert (said["opened"], said["clicked"]) == (1, 1)
    assert said["opens"] == {"human": 3, "proxy": 1, "machine": 1, "unknown": 1}
    assert said["clicks"] == {"human": 5, "proxy": 0, "machine": 3, "unknown": 1}
    assert said["machine_events"] == 5  # a page of the letter that a scanner viewed is one too
    assert said["evidence"] == [
        {"name": "head", "events": 2},
        {"name": "hidden_link", "events": 1},
    ]  # each click under what weighs most
    assert (said["raw"]["opened"], said["raw"]["clicked"]) == (4, 3)
    assert (said["raw"]["open_rate"], said["raw"]["click_rate"]) == (1.0, 0.75)


def test_rates_are_over_delivered_people_and_never_pass_one(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        arrived, bounced, unknown = made.letter(), made.letter("bounced"), made.letter("unknown")
        for letter in (arrived, bounced, unknown):
            made.opened(letter)
            made.clicked(letter)
            made.event(letter, "unsubscribed", None)
            made.signature(letter)
        made.signature(arrived)  # somebody to whom it was forwarded
    said = report_json(db, made.blast.id)
    assert [said[name] for name in ("opened", "clicked", "signed", "unsubscribed")] == [3, 3, 4, 3]
    for name in ("open", "click", "sign", "unsubscribe"):
        assert (said["rates"][name]["count"], said["rates"][name]["of"]) == (1, 1)
    assert said["rates"]["open"]["low"] == pytest.approx(0.2065, abs=5e-5)


def test_signatures_are_credited_to_letters_and_over_all_generations_of_shares(
    db: Database, world: Build
) -> None:
    with db.transaction() as session:
        made, other = world(session), world(session)
        letter, another = made.letter(), made.letter()
        root = made.signature(letter, new=True)
        made.signature(another, state="pending")
        made.signature(made.letter(), state="invalidated")
        child = made.signature(shared_by=root, new=True)
        grandchild = made.signature(shared_by=child, state="invalidated")
        made.signature(shared_by=grandchild)
        made.signature(made.letter(), shared_by=root)  # got the letter, and followed it last
        made.signature()  # came by itself
        # A signature on another petition is not one that this blast asked for.
        other.signature(letter)
        other.signature(shared_by=root)
    said = report_json(db, made.blast.id)
    assert (said["signed"], said["new"], said["shared"]) == (2, 1, 2)
    assert report_json(db, other.blast.id)["signed"] == 0


def test_an_erased_person_still_counts_through_the_letter(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        letter = made.letter()
        made.opened(letter)
        made.clicked(letter)
    with db.transaction() as session:
        session.delete(session.get_one(Supporter, letter.supporter_id))
    said = report_json(db, made.blast.id)
    assert (said["delivered"], said["opened"], said["clicked"]) == (1, 1, 1)


def test_the_timeline_has_each_person_once_and_hours_in_utc(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        first, second = made.letter(), made.letter()
        made.clicked(first, "machine", minutes=0)
        made.clicked(first, minutes=59.9)
        made.clicked(first, minutes=60)
        made.clicked(second, minutes=26 * 60)
        made.signature(second, minutes=26 * 60 + 1)
    said = report_json(db, made.blast.id)
    assert said["timeline"] == [
        {"hour": "2026-04-14T09:00:00+00:00", "clicked": 1, "signed": 0},
        {"hour": "2026-04-15T11:00:00+00:00", "clicked": 1, "signed": 1},
    ]


@pytest.mark.parametrize("state", ["draft", "scheduled"])
def test_a_blast_that_has_not_run_has_no_zeros(db: Database, world: Build, state: str) -> None:
    with db.transaction() as session:
        made = world(session, state=state)
        ran = world(session)
    said = report_json(db, made.blast.id)
    assert said["has_run"] is False
    about = {"blast", "name", "state", "petition", "has_run", "as_of"}
    about |= {"scheduled_for", "started_at", "finished_at"}
    assert all(said[key] is None for key in said.keys() - about)
    assert said.keys() == report_json(db, ran.blast.id).keys()
    assert report_json(db, ran.blast.id)["audience"] == 0  # an empty audience is a true zero


def test_an_unknown_blast_is_named(db: Database) -> None:
    with db.reading() as session, pytest.raises(NotFound, match="no blast 7"):
        reports.blast_report(session, 7)


def test_headlines_agree_with_the_reports(db: Database, world: Build) -> None:
    with db.transaction() as session:
        one, two, empty = world(session), world(session), world(session, state="draft")
        for made, signed in ((one, 2), (two, 1)):
            letters = [made.letter() for _ in range(4)]
            made.letter("bounced")
            for letter in letters[:signed]:
                made.signature(letter)
    ids = [one.blast.id, two.blast.id, empty.blast.id]
    rollup.advance(db)
    with db.reading() as session:
        lines = dashboard.headlines(session, ids)
        for blast_id in ids[:2]:
            said = reports.blast_report(session, blast_id).to_json()
            line = lines[blast_id]
            assert line.sent == said["accepted"]
            assert line.delivered == said["delivered"]
            assert line.signed == said["signed"]
            assert line.sign_rate.to_json() == said["rates"]["sign"]
            assert dashboard.headline(session, blast_id) == line
    assert (lines[empty.blast.id].audience, lines[empty.blast.id].sign_rate.share) == (0, None)


DELIVERY_STATES = (
    "pending", "accepted", "delivered", "bounced", "complained", "refused", "skipped", "unknown",
    "cancelled",
)  # fmt: skip
VERDICTS = (None, "human", "machine", "machine_open", "proxy_open", "unknown")

events = st.tuples(
    st.sampled_from(["opened", "clicked", "unsubscribed", "signed", "bounced"]),
    st.sampled_from(VERDICTS),
    st.sampled_from([None, "ask", "link", "citation", "trap"]),
    st.integers(-90, 4000),
    st.sampled_from(["", "head", "early head", "hidden_link burst", "every_link early"]),
)
letters = st.tuples(
    st.sampled_from(DELIVERY_STATES),
    st.sampled_from([None, "suppressed", "no_consent"]),
    st.sampled_from(["blast", "blast", "blast", "test"]),
    st.lists(events, max_size=5),
)
signatures = st.tuples(
    st.integers(-3, 5),  # which letter, none below 0
    st.integers(-3, 5),  # which earlier signature's share, none below 0
    st.sampled_from(["verified", "verified", "pending", "invalidated"]),
    st.booleans(),
    st.integers(0, 4000),
)


@settings(
    max_examples=30,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(letters, max_size=6), st.lists(signatures, max_size=8))
def test_the_report_equals_a_recount_in_any_world(
    db: Database,
    organisation: Organisation,
    drawn_letters: list[Any],
    drawn_signatures: list[Any],
) -> None:
    with db.transaction() as session:
        made = World(session, organisation.id)
        stored = []
        for state, reason, kind, seen in drawn_letters:
            letter = made.letter(state, reason=reason, kind=kind)
            stored.append(letter)
            for event_kind, verdict, link, minutes, evidence in seen:
                made.event(
                    letter, event_kind, verdict, link=link, minutes=minutes, evidence=evidence
                )
        signed: list[Any] = []
        for letter_at, share_at, state, new, minutes in drawn_signatures:
            signed.append(
                made.signature(
                    stored[letter_at] if 0 <= letter_at < len(stored) else None,
                    shared_by=signed[share_at] if 0 <= share_at < len(signed) else None,
                    state=state,
                    new=new,
                    minutes=minutes,
                )
            )
    assert proof.check(db, made.blast.id) == []
    with db.reading() as session:
        figures = figures_of(session, made.blast.id)
    letters_made = [one for one in drawn_letters if one[2] == "blast"]
    assert figures.letters.audience == len(letters_made)
    for rate in (*figures.rates.values(), *figures.raw_rates.values(), figures.delivery):
        assert rate.count <= rate.of
    for act in ("opened", "clicked", "unsubscribed", "raw_opened", "raw_clicked"):
        assert getattr(figures.reached, act) <= getattr(figures.people, act)
