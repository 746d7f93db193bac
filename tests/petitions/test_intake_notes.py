"""Lists of notes and the sources in them."""

import pytest

from outreach.petitions.intake.lines import numbered_lines
from outreach.petitions.intake.notes import find_notes
from outreach.petitions.intake.read import read_petition
from outreach.petitions.intake.sources import read_source

HEAD = "Tell Acme: Pay!\n\nPetition to Acme:\nPay now.\n\n"


def parts(raw):
    source = read_source(raw)
    return source.author, source.publisher, source.title, source.date, source.url


@pytest.mark.parametrize(
    ("raw", "author", "publisher", "title", "date", "url"),
    [
        ("Jane Doe, “Title,” Publisher, March 3, 2019.",
         "Jane Doe", "Publisher", "Title", "2019-03-03", None),
        ("Publisher, “Title,” Oct. 23, 2018", None, "Publisher", "Title", "2018-10-23", None),
        ("“Title,” Elm Gazette, 23 October 2018.",
         None, "Elm Gazette", "Title", "2018-10-23", None),
        ("Jane Doe, Elm Gazette, “Title?” October 2018.",
         "Jane Doe", "Elm Gazette", "Title?", "2018-10", None),
        ("Jane Doe and John Roe, “Stop!” The Elm Gazette, 2018",
         "Jane Doe and John Roe", "The Elm Gazette", "Stop!", "2018", None),
        ("J. Doe, R. Roe, and P. Poe, “Title”, Elm Gazette, Sept. 1st, 2018.",
         "J. Doe, R. Roe, and P. Poe", "Elm Gazette", "Title", "2018-09-01", None),
        ("Jane Doe, “Title,” October 3, 2018.", "Jane Doe", None, "Title", "2018-10-03", None),
        ("Doe, Jane. “Title.” Elm Gazette, 23 Oct. 2018.",
         "Doe, Jane", "Elm Gazette", "Title", "2018-10-23", None),
        ('Reuters, "He said "no" to it," 2018-10-23', None, "Reuters", 'He said "no" to it',
         "2018-10-23", None),
        ("Elm Post, “‘We’re scared’: families wait,” June 1, 2018",
         None, "Elm Post", "‘We’re scared’: families wait", "2018-06-01", None),
        ("Elm Post, “Mayor: ‘No way,’” June 1, 2018",
         None, "Elm Post", "Mayor: ‘No way’", "2018-06-01", None),
        ("Elm Post, “He says “x” is y,” June 1, 2018",
         None, "Elm Post", "He says “x” is y", "2018-06-01", None),
        ("‘It’s the workers’ union, again,’ Guardian, 4 May 2018",
         None, "Guardian", "It’s the workers’ union, again", "2018-05-04", None),
        ("Le Monde, « Le titre », 4 mai 2018", None, "Le Monde", "Le titre", "2018-05-04", None),
        ('Reuters, "Made in the U.S.," Jan 2, 2019', None, "Reuters", "Made in the U.S.",
         "2019-01-02", None),
        ("U.S. Department of Energy, “Report 2017,” 2018.",
         None, "U.S. Department of Energy", "Report 2017", "2018", None),
        ("Elm Post, “Title,” Spring 2018.", None, "Elm Post", "Title", "2018", None),
        ("Elm Post, “Title.”", None, "Elm Post", "Title", None, None),
        ("Elm Post, “Title,” https://elm.example/a_(b)_c. Oct. 1, 2018.",
         None, "Elm Post", "Title", "2018-10-01", "https://elm.example/a_(b)_c"),
        ("Elm Post, “Title,” 2018, https://elm.example/a_(b).",
         None, "Elm Post", "Title", "2018", "https://elm.example/a_(b)"),
        ("Elm Post, “Title,” accessed May 3, 2018, https://elm.example/a",
         None, "Elm Post", "Title", None, "https://elm.example/a"),
        ("Elm Post, “Title” (https://elm.example/a?b=1,2), 2018",
         None, "Elm Post", "Title", "2018", "https://elm.example/a?b=1,2"),
        ("Elm Post, “Title,” 2018, www.elm.example/a.",
         None, "Elm Post", "Title", "2018", "https://www.elm.example/a"),
        ("[Title](https://elm.example/x), *Elm Gazette*, May 2018",
         None, "Elm Gazette", "Title", "2018-05", "https://elm.example/x"),
        ("See Jane Doe, “Title!” Elm Gazette (Oct. 23, 2018), https://elm.example/x (accessed 5 "
         "May 2019).", "Jane Doe", "Elm Gazette", "Title!", "2018-10-23", "https://elm.example/x"),
        ("“Title”, by Jane Doe, Elm Gazette, May 1 2018",
         "Jane Doe", "Elm Gazette", "Title", "2018-05-01", None),
        ("Jane Doe, *The River* (New York: Verso, 2018), p. 4.",
         "Jane Doe", "Verso", "The River", "2018", None),
        ("Jane Doe, “Title,” Journal of Rivers 12, no. 3 (2018): 45–67.",
         "Jane Doe", "Journal of Rivers", "Title", "2018", None),
        ("Acme, Inc., “Report,” 2016", None, "Acme, Inc.", "Report", "2016", None),
        ("Elm Post: “Title,” 10/23/2018", None, "Elm Post", "Title", "2018-10-23", None),
        ("Elm Post, “Title,” Tuesday, October 23, 2018.",
         None, "Elm Post", "Title", "2018-10-23", None),
        ("“Title” – Elm Post – 23.10.2018", None, "Elm Post", "Title", "2018-10-23", None),
    ],
)  # fmt: skip
def test_source(raw, author, publisher, title, date, url):
    assert parts(raw) == (author, publisher, title, date, url)
    assert read_source(raw).doubts == []


