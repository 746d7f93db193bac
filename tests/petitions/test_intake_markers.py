"""Which digits are markers, which are not, and what is said where it could be otherwise."""

import pytest

from outreach.petitions.intake.blocks import gather_blocks
from outreach.petitions.intake.lines import numbered_lines
from outreach.petitions.intake.markers import read_markers
from outreach.petitions.intake.notes import Note, NotesList
from outreach.petitions.intake.read import read_petition


def marks(text, notes):
    """The markers as (number, word before), the texts without them, the doubts."""
    known = NotesList([Note(n, "a note", 900 + n) for n in range(1, notes + 1)])
    reading = read_markers(gather_blocks(numbered_lines(text), set()), known)
    found = [(hit.number, hit.after) for marked in reading.texts for hit in marked.hits]
    return found, "\n".join(marked.text for marked in reading.texts), reading.doubts


@pytest.mark.parametrize(
    ("text", "notes", "found", "cleaned"),
    [
        ("from each other.1 Then", 1, [(1, "other")], "from each other. Then"),
        ("are speaking up2 and", 2, [(2, "up")], "are speaking up and"),
        ("at the border,3 and", 3, [(3, "border")], "at the border, and"),
        ("the police.”3", 3, [(3, "police")], "the police.”"),
        ("the police.\"3", 3, [(3, "police")], "the police.\""),
        ("“wrong”1, they said", 1, [(1, "wrong")], "“wrong”, they said"),
        ("the workers’2 union", 2, [(2, "workers")], "the workers’ union"),
        ("Why?1 Because!2 So;3 it", 3, [(1, "Why"), (2, "Because"), (3, "So")],
         "Why? Because! So; it"),
        ("(see below)2 and", 2, [(2, "below")], "(see below) and"),
        ("an act.1,2 Then", 2, [(1, "act"), (2, "act")], "an act. Then"),
        ("an act.1, 2", 2, [(1, "act"), (2, "act")], "an act."),
        ("an act.1-3 Then", 3, [(1, "act"), (2, "act"), (3, "act")], "an act. Then"),
        ("he said.[2] Then", 2, [(2, "said")], "he said. Then"),
        ("he said [2]. Then", 2, [(2, "said")], "he said. Then"),
        ("he said[1,2] and [3–4].", 4, [(1, "said"), (2, "said"), (3, "and"), (4, "and")],
         "he said and."),
        ("he said[^2][^1] so", 2, [(2, "said"), (1, "said")], "he said so"),
        ("as follows[^1]: this", 1, [(1, "follows")], "as follows: this"),
        ("it was done.¹ Now², then", 2, [(1, "done"), (2, "Now")], "it was done. Now, then"),
        ("it was done.¹,² Now", 2, [(1, "done"), (2, "done")], "it was done. Now"),
        ("it was done^2 now", 2, [(2, "done")], "it was done now"),
        ("it was done<sup>2</sup> now", 2, [(2, "done")], "it was done now"),
        ("**border**1 and _it_2", 2, [(1, "border"), (2, "it")], "**border** and _it_"),
        ("[report](https://x.org/a1)2 and", 2, [(2, "report")], "[report](https://x.org/a1) and"),
        ("the U.S.1 They", 1, [(1, "U.S")], "the U.S. They"),
        ("in 2018.1 Then", 1, [(1, "2018")], "in 2018. Then"),
        ("in 2018,1 and", 1, [(1, "2018")], "in 2018, and"),
        ("of COVID-19.1 Then", 1, [(1, "COVID-19")], "of COVID-19. Then"),
        ("about 40%1 of", 1, [(1, "40")], "about 40% of"),
        ("from Amazon1 and Google2", 2, [(1, "Amazon"), (2, "Google")], "from Amazon and Google"),
        ("once.1 And again.1", 1, [(1, "once"), (1, "again")], "once. And again."),
        ("she said no.1 Then", 1, [(1, "no")], "she said no. Then"),
    ],
)  # fmt: skip
def test_markers(text, notes, found, cleaned):
    assert marks(text, notes) == (found, cleaned, [])


# Each stands in a text whose notes are all marked elsewhere, so nothing is in doubt.
@pytest.mark.parametrize(
    "words",
    [
        "CO2", "2.5 million", "COVID-19", "20+ groups", "Section 702", "H.R. 1", "H.R.1", "S.1",
        "2018", "$19", "G7", "4th", "MP3", "9:45", "(202) 555-0123", "202-555-0123", "B2B", "WD40",
        "Web 2.0", "1.5", "No.5", "p.4", "B-52", "24/7", "R2-D2", "2018–19", "H1N1", "m² of it",
        "10² of it", "501(c)(3)", "Rule 10(2)", "iPhone6", "1,200", "€3", "#1", "3–4 weeks",
        "https://x.org/a.1", "www.x.org/1", "jane1@x.org", "`word1`", "[1](https://x.org)",
        "in [2018]", "1990s", "3%", "two (2) of", "up3x", "v1", "x.org/3", "F-16.5", "10.5",
        "No. 3", "the ICE2 of", "Version 3.1",
    ],
)  # fmt: skip
def test_no_markers(words):
    used = " ".join(f"word.{n} And" for n in range(1, 21))
    text = f"{used} then {words} was here."
    found, cleaned, doubts = marks(text, 20)
    assert [number for number, _ in found] == list(range(1, 21))
    assert f"then {words} was here." in cleaned
    assert doubts == []


