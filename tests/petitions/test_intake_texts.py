"""Whole petition texts of many layouts, invented for this purpose, in `texts/`."""

from pathlib import Path

import pytest

from outreach.petitions.intake.read import read_petition, read_petition_file

TEXTS = Path(__file__).parent / "texts"


def read(name):
    return read_petition_file(TEXTS / name)


EXPECTED = {
    "river-plain.txt": {
        "organisation": "Elm River Alliance",
        "headline": "Tell Governor Poe and the State Senate: "
        "Don’t let Brightwater drain the Elm!",
        "targets": ["Governor Poe", "State Senate"],
        "statement": "Revoke Brightwater’s permit and give the Elm its water back.",
        "consent_line": "By signing, you agree to receive occasional emails from Elm River "
        "Alliance. You can unsubscribe at any time.",
        "thanks": "Thank you for signing! Now send this page to a friend.",
        "partners": ["Oak Valley Farmers", "Food and Soil Watch", "Heron Society"],
        "warnings": [
        ],
        "markers": [
            (1, 0, "2018"), (2, 0, "water"), (3, 1, "gates"), (1, 1, "injury"), (4, 1, "injury"),
            (5, 2, "Monday"),
        ],
        "same_as": [None, 1, None, None, 3],
    },
    "library-letter.txt": {
        "organisation": "Quince Readers’ League",
        "headline": "Save the Quince Street Library",
        "targets": ["Mayor Ruth Alder", "Quince City Council", "Tom Birch, Director of Libraries"],
        "statement": "Dear Mayor Alder and councillors,\n\n"
        "Keep the Quince Street Library open, with its hours and its staff.\n\n"
        "We ask you to:\n\n"
        "- cancel the sale,\n- publish the figures behind it,\n"
        "- meet the readers before the budget vote.\n\n"
        "We will come to the meeting in May.",
        "consent_line": None,
        "thanks": None,
        "partners": [],
        "warnings": [
            "line 3: “Quince Readers’ League” below the headline was read as the organisation",
            "line 26: note 1 has no quoted title; “Annual Report” was taken for it",
        ],
        "markers": [(1, 0, "in"), (2, 1, "park"), (3, 1, "park")],
        "same_as": [None, None, None],
    },
    "markdown-nurses.md": {
        "organisation": "Nurses of the North Shore",
        "headline": "Urge St. Anne's Hospital to keep its night nurses",
        "targets": ["St. Anne's Hospital", "Mercy Health Group"],
        "statement": "Bring back every night nurse by the first of June.\n\n"
        "Publish the staffing of each ward, each night.",
        "consent_line": None,
        "thanks": "Thank you for standing with night nurses. They will hear about it.",
        "partners": [],
        "warnings": [
            "line 3: “Nurses of the North Shore” below the headline was read as the organisation",
        ],
        "markers": [(1, 0, "third"), (2, 0, "month"), (2, 2, "2020"), (1, 2, "2020")],
        "same_as": [None, None],
    },
    "wrapped-schools.txt": {
        "organisation": "Parents for Safe Streets",
        "headline": "Ministry of Transport, lower the speed limit at every school!",
        "targets": ["Ministry of Transport"],
        "statement": "We, the parents of Larch County, call on you to do three things before the "
        "school year starts:\n\n1. Set the limit at every school gate to 20.\n"
        "2. Paint a crossing at each of them.\n3. Count the cars, and publish the count.",
        "consent_line": "You’ll receive periodic updates on road safety from Parents for Safe "
        "Streets.",
        "thanks": "Thanks for taking action,\nInes and the team at Parents for Safe Streets",
        "partners": [],
        "warnings": [],
        "markers": [(1, 0, "county"), (2, 0, "none"), (3, 0, "not"), (2, 1, "so"), (4, 1, "so")],
        "same_as": [None, None, 2, 2],
    },
    "inline-energy.txt": {
        "organisation": "Light for All",
        "headline": "Northgrid: Stop cutting off families in winter",
        "targets": ["Northgrid"],
        "statement": "Stop all disconnections between November and March, and write off the fees "
        "that you charged.",
        "consent_line": None,
        "thanks": None,
        "partners": [
            "Tenants of Tern Street", "Warm Homes, Warm Hearts", "Union of Power Workers, Local 12",
        ],
        "warnings": ["line 23: note 3 has no quoted title; “Incident log” was taken for it"],
        "markers": [(1, 0, "January"), (2, 0, "routine"), (3, 0, "burned"), (4, 1, "2019")],
        "same_as": [None, None, None, None],
    },
    "quoted-multi.txt": {
        "organisation": "WILD COAST NETWORK",
        "headline": "Ask Harbor Authority to close the sand mine",
        "targets": ["Harbor Authority"],
        "statement": "Close the Dune Point sand mine this year.\n\n"
        "Restore the dunes with the mine’s own bond.",
        "consent_line": None,
        "thanks": None,
        "partners": ["Dune Watch", "Surfers, Swimmers and Sailors", "The Tern Trust"],
        "warnings": [],
        "markers": [(1, 0, "year"), (2, 0, "erosion")],
        "same_as": [None, None],
    },
    "undersigned.txt": {
        "organisation": None,
        "headline": "Clean Air for Mill Road!",
        "targets": [],
        "statement": "We, the undersigned, ask the County of Millbrook to measure the air on Mill "
        "Road, and to shut the incinerator until it has.",
        "consent_line": None,
        "thanks": None,
        "partners": ["Mill Road Parents", "Breathe Millbrook"],
        "warnings": [
            "line 1: no organisation was found above the headline",
            "line 1: nobody was found to whom the petition is addressed",
            "line 5: “We, the undersigned …” was read as the statement",
        ],
        "markers": [],
        "same_as": [],
    },
    "setext-fields.md": {
        "organisation": "Dark Skies Larkspur",
        "headline": "Protect the night sky over Larkspur",
        "targets": ["Larkspur Town Council"],
        "statement": "Put a shade on every street lamp in Larkspur, and switch off the rest at "
        "midnight.",
        "consent_line": "We will send you news of the campaign, at most once a month.",
        "thanks": "You have helped to bring back the stars.",
        "partners": [],
        "warnings": [
            "line 18: the notes have no numbers; they were numbered in their order",
            "line 19: note 2 has no quoted title; “Sleep under lamps” was taken for it",
        ],
        "markers": [(1, 0, "moon"), (2, 0, "badly")],
        "same_as": [None, None],
    },
    "email-two-statements.txt": {
        "organisation": None,
        "headline": "Stop lending to Tarpit Oil!",
        "targets": ["Pelican Bank"],
        "statement": "Stop lending to Tarpit Oil, and say so in public.",
        "consent_line": None,
        "thanks": None,
        "partners": [],
        "warnings": [
            "line 1: no organisation was found above the headline",
            "line 8: “customers.12” was read as the markers 1 and 2",
        ],
        "markers": [(1, 0, "2015"), (2, 1, "unwise"), (1, 1, "customers"), (2, 1, "customers")],
        "same_as": [None, None],
    },
}  # fmt: skip


