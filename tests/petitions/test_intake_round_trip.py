"""Structure to Markdown and back is the identity, whatever the words are."""

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.petitions.intake.markers import word_before
from outreach.petitions.intake.read import read_petition, read_petition_file
from outreach.petitions.intake.rewritten import as_markdown, read_markdown
from outreach.petitions.intake.sources import Source
from outreach.petitions.intake.understanding import Citation, Marker, Paragraph, Understanding
from tests.petitions.test_intake_properties import petitions

HERE = Path(__file__).parent
SHARED = Path(__file__).parents[3] / "shared" / "petitions"
TEXTS = [
    *(HERE / "texts").iterdir(),
    *(HERE / "shapes").iterdir(),
    *(HERE / "clipboards").iterdir(),
]

PIECES = st.sampled_from(
    ["[^1]", "[^x]", "\\", "\\[^2]", "## Text", "## Notes", "\\## To", "- ", "word", "up2", "“a”",
     "*b*", "To: X", "[^1]: x", "    title: x", "<!-- petition -->", "1. ", "Thanks", "é", "_", " "]
)  # fmt: skip
LETTERS = st.characters(exclude_categories=("Cc", "Cs", "Zl", "Zp"))
LINE = (
    st.lists(PIECES | st.text(LETTERS, max_size=6), min_size=1, max_size=6)
    .map("".join)
    .map(str.strip)
    .filter(bool)
)
LINES = st.lists(LINE, min_size=1, max_size=3).map("\n".join)
PROSE = st.lists(LINES, min_size=1, max_size=3).map("\n\n".join)


@st.composite
def structures(draw):
    headline, statement = draw(LINE), draw(PROSE)
    paragraphs = draw(st.lists(LINES, max_size=4))
    numbers = draw(st.lists(st.integers(1, 300), max_size=4, unique=True))
    optional = st.none() | LINE
    citations = tuple(
        Citation(n, draw(LINE), 0, *(draw(optional) for _ in range(5)), same_as=draw(
            st.none() | st.integers(1, 300)
        ), more=tuple(
            Source(*(draw(optional) for _ in range(5))) for _ in range(draw(st.integers(0, 2)))
        ))
        for n in numbers
    )  # fmt: skip
    places = [("headline", None, headline), ("statement", None, statement)]
    places += [("body", at, text) for at, text in enumerate(paragraphs)]
    markers = []
    for place, at, text in places:
        for offset in sorted(draw(st.lists(st.integers(0, len(text)), max_size=3))):
            after = word_before(text[:offset])
            number = draw(st.integers(1, 300))
            markers.append(Marker(number, at, after, offset, 0, place))
    return Understanding(
        draw(optional), headline, tuple(draw(st.lists(LINE, max_size=3))), statement,
        tuple(Paragraph(text, 0) for text in paragraphs), citations, tuple(markers),
        draw(optional), draw(st.none() | LINES), tuple(draw(st.lists(LINE, max_size=3))), (),
    )  # fmt: skip


def said(read):
    parts = read.to_json()
    parts.pop("warnings")
    parts["further"] = [
        [(s.author, s.title, s.publisher, s.date, s.url) for s in c.more] for c in read.citations
    ]
    parts["markers"] = sorted(
        (m.place, m.paragraph or 0, m.offset, m.after, m.citation) for m in read.markers
    )
    return parts


@settings(max_examples=400, deadline=None)
@given(structures())
def test_any_structure_comes_back(structure):
    assert said(read_markdown(as_markdown(structure))) == said(structure)


@settings(max_examples=80, deadline=None)
@given(petitions())
def test_what_was_read_comes_back(made):
    found = read_petition(made[0])
    assert said(read_petition(as_markdown(found))) == said(found)


@pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.name)
def test_whole_petitions_come_back(path):
    found = read_petition_file(path)
    written = as_markdown(found)
    assert said(read_petition(written)) == said(found)
    assert as_markdown(read_petition(written)) == written


@pytest.mark.skipif(not SHARED.is_dir(), reason="the real petitions are not beside this tree")
@pytest.mark.parametrize("name", ["petition-with-footnotes.txt", "coalition-letter.txt"])
def test_real_petitions_come_back(name):
    found = read_petition_file(SHARED / name)
    assert said(read_petition(as_markdown(found))) == said(found)


def test_a_hand_may_have_put_a_note_right():
    text = "Tell X: Go!\n\nPetition to X:\nGo.\n\nNow.1\n\n1. Elm Post, “A,” 2018."
    written = as_markdown(read_petition(text))
    assert "author:" not in written
    mended = written.rstrip() + "\n    author: Jane Doe\n    date:\n"
    citation = read_petition(mended).citations[0]
    assert (citation.author, citation.date, citation.title) == ("Jane Doe", None, "A")
