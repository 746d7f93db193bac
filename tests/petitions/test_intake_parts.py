"""Headline, organisation, targets, statement, partners and the lines around them."""

import pytest

from outreach.core.errors import BadInput
from outreach.petitions.intake.names import split_names
from outreach.petitions.intake.read import read_petition

BODY = (
    "The crews of the coast have waited a whole year for their pay, and Acme says nothing at all "
    "about when it will come."
)


def petition(*blocks):
    return read_petition("\n\n".join(blocks))


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("Amazon", ["Amazon"]),
        ("Amazon and Google", ["Amazon", "Google"]),
        ("Amazon, Google, and the FCC", ["Amazon", "Google", "FCC"]),
        ("the House and Senate", ["House", "Senate"]),
        ("Food and Drug Administration", ["Food and Drug Administration"]),
        ("the Department of Health and Human Services",
         ["Department of Health and Human Services"]),
        ("Johnson and Johnson", ["Johnson and Johnson"]),
        ("Jane Roe, Mayor of Elm, and John Doe", ["Jane Roe, Mayor of Elm", "John Doe"]),
        ("Jane Roe, Mayor; the Elm Board, Oak County",
         ["Jane Roe, Mayor", "Elm Board, Oak County"]),
        ("Acme, Inc. and Bolt LLC", ["Acme, Inc.", "Bolt LLC"]),
        ("the City Council of Elm, Ohio", ["City Council of Elm, Ohio"]),
        ("The White House", ["The White House"]),
        ("Amazon, Amazon", ["Amazon"]),
    ],
)  # fmt: skip
def test_names(text, names):
    assert split_names(text) == names


@pytest.mark.parametrize(
    ("top", "organisation", "headline", "targets"),
    [
        (["Crew Union", "Tell Acme: Pay up!"], "Crew Union", "Tell Acme: Pay up!", ["Acme"]),
        (["Stand Up Elm", "Tell Acme: Pay up!"], "Stand Up Elm", "Tell Acme: Pay up!", ["Acme"]),
        (["Tell Acme and Bolt: Pay up!"], None, "Tell Acme and Bolt: Pay up!", ["Acme", "Bolt"]),
        (["Sign the petition: Tell Acme: Pay up!"], None, "Tell Acme: Pay up!", ["Acme"]),
        (["Sign the petition:", "Urge Acme to pay up"], None, "Urge Acme to pay up", ["Acme"]),
        (["Crew Union", "Acme, pay your crews"], "Crew Union", "Acme, pay your crews", ["Acme"]),
        (["Clean Coast Now", "Pay the Crews"], "Clean Coast Now", "Pay the Crews", []),
        (["Stop the lock-out!", "by Crew Union"], "Crew Union", "Stop the lock-out!", []),
        (["A petition by Crew Union", "Pay up!"], "Crew Union", "Pay up!", []),
        (["# Tell Acme: Pay up!", "**Crew Union**"], "Crew Union", "Tell Acme: Pay up!", ["Acme"]),
        (["# Crew Union", "## Tell Acme: Pay up!"], "Crew Union", "Tell Acme: Pay up!", ["Acme"]),
        (["Crew Union\nTell Acme: Pay up!"], "Crew Union", "Tell Acme: Pay up!", ["Acme"]),
        (["350.org", "Will Acme ever pay?"], "350.org", "Will Acme ever pay?", []),
        (["Headline: Pay!\nOrganisation: Crew Union\nTarget: Acme"], "Crew Union", "Pay!",
         ["Acme"]),
        (["Tell Acme: Pay up!\n=================="], None, "Tell Acme: Pay up!", ["Acme"]),
        (["Tell Acme: Pay up!", "Tell Acme: Pay up!"], None, "Tell Acme: Pay up!", ["Acme"]),
        (["Pay the crews!", "Ruth Alder"], None, "Pay the crews!", ["Ruth Alder"]),
    ],
)  # fmt: skip
def test_top(top, organisation, headline, targets):
    found = petition(*top, "Statement:\nPay the crews by June.", BODY)
    assert (found.organisation, found.headline) == (organisation, headline)
    assert list(found.targets) == targets
    assert [p.text for p in found.paragraphs] == [BODY]


