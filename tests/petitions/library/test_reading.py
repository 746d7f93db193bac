"""What a page or a file says, in whatever letters and wrappings it comes."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from outreach.core.errors import BadInput
from outreach.petitions.library import bounded
from outreach.petitions.library.reader import read_page, tidied
from outreach.petitions.library.reading import decoded, read_document

PAGE = """<!doctype html><html><head><title>Letters, counted — Courier</title>
<meta property="og:title" content="Letters, counted once">
<meta property="og:site_name" content="Westhaven Courier">
<meta name="author" content="Ada Okafor">
<meta property="article:published_time" content="2025-08-09T10:00:00Z">
<style>p{content:"hidden"}</style><script>var hidden = "<p>hidden</p>"</script></head>
<body><nav><a href="/">Home</a></nav><h1>Letters,
counted once</h1><p>We <b>know</b>&nbsp;it: 2&nbsp;500 let&shy;ters.</p><noscript>hidden</noscript>
<template>hidden</template><ul><li>one<li>two</ul></body></html>"""


def pdf(text: str) -> bytes:
    """A PDF of one page, as small as one can be."""
    stream = f"BT /F1 12 Tf 72 720 Td ({text}) Tj ET"
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "<</Type/Pages/Kids[3 0 R]/Count 1>>",
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 612 792]/Contents 4 0 R"
        "/Resources<</Font<</F1 5 0 R>>>>>>",
        f"<</Length {len(stream)}>>stream\n{stream}\nendstream",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
    ]
    out, places = "%PDF-1.4\n", []
    for number, one in enumerate(objects, start=1):
        places.append(len(out))
        out += f"{number} 0 obj{one}endobj\n"
    table = "".join(f"{place:010} 00000 n \n" for place in places)
    start = len(out)
    out += f"xref\n0 6\n0000000000 65535 f \n{table}trailer<</Size 6/Root 1 0 R>>\n"
    return f"{out}startxref\n{start}\n%%EOF".encode()


def test_a_page_gives_its_visible_text_and_what_it_says_of_itself() -> None:
    found = read_document(PAGE.encode(), "text/html")
    assert "We know it: 2 500 let\xadters." in found.text and "one\n" in found.text
    assert "hidden" not in found.text and "Letters, counted once\n" in found.text
    assert found.says == {
        "title": "Letters, counted once",
        "publisher": "Westhaven Courier",
        "author": "Ada Okafor",
        "published_on": "2025-08-09",
    }
    assert "Letters, counted — Courier" in found.titles


def test_an_article_that_a_script_would_build_is_read_from_its_data() -> None:
    page = """<html><body><div id="app"></div><script type="application/ld+json">{"@graph": [
    {"@type": "NewsArticle", "headline": "Late again", "author": [{"name": "Ben Lee"}],
    "datePublished": "2026-01-14", "articleBody": "The ferry was late on 412 days."}]}</script>"""
    found = read_document(page.encode(), "text/html")
    assert "late on 412 days" in found.text
    assert found.says["author"] == "Ben Lee" and found.says["published_on"] == "2026-01-14"


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("Grüße — “ja”".encode(), "text/html; charset=iso-8859-1"),
        ("Grüße — “ja”".encode("cp1252"), "text/html; charset=utf-8"),
        ("Grüße — “ja”".encode("cp1252"), "text/html"),
        ("Grüße — “ja”".encode("utf-16"), "text/html; charset=utf-8"),
        ("Grüße — “ja”".encode("utf-16-le"), "text/html; charset=utf-16-le"),
        ("<meta charset=cp1252>Grüße — “ja”".encode("cp1252"), ""),
        ("Grüße — “ja”".encode(), "text/html; charset=nonsense"),
    ],
)
def test_a_wrong_charset_is_seen_through(body: bytes, kind: str) -> None:
    assert decoded(body, kind).endswith("Grüße — “ja”")


@pytest.mark.parametrize(
    "page",
    [
        "<html><title>Just a moment...</title><body>Checking your browser</body></html>",
        "<html><body>Please enable JavaScript to view this page</body></html>",
        "<html><body><h1>Before you continue</h1><p>We use cookies.</p></body></html>",
        "<html><body><p>A first line. Subscribe to continue reading.</p></body></html>",
        "<html><title>Access denied</title><body></body></html>",
    ],
)
def test_walls_are_known(page: str) -> None:
    assert read_document(page.encode(), "text/html").is_wall


def test_an_article_with_a_cookie_banner_is_none() -> None:
    page = f"<html><body><p>We use cookies.</p><p>{'A long article. ' * 200}</p></body></html>"
    assert not read_document(page.encode(), "text/html").is_wall


def test_a_pdf_is_read_by_its_own_sign() -> None:
    assert "412 days late" in read_document(pdf("412 days late"), "text/html").text


@pytest.mark.parametrize("body", [b"%PDF-1.4 broken", pdf(""), b"%PDF-1.7\n" + b"\x00" * 5000])
def test_a_pdf_without_text_asks_for_it(body: bytes) -> None:
    with pytest.raises(BadInput) as said:
        read_document(body)
    assert "paste" in said.value.hint


def test_pictures_and_programs_are_no_text() -> None:
    for body, kind in ((b"\x89PNG\r\n\x1a\n\x00\x00", "image/png"), (b"MZ\x00\x00", "")):
        with pytest.raises(BadInput, match="no text"):
            read_document(body, kind)


@settings(deadline=None)  # a PDF begins a process
@given(st.binary(max_size=300), st.sampled_from(["", "text/html", "text/plain; charset=utf-16"]))
def test_no_bytes_break_it(body: bytes, kind: str) -> None:
    try:
        found = read_document(body, kind)
    except BadInput as error:
        assert error.hint  # what to do instead
    else:
        assert found.text == tidied(found.text)


@given(st.text(alphabet="<>/!-abps \"'=&;#x1head title script", max_size=200))
def test_no_markup_breaks_it(text: str) -> None:
    found = read_page(f"<html><p>Before</p>{text}")
    assert found["text"].startswith("Before")


def test_a_page_made_to_hang_its_reader_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 1.0)
    with pytest.raises(BadInput, match="takes too long"):
        read_document(b"<html>" + b"<!--" * 400_000, "text/html")


@pytest.mark.parametrize("hostile", ["<", "<a ", "</", "<![CDATA[", "<title>", "<h1>", "<select>"])
def test_no_page_hangs_us(hostile: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bounded, "SECONDS", 1.0)
    page = f"<html><p>Before</p>{hostile * 400_000}".encode()
    try:
        found = read_document(page, "text/html")
    except BadInput as error:
        assert "takes too long" in error.message
        assert "paste" in error.hint
    else:
        assert found.text.startswith("Before")
