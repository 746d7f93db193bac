"""A blast on the screens: drafted, previewed, checked, scheduled with its number, sent, stopped."""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.blasts import queries
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.jobs import sending
from outreach.mail.models import Batch, Delivery
from outreach.petitions.models import Petition
from outreach.services import Services


def _work(services: Services) -> None:
    sending.start_due_blasts(services, threading.Event())
    sending.send(services, threading.Event())


def test_a_draft_comes_from_its_petition_with_buttons_and_notes(console: Any, draft: str) -> None:
    typed = console.fields(f"{draft}/compose")
    assert "Keep the night ferry" in typed["subject"]
    assert "[[Sign the petition]]" in typed["body"] and "[^1]" in typed["body"]


def test_the_preview_is_the_letter_of_the_chosen_supporter(console: Any, draft: str) -> None:
    chosen = console.post(f"{draft}/as?view=text", {"address": "BEN@example.org"})
    assert "ben" not in chosen.location.lower()
    page = console.get(chosen.location).text
    assert "Dear Ben," in page
    nobody = console.get(f"{draft}/compose?view=text").text
    assert "Dear friend," in nobody


def test_an_address_that_nobody_has_leaves_the_preview_as_it_was(console: Any, draft: str) -> None:
    answer = console.post(f"{draft}/as", {"address": "zoe@example.org"})
    page = console.get(answer.location).text
    assert "The preview stays as it was" in page and "zoe@" not in page


def test_the_letter_in_the_frame_runs_nothing(console: Any, draft: str) -> None:
    answer = console.get(f"{draft}/letter?view=phone")
    policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy and "script-src" not in policy and "sandbox" in policy
    assert "@media not all" in answer.text
    assert (
        "img-src 'none'"
        in console.get(f"{draft}/letter?view=images-off").headers["Content-Security-Policy"]
    )
    assert "@media all" in console.get(f"{draft}/letter?view=dark").text


def test_the_audience_is_counted_with_reasons_before_it_is_saved(console: Any, draft: str) -> None:
    counted = console.post(f"{draft}/audience", {"audience": "list Riverton"}).text
    assert re.search(r"Chosen by the rules</dt><dd>4</dd>", counted)
    assert re.search(r"Suppressed</dt><dd>− 1</dd>", counted)
    assert re.search(r"Would get it now</dt><dd class=\"sum1\">3</dd>", counted)
    faulty = console.post(f"{draft}/audience", {"audience": "list"}).text
    assert "expected the name of a list" in faulty


def test_a_saved_segment_becomes_the_audience(console: Any, draft: str) -> None:
    console.post("/console/segments/new", {"name": "All of us", "rules": "everyone", "do": "save"})
    page = console.get(f"{draft}/compose").text
    segment = re.search(r'<option value="(\d+)">All of us', page)
    assert segment
    console.save(draft, segment=segment[1])
    saved = console.fields(f"{draft}/compose")
    assert saved["audience"] == 'segment "All of us"'


def test_faults_are_said_at_their_fields_and_what_was_typed_stays(console: Any, draft: str) -> None:
    typed = {"audience": "list", "sender_address": "mara", "body": "Kept words"}
    answer = console.save(draft, **typed)
    assert answer.status_code == 400
    assert 'id="sender_address-fault"' in answer.text and "to put right" in answer.text
    assert "Kept words" in answer.text
    assert "Kept words" not in console.fields(f"{draft}/compose")["body"]


def test_an_unknown_merge_field_stops_the_blast_and_is_named(console: Any, draft: str) -> None:
    console.save(draft, body="Dear {{ fist_name }},\n\n[[Sign the petition]]")
    page = console.get(f"{draft}/compose").text
    assert "there is no merge field “fist_name”" in page
    assert console.get(f"{draft}/letter").status_code == 400
    stopped = console.get(f"{draft}/schedule")
    assert stopped.status_code == 302
    assert "A check stops this blast" in console.get(draft, follow_redirects=True).text