@pytest.mark.parametrize(
    ("blocks", "statement", "targets"),
    [
        (["Petition to Acme:\nPay now.", BODY], "Pay now.", ["Acme"]),
        (["Petition to Acme:", "Pay now.", BODY], "Pay now.", ["Acme"]),
        (["Petition to Acme: Pay now.", BODY], "Pay now.", ["Acme"]),
        ([BODY, "The petition to Acme reads: “Pay now.”", BODY + " Still."], "Pay now.", ["Acme"]),
        ([BODY, "The petition to Acme reads:\n\n\"Pay now.\n\nPay all.\"", BODY + " Still."],
         "Pay now.\n\nPay all.", ["Acme"]),
        ([BODY, "The petition reads: Pay now.", BODY + " Still."], "Pay now.", []),
        ([BODY, "**Petition to the Acme Board:** Pay now."], "Pay now.", ["Acme Board"]),
        ([BODY, "Petition to Acme:", "Pay now.", "Pay all."], "Pay now.\n\nPay all.", ["Acme"]),
        (["Petition to Acme:\nWe ask you:", "- pay,\n- say so.", BODY],
         "We ask you:\n\n- pay,\n- say so.", ["Acme"]),
        (["## Petition to Acme", "Pay now.", "Pay all.", "## Why", BODY],
         "Pay now.\n\nPay all.", ["Acme"]),
        (["## Statement", "> Pay now.\n> Pay all.", BODY], "Pay now.\n\nPay all.", []),
        (["What you're signing:", "Pay now.", BODY], "Pay now.", []),
        ([BODY, "To: Acme\nFrom: [Your Name]\n\nPay now."], "Pay now.", ["Acme"]),
        ([BODY, "To: Acme; Bolt\nFrom: [Your Name]", "Pay now.", "Pay all.", "[Your Name]"],
         "Pay now.\n\nPay all.", ["Acme", "Bolt"]),
        ([BODY, "To:\nRuth Alder\nTom Birch\nFrom: [Your Name]", "Pay now."], "Pay now.",
         ["Ruth Alder", "Tom Birch"]),
        ([BODY, "To: Acme", "Pay now.", "From: [Your Name]"], "Pay now.", ["Acme"]),
        ([BODY, "**To:** Acme\n**From:** [Your Name]", "Pay now."], "Pay now.", ["Acme"]),
    ],
)  # fmt: skip
def test_statement(blocks, statement, targets):
    found = petition("Crew Union", "Pay the crews of the coast!", *blocks)
    assert found.statement == statement
    assert list(found.targets) == targets
    rest = [p.text for p in found.paragraphs]
    assert [t for t in rest if t.startswith(BODY)] == [b for b in blocks if b.startswith(BODY)]
    assert not any(line in text for text in rest for line in ("Pay now", "Pay all", "Petition"))


def test_a_wrapped_statement_is_one_paragraph():
    found = petition(
        "Pay the crews!",
        "Petition to Acme:\nPay every crew that you sent to the coast\nin the storm, and say when.",
        BODY,
    )
    assert found.statement == (
        "Pay every crew that you sent to the coast in the storm, and say when."
    )


def test_a_second_statement_is_named_and_kept():
    found = petition("Pay!", "Petition to Acme:\nPay now.", BODY, "Petition to Bolt:\nPay too.")
    assert found.statement == "Pay now."
    assert any(w.startswith("line 9: a second statement") for w in found.warnings)
    assert "Pay too." in [p.text for p in found.paragraphs]


