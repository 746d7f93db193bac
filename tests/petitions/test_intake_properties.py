"""Whatever is rendered from parts is read back as these parts; nothing but BadInput comes out."""

import string

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.petitions.intake.read import read_petition

# Letters that spell no month, no verb of a headline and no phrase of a page.
WORD = st.text("bcdfghklmnprtvw", min_size=4, max_size=7)
NAME = st.lists(WORD.map(str.capitalize), min_size=1, max_size=3).map(" ".join)
MONTHS = [
    "January", "February", "March", "April", "May", "June", "July", "August", "September",
    "October", "November", "December",
]  # fmt: skip


@st.composite
def notes(draw):
    """A source and the ways in which a petition writes it."""
    author = draw(st.none() | st.tuples(st.sampled_from(["Jane", "Omar", "Ruth"]), WORD))
    publisher, title = draw(NAME), " ".join(draw(st.lists(WORD, min_size=1, max_size=6)))
    title = title.capitalize() + draw(st.sampled_from(["", "?", "!"]))
    year, month = draw(st.integers(1950, 2029)), draw(st.integers(1, 12))
    day = draw(st.integers(1, 28))
    exact = draw(st.sampled_from(["day", "month", "year"]))
    when, iso = {
        "day": (f"{MONTHS[month - 1]} {day}, {year}", f"{year}-{month:02d}-{day:02d}"),
        "month": (f"{MONTHS[month - 1]} {year}", f"{year}-{month:02d}"),
        "year": (str(year), str(year)),
    }[exact]
    opening, closing = draw(st.sampled_from(["“”", '""']))
    comma = "" if title[-1] in "?!" else ","
    quoted = f"{opening}{title}{comma}{closing}"
    name = " ".join(author).title() if author else None
    first = draw(st.booleans()) and name is None
    before = f"{name}, " if name else ""
    raw = f"{publisher}, {quoted} {when}" if first else f"{before}{quoted} {publisher}, {when}"
    return {
        "author": name, "title": title, "publisher": publisher, "date": iso,
        "raw": raw + draw(st.sampled_from([".", ""])),
    }  # fmt: skip


@st.composite
def petitions(draw):
    sources = draw(st.lists(notes(), min_size=0, max_size=5))
    sentence = st.lists(WORD, min_size=5, max_size=14).map(lambda w: " ".join(w).capitalize() + ".")
    paragraphs = draw(st.lists(st.lists(sentence, min_size=1, max_size=3), min_size=1, max_size=5))
    calls = draw(st.lists(st.integers(0, len(paragraphs) - 1), min_size=len(sources),
                          max_size=len(sources)))  # fmt: skip
    markdown = draw(st.booleans())
    texts = [" ".join(rows) for rows in paragraphs]
    marked, markers = list(texts), []
    for number, at in enumerate(sorted(calls), start=1):
        last = marked[at][-1] == "."
        glue = f"[^{number}]" if markdown else (f"{number}" if last else f",{number}")
        marked[at] += glue
        markers.append({"citation": number, "paragraph": at, "after": texts[at][:-1].split()[-1]})
    organisation, target = draw(NAME), draw(NAME)
    assume(organisation != target)
    headline = f"Tell {target}: {draw(sentence)[:-1]}!"
    statement = draw(sentence)
    form = "[^{}]: {}" if markdown else draw(st.sampled_from(["{}. {}", "{}) {}", "[{}] {}"]))
    rows = [form.format(n, source["raw"]) for n, source in enumerate(sources, start=1)]
    head = f"# {headline}" if markdown else headline
    text = "\n\n".join(
        [organisation, head, f"Petition to {target}:\n{statement}", *marked, "\n".join(rows)]
    )
    return text, organisation, headline, target, statement, texts, sources, markers


@settings(max_examples=150, deadline=None)
@given(petitions())
def test_what_was_rendered_is_read_back(made):
    text, organisation, headline, target, statement, paragraphs, sources, markers = made
    found = read_petition(text).to_json()
    assert (found["organisation"], found["headline"]) == (organisation, headline)
    assert (found["targets"], found["statement"]) == ([target], statement)
    assert found["paragraphs"] == paragraphs
    assert found["markers"] == markers
    kept = ("author", "title", "publisher", "date", "raw")
    assert [{key: c[key] for key in kept} for c in found["citations"]] == sources
    assert found["warnings"] == []


@settings(max_examples=100, deadline=None)
@given(petitions())
def test_markdown_with_markers_put_back_reads_the_same(made):
    first = read_petition(made[0])
    notes_again = [f"[^{c.number}]: {c.raw}" for c in first.citations]
    text = "\n\n".join(
        [
            first.organisation or "", f"# {first.headline}",
            f"Petition to {first.targets[0]}:\n{first.statement}",
            *first.markdown_paragraphs(), "\n".join(notes_again),
        ]
    )  # fmt: skip
    second = read_petition(text)
    assert [p.text for p in second.paragraphs] == [p.text for p in first.paragraphs]
    assert [(m.citation, m.paragraph, m.offset) for m in second.markers] == [
        (m.citation, m.paragraph, m.offset) for m in first.markers
    ]
    assert second.markdown_paragraphs() == first.markdown_paragraphs()


PIECES = st.sampled_from(
    ["Tell X: Go!", "Petition to X:", "To: A; B", "From: [Your Name]", "Notes", "1. Ibid.", "[^1]:",
     "[^1]", "Partners:", "Thank you", "> ", "# ", "- ", "---", "“", "”", '"', "1", "word.1", "¹²",
     "See note 1", "2018", "May", "https://x.org/(", "[a](b", "*", "**To:**", "We, the undersigned",
     "Dear X,", "The petition reads: “", "\n", "\n\n", " ", "(", ")", ",", ";", "Consent:",
     "<sup>1</sup>"]
)  # fmt: skip


@settings(max_examples=400, deadline=None)
@given(
    st.lists(PIECES | st.text(string.printable, max_size=8) | st.text(max_size=4), max_size=25).map(
        "".join
    )
)
def test_any_text_is_read_or_refused(text):
    try:
        found = read_petition(text)
    except BadInput as refused:
        assert "line" in str(refused)
        return
    assert found.headline
    assert found.statement
    assert len(found.markdown_paragraphs()) == len(found.paragraphs)
    for warning in found.warnings:
        assert warning.startswith("line ")
    for marker in found.markers:
        place = found.statement if marker.place == "statement" else found.headline
        if marker.paragraph is not None:
            place = found.paragraphs[marker.paragraph].text
        assert 0 <= marker.offset <= len(place)