def test_a_check_is_overridden_by_name(
    console: Any, draft: str, db: Database, petition: Petition
) -> None:
    console.save(draft, body="A claim.[^9]\n\n[[Sign the petition]]")
    assert "[^9] leads nowhere" in console.get(f"{draft}/compose").text
    console.post(f"{draft}/override", {"check": "citations.unresolved", "reason": ""})
    assert "The check still stands" in console.get(f"{draft}/compose").text
    console.post(f"{draft}/override", {"check": "citations.unresolved", "reason": "it is in print"})
    page = console.get(f"{draft}/compose").text
    assert "it is in print" in page and "campaigner@harbourlights.example" in page
    assert console.get(f"{draft}/schedule").status_code == 200


def test_a_test_letter_is_posted_and_marked(console: Any, draft: str, services: Services) -> None:
    console.post(f"{draft}/test", {"address": "desk@harbourlights.example"})
    _work(services)
    mailbox = console.get("/console/mailbox/").text
    assert "[Test]" in mailbox and "desk@harbourlights.example" in mailbox
    console.post(f"{draft}/test", {"address": "no address"})
    assert "No test was sent" in console.get(f"{draft}/compose").text


def test_scheduling_repeats_the_number_before_it_acts(
    console: Any, draft: str, db: Database, services: Services
) -> None:
    asked = console.post(f"{draft}/schedule", {"when": "now"})
    assert "Send to 3 people?" in asked.text and ">Send to 3<" in asked.text
    with db.reading() as session:
        assert queries.by_id(session, int(draft.split("/")[-1])).state == "draft"
    done = console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    assert done.location == draft
    assert "data-poll" in console.get(draft).text
    _work(services)
    page = console.get(draft).text
    assert ">Finished<" in page and "data-poll" not in page
    assert "4 <small>of 4 done</small>" in page and "<b>1</b> suppressed" in page
    letters = console.get("/console/mailbox/").text
    assert letters.count("@example.org") == 3 and "dana@example.org" not in letters


