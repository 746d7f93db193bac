"""Which words of a text lean on which note."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.mail.markdown import marker_labels
from outreach.petitions.library.claims import claims


def of(text: str) -> list[tuple[tuple[str, ...], str, tuple[str, ...]]]:
    return [(claim.labels, claim.words, claim.quotations) for claim in claims(text)]


def test_a_sentence_leans_on_the_marker_behind_its_full_stop() -> None:
    assert of("Nothing here. In 2018 it was 40.[^1] Nothing there.") == [
        (("1",), "In 2018 it was 40.", ())
    ]


def test_each_stretch_of_a_sentence_leans_on_the_marker_that_follows_it() -> None:
    assert of("It was 40 in May,[^1] 50 in June[^2][^3] and then more.") == [
        (("1",), "It was 40 in May,", ()),
        (("2", "3"), "50 in June and then more.", ()),
    ]


def test_quotations_are_taken_out_of_the_words() -> None:
    assert of("Dr. Lee said “we knew. We did nothing” in 2018.[^1]") == [
        (("1",), "Dr. Lee said | in 2018.", ("we knew. We did nothing",))
    ]


def test_a_marker_before_the_quotation_in_its_sentence_counts() -> None:
    assert of("As the Gazette wrote,[^1] “nobody counts them.”")[0][2] == ("nobody counts them.",)


def test_a_block_quotation_is_quoted_as_a_whole() -> None:
    assert of("> We have known\n> since 2018.[^1]") == [
        (("1",), "", ("We have known since 2018.",))
    ]


@pytest.mark.parametrize(
    "text",
    ["Mr. Lee counted 12.[^1]", "The U.S. has 12.[^1]", "It fell on Jan. 5 by 12.[^1]"],
)
def test_abbreviations_end_no_sentence(text: str) -> None:
    assert of(text) == [(("1",), text.removesuffix("[^1]"), ())]


def test_repeats_of_a_label_at_one_place_are_one() -> None:
    assert of("It is so.[^1][^1]")[0][0] == ("1",)


def test_apostrophes_are_no_quotations() -> None:
    assert of("The drivers' union and the nurses' union agree.[^1]")[0][2] == ()


@given(st.text(alphabet="aB .,!?“”\"'\n>[^]12-", max_size=120))
def test_no_text_breaks_it_and_no_marker_is_lost(text: str) -> None:
    found = [label for claim in claims(text) for label in claim.labels]
    assert set(found) == set(marker_labels(text))