RECOGNITION = [
    "Not ? Click here.", "Not Jane? Click here.", "Not you? Click here.",
    "Not [First Name]? Click here",
    "*Not Jane Doe? [Click here](https://x.org).*", "Welcome back, Jane! Not you? Click here.",
]  # fmt: skip
CONSENT = [
    "You’ll receive periodic updates on offers and activism opportunities.",
    "You'll receive email updates from Crew Union.",
    "By signing this petition, you agree to receive messages from Crew Union.",
    "By taking action you consent to hear from us.",
    "*By signing you'll receive updates. You may unsubscribe at any time.*",
    "We may contact you by email about this and other campaigns, with updates.",
]
THANKS = [
    "Thank you for signing!", "Thanks for taking action.", "Thank you, Jane, for adding your name.",
    "Thank you so much for signing. Now pass it on.", "Thank you!", "Thanks for all you do!",
]  # fmt: skip
PLAIN = [
    "You will receive no justice from Acme.", "We will get through this together.",
    "By signing this contract, Acme sold the coast.",
    "Not one crew was paid. Click, said the door.",
    "Thank you for your consideration.", "Thanks to your calls, the mayor spoke.",
    "Thank you for your service to the coast, they wrote.", "Who pays? Not Acme? Think again.",
]  # fmt: skip


@pytest.mark.parametrize("line", RECOGNITION)
def test_the_recognition_line_is_dropped(line):
    found = petition("Pay!", line, "Petition to Acme:\nPay now.", BODY)
    assert (found.headline, [p.text for p in found.paragraphs]) == ("Pay!", [BODY])


@pytest.mark.parametrize("line", CONSENT)
def test_consent_line(line):
    found = petition("Pay!", "Petition to Acme:\nPay now.", BODY, line)
    assert found.consent_line == line.strip("*")
    assert [p.text for p in found.paragraphs] == [BODY]


@pytest.mark.parametrize("line", THANKS)
def test_thanks(line):
    found = petition("Pay!", "Petition to Acme:\nPay now.", BODY, line)
    assert found.thanks == line
    assert [p.text for p in found.paragraphs] == [BODY]


@pytest.mark.parametrize("line", PLAIN)
def test_sentences_that_only_begin_alike_stay_in_the_body(line):
    found = petition("Pay!", "Petition to Acme:\nPay now.", BODY, line)
    assert [p.text for p in found.paragraphs] == [BODY, line]
    assert (found.consent_line, found.thanks) == (None, None)


@pytest.mark.parametrize(
    ("block", "partners"),
    [
        ("Participating Organizations:\nFor Us, Not Acme\nThe Crew",
         ["For Us, Not Acme", "The Crew"]),
        ("Participating Organisations:\n\n- A Crew\n- B Crew", ["A Crew", "B Crew"]),
        ("Partners: A Crew, B Crew, and C Crew", ["A Crew", "B Crew", "C Crew"]),
        ("Co-sponsored by:\n* A Crew\n* B Crew", ["A Crew", "B Crew"]),
        ("Co-sponsored by: A Crew and B Crew", ["A Crew", "B Crew"]),
        ("Supporting organizations:\n\nA Crew\n\nB Crew, Local 12", ["A Crew", "B Crew, Local 12"]),
        ("In partnership with: Food and Water Crew; B, C and D",
         ["Food and Water Crew", "B, C and D"]),
        ("## Partners\n\n1. A Crew\n2. B Crew", ["A Crew", "B Crew"]),
        ("**Partner organizations:**\nA Crew\nB Crew", ["A Crew", "B Crew"]),
        ("Endorsed by:\n\nA Crew, B Crew, C Crew", ["A Crew", "B Crew", "C Crew"]),
    ],
)  # fmt: skip
def test_partners(block, partners):
    found = petition("Pay!", "Petition to Acme:\nPay now.", BODY, block, "To be continued.")
    assert list(found.partners) == partners
    assert [p.text for p in found.paragraphs] == [BODY, "To be continued."]


