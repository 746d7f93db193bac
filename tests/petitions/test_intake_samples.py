"""The real texts that campaigners paste, read as a whole."""

import os
from pathlib import Path

import pytest

from outreach.core.errors import BadInput
from outreach.petitions.intake.read import read_petition_file

SAMPLES = Path(__file__).resolve().parents[2].parent / "shared" / "petitions"


@pytest.fixture
def sample():
    def path(name):
        found = SAMPLES / name
        if not found.exists() and not os.environ.get("CI"):
            pytest.skip(f"the shared sample {found} is not on this machine")
        return found

    return path


def test_petition_with_footnotes(sample):
    read = read_petition_file(sample("petition-with-footnotes.txt")).to_json()
    assert read["organisation"] == "Demand Progress"
    assert read["headline"] == "Tell Amazon: Stop pitching face recognition to ICE!"
    assert read["targets"] == ["Amazon"]
    assert read["statement"].startswith("We are joining the call of your own employees")
    assert read["statement"].endswith("Rekognition, to ICE.")
    assert [p.split()[0] for p in read["paragraphs"]] == [
        "Does", "New", "Amazon", "Amazon", "Now:", "Donald", "Amazon",
    ]  # fmt: skip
    assert [(c["publisher"], c["title"], c["date"]) for c in read["citations"]] == [
        (
            "Daily Beast",
            "Amazon Pushes ICE to Buy Its Face Recognition Surveillance Tech",
            "2018-10-23",
        ),
        (
            "Medium",
            "I’m an Amazon Employee. My Company Shouldn’t Sell Facial Recognition Tech to Police",
            "2018-10-16",
        ),
        (
            "Washington Post",
            "Trump’s latest anti-immigrant gambit: Family separation 2.0",
            "2018-10-19",
        ),
    ]
    assert {c["author"] for c in read["citations"]} == {None}
    assert read["citations"][2]["raw"].startswith("Washington Post, “Trump’s latest")
    assert read["citations"][2]["raw"].endswith("October 19, 2018")
    assert read["markers"] == [
        {"citation": 1, "paragraph": 1, "after": "other"},
        {"citation": 2, "paragraph": 2, "after": "up"},
        {"citation": 3, "paragraph": 5, "after": "border"},
    ]
    assert read["paragraphs"][1].endswith("apart from each other.")
    assert "speaking up and calling" in read["paragraphs"][2]
    assert "at the border, and creating" in read["paragraphs"][5]
    assert (read["consent_line"], read["thanks"], read["partners"]) == (None, None, [])
    assert read["warnings"] == []


def test_coalition_letter(sample):
    read = read_petition_file(sample("coalition-letter.txt")).to_json()
    assert read["organisation"] is None
    assert read["headline"] == "Amazon, Stop powering ICE’s deportation machine"
    assert read["targets"] == ["Jeff Bezos"]
    assert read["statement"].startswith("Amazon is responsible for providing the tech")
    assert read["statement"].endswith("support for ICE and DHS.")
    assert len(read["paragraphs"]) == 8
    assert "Sign the petition: Jeff Bezos, stop using Amazon to power ICE." in read["paragraphs"]
    assert not any(p.startswith(("Jeff Bezos", "To:", "From:")) for p in read["paragraphs"])
    assert len(read["partners"]) == 17
    assert read["partners"][1] == "CAAAV: Organizing Asian Communities"
    assert read["partners"][7] == "For Us, Not Amazon"
    assert read["partners"][-1] == "United for Respect"
    assert (read["citations"], read["markers"]) == ([], [])
    assert read["warnings"] == ["line 1: no organisation was found above the headline"]


def test_an_article_is_no_petition(sample):
    with pytest.raises(BadInput) as caught:
        read_petition_file(sample("news-article.txt"))
    assert "no statement was found (lines 1 to 45" in caught.value.message
    assert "Petition to NAME:" in caught.value.hint
