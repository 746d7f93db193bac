"""Sources as CSL-JSON and as plain notes, there and back; and the styles of notes."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import select

from outreach.core.db import Database
from outreach.core.errors import BadInput, FormErrors
from outreach.petitions import citations
from outreach.petitions.library import exchange, operations, styles
from outreach.petitions.markup import Markup
from outreach.petitions.models import Petition, Source
from outreach.petitions.note_lines import note_text
from outreach.petitions.queries import current_version
from tests.petitions.worlds import World

ZOTERO = [
    {
        "id": "okafor2025",
        "type": "article-newspaper",
        "title": "What a stamp costs",
        "container-title": "Westhaven Courier",
        "URL": "https://courier.example/stamp",
        "author": [{"family": "Okafor", "given": "Ada"}, {"literal": "Courier Data Desk"}],
        "issued": {"date-parts": [["2025", 8, 9]]},
        "volume": "12",
        "language": "en",
    },
    {"id": 2, "type": "report", "title": "Counted", "publisher": "Harbour Board",
     "issued": {"raw": "March 2026"}},
    {"id": 3, "type": "book"},
    "nothing",
]  # fmt: skip


def test_what_was_imported_is_exported_again_with_what_is_not_ours(db: Database) -> None:
    with db.transaction() as session:
        outcome = exchange.from_csl(session, json.dumps(ZOTERO), by="Mara")
        assert (len(outcome.added), outcome.known) == (2, [])
        assert [place for place, _ in outcome.refused] == [3, 4]
        stamp, counted = session.scalars(select(Source).order_by(Source.id))
        assert stamp.author == "Ada Okafor; Courier Data Desk"
        assert (stamp.publisher, stamp.published_on) == ("Westhaven Courier", "2025-08-09")
        assert (counted.kind, counted.published_on) == ("report", "2026-03")
        item = exchange.to_csl(stamp)
        assert {**item, "issued": None} == {**ZOTERO[0], "issued": None}  # type: ignore[dict-item]
        assert item["issued"] == {"date-parts": [[2025, 8, 9]]}


def test_there_and_back_nothing_is_new_and_quoted_words_travel(db: Database) -> None:
    with db.transaction() as session:
        exchange.from_csl(session, json.dumps(ZOTERO), by="Mara")
        stamp = select(Source).where(Source.title == "What a stamp costs")
        first = session.scalars(stamp).one()
        first.quoted, first.author = "a stamp costs", "Ada Okafor and Ben Lee"
        session.flush()
        text = json.dumps([exchange.to_csl(one) for one in session.scalars(select(Source))])
        again = exchange.from_csl(session, text, by="Mara")
        assert again.added == [] and len(again.known) == 2
        for one in session.scalars(select(Source)):
            session.delete(one)
        session.flush()
        exchange.from_csl(session, text, by="Mara")
        back = session.scalars(stamp).one()
        assert back.quoted == "a stamp costs"
        assert back.author == "Ada Okafor; Ben Lee"


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "7", '"x"'])
def test_what_is_no_csl_is_refused(db: Database, text: str) -> None:
    with db.transaction() as session, pytest.raises(BadInput):
        exchange.from_csl(session, text, by="Mara")


@pytest.mark.parametrize(
    "item",
    [
        {"title": 7, "URL": "https://a.example/"},
        {"title": "T", "author": "Ada", "issued": "2025", "custom": "x"},
        {
            "title": "T",
            "author": [7, {}],
            "issued": {"date-parts": [[None]]},
            "custom": {"outreach": 1},
        },
        {"title": "T", "issued": {"date-parts": [["2025", "99"]]}, "type": {"a": 1}},
    ],
)
def test_odd_items_do_no_harm(db: Database, item: object) -> None:
    with db.transaction() as session:
        assert len(exchange.from_csl(session, json.dumps([item]), by="x").added) == 1


def test_plain_notes_come_in_numbered_or_not_and_go_out(db: Database) -> None:
    text = (
        "1. Ada Okafor, “What a stamp costs,” Westhaven Courier, August 9, 2025. "
        "https://courier.example/stamp\n\n[^2]: Harbour Board, “Counted,” March 2026.\n?\n"
    )
    with db.transaction() as session:
        outcome = exchange.from_plain(session, text, by="Mara")
        assert len(outcome.added) == 2 and [place for place, _ in outcome.refused] == [4]
        again = exchange.from_plain(session, text, by="Mara")
        assert again.added == [] and len(again.known) == 2
        plain = exchange.to_plain(session.scalars(select(Source).order_by(Source.id)))
    assert plain.splitlines()[0] == (
        "Ada Okafor, “What a stamp costs,” Westhaven Courier, August 9, 2025. "
        "https://courier.example/stamp"
    )


@pytest.mark.parametrize(
    ("parts", "house", "chicago", "short"),
    [
        (
            {"title": "What runs at night?", "publisher": "Gazette", "published_on": "2026-03-03"},
            "Gazette, “What runs at night?” March 3, 2026.",
            "“What runs at night?” Gazette, March 3, 2026.",
            "Gazette, “What runs at night?”",
        ),
        (
            {"author": "Ada Okafor; Ben Lee", "title": "Stamps: A History", "published_on": "2025"},
            "Ada Okafor and Ben Lee, “Stamps: A History,” 2025.",
            "Ada Okafor and Ben Lee, “Stamps: A History,” 2025.",
            "Okafor, “Stamps.”",
        ),
        (
            {"author": "A B; C D; E F; G H", "title": "The “late” ones"},
            "A B et al., “The ‘late’ ones.”",
            "A B et al., “The ‘late’ ones.”",
            "B, “The ‘late’ ones.”",
        ),
    ],
)
def test_styles(parts: dict[str, str], house: str, chicago: str, short: str) -> None:
    source = Source(**parts)
    assert styles.full(source) == house
    assert styles.full(source, styles.CHICAGO) == chicago
    assert styles.short(source) == short


@pytest.mark.parametrize(
    ("raw", "found"),
    [
        ("City Auditor, “Late,” 2026, pp. 8–12", "pp. 8–12"),
        ("Ibid., p. 14.", "p. 14"),
        ("Act of 2018, § 7(b).", "§ 7(b"),
        ("Board, “Options,” agenda item 7, 3 March 2026.", "agenda item 7"),
        ("Courier, “Late,” August 9, 2025.", ""),
    ],
)
def test_places_within_a_source_are_kept(raw: str, found: str) -> None:
    assert styles.locator(raw, "Late").startswith(found) if found else not styles.locator(raw, "")


def lines(world: World, style: str, text: str = "") -> list[tuple[int, str]]:
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        operations.set_style(session, petition, style, by="Mara")
        wanted = text or current_version(session, petition).text
        notes = citations.notes_of(session, petition, wanted)
    return [(note.number, note_text(note)) for note in notes]


def test_in_the_house_style_a_repeated_source_keeps_its_number(world: World) -> None:
    text = "One[^3] two[^1] three[^3] four[^4]."
    late = "City Auditor, “The ‘late’ riders,” City of Westhaven, February 11, 2026"
    assert lines(world, "house", text) == [
        (1, f"{late}, pp. 8–12."),
        (2, "Harbour Gazette, “What runs at night?” March 3, 2026."),
        (3, f"{late}, p. 14."),
    ]
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        four = citations._citations(session, petition)[3]
        four.raw = "Ibid., pp. 8–12"
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        notes = citations.notes_of(session, petition, text)
        html = Markup(notes).html(text)
    assert [(note.number, note.label, note.also) for note in notes] == [
        (1, "3", ["4"]),
        (2, "1", []),
    ]
    assert notes[0].places == ["r1-1", "r1-2", "r1-3"]
    for place in notes[0].places:
        assert html.count(f'href="#n1" id="{place}"') == 1


def test_in_chicago_style_a_repetition_is_ibid_or_short(world: World) -> None:
    text = "One[^3] two[^4] three[^1]."
    assert lines(world, "chicago", text)[:2] == [
        (1, "City Auditor, “The ‘late’ riders,” City of Westhaven, February 11, 2026, pp. 8–12."),
        (2, "Ibid., p. 14. (note 1)"),
    ]
    assert lines(world, "chicago", "One[^3] two[^1] three[^4].")[2] == (
        3,
        "Auditor, “The ‘late’ riders,” p. 14. (note 1)",
    )


def test_what_was_signed_keeps_its_words_whatever_the_style(world: World) -> None:
    with world.db.reading() as session:
        before = current_version(session, session.get_one(Petition, world.petition.id)).notes
    lines(world, "chicago")
    with world.db.transaction() as session:
        petition = session.get_one(Petition, world.petition.id)
        assert current_version(session, petition).notes == before
        with pytest.raises(FormErrors):
            operations.set_style(session, petition, "apa", by="x")