@pytest.mark.parametrize(
    ("blocks", "missing"),
    [
        (["Pay!", BODY], ["statement was found (lines 1 to 3 "]),
        (["Petition to Acme:\nPay now.", BODY], ["headline was found (lines 1 to 1 "]),
        (
            ["Crew Union", "Petition to Acme:\nPay now.", BODY],
            ["headline was found (lines 1 to 2 "],
        ),
        ([BODY, BODY], ["headline was found", "statement was found (lines 1 to 3 "]),
        (["Ruth Alder", BODY, "To: Ruth Alder\nFrom: [Your Name]", "Pay."], ["headline was found"]),
        (["Pay!", BODY, "Petition to Acme:"], ["statement was found (lines 1 to 5 "]),
    ],
)
def test_what_is_missing_is_said_with_the_lines_searched(blocks, missing):
    with pytest.raises(BadInput) as caught:
        petition(*blocks)
    for words in missing:
        assert words in caught.value.message
    assert ("“# Headline”" in caught.value.hint) == ("headline" in caught.value.message)
    assert ("Petition to NAME:" in caught.value.hint) == ("statement" in caught.value.message)


def test_each_line_is_a_paragraph_where_no_line_is_left_blank():
    found = read_petition(f"Pay!\nPetition to Acme:\nPay now.\n{BODY}\nThey wait.\n{BODY} Still.")
    assert [p.text for p in found.paragraphs] == [BODY, "They wait.", f"{BODY} Still."]


def test_lines_wrapped_by_hand_are_one_paragraph():
    rows = "The crews of the coast have waited a\nwhole year for their pay. Acme"
    rows += " says\nnothing of it."
    found = petition("Pay!", "Petition to Acme:\nPay now.", rows)
    assert [p.text for p in found.paragraphs] == [rows.replace("\n", " ")]


def test_a_sentence_that_ends_with_its_line_goes_on_in_wrapped_text():
    rows = [
        "The crews of the coast have waited since May.",
        "Acme says nothing of it, and the board of the",
        "company met without a word about the wages.",
    ]
    found = petition("Pay!", "Petition to Acme:\nPay now.", "\n".join(rows))
    assert [p.text for p in found.paragraphs] == [" ".join(rows)]


def test_a_line_below_the_list_of_partners_is_no_partner():
    found = petition("Pay!", "Petition to Acme: Pay.", BODY, "Partners:\nA\nB", "What now")
    assert found.partners == ("A", "B")
    assert [p.text for p in found.paragraphs] == [BODY, "What now"]


def test_a_letter_at_the_top_ends_where_the_body_begins():
    found = petition(
        "Pay the crews!", "To: Acme\nFrom: [Your Name]", "Pay now.", "Why this matters",
        "They wait.1", "1. Post, “Wait,” 2018.",
    )  # fmt: skip
    assert found.statement == "Pay now."
    assert [p.text for p in found.paragraphs] == ["Why this matters", "They wait."]


def test_a_letter_below_a_label_goes_to_its_closing():
    found = petition(
        "Pay up!", "Petition to Acme:", "Dear board,", "Pay now.", "Sincerely,\n[Your Name]", BODY
    )
    assert found.statement == "Dear board,\n\nPay now."
    assert [p.text for p in found.paragraphs] == [BODY]


def test_a_first_line_petition_is_the_headline_where_a_letter_is_signed():
    found = petition("Petition: Pay the crews!", BODY, "To: Acme\nFrom: [Your Name]", "Pay now.")
    assert (found.headline, found.statement) == ("Pay the crews!", "Pay now.")


def test_the_first_clear_headline_goes_before_a_later_call():
    call = "Sign the petition to Acme: Pay the crews of the coast now!"
    found = petition("Crew Union", "Urge Acme to pay up", call, "Statement: Pay now.", BODY)
    assert (found.organisation, found.headline) == ("Crew Union", "Urge Acme to pay up")
    assert [p.text for p in found.paragraphs] == [call, BODY]


def test_people_with_their_titles_are_single_targets():
    to = "Governor Ann Smith, Attorney General Bo Lind and the Larch County Board of Supervisors"
    assert split_names(to) == [
        "Governor Ann Smith", "Attorney General Bo Lind", "Larch County Board of Supervisors",
    ]  # fmt: skip


def test_a_target_line_gives_the_addressee_of_a_statement_without_one():
    found = petition("# Pay the crews!", "## To: Acme Board", BODY, "Statement:\nPay now.")
    assert found.targets == ("Acme Board",)
    assert [p.text for p in found.paragraphs] == [BODY]
