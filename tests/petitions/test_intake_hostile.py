"""Documents and pages that mean harm are refused with a reason, within bounded memory."""

import io
import re
import struct
import subprocess
import sys
import zipfile

import pytest

from outreach.core.errors import BadInput
from outreach.petitions.intake.formats import text_of
from outreach.petitions.intake.html import html_to_markdown
from outreach.petitions.intake.read import read_petition, read_petition_file, read_whatever
from outreach.petitions.markup import Markup
from tests.petitions.documents import W, docx

ENTITY = '<!DOCTYPE x [<!ENTITY a SYSTEM "file:///etc/passwd">]>'


def _document(body, before=""):
    words = f"{before}<w:document {W}><w:body>{body}</w:body></w:document>"
    return docx(["a"], extra={"word/document.xml": words})


REFUSED = {
    "bomb": (lambda: docx(["a"], extra={"word/document.xml": b" " * 60_000_000}), "6 MB"),
    "bomb in the notes": (
        lambda: docx(["a"], extra={"word/footnotes.xml": b" " * 60_000_000}), "6 MB"
    ),
    "macros": (lambda: docx(["a"], extra={"word/vbaProject.bin": b"x"}), "macros"),
    "external entity": (lambda: _document("<w:p/>", ENTITY), "entities"),
    "entity in UTF-16": (
        lambda: docx(["a"], extra={"word/document.xml": f"{ENTITY}<x/>".encode("utf-16")}),
        "entities",
    ),
    "entity in the notes": (
        lambda: docx(["a"], extra={"word/endnotes.xml": f"{ENTITY}<x/>"}), "entities"
    ),
    "nested": (lambda: _document("<w:p>" * 500 + "</w:p>" * 500), "nested"),
    "many elements": (lambda: _document("<w:p/>" * 100_000), "more than any petition"),
    "broken XML": (lambda: _document("<w:p>"), "damaged"),
    "no document": (lambda: _zip({"a.txt": b"x"}), "no Word document"),
    "spreadsheet": (lambda: _zip({"xl/workbook.xml": b"<x/>"}), "no Word document"),
    "cut off": (lambda: docx(["a"])[:400], "cut off"),
    "endless index": (lambda: _zip({f"{n}": b"" for n in range(6000)}), "thousands"),
    "lying index": (
        lambda: docx(["a"])[:-22] + struct.pack("<4s4H2LH", b"PK\5\6", 0, 0, 9, 9, 400, 0, 0),
        "damaged|no Word",
    ),
    "a hundred MB": (lambda: b"PK\x03\x04" + bytes(100_000_000), "larger than 30 MB"),
    "a hundred MB of HTML": (lambda: b"<p>" + b"a" * 100_000_000, "larger than 8 MB"),
    "nested page": (lambda: b"<div>" * 100_000 + b"</div>", "nested"),
    "old Word": (lambda: b"\xd0\xcf\x11\xe0" + bytes(100), "old or locked Word"),
    "PDF": (lambda: b"%PDF-1.7 ...", "PDF"),
    "RTF": (lambda: b"{\\rtf1 x}", "Rich Text"),
}  # fmt: skip


