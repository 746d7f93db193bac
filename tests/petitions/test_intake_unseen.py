"""Habits of campaigners that an examiner's own texts showed: each was once read wrongly."""

from __future__ import annotations

import pytest

from outreach.petitions.intake.read import read_petition
from outreach.petitions.intake.sources import read_source

HEAD = "# Keep the ferry\n\n{}\n\nPetition to the Harbour Board: Keep it.\n\n"


def test_addressees_go_on_below_their_first_line() -> None:
    read = read_petition(
        "# Cap rents now\n\nTo: Mayor Osei,\n    Riverbend City Council\n    the Minister of\n"
        "    Housing\n\nRents rose by a third.\n\nFrom: [Your Name]\n"
    )
    assert read.targets == ("Mayor Osei", "Riverbend City Council", "Minister of Housing")
    assert read.statement == "Rents rose by a third."


def test_a_line_of_addressees_and_a_label_that_names_them_shorter_are_one() -> None:
    read = read_petition(
        "# Stop the dam\n\nTo: The directors of Harbor Bank\n\nHarbor lent $3.1 billion.\n\n"
        "Petition to Harbor Bank:\n\nCancel every loan.\n"
    )
    assert read.targets == ("The directors of Harbor Bank",)
    assert [part.text for part in read.paragraphs] == ["Harbor lent $3.1 billion."]


def test_a_line_that_is_not_set_in_is_no_addressee() -> None:
    read = read_petition("# Cap rents\n\nTo: Mayor Osei\nRents rose by a third.\n\nFrom: [Name]\n")
    assert read.targets == ("Mayor Osei",)


def test_a_number_written_otherwise_than_those_before_it_begins_a_note() -> None:
    read = read_petition(
        HEAD.format("It is full.1 It is cheap.2 It is loved.3")
        + "1. Elm Post, “One,” May 1, 2018\n2 Oak Post, “Two,” May 2, 2018.\n"
        + "3) Fir Post, “Three,” 2019"
    )
    assert [one.title for one in read.citations] == ["One", "Two", "Three"]
    assert read.warnings == ("line 1: no organisation was found above the headline",)


def test_a_line_of_a_note_that_begins_with_a_number_is_no_note() -> None:
    read = read_petition(
        HEAD.format("It is full.1 It is cheap.2")
        + "1. Elm Post, “One\n2 of many,” May 1, 2018\n2. Oak Post, “Two,” May 2, 2018."
    )
    assert [one.title for one in read.citations] == ["One 2 of many", "Two"]


def test_an_open_letter_is_no_organisation() -> None:
    read = read_petition(
        "Open letter to the board of Lumen Bank\n\nStop financing coal\n\n"
        "Petition to Lumen Bank: End all loans.\n"
    )
    assert read.organisation is None


@pytest.mark.parametrize(
    ("raw", "author", "title", "publisher", "date"),
    [
        ("Marlow Food Bank newsletter, winter 2024/25",
         None, "Marlow Food Bank newsletter", None, "2024"),
        ("Garden Monthly, “Bags,” Spring 2019–2020.", None, "Bags", "Garden Monthly", "2019"),
        ("Annual Report 2019–20, Severn Water, 2020.",
         None, "Annual Report 2019–20", "Severn Water", "2020"),
        ("Smith v. Jones Mining Co., 512 F.3d 77 (9th Cir. 2019).",
         None, "Smith v. Jones Mining Co., 512 F.3d 77 (9th Cir.).", None, "2019"),
        ("“Dust,” Jane Duarte, The Post, 3 May 2023", "Jane Duarte", "Dust", "The Post",
         "2023-05-03"),
    ],
)  # fmt: skip
def test_sources(
    raw: str, author: str | None, title: str, publisher: str | None, date: str
) -> None:
    read = read_source(raw)
    assert (read.author, read.title, read.publisher, read.date) == (author, title, publisher, date)