def test_every_text_is_expected():
    assert {path.name for path in TEXTS.iterdir()} == set(EXPECTED)


@pytest.mark.parametrize("name", EXPECTED)
def test_parts(name):
    found, expected = read(name).to_json(), dict(EXPECTED[name])
    markers, same_as = expected.pop("markers"), expected.pop("same_as")
    assert {key: found[key] for key in expected} == expected
    assert [(m["citation"], m["paragraph"], m["after"]) for m in found["markers"]] == markers
    assert [c["same_as"] for c in found["citations"]] == same_as


@pytest.mark.parametrize(
    ("name", "starts"),
    {
        "river-plain.txt": ["The Elm has lost 2.5 million", "“Nobody asked us,”", "Time is short"],
        "library-letter.txt": ["The library on Quince", "The council wants"],
        "markdown-nurses.md": [
            "Night staff were cut by **a third** and falls rose the same month.",
            "## What the numbers say",
            "The hospital [posted a surplus](https://stanne.example/report) in 2020.",
        ],
        "wrapped-schools.txt": ["Every week a child", "A crossing costs less"],
        "inline-energy.txt": ["Northgrid cut the power", "What Northgrid says"],
        "email-two-statements.txt": ["Pelican Bank has lent", "Pelican’s own risk report"],
    }.items(),
)
def test_body(name, starts):
    paragraphs = read(name).to_json()["paragraphs"]
    assert len(paragraphs) == len(starts)
    for paragraph, start in zip(paragraphs, starts, strict=True):
        assert paragraph.startswith(start)


def test_numbers_that_are_no_markers_stay():
    text = " ".join(p.text for p in read("river-plain.txt").paragraphs)
    for kept in ("2.5 million", "Section 702", "H.R. 1", "SB 4", "COVID-19", "20+", "CO2", "9:45"):
        assert kept in text
    assert "MP3 Holdings" in read("quoted-multi.txt").paragraphs[0].text


def test_paragraphs_know_their_lines():
    assert [p.line for p in read("river-plain.txt").paragraphs] == [7, 11, 17]
    assert [c.line for c in read("wrapped-schools.txt").citations] == [31, 33, 35, 36]


def test_markers_go_back_as_markdown():
    first, second = read("wrapped-schools.txt").markdown_paragraphs()
    assert "in our county.[^1] Most" in first
    assert first.endswith("did not.[^3]")
    assert second.endswith("its own study said so.[^2][^4]")


def test_the_json_has_exactly_the_promised_keys():
    found = read("river-plain.txt").to_json()
    assert list(found) == [
        "organisation", "headline", "targets", "statement", "paragraphs", "citations", "markers",
        "consent_line", "thanks", "partners", "warnings",
    ]  # fmt: skip
    assert set(found["citations"][0]) == {
        "number", "author", "title", "publisher", "date", "url", "same_as", "raw",
    }  # fmt: skip
    assert set(found["markers"][0]) == {"citation", "paragraph", "after"}


def test_a_marker_in_the_statement_is_kept_beside_the_body():
    found = read_petition(
        "Tell Acme: Pay up!\n\nPetition to Acme:\n“Pay the 40 crews that you left behind.1”\n\n"
        "They wait still.2\n\n1. Post, “Crews,” 2018.\n2. Post, “Wait,” 2019."
    )
    assert found.statement == "Pay the 40 crews that you left behind."
    assert found.markdown_statement() == "Pay the 40 crews that you left behind.[^1]"
    assert found.to_json()["markers"] == [
        {"citation": 1, "paragraph": None, "after": "behind"},
        {"citation": 2, "paragraph": 0, "after": "still"},
    ]
