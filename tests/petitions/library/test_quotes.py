"""Quoted words in a text: tolerant of typography, strict about words."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.petitions.library.quotes import holds, nearest, read

SOURCE = read(
    "The Board met on Tuesday. “We have known since 2018 that 2,500,000 letters — about one in "
    "five — were lost,” said Ms. Okafor,[4] the well-known audi-\ntor. “It’s our task, and "
    "nobody else’s, to count them. The clerks don’t.” She paused; the doors were shut."
)


@pytest.mark.parametrize(
    "quotation",
    [
        "we have known since 2018 that 2,500,000 letters",
        "We have known since 2018 that 2500000 letters - about one in five - were lost",
        "It's our task, and nobody else's, to count them.",
        "IT’S OUR TASK,\n   and nobody else’s",
        "“It’s our task”",
        "said Ms. Okafor, the well known auditor",
        "We have known since 2018 … that 2,500,000 letters",
        "We have known … letters … were lost",
        "We have known [...] were lost",
        "We have known since 2018 . . . were lost",
        "[w]e have known since 2018",
        "It’s [the Board’s] task, and nobody else’s",
        "The clerks don’t [sic].",
        "The clerks [never did].",
        "the door[s] were shut",
        "she pause[s]",
        "",
        "…",
    ],
)
def test_what_stands_there_is_found(quotation: str) -> None:
    assert holds(SOURCE, quotation)


@pytest.mark.parametrize(
    "quotation",
    [
        "We have known since 2019 that 2,500,000 letters",
        "We have known since 2018 that 25 letters",
        "It is our task",
        "We had known since 2018",
        "were lost … We have known",  # the wrong way round
        "e have known since",  # within a word
        "Board met on Tues",
        "It’s our task to count them",
        "the doors were not shut",
    ],
)
def test_what_does_not_stand_there_is_not(quotation: str) -> None:
    assert not holds(SOURCE, quotation)


def test_decimals_and_thousands_are_told_apart() -> None:
    text = read("It cost 2.5 million, or 1 200 000 a year, and 3,5 percent.")
    assert holds(text, "2.5 million") and holds(text, "1,200,000 a year")
    assert holds(text, "3.5 percent")
    assert not holds(text, "25 million")


def test_the_nearest_passage_says_what_differs() -> None:
    found = nearest(SOURCE, "We have known since 2019 that 2,500,000 letters were lost")
    assert found is not None
    assert found.passage.startswith("We have known since 2018 that 2,500,000 letters")
    assert ("quote", "2019") in found.differs and ("source", "2018") in found.differs
    assert ("same", "We have known since") in found.differs


def test_nothing_like_it_is_near() -> None:
    assert nearest(SOURCE, "Ferries run all night in Riverton and nobody is left behind") is None
    assert nearest(read(""), "We have known") is None


WORDS = st.lists(
    st.sampled_from(["ab", "cd", "ef", "gh", "ij", "kl", "12"]), min_size=1, max_size=30
)


@given(WORDS, st.data())
def test_every_stretch_of_a_text_is_found_in_it(words: list[str], data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(words) - 1))
    end = data.draw(st.integers(start + 1, len(words)))
    sign = data.draw(st.sampled_from([" ", "  ", "\n", ", ", " – ", "-"]))
    assert holds(read(" ".join(words)), sign.join(words[start:end]))


@given(st.text(max_size=200), st.text(max_size=60))
def test_no_text_breaks_it(text: str, quotation: str) -> None:
    source = read(text)
    found = nearest(source, quotation)
    if found is not None:
        assert found.passage in " ".join(source.text.split())
        assert 0.5 <= found.likeness <= 1
        assert holds(source, found.passage) or set(found.passage) & set("[]().…")
    if quotation and not read(text).words and read(quotation).words:
        assert not holds(source, quotation)


@given(st.text(st.characters(categories=["L", "P", "Z", "N"]), max_size=200))
def test_a_text_holds_itself_as_far_as_it_has_no_brackets(text: str) -> None:
    if not set(text) & set("[]().…"):
        assert holds(read(text), text)


def test_differences_put_together_are_the_passage() -> None:
    found = nearest(SOURCE, "It was our task, and nobody’s, to count all of them")
    assert found is not None
    shown = " ".join(words for kind, words in found.differs if kind != "quote")
    assert shown.split()[:3] == found.passage.split()[:3]