@pytest.mark.parametrize(
    ("raw", "author", "publisher", "title", "date", "said"),
    [
        ("Doe, J. (2018, October 23). How it died. Elm Gazette.",
         "Doe, J.", "Elm Gazette", "How it died", "2018-10-23", "no quoted title"),
        ("Elm Gazette, Rivers are dying, October 23, 2018",
         None, "Elm Gazette", "Rivers are dying", "2018-10-23", "no quoted title"),
        ("Elm Gazette, October 23, 2018", None, "Elm Gazette", None, "2018-10-23", "no title"),
        ("Elm Gazette, “Title,” 3/4/2018", None, "Elm Gazette", "Title", "2018", "two ways"),
        ("Elm Gazette, “Title,” Feb. 30, 2018", None, "Elm Gazette", "Title", "2018-02",
         "there is no Feb. 30, 2018"),
        ("“Unclosed title, Elm Gazette, May 3, 2018", None, "Elm Gazette", "Unclosed title",
         "2018-05-03", "not closed"),
    ],
)  # fmt: skip
def test_doubtful_source(raw, author, publisher, title, date, said):
    assert parts(raw)[:4] == (author, publisher, title, date)
    assert said in "; ".join(read_source(raw).doubts)


STYLES = ["{}. ", "{}.", "{}) ", "({}) ", "[{}] ", "[{}]: ", "{} ", "^{} ", "[^{}]: ", "{}: ", "{}"]


@pytest.mark.parametrize("heading", ["", "Notes\n", "## Sources\n\n", "**References:**\n"])
@pytest.mark.parametrize("style", STYLES)
def test_every_way_of_numbering(style, heading):
    first, second = "Elm Post, “One,” May 1, 2018.", "Oak Post, “Two,” May 2, 2018"
    text = f"{HEAD}One.[1] Two.[2]\n\n{heading}{style.format(1)}{first}\n{style.format(2)}{second}"
    found = read_petition(text)
    assert [(c.number, c.raw) for c in found.citations] == [(1, first), (2, second)]
    assert [m.citation for m in found.markers] == [1, 2]
    assert [p.text for p in found.paragraphs] == ["One. Two."]


def test_superscript_numbers_up_to_ten():
    raised = ["¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹", "¹⁰"]
    rows = [f"{sign} Elm Post, “Part {n},” 2018" for n, sign in enumerate(raised, start=1)]
    assert [n.number for n in find_notes(numbered_lines("\n".join(rows))).notes] == [*range(1, 11)]


def test_notes_that_run_over_several_lines():
    text = (
        "1. Jane Doe, “A title that goes\n   over the line,” Elm Post,\n   October 5, 2018,\n"
        "   https://elm.example/2018/a-very-\n   long-path.html\n\n"
        "2. Oak Post, “Short,” 2018.\nhttps://oak.example/short\n"
        "You’ll receive periodic updates from us."
    )
    found = find_notes(numbered_lines(text))
    assert [note.raw for note in found.notes] == [
        "Jane Doe, “A title that goes over the line,” Elm Post, October 5, 2018, "
        "https://elm.example/2018/a-very-long-path.html",
        "Oak Post, “Short,” 2018. https://oak.example/short",
    ]
    assert [note.line for note in found.notes] == [1, 7]
    assert 9 not in found.consumed


def test_a_numbered_list_of_demands_is_no_list_of_notes():
    text = f"{HEAD}We want three things:\n\n1. Pay the crews.\n2. Pay them now.\n3. Say so."
    found = read_petition(text)
    assert found.citations == ()
    assert found.paragraphs[-1].text == "1. Pay the crews.\n2. Pay them now.\n3. Say so."