def _zip(parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, data in parts.items():
            archive.writestr(name, data)
    return out.getvalue()


@pytest.mark.parametrize("name", REFUSED)
def test_what_is_refused(name, tmp_path):
    make, said = REFUSED[name]
    path = tmp_path / "petition.docx"
    path.write_bytes(make())
    with pytest.raises(BadInput, match=said) as caught:
        read_petition_file(path)
    assert caught.value.hint


def test_a_damaged_document_is_refused_wherever_the_damage_is():
    whole = docx(["# Tell X: Go!", "Petition to X:", "Go now.[^1]"], ["Elm Post, “A,” 2018."])
    for at in range(0, len(whole), 7):
        data = whole[:at] + b"\xff" + whole[at + 1 :]
        try:
            text_of(io.BytesIO(data), "petition.docx")
        except BadInput as refused:
            assert "petition.docx" in str(refused) or "text" in str(refused)


MEASURED = """
import resource, sys
from outreach.core.errors import BadInput
from outreach.petitions.intake.read import read_petition_file
before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
try:
    read_petition_file(sys.argv[1])
except BadInput:
    print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before)
"""
LARGE = {
    "bomb": lambda: docx(["a"], extra={"word/document.xml": b" " * 300_000_000}),
    "picture": lambda: docx(["a"] * 3, extra={"word/media/a.bmp": bytes(200_000_000)}),
    "elements": lambda: _document("<w:p><w:r><w:t>a</w:t></w:r></w:p>" * 14_000),
    "attributes": lambda: _document("<w:p " + " ".join(f'a{n}="1"' for n in range(300_000)) + "/>"),
    "hundred MB": lambda: b"<html>" + b"<p>" * 33_000_000,
    "page": lambda: b"<html>" + b"<p><b>a</b></p>" * 60_000 + b"</html>",
}


@pytest.mark.parametrize("name", LARGE)
def test_memory_is_bounded(name, tmp_path):
    path = tmp_path / "petition.docx"
    path.write_bytes(LARGE[name]())
    answer = subprocess.run(
        [sys.executable, "-c", MEASURED, str(path)],
        capture_output=True, text=True, check=True, timeout=120,
    )  # fmt: skip
    assert int(answer.stdout) < 250_000  # kB


HARMLESS = re.compile(
    r'</?(?:p|em|strong|ul|ol|li|h2|h3|br)\s?/?>|</a>|<a href="https?:[^"<>]*">', re.IGNORECASE
)
SCRIPTS = [
    "<script>alert(1)</script>", "<p onclick=alert(1)>a</p>", "<img src=x onerror=alert(1)>",
    '<a href="javascript:alert(1)">a</a>', '<a href="JaVa\tscript:alert(1)">a</a>',
    '<a href="data:text/html,<script>alert(1)</script>">a</a>', "<svg onload=alert(1)></svg>",
    "<iframe src=javascript:alert(1)></iframe>", "<style>p{background:url(x)}</style>",
    "&lt;script&gt;alert(1)&lt;/script&gt;", "<p>[a](javascript:alert(1))</p>",
    "<p>&lt;img src=x onerror=alert(1)&gt;</p>", "<p>[a](data:text/html,x)</p>",
    '<p><a href="https://a.example/&quot;onmouseover=alert(1)">a</a></p>',
    '<p><a href="https://a.example/)<script>">a</a></p>', "<math><mi xlink:href=javascript:x>a",
]  # fmt: skip


@pytest.mark.parametrize("script", SCRIPTS)
def test_no_script_reaches_a_page(script):
    found = read_petition(
        "<html><body><h1>Tell X: Go!</h1><p>Petition to X:</p><p>Go now.</p>"
        f"<p>They wait. {script}</p>{script}<p>The end.</p></body></html>"
    )
    texts = [found.markdown_statement(), *found.markdown_paragraphs()]
    shown = "".join(Markup([]).html(text) for text in texts)
    for tag in re.findall(r"<[^>]*>", shown):
        assert HARMLESS.fullmatch(tag)


def test_a_link_of_a_document_can_run_nothing():
    data = docx(["# Tell X: Go!", "Petition to X:", "Go [now](javascript:alert(1)) or never."])
    assert "javascript" not in text_of(io.BytesIO(data), "petition.docx")


def test_text_around_a_tag_is_no_page():
    text = "Tell X: Go!\n\nPetition to X:\nWrite <b>now</b>.\n\nThe <p> element."
    assert read_petition(text).statement == "Write <b>now</b>."
    assert html_to_markdown("<p>a<p>b") == "a\n\nb"


@pytest.mark.parametrize("line", ["**a**", "Our demands", "* a", "[i] a", "Dear X,", "To: X", "a1"])
def test_many_short_lines_take_no_time_of_their_square(line):
    calls = []

    def count(_frame, event, _argument):
        calls.append(event)

    def work(lines):
        calls.clear()
        sys.setprofile(count)
        try:
            read_whatever("\n\n".join([line] * lines))
        finally:
            sys.setprofile(None)
        return len(calls)

    assert work(800) < 3 * work(400)
