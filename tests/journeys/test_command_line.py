"""The main job by the command line alone, on the petitions that campaigners really pasted."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import requests

from outreach.demo.cast import CHROME
from outreach.demo.people import form_of
from tests.journeys.house import ROOT, House, house, wait_until

ACCOUNT = (
    *("accounts", "create", "--email", "mara@harbourlights.example", "--name", "Mara Quist"),
    *("--organisation", "Harbour Lights Action", "--postal-address", "4 Quay Street, Westhaven"),
    *("--sender-name", "Mara Quist", "--sender-address", "mara@harbourlights.example"),
    "--password-stdin",
)
PASSWORD = "a lamp beside the quay\n"
SUPPORTERS = """Email;First name;Last name;Postal code;Boat
ana@example.org;Ana;Reed;01234;Wren
BEN@Example.org;Ben;"Hill; the elder";;
cleo@example.org;Cléo, "the Fox";Fox;;
eve@example.org;"Eve\r\nBcc: spy@example.org";Hart;;
gone@example.org;Gus;Moss;;
not an address;X;Y;;
ana@example.org;Ana;Again;;
"""


@dataclass(frozen=True)
class Pasted:
    """A real text, and what is in it."""

    file: str
    headline: str
    notes: int
    partners: int
    asks: str  # words of the statement


REAL = (
    Pasted(
        "petition-with-footnotes.txt",
        "Tell Amazon: Stop pitching face recognition to ICE!",
        notes=3,
        partners=0,
        asks="immediately cease all attempts to sell the controversial face recognition software",
    ),
    Pasted(
        "coalition-letter.txt",
        "Amazon, Stop powering ICE’s deportation machine",
        notes=0,
        partners=17,
        asks="We demand you immediately end all contracts and support for ICE and DHS.",
    ),
)


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[House]:
    """An installation in which nothing was ever done."""
    with house(tmp_path / "data") as made:
        yield made


@pytest.mark.parametrize("text", REAL, ids=lambda text: text.file.partition(".")[0])
def test_from_a_pasted_text_to_a_counted_signature(
    empty: House, texts: Path, tmp_path: Path, text: Pasted
) -> None:
    outreach, file = empty.outreach, texts / text.file
    # The first command as a shell runs it, on nothing at all.
    command = [sys.executable, "-m", "outreach.cli", *ACCOUNT]
    subprocess.run(command, input=PASSWORD.encode(), cwd=ROOT, env=empty.environment, check=True)
    empty.open()

    understood = outreach("petitions", "read", file, "--json").json
    assert understood["headline"] == text.headline
    assert text.asks in understood["statement"]
    assert len(understood["citations"]) == text.notes
    assert len(understood["partners"]) == text.partners
    petition = outreach("petitions", "import", file, "--publish", "--json").json
    assert (petition["state"], petition["notes"]) == ("published", text.notes)
    page = requests.get(petition["url"], timeout=30).text
    assert text.asks in page and text.headline in page

    people = tmp_path / "people.csv"
    people.write_text(SUPPORTERS, "utf-8", newline="")
    assert outreach("lists", "create", "Westhaven").code == 0
    assert outreach("supporters", "suppress", "gone@example.org").code == 0
    into = ("supporters", "import", people, "--list", "Westhaven", "--basis", "asked", "--json")
    before = empty.rows()
    tried = outreach(*into, "--dry-run").json
    assert empty.rows() == before
    done = outreach(*into).json
    for report in (tried, done):
        assert (report["added"], report["suppressed"], report["duplicates"]) == (3, 1, 1)
        assert {refusal["line"] for refusal in report["refusals"]} >= {5, 8}, report["refusals"]
    assert outreach("segments", "count", "list Westhaven", "--json").json == {"count": 3}

    audience = f'list Westhaven and not signed "{petition["slug"]}"'
    drafted = outreach(
        *("blasts", "create", "First ask", "--petition", petition["slug"], "--json"),
        *("--audience", audience, "--subject", '{{ first_name or "Friend" }}, one press'),
    )
    blast = drafted.json["id"]
    shown = outreach("blasts", "preview", blast, "--as", "ana@example.org", "--json").json
    assert shown["subject"] == "Ana, one press"
    assert "Dear Ana," in shown["text"] and "Dear Ana," in shown["html"]
    if text.notes:
        stopped = outreach("blasts", "preflight", blast)
        assert (stopped.code, "citations.unchecked" in stopped.err) == (2, True)
        assert outreach("blasts", "schedule", blast).code == 2
        why = ("--reason", "Mara read them this morning.")
        assert outreach("blasts", "override", blast, "citations.unchecked", *why).code == 0
        assert "[1] " in shown["text"]
    assert outreach("blasts", "preflight", blast).code == 0
    assert outreach("blasts", "test", blast, "--to", "mara@harbourlights.example").code == 0
    assert outreach("blasts", "schedule", blast).code == 0
    empty.wait_for_blast(blast, "finished")

    letters = empty.letters()
    assert {"ana@example.org", "ben@example.org", "cleo@example.org"} <= letters.keys()
    assert not {"gone@example.org", "eve@example.org"} & letters.keys()
    wait_until(lambda: "mara@harbourlights.example" in empty.letters(), "the test has come")

    with requests.Session() as browser:
        browser.headers["User-Agent"] = CHROME
        link = empty.letter("ana@example.org").link("Sign the petition")
        assert browser.get(link[:-3], timeout=30).status_code == 404
        form = form_of(browser.get(link, timeout=30), "/sign")
        thanks = browser.post(form.url, form.values, timeout=30)
    assert "Thank you, Ana" in thanks.text and "number 1" in thanks.text

    report = empty.report("First ask")
    assert (report["audience"], report["accepted"]) == (3, 3)
    assert (report["clicked"], report["signed"], report["new"]) == (1, 1, 1)
    assert outreach("segments", "count", audience, "--json").json == {"count": 2}
    signed = tmp_path / "signatures.csv"
    assert outreach("petitions", "signatures", petition["slug"], "--csv", signed).code == 0
    assert "Ana" in signed.read_text("utf-8")


def test_what_can_not_be_used_is_told_in_a_sentence_and_nothing_is_stored(
    empty: House, texts: Path, tmp_path: Path
) -> None:
    outreach = empty.outreach
    assert outreach(*ACCOUNT, typed=PASSWORD).code == 0
    footnotes = texts / "petition-with-footnotes.txt"
    slug = outreach("petitions", "import", footnotes, "--publish", "--json").json["slug"]
    assert outreach("petitions", "check", slug, "--by", "Mara Quist").code == 0
    people, headless, void, binary, letter = (
        tmp_path / name for name in ("good.csv", "headless.csv", "void.txt", "binary", "body.md")
    )
    people.write_text("email\nana@example.org\n")
    headless.write_text("name,town\nAna,Westhaven\n")
    void.write_bytes(b"")
    binary.write_bytes(bytes(range(256)))
    letter.write_text("Dear {{ nick_name }},\n\n[[Sign the petition]]\n")
    assert outreach("supporters", "import", people, "--list", "W", "--basis", "asked").code == 0
    draft = ("blasts", "create", "--petition", slug, "--audience", "list W")
    assert outreach(*draft, "Good").code == 0
    assert outreach(*draft, "Unknown field", "--body", letter).code == 0
    before = empty.rows(besides=frozenset())

    for words, sentence in (
        (("petitions", "import", texts / "news-article.txt"), "no statement was found"),
        (("petitions", "read", texts / "news-article.txt"), "no statement was found"),
        (("petitions", "import", void), "empty"),
        (("petitions", "import", binary), "binary"),
        (("petitions", "import", tmp_path / "nowhere.txt"), "nowhere.txt"),
        (("petitions", "publish", "no-such-petition"), "no petition"),
        (("supporters", "import", headless, "--list", "W"), "email"),
        (("supporters", "import", void, "--list", "W"), "empty"),
        (("supporters", "import", tmp_path / "nowhere.csv", "--list", "W"), "nowhere.csv"),
        (("lists", "create", "W"), "already"),
        (("segments", "count", "list"), "expected the name of a list"),
        ((*draft, "Good"), "already a blast called “Good”"),
        ((*draft, "Two\r\nlines"), "name must be one line"),
        (
            (*draft, "Forged", "--subject", "Hello\nBcc: spy@example.org"),
            "subject must be one line",
        ),
        ((*draft, "Forged", "--preheader", "Hello\rBcc: x"), "preheader must be one line"),
        ((*draft, "No body", "--body", tmp_path / "nowhere.md"), "nowhere.md"),
        ((*draft, "No text", "--body", binary), "UTF-8"),
        (("blasts", "create", "No ask", "--petition", "no-such-petition"), "no petition"),
        (("blasts", "preview", "Unknown field"), "no merge field “nick_name”"),
        (("blasts", "preflight", "Unknown field"), "letter.unreadable"),
        (("blasts", "test", "Unknown field", "--to", "a@example.org"), "nick_name"),
        (("blasts", "schedule", "Unknown field"), "nick_name"),
        (("blasts", "test", "Good", "--to", "a@example.org\nBcc: b@example.org"), "address"),
        (("blasts", "schedule", "Good", "--at", "2020-01-01T09:00"), "has passed"),
        (("blasts", "schedule", "Good", "--at", "soon"), "“soon” is no time"),
        (("blasts", "resume", "Good"), "draft"),
        (("blasts", "override", "Good", "audience", "--reason", "so"), "can’t be passed over"),
        (("blasts", "report", "Nothing"), "no blast “Nothing”"),
        (ACCOUNT, "An account with this address exists already."),
    ):
        answer = outreach(*words, typed=PASSWORD)
        assert (answer.code, sentence in answer.err + answer.out) == (2, True), (words, answer)
        assert "Traceback" not in answer.err
        assert empty.rows(besides=frozenset()) == before, words
