"""Whole petitions of many shapes, invented and written after the rules."""

from pathlib import Path

import pytest

from outreach.petitions.intake.read import read_petition_file

SHAPES = Path(__file__).parent / "shapes"
EXPECTED = {
    "protect-lone": {
        "organisation": None,
        "headline": "Protect Our Rivers",
        "targets": ["Governor Hale"],
        "markers": [1, 2],
    },
    "title-case-org-then-title": {
        "organisation": "Riverkeepers United",
        "headline": "Clean Water for Every Child in Tern County",
        "targets": ["Tern County Council"],
        "markers": [1],
    },
    "lone-title-case": {
        "organisation": None,
        "headline": "Clean Water for Every Child in Tern County",
    },
    "symbols": {"organisation": None, "markers": [1, 2, 3], "same": [None, None, 2]},
    "roman": {"markers": [1, 2]},
    "dear-letter": {
        "headline": "Save Route 9",
        "targets_in": "Harbor Transit Authority",
        "markers": [1],
    },
    "whereas": {
        "headline": "STOP THE SALE OF GREEN PARK",
        "targets_in": "TOWN COUNCIL OF MARLOW",
        "partners": ["Friends of Green Park", "Marlow Cyclists"],
        "markers": [1],
    },
    "change-org": {
        "headline": "Bring back the school librarian",
        "organisation": "Parents of Oak Hill",
        "targets": ["Oak Hill School District"],
        "markers": [1, 2],
    },
    "md": {
        "headline": "Demand a fair lease for Dockside tenants",
        "organisation": "Dockside Tenants' Union",
        "targets": ["Mayor Lena Ortiz", "Dockside Holdings, Inc."],
        "statement": "Cap rent rises at 3% and repair every home before winter.",
        "markers": [1, 2],
        "partners": ["Legal Aid Dockside", "Mothers of Pier 4"],
    },
    "glued": {
        "organisation": "Valley Health Action",
        "headline": "Tell Congress: Fund rural clinics now",
        "targets": ["Congress"],
        "markers": [1, 2, 3, 4, 5],
        "statement": "Pass the Rural Clinics Act and fund every clinic through 2030.",
        "same": [None, 1, None, None, 3],
    },
    "gofund": {"headline": "Free the sea lions of Coral World!", "markers": [1, 2]},
    "two-col": {"targets_in": "Ada Moyo", "markers": [1, 2]},
    "urge": {
        "headline": "Urge the EPA to ban Zorvex",
        "organisation": "Farmworker Justice Alliance",
        "targets": ["EPA"],
        "statement": "Ban Zorvex now, in every use.",
        "markers": [1, 2],
        "partners": ["Farmworker Justice Alliance", "Beekeepers of Iowa", "Nurses for Clean Air"],
    },
    "email": {"targets": ["Polar Lines"], "markers": [1, 2, 3]},
    "allcaps-headings": {"headline": "TELL THE CITY: NO MORE TRAFFIC DEATHS", "markers": [1]},
    "moveon": {
        "headline": "Tell Governor Marsh: Veto the Prison Expansion Bill",
        "statement": "Governor Marsh must veto the prison expansion bill and put the money "
        "into schools.",
        "markers": [1, 2],
        "targets": ["Governor Marsh"],
    },
    "uk-gov": {"headline": "Ban plastic wet wipes", "markers": [1, 2, 3]},
    "colon-label-bold": {
        "organisation": "Fight for the Coast",
        "headline": "Shell Cove must stay public",
        "targets": ["Cove Holdings"],
        "statement": "Give up your plan to fence Shell Cove. The beach belongs to everyone.",
        "markers": [1, 2],
    },
    "sign-on-letter": {"targets_in": "Delgado", "markers": [1, 2], "same": [None, 1]},
    "spanish": {"markers": [1, 2]},
    "no-org-no-notes": {
        "headline": "Keep our post office open",
        "targets": ["Postmaster General"],
        "organisation": None,
        "markers": [],
    },
    "partners-inline": {
        "headline": "Tell Brightwater Utilities: Stop the shutoffs",
        "targets": ["Brightwater Utilities"],
        "statement": "Brightwater must end water shutoffs for families with children.",
        "markers": [1, 2],
    },
    "email-footnotes-numbers": {"markers": [1, 2, 3, 4, 5]},
    "quote-heavy": {
        "organisation": "Food Watchers",
        "headline": "Tell the FDA: Label gene-edited fish",
        "targets": ["FDA"],
        "markers": [1, 2, 3, 4, 5],
    },
    "hashtags": {"markers": [1, 2, 3], "targets": ["Marlow Borough Council"]},
}


def _said(found, part):
    parts = found.to_json()
    if part == "markers":
        return [marker["citation"] for marker in parts["markers"]]
    if part == "same":
        return [citation["same_as"] for citation in parts["citations"]]
    return "; ".join(parts["targets"]).casefold() if part == "targets_in" else parts[part]


@pytest.mark.parametrize("name", EXPECTED)
def test_shape(name):
    found = read_petition_file(SHAPES / f"{name}.txt")
    for part, expected in EXPECTED[name].items():
        if part == "targets_in":
            assert expected.casefold() in _said(found, part)
        else:
            assert _said(found, part) == expected
    assert found.statement


def test_every_shape_is_expected():
    assert {path.stem for path in SHAPES.iterdir()} == set(EXPECTED)
