"""Numbers that a sentence claims, held against a source."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from outreach.petitions.library.numbers import claimed, held, missing


@pytest.mark.parametrize(
    ("sentence", "source"),
    [
        ("2.5 million letters were lost", "2,500,000 letters were lost"),
        ("2.5 million letters were lost", "a count of 2,514,300 letters"),
        ("2,500,000 letters", "2.5 million letters"),
        ("two and a half thousand letters", ""),
        ("40 percent of riders", "40% of riders"),
        ("40 % of riders", "forty per cent of them"),
        ("forty-two percent", "42 percentage points"),
        ("half of the riders", "50 percent of the riders"),
        ("a third of the riders", "33% of the riders"),
        ("two thirds of the riders", "66.7 percent"),
        ("one in five riders", "20% of riders"),
        ("two out of three riders", "2 in 3 riders"),
        ("more than 2,000 people", "2,134 people came"),
        ("nearly 2,000 people", "1,934 people came"),
        ("about 2,000 people", "1,934 people came"),
        ("more than half of all riders", "53 percent"),
        ("$19 billion", "19bn dollars"),
        ("€1.200.000", ""),
        ("two riders and three drivers", ""),
        ("Section 702 of H.R. 1", ""),
        ("COVID-19, CO2, the G7 and a 4th one", ""),
        ("1 200 000 people", "1,200,000 people"),
        ("12,000 people", "12 000 people"),
        ("five hundred thousand people", "500,000"),
        ("a hundred letters", "100 letters"),
    ],
)
def test_what_the_source_may_mean_is_not_missing(sentence: str, source: str) -> None:
    if source or not claimed(sentence):
        assert missing(sentence, held(source)) == []


@pytest.mark.parametrize(
    ("sentence", "source", "named"),
    [
        ("2.5 million letters", "25 million letters, 2.6 million parcels", "2.5 million"),
        ("2,500 people", "2,514 people", "2,500"),
        ("40 percent of riders", "41 percent of 38 riders", "40 percent"),
        ("half of the riders", "41 percent of riders", "half"),
        ("a third of the riders", "30 percent", "a third"),
        ("more than 2,000 people", "1,900 people", "2,000"),
        ("since 2018", "in 2019", "2018"),
        ("$19 billion", "19 million", "$19 billion"),
        ("fourteen towns", "12 towns", "fourteen"),
    ],
)
def test_what_the_source_does_not_say_is_named(sentence: str, source: str, named: str) -> None:
    assert missing(sentence, held(source)) == [named]


def test_the_date_of_a_source_is_known_of_it() -> None:
    assert missing("In 2026 it was so", held("no year here"), known="2026-03-05") == []


@given(st.integers(13, 10**9))
def test_a_number_is_found_however_it_is_grouped(value: int) -> None:
    for claim in (
        f"{value} people",
        f"{value:,} people",
        f"{value:,} people".replace(",", "\u202f"),
    ):
        assert missing(claim, held(f"There were {value:,} of them.")) == []
        assert missing(claim, held(f"There were {value} of them.")) == []


@given(st.text(max_size=200))
def test_no_text_breaks_it(text: str) -> None:
    assert set(missing(text, held(text))) <= {number.written for number in claimed(text)}
    assert missing(text, held("")) == [number.written for number in claimed(text)]
