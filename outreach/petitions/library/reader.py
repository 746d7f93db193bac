"""A program of its own that reads pages and PDFs of strangers; bounded.py starts it, with limits.

Its first argument says what comes in: html (UTF-8) or pdf. It writes JSON: text, titles, says. It
imports nothing of ours, so that it begins at once.
"""

from __future__ import annotations

import importlib
import io
import json
import re
import resource
import sys
from html.parser import HTMLParser
from typing import Any

MEMORY = 1_000_000_000  # bytes
CPU_S = 20
MAX_PAGES = 800
MAX_TEXT = 2_000_000  # characters of a text that are kept
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe", "select"})
_INLINE = """a abbr b bdi bdo cite code data dfn em font i kbd mark q s samp small span strong sub
    sup time tt u var wbr"""
_VOID = "area base br col embed hr img input link meta source track wbr"
_ONE_LINE = frozenset(_INLINE.split())
_WITHOUT_BREAK = _ONE_LINE | frozenset(_VOID.split())
# What pages say of themselves, the surest first.
_SAYS = {
    "title": ("citation_title", "og:title", "twitter:title", "dc.title", "dcterms.title"),
    "publisher": ("citation_journal_title", "og:site_name", "dc.publisher", "application-name"),
    "author": ("citation_author", "author", "dc.creator", "article:author", "parsely-author"),
    "published_on": (
        "citation_publication_date",
        "article:published_time",
        "dc.date",
        "dcterms.date",
        "date",
        "parsely-pub-date",
    ),
}
_ISO = re.compile(r"\d{4}(?:[-/](?:0[1-9]|1[0-2])(?:[-/](?:0[1-9]|[12]\d|3[01]))?)?")


def tidied(text: str) -> str:
    """A text without idle space, as far as it is kept."""
    lines = (" ".join(line.split()) for line in text.replace("\x00", "").splitlines())
    return re.sub(r"\n{3,}", "\n\n", "\n".join(lines)).strip()[:MAX_TEXT]


class _Page(HTMLParser):
    """Collects visible text, titles and what meta elements say."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.pieces: list[str] = []
        self.meta: dict[str, str] = {}
        self.heard: dict[str, list[str]] = {"title": [], "h1": [], "json": []}
        self._silent: list[str] = []
        self._hearing: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        if tag == "meta":
            name = (found.get("property") or found.get("name") or "").lower()
            if name and found.get("content"):
                self.meta.setdefault(name, found["content"].strip()[:400])
            return
        if tag in ("title", "h1") and not (tag == "title" and "svg" in self._silent):
            self._hear(tag)
        elif tag == "script" and "ld+json" in found.get("type", ""):
            self._hear("json")
        if tag in _SILENT and not (tag == "head" and self._silent):
            self._silent.append(tag)
        if tag == "body":
            self._silent.clear()  # whatever of the head was left open
        if tag not in _ONE_LINE:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hearing and (self._hearing[-1] == tag or tag == "script"):
            self._hearing.pop()
        if tag in self._silent:
            while self._silent.pop() != tag:
                pass
        if tag not in _WITHOUT_BREAK:
            self.pieces.append("\n")

    def handle_data(self, data: str) -> None:
        if self._hearing:
            self.heard[self._hearing[-1]][-1] += data
        if not self._silent:
            self.pieces.append(re.sub(r"\s+", " ", data))

    def _hear(self, what: str) -> None:
        if len(self.heard[what]) < 20:
            self.heard[what].append("")
            self._hearing.append(what)


def read_page(text: str) -> dict[str, Any]:
    """The visible text of an HTML page, its titles, and the parts of a source that it tells."""
    page = _Page()
    page.feed(text)
    page.close()
    data = [_of_json(found) for found in page.heard["json"]]
    says = {name: _first(page.meta, names) for name, names in _SAYS.items()}
    for found in data:
        for name, value in found.items():
            if value and not says.get(name):
                says[name] = value
    dated = _ISO.match(says.get("published_on", ""))
    says["published_on"] = dated[0].replace("/", "-") if dated else ""
    if says["author"].startswith("http"):
        says["author"] = ""
    heard = [" ".join(one.split()) for one in (*page.heard["title"], *page.heard["h1"])]
    titles = tuple(dict.fromkeys(filter(None, (says["title"], *heard))))
    says["title"] = says["title"] or (titles[0] if titles else "")
    shown = "".join(page.pieces)
    # Pages that a script builds carry their article for search engines.
    articles = [found["text"] for found in data if found.get("text", "") not in shown]
    known = {name: " ".join(value.split())[:400] for name, value in says.items() if name != "text"}
    return {
        "text": tidied("\n".join((shown, *articles))),
        "titles": titles,
        "says": {name: value for name, value in known.items() if value},
    }


def _first(meta: dict[str, str], names: tuple[str, ...]) -> str:
    return next((meta[name] for name in names if meta.get(name)), "")


def _of_json(text: str) -> dict[str, str]:
    """What JSON-LD says of an article."""
    try:
        found = json.loads(text)
    except (ValueError, RecursionError):
        return {}
    things: list[Any] = found if isinstance(found, list) else [found]
    if isinstance(found, dict) and isinstance(found.get("@graph"), list):
        things = found["@graph"]
    for thing in things:
        if isinstance(thing, dict) and ("articleBody" in thing or "headline" in thing):
            return {
                "title": _named(thing.get("headline")),
                "author": _named(thing.get("author")),
                "publisher": _named(thing.get("publisher")),
                "published_on": _named(thing.get("datePublished")),
                "text": _named(thing.get("articleBody")),
            }
    return {}


def _named(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(filter(None, map(_named, value)))
    if isinstance(value, dict):
        return _named(value.get("name"))
    return value.strip() if isinstance(value, str) else ""


def read_pdf(body: bytes) -> dict[str, Any]:
    """The text of a PDF's pages, as far as the limits reach."""
    pages: list[str] = []
    size = 0
    for page in importlib.import_module("pypdf").PdfReader(io.BytesIO(body)).pages[:MAX_PAGES]:
        pages.append(page.extract_text())
        size += len(pages[-1])
        if size > MAX_TEXT:
            break
    return {"text": tidied("\n\n".join(pages)), "titles": (), "says": {}}


def main() -> None:
    """Read what comes in, within bounds."""
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    body = sys.stdin.buffer.read()
    found = read_pdf(body) if sys.argv[1] == "pdf" else read_page(body.decode("utf-8", "replace"))
    sys.stdout.buffer.write(json.dumps(found).encode())


if __name__ == "__main__":
    main()