@pytest.mark.parametrize(
    ("text", "notes", "found", "cleaned", "said"),
    [
        ("the CO2 of", 2, [], "the CO2 of", "“CO2” was left as it is although note 2"),
        ("raids by ICE1 and", 1, [(1, "ICE")], "raids by ICE and", "the 1 in “ICE1” was read as"),
        ("so ICE2 and on.1", 2, [(1, "on")], "so ICE2 and on.", "“ICE2” was left as it is"),
        ("in 20181 and", 1, [(1, "2018")], "in 2018 and", "the 1 in “20181” was read as marker 1"),
        ("Section 702.1 Then", 1, [(1, "702")], "Section 702. Then", "the 1 in “702.1” was read"),
        ("it broke apart—1 and", 1, [(1, "apart")], "it broke apart— and", "was read as marker 1"),
        ("COVID-191 spread", 1, [(1, "COVID-19")], "COVID-19 spread", "was read as marker 1"),
        ("an act.12 Then", 2, [(1, "act"), (2, "act")], "an act. Then", "the markers 1 and 2"),
        ("it grew by 4.2", 2, [], "it grew by 4.2", "“4.2” was left as it is although note 2"),
        ("an act.5 Then", 2, [(5, "act")], "an act. Then", "marker 5 has no note"),
        ("an act5 then", 2, [(5, "act")], "an act then", "marker 5 has no note"),
        ("an act.[7] Then", 2, [(7, "act")], "an act. Then", "marker 7 has no note"),
        ("an act[^7] then", 0, [(7, "act")], "an act then", "marker 7 has no note"),
        ("an act[^roe] then", 2, [], "an act[^roe] then", "marker [^roe] has no note"),
    ],
)
def test_doubts(text, notes, found, cleaned, said):
    got = marks(f"\n\n{text}", notes)
    assert got[:2] == (found, cleaned)
    assert [line for line, _ in got[2]] == [3]
    assert said in got[2][0][1]


def test_twelve_is_one_marker_where_one_and_two_are_marked_elsewhere():
    text = " ".join(f"word.{n} And" for n in range(1, 13))
    assert [n for n, _ in marks(text, 12)[0]] == list(range(1, 13))


def test_a_counted_noun_behind_a_marker_is_no_second_marker():
    assert marks("speaking up1, 2 towns and more.2", 2)[:2] == (
        [(1, "up"), (2, "more")],
        "speaking up, 2 towns and more.",
    )


def test_a_number_behind_a_lost_space_is_no_marker():
    assert marks("They left.1,200 crews came.1", 1)[:2] == (
        [(1, "came")],
        "They left.1,200 crews came.",
    )


def test_a_doubtful_place_gives_way_to_a_plain_one():
    assert marks("raids by ICE1 went on.1", 1) == (
        [(1, "on")],
        "raids by ICE1 went on.",
        [],
    )


def test_a_note_that_nobody_calls_is_named_with_its_line():
    found = read_petition(
        "Tell Acme: Pay!\n\nPetition to Acme:\nPay now.\n\nThey owe us.1\n\n"
        "1. Post, “Owed,” 2018.\n2. Post, “Unpaid,” 2019."
    )
    assert "line 9: note 2 is marked nowhere in the text" in found.warnings
    assert not any("note 1" in w for w in found.warnings)


def test_markers_of_a_wrapped_paragraph_know_their_own_line():
    found = read_petition(
        "Tell Acme: Pay!\n\nPetition to Acme:\nPay now.\n\n"
        "They owe the four hundred crews of the coast a year of pay,1 and\n"
        "they have said in so many words that they will not pay it.7 Then\nit ended.\n\n"
        "1. Post, “Owed,” 2018."
    )
    assert [(m.citation, m.line) for m in found.markers] == [(1, 6), (7, 7)]
    assert "line 7: marker 7 has no note" in found.warnings


def test_offsets_put_markers_back_where_they_stood():
    found = read_petition(
        "Tell Acme: Pay!\n\nPetition to Acme:\nPay now.\n\n"
        "“Never,”1 they said [2].¹ But then2 it.\n\n"
        "1. Post, “Owed,” 2018.\n2. Post, “Paid,” 2018."
    )
    assert found.paragraphs[0].text == "“Never,” they said. But then it."
    assert found.markdown_paragraphs() == ["“Never,”[^1] they said[^2].[^1] But then[^2] it."]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("It adds CO2.1 Then CO22 again.", ["CO2", "CO2"]),
        ("Section 111(d)1 and in 20232 it", ["111(d", "2023"]),
        ("It stood since 1884 (1). Many (2, for one) came.", ["1884"]),
        ("Pay them.* The rest† waits.", ["them", "rest"]),
        ("Pay *all* of them.* Now†", ["them", "Now"]),
        ("Pay them.[i] The rest [ii] waits.", ["them", "rest"]),
    ],
)
def test_markers_in_odd_places(text, words):
    signs = {"*": "*†", "[": ["[i]", "[ii]"]}
    first, second = next((pair for sign, pair in signs.items() if f".{sign}" in text), "12")
    dot = "" if first in "*[i]" else "."
    notes = f"{first}{dot} Elm Post, “A,” 2018.\n{second}{dot} Oak Post, “B,” 2019."
    found = read_petition(f"Tell Acme: Pay!\n\nPetition to Acme:\nPay now.\n\n{text}\n\n{notes}")
    assert [m.after for m in found.markers] == words
