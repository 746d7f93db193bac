"""Clipboards of word processors and DOCX: the same structure as from plain text and Markdown."""

import io
import json
import re
from pathlib import Path

import pytest

from outreach.petitions.intake.formats import text_of
from outreach.petitions.intake.html import html_to_markdown
from outreach.petitions.intake.read import read_petition, read_petition_file
from tests.petitions.documents import docx

CLIPBOARDS = Path(__file__).parent / "clipboards"
ROWS = [
    "Elm Health Alliance",
    "# Tell the Elm County Board: Keep the clinic open!",
    "Petition to the Elm County Board:",
    "Keep the Elm clinic open, with its night staff, through 2027.[^1]",
    "The clinic saw **41,000 people** last year[^2] and *nobody* asked them. It stands on 2.5 "
    "acres and treats COVID-19.",
    "The [county’s plan](https://elm.example/plan) of 2026 says nothing.[^3]",
    "Participating organizations:",
    "Elm Nurses",
    "Birch Midwives",
    "You’ll receive periodic updates from us.",
    "Thank you for signing!",
]
NOTES = [
    "Jane Doe, “Who the clinic sees,” *Elm Gazette*, March 3, 2026.",
    "Elm County, “Health plan (draft),” 2026, https://elm.example/plan_(a).",
    "Ibid., p. 4",
]


def _text(strip=""):
    rows = [re.sub(strip, "", row) for row in ROWS] if strip else ROWS
    listed = "\n".join([*rows[6:9]])
    return "\n\n".join([*rows[:6], listed, *rows[9:]])


def _markdown():
    return f"{_text()}\n\n" + "\n".join(f"[^{n}]: {note}" for n, note in enumerate(NOTES, start=1))


def _html(note):
    rows = ROWS.copy()
    rows[1] = f"<h1>{rows[1][2:]}</h1>"
    text = "".join(row if row[0] == "<" else f"<p>{row}</p>" for row in rows)
    text = re.sub(r"\*\*(.+?)\*\*", r"<b>\1</b>", text)
    text = re.sub(r"\*(.+?)\*", r"<i>\1</i>", text)
    text = re.sub(r"\[([^\]^]+)\]\((\S+?)\)", r'<a href="\2">\1</a>', text)
    notes = [re.sub(r"\*(.+?)\*", r"<i>\1</i>", words) for words in NOTES]
    text = re.sub(r"\[\^(\d)\]", note[0], text)
    return text + "".join(note[1].format(n, words) for n, words in enumerate(notes, start=1))


STYLES = {
    "linked": (
        r'<sup><a href="#fn\1" id="r\1">[\1]</a></sup>',
        '<p><a href="#r{0}" id="fn{0}">[{0}]</a> {1}</p>',
    ),
    "listed": (
        r'<a href="#fn-\1" id="r-\1"><sup>\1</sup></a>',
        '<ol start="{0}"><li id="fn-{0}"><p>{1} <a href="#r-{0}">↩</a></p></li></ol>',
    ),
    "raised": (r"<sup>\1</sup>", "<p><sup>{0}</sup> {1}</p>"),
    "styled": (r'<span style="vertical-align: super">\1</span>', "<p>{0}. {1}</p>"),
    "bracketed": (r"[\1]", "<p>[{0}] {1}</p>"),
}


def _said(found):
    parts = found.to_json()
    parts["warnings"] = []
    return json.dumps(parts, ensure_ascii=False, indent=1)


@pytest.mark.parametrize("style", STYLES)
def test_a_clipboard_reads_as_its_markdown_does(style):
    assert _said(read_petition(_html(STYLES[style]))) == _said(read_petition(_markdown()))


def test_a_document_reads_as_its_markdown_does(tmp_path):
    path = tmp_path / "petition.docx"
    path.write_bytes(docx(ROWS, NOTES))
    found = read_petition_file(path)
    assert _said(found) == _said(read_petition(_markdown()))
    assert found.organisation == "Elm Health Alliance"
    assert found.partners == ("Elm Nurses", "Birch Midwives")
    assert found.paragraphs[0].text.startswith("The clinic saw **41,000 people** last year and *no")
    assert [c.same_as for c in found.citations] == [None, None, 2]


def test_a_text_whose_superscripts_were_lost_reads_the_same():
    plain = _text(r"\[\^\d\]|\*|^# ")
    plain = plain.replace("2027.", "2027.1").replace("last year", "last year2")
    plain = plain.replace("says nothing.", "says nothing.3")
    plain += "\n\n" + "\n".join(f"{n}. {note}" for n, note in enumerate(NOTES, start=1))
    mine, theirs = read_petition(plain), read_petition(_markdown())
    assert (mine.headline, mine.targets) == (theirs.headline, theirs.targets)
    assert mine.to_json()["markers"] == theirs.to_json()["markers"]
    assert mine.to_json()["citations"] == theirs.to_json()["citations"]


