"""Notes as a person edits them, and a petition text in the place of another."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.petitions.edition import notes_as_markdown, notes_from_markdown

WORDS = st.text(
    st.characters(min_codepoint=32, max_codepoint=0x2FF, exclude_characters="\x7f\x85\xad\xa0"),
    min_size=1,
    max_size=80,
).map(lambda text: " ".join(text.split()))


@given(st.lists(WORDS.filter(bool), max_size=12))
def test_notes_come_back_as_they_were_shown(words: list[str]) -> None:
    notes = tuple((str(number), text) for number, text in enumerate(words, start=1))
    assert notes_from_markdown(notes_as_markdown(notes)) == notes


def test_a_plain_numbered_list_is_understood_too() -> None:
    typed = "1. Ada Okafor, “Lifeguards,” 2025.\n2. Ibid."
    assert notes_from_markdown(typed) == (
        ("1", "Ada Okafor, “Lifeguards,” 2025."),
        ("2", "Ibid."),
    )


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("[^1]: One, 2025.\n\nAnd this?", "Line 3 belongs to no note"),
        ("[^1]: One, 2025.\n[^1]: Two, 2025.", "Line 2"),
        ("[^gazette]: One, 2025.", "numbers, no names"),
        ("Nothing of the kind", "Line 1 belongs to no note"),
    ],
)
def test_what_is_no_note_is_named_by_its_line(typed: str, said: str) -> None:
    with pytest.raises(BadInput, match=said) as refused:
        notes_from_markdown(typed)
    assert refused.value.field == "notes"
