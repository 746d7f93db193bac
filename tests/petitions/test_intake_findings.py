"""Each finding says where it stands and how sure it is."""

import pytest

from outreach.core.errors import BadInput
from outreach.petitions.intake.read import read_petition, read_whatever

TEXT = """\
Elm Riders

Tell Elm Transit: Keep bus 9!

Petition to Elm Transit:
Keep bus 9 after ten.

It carries eleven nurses home.1 Riders up2 the hill wait.

1. Elm Post, “Who rides,” May 3, 2025.
2. Elm Post, May 2025

Partners: Elm Nurses
"""


def found(text):
    return {f.part: (f.sure, f.place) for f in read_whatever(text)[0].findings}


def test_parts_know_their_lines():
    places = found(TEXT)
    assert places["organisation"] == ("likely", "line 1")
    assert places["headline"] == ("likely", "line 3")
    assert places["targets"] == ("certain", "line 5")
    assert places["statement"] == ("certain", "line 6")
    assert places["paragraphs"] == ("likely", "line 8")
    assert places["partners"] == ("certain", "line 13")
    assert places["consent_line"] == ("missing", "nowhere")
    assert places["citation 1"] == ("certain", "line 10")
    assert places["citation 2"] == ("missing", "line 11")
    assert places["marker 1"] == ("certain", "line 8")
    assert places["marker 2"] == ("likely", "line 8")


@pytest.mark.parametrize(
    ("before", "after", "part", "sure"),
    [
        ("Tell Elm", "# Tell Elm", "headline", "certain"),
        ("Elm Riders\n", "Organisation: Elm Riders\n", "organisation", "certain"),
        ("Petition to Elm Transit:\nKeep", "We call on Elm Transit to keep", "statement", "guess"),
        ("Partners: Elm Nurses", "Thank you for signing!", "thanks", "likely"),
    ],
)
def test_what_is_written_out_is_surer(before, after, part, sure):
    assert found(TEXT.replace(before, after))[part][0] == sure


def test_a_text_that_is_not_understood_keeps_all_its_words():
    text = (
        "It is late, and people walk home.1\n\nSomebody should ask.\n\n1. Elm Post, “Late,” 2025."
    )
    understanding, missing = read_whatever(text)
    assert isinstance(missing, BadInput)
    assert understanding.headline == understanding.statement == ""
    assert [p.text for p in understanding.paragraphs] == [
        "It is late, and people walk home.", "Somebody should ask."
    ]  # fmt: skip
    assert understanding.citations[0].title == "Late"
    with pytest.raises(BadInput, match="no headline"):
        read_petition(text)
