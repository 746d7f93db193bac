"""Variants in the composer: added, written, previewed, shared out, tested, removed."""

from __future__ import annotations

import threading
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from sqlalchemy import update

from outreach.core.clock import now
from outreach.jobs import sending
from outreach.mail.models import Batch
from outreach.services import Services
from tests.web.console.test_blasts import _work


def test_a_second_variant_is_written_beside_the_first(console: Any, draft: str) -> None:
    assert "Try a second variant" in console.get(f"{draft}/compose").text
    answer = console.post(f"{draft}/variants/add", {})
    assert answer.location.endswith("/compose?variant=B")
    typed = console.fields(f"{draft}/compose?variant=B")
    assert (typed["subject"], typed["sender_name"], typed["body"]) == ("", "", "")
    typed |= {"subject": "The other subject", "sender_name": "Ada of Harbour Lights"}
    saved = console.post(f"{draft}/compose?variant=B&view=text", typed)
    assert "variant=B" in saved.location
    page = console.get(saved.location).text
    assert "Ada of Harbour Lights</b>The other subject" in page
    assert "Dear friend," in page  # the text is that of A
    first = console.get(f"{draft}/compose?view=text").text
    assert "The other subject" not in first and "Variants" in first
    assert "Harbour" in console.fields(f"{draft}/compose")["sender_name"]


def test_the_first_text_is_taken_over_to_be_changed(console: Any, draft: str) -> None:
    console.post(f"{draft}/variants/add", {})
    text = console.fields(f"{draft}/compose")["body"]
    assert console.fields(f"{draft}/compose?variant=B&whole=1")["body"] == text
    assert console.fields(f"{draft}/compose?variant=B")["body"] == ""  # nothing was stored


def test_shares_are_changed_and_a_bad_one_is_said(console: Any, draft: str) -> None:
    console.post(f"{draft}/variants/add", {})
    console.post(f"{draft}/variants/shares", {"share-A": "1", "share-B": "3"})
    assert "75 %" in console.get(f"{draft}/compose").text
    console.post(f"{draft}/variants/shares", {"share-A": "1", "share-B": "most"})
    page = console.get(f"{draft}/compose").text
    assert "The shares are as they were" in page and "75 %" in page


def test_a_variant_is_removed_but_not_the_only_one(console: Any, draft: str) -> None:
    console.post(f"{draft}/variants/add", {})
    console.post(f"{draft}/variants/B/remove", {})
    assert "Try a second variant" in console.get(f"{draft}/compose").text
    console.post(f"{draft}/variants/A/remove", {})
    assert "Nothing was removed" in console.get(f"{draft}/compose").text
    assert console.get(f"{draft}/compose?variant=B").status_code == 404


def test_a_test_letter_is_of_the_variant_that_is_shown(
    console: Any, draft: str, services: Services
) -> None:
    console.post(f"{draft}/variants/add", {})
    console.post(f"{draft}/test?variant=B", {"address": "desk@harbourlights.example"})
    _work(services)
    assert "[Test B]" in console.get("/console/mailbox/").text


def test_an_analyst_sees_the_variants_but_may_not_touch_them(
    console: Any, enter: Callable[[str], Any], draft: str
) -> None:
    console.post(f"{draft}/variants/add", {})
    analyst = enter("analyst")
    page = analyst.get(f"{draft}/compose").text
    assert 'aria-label="Variants"' in page and "Remove A" not in page
    assert analyst.post(f"{draft}/variants/add", {}).status_code == 403


def test_each_variant_can_be_looked_at_after_it_was_sent(
    console: Any, draft: str, services: Services
) -> None:
    console.post(f"{draft}/variants/add", {})
    typed = console.fields(f"{draft}/compose?variant=B") | {"subject": "The other subject"}
    console.post(f"{draft}/compose?variant=B", typed)
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    _work(services)
    assert "The other subject" not in console.get(draft).text
    assert "The other subject" in console.get(f"{draft}?variant=B").text


def _tried(console: Any, draft: str, services: Services) -> None:
    """A blast to three people, of whom a half tries two variants, on its way."""
    console.post(f"{draft}/variants/add", {})
    typed = console.fields(f"{draft}/compose?variant=B") | {"subject": "The other subject"}
    console.post(f"{draft}/compose?variant=B", typed)
    plan = {"tried_percent": "50", "winner_by": "click", "winner_after_h": "3"}
    console.post(f"{draft}/variants/shares", plan)
    assert "tried by 50 %, then the winner" in console.get(f"{draft}/compose").text
    console.post(f"{draft}/schedule", {"when": "now", "confirmed": "yes"})
    _work(services)


def test_a_person_sends_a_variant_to_the_rest(
    console: Any, enter: Callable[[str], Any], draft: str, services: Services
) -> None:
    _tried(console, draft, services)
    page = console.get(draft).text
    assert "Send B to the rest" in page and "best click rate" in page
    assert "Send B to the rest" not in enter("analyst").get(draft).text
    assert "wait for the winner" in console.get(draft.replace("blasts", "reports")).text
    console.post(f"{draft}/variants/B/choose", {})
    page = console.get(draft).text
    assert "B is chosen" in page and "The rest of the audience gets B" in page
    _work(services)
    assert ">Finished<" in console.get(draft).text
    console.post(f"{draft}/variants/A/choose", {})
    assert "Nothing was chosen" in console.get(draft).text


def test_the_winner_is_chosen_by_itself_when_its_time_has_come(
    console: Any, draft: str, services: Services
) -> None:
    _tried(console, draft, services)
    sending.choose_winners(services, threading.Event())
    assert "Send A to the rest" in console.get(draft).text  # not yet
    with services.db.transaction() as session:
        session.execute(update(Batch).values(done_at=now() - timedelta(hours=4)))
    sending.choose_winners(services, threading.Event())
    _work(services)
    page = console.get(draft).text
    assert "chosen by itself" in page and ">Finished<" in page


def test_a_plan_that_can_not_be_is_said(console: Any, draft: str) -> None:
    console.post(f"{draft}/variants/add", {})
    console.post(f"{draft}/variants/shares", {"tried_percent": "half"})
    assert "The shares are as they were" in console.get(f"{draft}/compose").text
