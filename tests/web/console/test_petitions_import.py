"""What was understood stands beside the text; what a person put right is what is stored."""

from __future__ import annotations

import html
import io
import re
from typing import Any

from sqlalchemy import select

from outreach.core.db import Database
from outreach.petitions.models import Citation, Petition, PetitionVersion
from tests.petitions.documents import docx
from tests.web.console.test_petitions import NO_STATEMENT, TEXT

URL = "/console/petitions/import"


def _fields(page: str) -> dict[str, str]:
    found = dict(re.findall(r'<(?:input|textarea)[^>]* name="([^"]+)"[^>]*? value="([^"]*)"', page))
    areas = re.findall(r'<textarea[^>]* name="([^"]+)"[^>]*>\n?(.*?)</textarea>', page, re.S)
    return {name: html.unescape(value) for name, value in [*found.items(), *areas]}


def _stored(db: Database) -> tuple[Petition, PetitionVersion, list[Citation]]:
    with db.reading() as session:
        petition = session.scalars(select(Petition).order_by(Petition.id.desc())).first()
        version = session.scalars(
            select(PetitionVersion).order_by(PetitionVersion.id.desc())
        ).first()
        notes = session.scalars(select(Citation).order_by(Citation.id)).all()
        assert petition and version
        for note in notes:
            _ = note.source.publisher
        return petition, version, list(notes)


def test_each_guess_can_be_put_right_before_it_is_stored(console: Any, db: Database) -> None:
    page = console.post(URL, {"text": TEXT, "do": "read"}).text
    assert "Certain" in page and 'data-lines="5-5"' in page
    fields = _fields(page)
    assert fields["note-0-publisher"] == "Harbour Board"
    fields |= {
        "headline": "Keep the ferry!", "statement": "Keep it.[^2]", "targets": "A\nB",
        "note-0-publisher": "The Harbour Board", "note-0-date": "2026-03", "do": "store",
    }  # fmt: skip
    assert console.post(URL, fields).status_code == 302
    petition, version, notes = _stored(db)
    assert (petition.headline, petition.targets) == ("Keep the ferry!", ["A", "B"])
    assert version.statement == "Keep it.[^2]"
    assert version.body.startswith("The night ferry carried 412 nurses")
    assert petition.pasted == TEXT
    assert (notes[0].source.publisher, notes[0].source.published_on) == (
        "The Harbour Board",
        "2026-03",
    )
    assert notes[0].raw.startswith("Harbour Board, ")


def test_a_text_changed_after_it_was_read_is_read_again_first(console: Any, db: Database) -> None:
    fields = _fields(console.post(URL, {"text": TEXT, "do": "read"}).text)
    answer = console.post(URL, fields | {"text": TEXT + "More.", "do": "store"})
    assert answer.status_code == 400 and "changed after it was read" in answer.text
    with db.reading() as session:
        assert session.scalars(select(Petition)).all() == []


def test_a_wrong_date_is_named_at_its_field(console: Any) -> None:
    fields = _fields(console.post(URL, {"text": TEXT, "do": "read"}).text)
    answer = console.post(URL, fields | {"note-1-date": "April 9", "do": "store"})
    assert answer.status_code == 400 and 'href="#note-1-date"' in answer.text


def test_what_is_missing_is_filled_in_or_all_of_it_is_kept(console: Any, db: Database) -> None:
    answer = console.post(URL, {"text": NO_STATEMENT, "do": "read"})
    assert answer.status_code == 400 and "Not found" in answer.text
    fields = _fields(answer.text)
    kept = console.post(URL, fields | {"do": "keep"})
    assert kept.status_code == 302
    petition, version, _ = _stored(db)
    assert (petition.state, version.statement, petition.pasted) == ("draft", "", NO_STATEMENT)
    assert "It is late, and people walk." in version.body
    assert "people walk" in console.get(kept.location).text
    console.post(f"{kept.location}/publish")
    page = console.get(kept.location).text
    assert "It is not published" in page and "needs a statement" in page and ">Draft<" in page
    filled = console.post(URL, fields | {"statement": "Keep it.", "do": "store"})
    assert filled.status_code == 302
    assert _stored(db)[1].statement == "Keep it."


def test_a_word_document_is_read_from_its_file(console: Any) -> None:
    rows = ["# Tell X: Go!", "Petition to X:", "Go now.", "They **wait**.[^1]"]
    file = (io.BytesIO(docx(rows, ["Elm Post, “A,” 2018."])), "petition.docx")
    page = console.post(URL, {"do": "read", "file": file}).text
    fields = _fields(page)
    assert fields["body"] == "They **wait**.[^1]"
    assert fields["text"].endswith("[^1]: Elm Post, “A,” 2018.")
    hostile = (io.BytesIO(docx(["a"], extra={"word/vbaProject.bin": b"x"})), "petition.docx")
    refused = console.post(URL, {"do": "read", "file": hostile})
    assert refused.status_code == 400 and "it holds macros" in refused.text


def test_a_clipboard_comes_back_as_markdown(console: Any) -> None:
    answer = console.post(f"{URL}/clipboard", {"html": "<p>A <b>b</b><script>x</script></p>"})
    assert (answer.mimetype, answer.text) == ("text/plain", "A **b**")


def test_markup_in_any_part_is_text(console: Any) -> None:
    text = TEXT.replace("harbour board", "<script>alert(1)</script> board")
    stored = console.post(URL, {"text": text, "do": "publish"})
    for page in (console.get(stored.location).text, console.post(URL, {"text": text}).text):
        assert "<script>alert" not in page and "&lt;script&gt;alert" in page


def test_a_thousand_notes_fit_the_form(console: Any, db: Database) -> None:
    notes = "\n".join(f"{n}. Elm Post, “Part {n},” 2018." for n in range(1, 1001))
    text = f"Tell X: Go!\n\nPetition to X:\nGo now.\n\nAll.[1-40]\n\nNotes\n{notes}\n"
    fields = _fields(console.post(URL, {"text": text, "do": "read"}).text)
    assert console.post(URL, fields | {"do": "store"}).status_code == 302
    assert len(_stored(db)[2]) == 1000


def test_every_source_of_a_note_can_be_put_right(console: Any, db: Database) -> None:
    note = 'Harbour Board, "Winter passenger count," March 3, 2026'
    text = TEXT.replace(note, f"{note}; Quay Post, “Who sails?” May 2, 2026")
    assert text != TEXT
    fields = _fields(console.post(URL, {"text": text, "do": "read"}).text)
    assert fields["note-0-more-2-title"] == "Who sails?"
    fields |= {
        "note-0-more-2-publisher": "The Quay Post", "note-0-more-3-url": "https://quay.example/3",
        "note-1-more-2-title": "A second one", "do": "store",
    }  # fmt: skip
    assert console.post(URL, fields | {"note-0-more-2-date": "May"}).status_code == 400
    assert console.post(URL, fields).status_code == 302
    with db.reading() as session:
        notes = session.scalars(select(Citation).order_by(Citation.id)).all()
        named = [[(s.publisher, s.title, s.url) for s in note.sources] for note in notes[:2]]
    assert named[0][1:] == [
        ("The Quay Post", "Who sails?", None),
        (None, None, "https://quay.example/3"),
    ]
    assert named[1][-1][1] == "A second one"