def test_footnotes_and_endnotes_are_one_list():
    rows = ["# Stop it!", "Petition to Acme:", "Stop.", "One[^e1] and two[^1]."]
    found = read_petition(
        _docx_text(docx(rows, ["Foot Post, “F,” 2018."], ["End Post, “E,” 2019."]))
    )
    assert [(c.number, c.title) for c in found.citations] == [(1, "E"), (2, "F")]
    assert [(m.citation, m.after) for m in found.markers] == [(1, "One"), (2, "two")]


def _docx_text(data):
    return text_of(io.BytesIO(data), "petition.docx")


def test_what_word_puts_on_the_clipboard():
    found = read_petition((CLIPBOARDS / "word.html").read_text())
    assert found.headline == "Tell the Elm County Board: Keep the clinic open!"
    assert found.paragraphs[0].text == (
        "The clinic saw ***41,000*** people last year and the [county’s plan]"
        "(https://elm.example/plan_(2026)) says nothing about them."
    )
    assert found.paragraphs[1].text == ("- No night staff means no births.\n- It is 40 km² of CO₂")
    assert [(c.number, c.title, c.url) for c in found.citations] == [
        (1, "Who the clinic sees", "https://elm.example/who"), (2, "Health plan", None)
    ]  # fmt: skip
    assert [m.after for m in found.markers] == ["year", "them"]
    assert "secret" not in str(found) and "alert" not in str(found)


def test_what_google_docs_puts_on_the_clipboard():
    found = read_petition((CLIPBOARDS / "docs.html").read_text())
    assert found.targets == ("Brightwater Utilities",)
    assert found.paragraphs[0].text == (
        "One home in nine has lead pipes and **nobody** ***told*** us."
        "[Read on](https://b.example/x?a=1)"
    )
    assert found.paragraphs[1].text == "- First demand\n- Second demand"
    assert [(m.citation, m.after) for m in found.markers] == [(1, "pipes"), (2, "on"), (3, "on")]
    assert [c.same_as for c in found.citations] == [None, None, 2]


@pytest.mark.parametrize(
    ("html", "markdown"),
    [
        ("<p><b>All</b> <b>bold</b></p>", "**All** **bold**"),
        ("<p><b>One</b><b> word</b>s</p>", "**One word**s"),
        ("<p><b>Done.</b>Next</p>", "**Done**.Next"),
        ("<p>a<b> b </b>c</p>", "a **b** c"),
        ("<p>2 * 3 * 4 and snake_case _x_</p>", r"2 \* 3 \* 4 and snake_case \_x\_"),
        ("<p>1 &lt; 2 &amp;amp; 3</p>", r"1 < 2 \&amp; 3"),
        ('<p><a href="javascript:alert(1)">go</a></p>', "go"),
        ('<p><a href="https://www.google.com/url?q=https://a.example/b&sa=D">go</a></p>',
         "[go](https://a.example/b)"),
        ('<p><a href="https://a.example/b">https://a.example/b</a></p>', "<https://a.example/b>"),
        ("<p>the 4<sup>th</sup> of 10<sup>6</sup></p>", "the 4th of 10⁶"),
        ("<p>one<br>two</p><p>three</p>", "one\ntwo\n\nthree"),
        ("<ol><li>a</li><li>b</li></ol>", "1. a\n2. b"),
        ("<ul><li>a<ul><li>b</li></ul></li><li>c</li></ul>", "- a\n- b\n- c"),
        ("<blockquote><p>a</p></blockquote><p>b</p>", "> a\n\nb"),
        ("<table><tr><td>a</td><td>b</td></tr></table>", "a\n\nb"),
        ('<p>a<a href="#cmnt1" id="cmnt_ref1">[a]</a></p><div><p>'
         '<a href="#cmnt_ref1" id="cmnt1">[a]</a>Do not publish</p></div>', "a"),
        ('<p>a<span style="display:none">b</span></p>', "a"),
        ("<p># no heading</p>", r"\# no heading"),
    ],
)  # fmt: skip
def test_html_becomes_markdown(html, markdown):
    assert html_to_markdown(html) == markdown


def test_parts_that_are_plain_text_lose_their_looks():
    found = read_petition(
        "<p><b>Elm <i>Riders</i></b></p><h1>Tell <i>Elm Transit</i>: Keep bus <b>9</b>!</h1>"
        "<p>Petition to <b>Elm Transit</b>:</p><p>Keep <b>bus 9</b>.</p><p>It runs.</p>"
        '<p>By signing you agree to our <a href="https://e.example/p">policy</a> and e-mails.</p>'
        "<p>Partners: <i>Elm Nurses</i></p>"
    )
    assert found.headline == "Tell Elm Transit: Keep bus 9!"
    assert (found.organisation, found.targets) == ("Elm Riders", ("Elm Transit",))
    assert found.statement == "Keep **bus 9**."
    assert found.consent_line == (
        "By signing you agree to our policy (https://e.example/p) and e-mails."
    )
    assert found.partners == ("Elm Nurses",)
