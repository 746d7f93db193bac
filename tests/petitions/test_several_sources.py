"""A note that names several sources leads to all of them, under one number."""

from __future__ import annotations

from dataclasses import replace

import pytest
from sqlalchemy import select

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.petitions import checking, citations, note_lines, operations
from outreach.petitions.citations import Named, Note
from outreach.petitions.edition import edition_of
from outreach.petitions.intake.read import read_petition
from outreach.petitions.library import checks, queries, styles
from outreach.petitions.library import operations as library
from outreach.petitions.models import CitationSource, Petition, Source
from outreach.petitions.note_lines import linked_parts, note_text
from outreach.petitions.queries import current_version
from outreach.petitions.revising import revise

BOTH = (
    "Ada Okafor, “What a stamp costs,” Harbour Gazette, March 3, 2026, https://gazette.example/1; "
    "and Lantern Post, “Who pays?” May 2, 2025, https://lantern.example/2"
)
TEXT = f"""# Keep the ferry

Petition to the Harbour Board: Keep it.

It is full.[^1] It is cheap.[^2] It is loved.[^3] So are we.[^4]

[^1]: {BOTH}
[^2]: Ibid.
[^3]: Harbour Gazette, “What a stamp costs,” March 3, 2026, p. 4
[^4]: See note 3; City Auditor, “Late riders,” 2024
"""


@pytest.fixture
def petition(db: Database, organisation: Organisation) -> Petition:
    with db.transaction() as session:
        return operations.create_from(session, organisation, read_petition(TEXT))


def shown(db: Database, petition: Petition, style: str = styles.PASTED) -> list[Note]:
    with db.reading() as session:
        stored = session.get_one(Petition, petition.id)
        text = current_version(session, stored).text
        return citations.notes_of(session, stored, text, style=style)


def test_all_of_them_are_in_the_library_and_cited_under_one_number(
    db: Database, petition: Petition
) -> None:
    first, ibid, alone, mixed = shown(db, petition)
    assert [(one.title, one.url) for one in first.sources] == [
        ("What a stamp costs", "https://gazette.example/1"),
        ("Who pays?", "https://lantern.example/2"),
    ]
    assert (first.number, ibid.sources, ibid.same_as) == (1, first.sources, 1)
    assert (alone.sources, alone.same_as) == (first.sources[:1], None)
    assert [one.title for one in mixed.sources] == ["What a stamp costs", "Late riders"]
    with db.reading() as session:
        assert len(session.scalars(select(Source)).all()) == 3


def test_the_line_is_as_it_was_pasted_with_each_title_leading_to_its_source(
    db: Database, petition: Petition
) -> None:
    note = shown(db, petition)[0]
    assert note_text(note) == (
        "Ada Okafor, “What a stamp costs,” Harbour Gazette, March 3, 2026; "
        "and Lantern Post, “Who pays?” May 2, 2025."
    )
    titles = [(part.words, part.url) for part in note_lines.note_parts(note) if part.is_title]
    assert titles == [
        ("“What a stamp costs,”", "https://gazette.example/1"),
        ("“Who pays?”", "https://lantern.example/2"),
    ]


@pytest.mark.parametrize(
    ("style", "lines"),
    [
        (
            styles.HOUSE,
            [
                "Ada Okafor, “What a stamp costs,” Harbour Gazette, March 3, 2026; "
                "Lantern Post, “Who pays?” May 2, 2025.",
                "Ada Okafor, “What a stamp costs,” Harbour Gazette, March 3, 2026, p. 4.",
                "Ada Okafor, “What a stamp costs,” Harbour Gazette, March 3, 2026; "
                "City Auditor, “Late riders,” 2024.",
            ],
        ),
        (
            styles.CHICAGO,
            [
                "Ada Okafor, “What a stamp costs,” Harbour Gazette, March 3, 2026; "
                "“Who pays?” Lantern Post, May 2, 2025.",
                "Okafor, “What a stamp costs”; Lantern Post, “Who pays?”",
                "Okafor, “What a stamp costs,” p. 4. (note 1)",
                "Okafor, “What a stamp costs”; “Late riders,” City Auditor, 2024.",
            ],
        ),
    ],
)
def test_every_style_writes_all_of_them(
    db: Database, petition: Petition, style: str, lines: list[str]
) -> None:
    assert [note_text(note) for note in shown(db, petition, style)] == lines


