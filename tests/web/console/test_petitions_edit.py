"""Editing a petition on its screen: what it means is said first, nothing of two editors is lost."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

from sqlalchemy import select

from outreach.blasts import preflight, queries, schedule
from outreach.blasts.compose import compose, preview
from outreach.blasts.freeze import freeze
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.petitions import checking, signing
from outreach.petitions.models import Petition, PetitionVersion
from outreach.supporters.models import Supporter

BASE = "http://127.0.0.1:8000"
NOTE = '[^1]: Harbour Board, "Winter passenger count," March 3, 2026.'
OTHER = "[^1]: Ada Okafor, “Who rides at night?” Westhaven Courier, June 2, 2026."


def _sign(db: Database, petition: Petition, address: str = "ana@example.org") -> None:
    with db.transaction() as session:
        person = session.scalars(select(Supporter).where(Supporter.address == address)).one()
        signing.sign_recognised(session, session.get_one(Petition, petition.id), person)


def _edit(console: Any, petition: Petition, form: dict[str, str] | None = None, **new: str) -> Any:
    """Save the form of this petition, as it was opened just now or earlier."""
    path = f"/console/petitions/{petition.slug}/edit"
    return console.post(path, {**(form or _opened(console, petition)), **new})


def _opened(console: Any, petition: Petition) -> dict[str, str]:
    path = f"/console/petitions/{petition.slug}/edit"
    return {**console.fields(path), "seen": _hidden(console.get(path).text, "seen")}


def _hidden(page: str, name: str) -> str:
    return re.findall(rf'name="{name}" value="([^"]*)"', page)[0]


def _confirm(console: Any, petition: Petition, answer: Any, **new: str) -> Any:
    """Press the button of the page that says what saving means."""
    confirmed = _hidden(answer.text, "confirmed")
    return _edit(console, petition, **new, confirmed=confirmed)


def _versions(db: Database) -> list[tuple[int, str]]:
    with db.reading() as session:
        query = select(PetitionVersion).order_by(PetitionVersion.number)
        return [(one.number, one.statement) for one in session.scalars(query)]


def _scheduled(db: Database, draft: str) -> int:
    blast_id = int(draft.rpartition("/")[2])
    with db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        at = now() + timedelta(hours=1)
        schedule.schedule(session, blast, at=at, actor="test", base_url=BASE)
    return blast_id


def _state(db: Database, blast_id: int) -> str:
    with db.reading() as session:
        return session.get_one(Blast, blast_id).state


def test_an_unsigned_petition_is_saved_at_once(
    console: Any, petition: Petition, db: Database
) -> None:
    form = _opened(console, petition)
    assert form["notes"] == NOTE and "last winter.[^1]" in form["body"]
    saved = _edit(console, petition, statement="Keep it all year.", goal="25,000")
    assert saved.status_code == 302
    page = console.get(saved.location).text
    assert "It is saved" in page and "Changed: statement, goal." in page
    assert "The goal is 25,000." in page
    assert _versions(db) == [(1, "Keep it all year.")]


def test_after_a_signature_it_is_said_first_what_saving_means(
    console: Any, petition: Petition, db: Database
) -> None:
    _sign(db, petition)
    new = {"statement": "Keep it all year.", "reason": "The board met."}
    asked = _edit(console, petition, **new)
    assert asked.status_code == 200
    assert "This makes version 2" in asked.text and "Nothing is stored yet" in asked.text
    assert "1 signature stays under version 1, as it was signed." in asked.text
    assert len(_versions(db)) == 1
    page = console.get(_confirm(console, petition, asked, **new).location).text
    assert [number for number, _ in _versions(db)] == [1, 2]
    history = page[page.index("<h2>Versions</h2>") :]
    assert history.index("Version 2") < history.index("Version 1")
    assert "0 signatures" in history and "1 signature\n" in history
    assert "campaigner@harbourlights.example: statement" in history
    assert "The board met." in history and "What was signed" in history


def test_what_no_version_keeps_makes_none_and_says_so(
    console: Any, petition: Petition, db: Database
) -> None:
    _sign(db, petition)
    asked = _edit(console, petition, headline="Keep our ferry")
    assert "No new version" in asked.text and "the same words as before" in asked.text
    page = console.get(_confirm(console, petition, asked, headline="Keep our ferry").location).text
    assert "headline (it was “Tell the harbour board: Keep the night ferry”)" in page
    assert len(_versions(db)) == 1


def test_a_first_signature_that_comes_between_is_told_again(
    console: Any, petition: Petition, db: Database
) -> None:
    form = _opened(console, petition)
    _sign(db, petition)
    other = {"statement": "Other words.", "confirmed": "1"}
    asked = _edit(console, petition, form, **other)
    assert asked.status_code == 400 and 'href="#reason"' in asked.text
    assert len(_versions(db)) == 1
    asked = _edit(console, petition, form, **other, reason="The board asked")
    assert asked.status_code == 200 and "This makes version 2" in asked.text
    assert len(_versions(db)) == 1


def test_faults_stand_at_their_fields_and_what_was_typed_stays(
    console: Any, petition: Petition
) -> None:
    answer = _edit(console, petition, headline="", body="Typed.[^7]")
    assert answer.status_code == 400
    assert 'href="#headline"' in answer.text and 'href="#body"' in answer.text
    assert "no note belongs to marker [^7]" in answer.text and "Typed.[^7]" in answer.text
    for name, value in (("goal", "many"), ("notes", "What is this?")):
        answer = _edit(console, petition, **{name: value})
        assert answer.status_code == 400 and f'href="#{name}"' in answer.text


def test_two_who_edit_at_once_lose_nothing(console: Any, petition: Petition, db: Database) -> None:
    mine = _opened(console, petition)
    assert _edit(console, petition, headline="Hers", thanks="Hers too").status_code == 302
    answer = _edit(console, petition, mine, headline="Mine", goal="100")
    assert answer.status_code == 400
    assert "saved this petition while you were editing it (headline, thanks)" in answer.text
    assert "Both of you changed the headline" in answer.text
    assert 'value="Mine"' in answer.text and "</b>Hers</div>" in answer.text
    assert ">\nHers too</textarea>" in answer.text  # only she changed it: taken over
    with db.reading() as session:
        assert session.get_one(Petition, petition.id).goal == 0
    again = {**mine, "thanks": "Hers too", "seen": _hidden(answer.text, "seen")}
    assert _edit(console, petition, again, headline="Ours", goal="100").status_code == 302
    with db.reading() as session:
        stored = session.get_one(Petition, petition.id)
        assert (stored.headline, stored.thanks, stored.goal) == ("Ours", "Hers too", 100)


def test_analysts_read_and_do_not_edit(enter: Any, petition: Petition) -> None:
    analyst = enter("analyst")
    page = analyst.get(f"/console/petitions/{petition.slug}").text
    assert "/edit" not in page and "Versions" in page
    assert analyst.get(f"/console/petitions/{petition.slug}/edit").status_code == 403


def test_it_says_who_checked_which_source_when(console: Any, petition: Petition) -> None:
    page = console.get(f"/console/petitions/{petition.slug}").text
    assert "Checked by somebody@harbourlights.example, " in page
    assert _edit(console, petition, notes=f"{NOTE}\n[^2]: Quay Ledger, May 3, 2026.").location
    page = console.get(f"/console/petitions/{petition.slug}").text
    assert page.count("Not checked</span>") == 1
    assert "No marker leads here: put <code>[^2]</code>" in page


def test_a_scheduled_blast_whose_note_changes_is_a_draft_again_and_is_checked_anew(
    console: Any, petition: Petition, draft: str, db: Database
) -> None:
    blast_id = _scheduled(db, draft)
    asked = _edit(console, petition, notes=OTHER)
    assert asked.status_code == 200  # nobody signed, but a letter is about to leave
    assert "“First ask”, due " in asked.text and "cites notes that are changed" in asked.text
    assert _state(db, blast_id) == "scheduled"
    page = console.get(_confirm(console, petition, asked, notes=OTHER).location).text
    assert "“First ask” is a draft again" in page and "Nothing was sent" in page
    assert _state(db, blast_id) == "draft"
    with db.reading() as session:
        found = preflight.run(session, queries.by_id(session, blast_id), BASE)
        assert "citations.unchecked" in {f.key for f in found if f.level == "stop"}


def test_a_word_passed_over_a_check_of_earlier_notes_does_not_reach_new_ones(
    console: Any, petition: Petition, draft: str, db: Database
) -> None:
    blast_id = int(draft.rpartition("/")[2])
    with db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        for check in ("citations.unchecked", "size"):
            preflight.override(session, blast, check=check, reason="I wrote it", actor="Mara")
    assert _edit(console, petition, notes=OTHER).status_code == 302
    with db.reading() as session:
        found = preflight.run(session, queries.by_id(session, blast_id), BASE)
        assert "citations.unchecked" in {f.key for f in found if f.level == "stop"}


def test_a_blast_stays_scheduled_while_its_letter_fits_and_has_the_numbers_of_the_page(
    console: Any, petition: Petition, draft: str, db: Database
) -> None:
    notes = f"{NOTE}\n{OTHER.replace('[^1]', '[^2]')}"
    body = "It is used by many.[^2] It carried 412 people.[^1]"
    assert _edit(console, petition, notes=notes, body=f"{body}\n\nOld.").status_code == 302
    with db.transaction() as session:
        checking.mark_checked(session, session.get_one(Petition, petition.id), by="Mara")
    blast_id = _scheduled(db, draft)
    turned = "It carried 412 people.[^1] It is used by many.[^2]"  # the numbers change places
    assert _edit(console, petition, body=turned).status_code == 302
    assert _state(db, blast_id) == "scheduled"
    with db.transaction() as session:
        blast = queries.by_id(session, blast_id)
        letter = preview(session, blast, blast.variants[0], None, BASE)
        assert compose(session, blast, blast.variants[0], BASE).unresolved == ()
        freeze(session, blast, base_url=BASE, batch_size=100)
    page = console.client.get(f"/petitions/{petition.slug}").text
    assert re.search(r'id="n1" value="1">.*?Winter passenger count', page, re.DOTALL)
    assert re.search(r"1[.\]] .*Winter passenger count", letter.text)


def test_two_checked_notes_that_change_places_are_noticed(
    console: Any, petition: Petition, draft: str, db: Database
) -> None:
    body, two = "412 people.[^1] Many ride.[^2]", OTHER.replace("[^1]", "[^2]")
    assert _edit(console, petition, notes=f"{NOTE}\n{two}", body=body).status_code == 302
    with db.transaction() as session:
        checking.mark_checked(session, session.get_one(Petition, petition.id), by="Mara")
    blast_id = _scheduled(db, draft)
    swapped = {"notes": f"{OTHER}\n{NOTE.replace('[^1]', '[^2]')}"}
    asked = _edit(console, petition, **swapped)
    assert "cites notes that are changed" in asked.text
    assert _confirm(console, petition, asked, **swapped).status_code == 302
    assert _state(db, blast_id) == "draft"
    page = console.get(f"/console/petitions/{petition.slug}").text
    assert "Not checked</span>" not in page  # the same words are the same sources


def test_a_paused_blast_that_has_not_started_is_taken_back_too(
    console: Any, petition: Petition, draft: str, db: Database
) -> None:
    blast_id = _scheduled(db, draft)
    with db.transaction() as session:
        schedule.pause(session, queries.by_id(session, blast_id), actor="Mara")
    asked = _edit(console, petition, statement="Other words.")
    assert "written for the earlier statement" in asked.text
    assert _confirm(console, petition, asked, statement="Other words.").status_code == 302
    assert _state(db, blast_id) == "draft"


def test_a_blast_that_has_started_keeps_its_frozen_letter(
    console: Any, petition: Petition, draft: str, db: Database
) -> None:
    blast_id = _scheduled(db, draft)
    with db.transaction() as session:
        freeze(session, queries.by_id(session, blast_id), base_url=BASE, batch_size=100)
    assert _edit(console, petition, notes=OTHER).status_code == 302
    assert _state(db, blast_id) == "sending"