def test_notes_without_dates_are_notes_where_markers_lean_on_them():
    found = read_petition(f"{HEAD}Ask them.1 They know.2\n\n1. Minutes of the crew.\n2. The log.")
    assert [c.raw for c in found.citations] == ["Minutes of the crew.", "The log."]


def test_names_of_markdown_notes_become_numbers_that_are_free():
    text = f"{HEAD}One.[^two] Two.[^roe]\n\n[^roe]: Elm Post, “A,” 2018.\n[^1]: Oak Post, “B,” 2018"
    text += "\n[^two]: Fir Post, “C,” 2018."
    found = read_petition(text)
    assert [(c.number, c.title) for c in found.citations] == [(2, "A"), (1, "B"), (3, "C")]
    assert [m.citation for m in found.markers] == [3, 2]


def test_a_number_given_twice_is_kept_and_named():
    text = f"{HEAD}One.1\n\n1. Elm Post, “A,” May 2018.\n2. Oak Post, “B,” May 2018.\n"
    found = read_petition(text + "2. Fir Post, “C,” May 2018.")
    assert [c.title for c in found.citations] == ["A", "B", "C"]
    assert "line 10: note 2 stands already on line 9" in found.warnings


@pytest.mark.parametrize(
    ("notes", "same_as"),
    [
        (["Elm Post, “A,” 2018.", "Ibid.", "Ibid., p. 4"], [None, 1, 1]),
        (["Elm Post, “A,” 2018.", "Id. at 5."], [None, 1]),
        (["Elm Post, “A,” 2018.", "Oak Post, “B,” 2018.", "See note 1", "Id."], [None, None, 1, 1]),
        (["Elm Post, “A,” 2018.", "Oak Post, “B,” 2018.", "Doe, supra note 1, at 4"],
         [None, None, 1]),
        (["Jane Doe, “A,” 2018.", "Oak Post, “B,” 2018.", "Doe, op. cit., p. 9"], [None, None, 1]),
        (["Idaho Post, “Identity,” 2018.", "Idaho Post, “B,” 2018."], [None, None]),
    ],
)  # fmt: skip
def test_repeats(notes, same_as):
    rows = "\n".join(f"{n}. {words}" for n, words in enumerate(notes, start=1))
    found = read_petition(f"{HEAD}All.[1-{len(notes)}]\n\nNotes\n{rows}")
    assert [c.same_as for c in found.citations] == same_as
    for citation in found.citations:
        if citation.same_as:
            assert (citation.title, citation.publisher, citation.date) == (None, None, None)


@pytest.mark.parametrize(
    ("first", "said"),
    [
        ("Ibid.", "line 9: note 1 repeats one before it, but is the first"),
        ("See note 2.", "line 9: note 1 points to note 2, which comes later"),
        ("See note 7.", "line 9: note 1 points to note 7, not there"),
    ],
)
def test_repeats_that_lead_nowhere(first, said):
    found = read_petition(f"{HEAD}All.[1,2]\n\nNotes\n1. {first}\n2. Elm Post, “A,” 2018.")
    assert found.citations[0].same_as is None
    assert said in found.warnings


@pytest.mark.parametrize(
    ("raw", "first", "further"),
    [
        ("Elm Post, “One,” May 1, 2018; Oak Post, “Two,” May 2, 2018; Fir Post, “Three,” 2019.",
         "One", [("Oak Post", "Two", "2018-05-02"), ("Fir Post", "Three", "2019")]),
        ("Elm Post, “One,” May 1, 2018, and Oak Post, “Two,” May 2, 2018.",
         "One", [("Oak Post", "Two", "2018-05-02")]),
        ("Elm Post, “One,” 2018. See also Oak Post, “Two,” 2019.",
         "One", [("Oak Post", "Two", "2019")]),
        ("Elm Post, “One; two,” May 1, 2018.", "One; two", []),
        ("Jane Doe and John Roe, “One and two,” Elm Post and Courier, May 1, 2018.",
         "One and two", []),
        ("Elm Post, “One,” 2018 (https://e.example/1, archived at "
         "https://web.archive.org/x/https://e.example/1).", "One", []),
    ],
)  # fmt: skip
def test_several_sources_in_one_note(raw, first, further):
    found = read_petition(f"{HEAD}All.1\n\nNotes\n1. {raw}").citations[0]
    assert found.title == first
    assert [(s.publisher, s.title, s.date) for s in found.more] == further
    assert found.raw == raw