def test_a_time_is_taken_in_the_organisations_zone(
    console: Any, draft: str, db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        session.merge(organisation).timezone = "America/New_York"
    console.post(f"{draft}/schedule", {"when": "at", "at": "2099-01-15T09:00", "confirmed": "yes"})
    with db.reading() as session:
        blast = queries.by_id(session, int(draft.split("/")[-1]))
        assert blast.scheduled_for is not None and blast.scheduled_for.hour == 14
    assert "Thursday 15 January 2099, 09:00 EST" in console.get(draft).text


@pytest.mark.parametrize("at", ["2020-01-01T09:00", "", "tomorrow"])
def test_a_time_that_can_not_be_is_said_at_its_field(console: Any, draft: str, at: str) -> None:
    answer = console.post(f"{draft}/schedule", {"when": "at", "at": at, "confirmed": "yes"})
    assert answer.status_code == 400
    assert 'id="at-fault"' in answer.text and f'value="{at}"' in answer.text


def test_a_scheduled_blast_is_taken_back_paused_and_cancelled(console: Any, draft: str) -> None:
    later = f"{now() + timedelta(days=2):%Y-%m-%dT%H:%M}"
    plan = {"when": "at", "at": later, "confirmed": "yes"}
    console.post(f"{draft}/schedule", plan)
    assert console.get(f"{draft}/compose").location == draft
    console.post(f"{draft}/unschedule")
    assert console.get(f"{draft}/compose").status_code == 200
    console.post(f"{draft}/schedule", plan)
    console.post(f"{draft}/pause")
    assert "Paused by campaigner@harbourlights.example" in console.get(draft).text
    assert "is paused" in console.get("/console/").text
    console.post(f"{draft}/cancel")
    assert ">Cancelled<" in console.get(draft).text
    assert console.post(f"{draft}/resume").status_code == 409


def test_an_analyst_sees_a_draft_but_may_not_touch_it(
    enter: Callable[[str], Any], draft: str
) -> None:
    analyst = enter("analyst")
    page = analyst.get(f"{draft}/compose").text
    assert "Send a test" not in page and ">Save<" not in page and "Override" not in page
    for path in ("schedule", "pause", "compose", "test", "override", "cancel"):
        assert analyst.post(f"{draft}/{path}").status_code == 403, path


def test_the_home_names_drafts_that_a_check_stops(console: Any, draft: str) -> None:
    assert "No draft is stopped by a check" in console.get("/console/").text
    console.save(draft, subject="")
    page = console.get("/console/").text
    assert "First ask: The subject is empty" in page and "1 thing needs you" in page


def test_unknown_deliveries_are_named_on_the_home_and_on_the_blast(
    console: Any, draft: str, db: Database, services: Services
) -> None:
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    sending.start_due_blasts(services, threading.Event())
    with db.transaction() as session:
        delivery = session.scalars(select(Delivery).where(Delivery.state == "pending")).first()
        assert delivery is not None
        delivery.state, delivery.reason = "unknown", "The provider did not answer in time."
        delivery.lost_at = now()
    assert "1 delivery is unknown" in console.get("/console/").text
    assert f"/console/deliveries/unknown?blast={draft[-1]}" in console.get("/console/").text
    assert "deliveries/unknown" in console.get(draft).text
    page = console.get(f"/console/deliveries/unknown?blast={draft[-1]}").text
    assert "ana@example.org" in page and "The provider did not answer in time." in page


def test_a_provider_that_is_away_is_said_while_letters_wait_for_it(
    console: Any, draft: str, db: Database, services: Services
) -> None:
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    sending.start_due_blasts(services, threading.Event())
    with db.transaction() as session:
        queries.named(session, "First ask").reason = "The relay can’t be reached."
        batch = session.scalars(select(Batch)).one()
        batch.not_before = now() + timedelta(minutes=5)
    for page in (console.get("/console/").text, console.get(f"{draft}/progress").text):
        assert "The relay can’t be reached." in page and "by itself" in page
    report = draft.replace("blasts", "reports")
    for page in (console.get("/console/blasts/").text, console.get(report).text):
        assert "The relay can’t be reached." in page
    with db.transaction() as session:  # it answers again; what held the batch back is history
        session.scalars(select(Batch)).one().not_before = None
    for path in ("/console/", "/console/blasts/", report, draft):
        assert "The relay can’t be reached." not in console.get(path).text


def test_pace_and_weight_are_set_on_the_blast_s_page(
    console: Any, draft: str, db: Database, services: Services
) -> None:
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    assert "As fast as its letters are taken" in console.get(draft).text
    console.post(f"{draft}/pace", {"pace": "3000/h", "weight": "2"})
    page = console.get(draft).text
    assert "3,000 an hour, weight 2 beside other blasts" in " ".join(page.split())
    assert console.fields(draft)["pace"] == "3000/h"
    wrong = console.post(f"{draft}/pace", {"pace": "quickly", "weight": "1"})
    assert wrong.status_code == 400 and "is no pace" in wrong.text
    wrong = console.post(f"{draft}/pace", {"pace": "", "weight": "much"})
    assert wrong.status_code == 400 and "Enter a weight" in wrong.text
    assert "3,000 an hour" in console.get(draft).text


def test_why_a_blast_is_held_is_said_while_it_is(
    console: Any, draft: str, db: Database, services: Services
) -> None:
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    sending.start_due_blasts(services, threading.Event())
    with db.transaction() as session:
        blast = queries.named(session, "First ask")
        blast.held_until = now() + timedelta(minutes=1)
        blast.held_because = "Quiet hours, 21:00-08:00; it goes on at 08:00."
    for path in ("/console/", "/console/blasts/", f"{draft}/progress"):
        assert "Quiet hours, 21:00-08:00" in console.get(path).text


def test_saving_says_that_it_was_saved(console: Any, draft: str) -> None:
    console.save(draft, subject="Another subject")
    assert "The draft is saved" in console.get(f"{draft}/compose").text
