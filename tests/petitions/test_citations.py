"""Notes: numbered by first use, repeated sources, and the line that is shown."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import func, select

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.petitions import citations, operations
from outreach.petitions.citations import Named, Note
from outreach.petitions.markup import Markup, without_markers
from outreach.petitions.models import Petition, Source
from outreach.petitions.note_lines import note_parts, note_text
from outreach.petitions.queries import current_version
from tests.petitions.worlds import NOTES, World, understanding


def notes(world: World, text: str | None = None) -> list[Note]:
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        wanted = current_version(session, petition).text if text is None else text
        return citations.notes_of(session, petition, wanted)


def note(**parts: object) -> Note:
    own = {"number": 1, "label": "1", "raw": ""}
    own |= {name: parts.pop(name) for name in list(parts) if name in own}
    return Note(sources=(Named(**parts),), **own)  # type: ignore[arg-type]


def test_a_text_in_order_keeps_the_numbers_it_was_pasted_with(world: World) -> None:
    assert [(n.number, n.label) for n in notes(world)] == [(1, "1"), (2, "2"), (3, "3"), (4, "4")]


def test_numbers_follow_the_first_use_and_places_count_every_use(world: World) -> None:
    found = notes(world, "First[^3], then[^2], again[^3], unknown[^9].")
    assert [(n.number, n.label, n.places) for n in found] == [
        (1, "3", ["r1-1", "r1-2"]),
        (2, "2", ["r2-1"]),
    ]


def test_an_ibid_shares_its_source_and_names_the_note_that_it_repeats(world: World) -> None:
    late, ibid = notes(world)[2:]
    assert (ibid.same_as, late.same_as) == (3, None)
    assert ibid.sources[0].url == late.sources[0].url == "https://auditor.example/late"
    assert note_text(ibid) == "Ibid., p. 14. (note 3)"


def test_an_ibid_names_the_number_that_its_source_has_in_this_text(world: World) -> None:
    found = notes(world, "Late[^4], before[^2], then[^3].")
    assert {n.label: n.same_as for n in found} == {"4": 3, "2": None, "3": None}


def test_markers_without_a_note_and_notes_without_a_marker_are_named(world: World) -> None:
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        text = "Only[^2] and[^x] and[^x]."
        assert citations.unresolved(session, petition, text) == ["x"]
        assert [c.label for c in citations.unused(session, petition, text)] == ["1", "3", "4"]


def test_one_thing_cited_by_two_petitions_is_one_source(
    db: Database, organisation: Organisation
) -> None:
    with db.transaction() as session:
        operations.create_from(session, organisation, understanding())
        operations.create_from(session, organisation, understanding())
        assert session.scalar(select(func.count()).select_from(Source)) == 3


@pytest.mark.parametrize(
    ("parts", "line"),
    [
        ({"raw": "Medium, “A title,” October 16, 2018"}, "Medium, “A title,” October 16, 2018."),
        ({"raw": "Medium, “Is it so?”"}, "Medium, “Is it so?”"),
        ({"raw": "  Spread\n over   lines "}, "Spread over lines."),
        (
            {"raw": "Ledger, “T,” https://ledger.example/t.", "url": "https://ledger.example/t"},
            "Ledger, “T.”",
        ),
        (
            {"title": "A title", "publisher": "Medium", "published_on": "2018-10-16"},
            "Medium, “A title,” October 16, 2018.",
        ),
        (
            {
                "author": "Ann Lee",
                "title": "Why?",
                "publisher": "Ledger",
                "published_on": "2018-10",
            },
            "Ann Lee, “Why?” Ledger, October 2018.",
        ),
        ({"title": "A title"}, "“A title.”"),
        ({"publisher": "Ledger", "published_on": "2018"}, "Ledger, 2018."),
    ],
)
def test_a_note_is_shown_as_pasted_or_built_from_its_parts(
    parts: dict[str, object], line: str
) -> None:
    assert note_text(note(**parts)) == line


def test_the_title_is_cut_out_with_its_quotes_set_right(world: World) -> None:
    before, title, after = note_parts(notes(world)[2])
    assert before.words == "City Auditor, "
    assert (title.words, title.is_title) == ("“The ‘late’ riders,”", True)
    assert title.url == "https://auditor.example/late"
    assert after.words == " City of Westhaven, 11 February 2026, pp. 8–12."


def test_markers_lead_to_notes_and_each_has_its_place(world: World) -> None:
    with world.db.reading() as session:
        petition = session.get_one(Petition, world.petition.id)
        version = current_version(session, petition)
        found = citations.notes_of(session, petition, version.text)
    page = Markup(found)
    html = page.html(version.statement) + page.html(version.body)
    for n in found:
        for place in n.places:
            assert html.count(f'href="#n{n.number}" id="{place}"') == 1
    assert "[^" not in html
    assert "<h2>Who rides</h2>" in html


@pytest.mark.parametrize(
    "text",
    [
        "- a list item[^2]\n- another[^3]",
        "# A heading[^2]",
        "> quoted[^2]",
        "**bold[^2]**",
        "1. one[^2]\n\n   more[^3]",
    ],
)
def test_markers_work_in_every_kind_of_block(world: World, text: str) -> None:
    found = notes(world, text)
    html = Markup(found).html(text)
    assert 'id="r1-1"' in html and "[^" not in html


@pytest.mark.parametrize(
    ("text", "never"),
    [
        ("<script>alert(1)</script>", "<script"),
        ("a <img src=x onerror=alert(1)> b", "<img"),
        ("[x](javascript:alert(1))", "href"),
        ("![x](https://elsewhere.example/p.gif)", "<img"),
        ("[^<b>]", "<b>"),
    ],
)
def test_a_body_can_carry_no_html_script_or_image(text: str, never: str) -> None:
    assert never not in Markup([]).html(text)


def test_a_marker_in_code_is_text_and_earns_no_number(world: World) -> None:
    assert notes(world, "Write `[^2]` for a note.") == []


@given(st.text(alphabet="ab [^]12\n-#*", max_size=60))
def test_markers_never_break_rendering(text: str) -> None:
    Markup([note(label="1"), note(label="2", number=2)]).html(text)
    assert "[^1]" not in without_markers(text)


def test_notes_keep_every_word_of_what_was_pasted(world: World) -> None:
    for n, pasted in zip(notes(world), NOTES, strict=True):
        assert n.raw == pasted.raw


def test_a_note_shows_no_signs_of_markdown() -> None:
    raw = "Jane Doe, [“A *b* c”](https://e.example/a_(b)), *Elm Gazette*, 2 * 3, 2018"
    shown = note_text(note(raw=raw, title="A b c", url="https://e.example/a_(b)"))
    assert shown == "Jane Doe, “A b c”, Elm Gazette, 2 * 3, 2018."