def test_a_letter_links_those_whose_titles_the_line_does_not_hold() -> None:
    sources = (
        Named(title="One", url="https://one.example/a"),
        Named(url="https://two.example/b"),
    )
    note = Note(1, "1", "Elm Post, “One,” 2026; https://two.example/b", sources)
    parts = linked_parts(note)
    assert [(part.words, part.url) for part in parts if part.url] == [
        ("“One,”", "https://one.example/a"),
        ("two.example", "https://two.example/b"),
    ]


def test_a_version_keeps_them_as_json(db: Database, petition: Petition) -> None:
    with db.reading() as session:
        kept = current_version(session, session.get_one(Petition, petition.id)).notes
    assert [Note.of_json(one) for one in kept] == shown(db, petition)
    old = {name: value for name, value in kept[2].items() if name != "further"} | {"repeats": ""}
    assert Note.of_json(old) == shown(db, petition)[2]  # as versions were kept before


def test_each_is_checked_and_named(db: Database, petition: Petition) -> None:
    with db.transaction() as session:
        stored = session.get_one(Petition, petition.id)
        found = [f.title for f in checks.of_petition(session, stored) if f.key == "unchecked"]
        assert sum("Who pays?" in title for title in found) == 1
        assert len(checking.by_label(session, stored)["1"]) == 2
        assert checking.mark_checked(session, stored, by="mara@harbour.example") == 3


def test_merged_sources_are_named_once(db: Database, petition: Petition) -> None:
    with db.transaction() as session:
        gazette, lantern = session.scalars(select(Source).order_by(Source.id)).all()[:2]
        assert [use.label for use in queries.uses(session, lantern)] == ["1", "2"]
        library.merge(session, gazette, lantern, by="mara@harbour.example")
    assert [len(note.sources) for note in shown(db, petition)] == [1, 1, 1, 2]
    with db.reading() as session:
        rows = session.scalars(select(CitationSource.source_id)).all()
        assert len(rows) == 5


def test_editing_keeps_them_while_the_words_stay(db: Database, petition: Petition) -> None:
    before = [note.sources for note in shown(db, petition)]
    with db.transaction() as session:
        stored = session.get_one(Petition, petition.id)
        edition = replace(edition_of(session, stored), headline="Keep both ferries")
        revise(session, stored, edition, by="mara@harbour.example", reason="")
    assert [note.sources for note in shown(db, petition)] == before


@pytest.mark.parametrize(
    ("raw", "line"),
    [
        ("https://a.example/1; https://b.example/2", "https://a.example/1; https://b.example/2"),
        ("Elm Post, “One,” 2019 <https://a.example/1> and Oak Post, “Two,” 2020, "
         "https://b.example/2.", "Elm Post, “One,” 2019 and Oak Post, “Two,” 2020."),
        ("Elm Post, “One,” 2019, https://a.example/1. See also Oak Post, “Two,” 2020 "
         "(https://b.example/2)", "Elm Post, “One,” 2019. See also Oak Post, “Two,” 2020."),
        ("https://a.example/1, Elm Post, “One,” 2019; Oak Post, “Two,” 2020",
         "Elm Post, “One,” 2019; Oak Post, “Two,” 2020."),
    ],
)  # fmt: skip
def test_addresses_are_taken_out_of_the_line_cleanly(raw: str, line: str) -> None:
    read = read_petition(TEXT.replace(BOTH, raw)).citations[0]
    named = [read, *read.more]
    sources = tuple(Named(title=one.title, url=one.url) for one in named)
    assert len(sources) == 2
    assert note_text(Note(1, "1", raw, sources)) == line


def test_a_doubt_says_which_source_it_is_about() -> None:
    read = read_petition(TEXT.replace(BOTH, "Elm Post, “One,” 2019; https://b.example/2"))
    said = "line 7: source 2 of note 1 has no title that could be recognised"
    assert said in read.warnings
