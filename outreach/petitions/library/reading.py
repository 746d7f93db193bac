"""What a fetched page or an uploaded file says: its text, its title, and whether it is a wall."""

from __future__ import annotations

import codecs
import json
import re
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any

from outreach.core.errors import BadInput
from outreach.petitions.intake.words import words
from outreach.petitions.library import pdf

MAX_TEXT = 2_000_000  # characters of a text that are kept
MAX_FILE = 20_000_000  # bytes of a file that a person brings
_LITTLE = 1500  # a page of fewer characters that speaks of a wall is one
_WALL = re.compile(
    r"enable javascript|javascript is (?:disabled|required)|verif(?:y|ying) (?:that )?you are "
    r"(?:a |not a )?(?:human|robot)|are you a (?:human|robot)|checking your browser|captcha|"
    r"just a moment|access (?:to this page )?(?:is |has been )?denied|unusual traffic|"
    r"subscribe (?:now )?to (?:continue|read|keep)|(?:sign|log) in to (?:continue|read)|"
    r"already a subscriber|accept (?:all )?cookies|we (?:use|value) (?:cookies|your privacy)|"
    r"your consent|cookie (?:policy|settings|preferences)|before you continue",
    re.IGNORECASE,
)
_CHARSET = re.compile(r"charset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SILENT = frozenset({"script", "style", "noscript", "template", "svg", "head", "iframe", "select"})
_INLINE = words(
    "a abbr b bdi bdo cite code data dfn em font i kbd mark q s samp small span strong sub sup "
    "time tt u var wbr"
)
_VOID = words("area base br col embed hr img input link meta source track wbr")
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


@dataclass(frozen=True)
class Read:
    """A document as it was understood. `says` are parts of a source, as it names them itself;
    `titles` all that may be meant by its title."""

    text: str
    titles: tuple[str, ...] = ()
    says: dict[str, str] = field(default_factory=dict)

    @property
    def is_wall(self) -> bool:
        """Whether it shows a check of browsers, consent or subscription in place of a text."""
        shown = " ".join((*self.titles, self.text))
        return len(self.text) < _LITTLE and _WALL.search(shown) is not None


def read_document(body: bytes, content_type: str = "", name: str = "") -> Read:
    """HTML, PDF or plain text as text. Raises BadInput for what holds none that can be read."""
    if len(body) > MAX_FILE:
        raise BadInput(
            f"{name or 'The file'} is larger than {MAX_FILE // 1_000_000} MB; nothing was read.",
            hint="Paste the part of its text that is quoted.",
            field="file",
        )
    kind = content_type.partition(";")[0].strip().lower()
    if body[:1024].lstrip().startswith(b"%PDF-") or kind == "application/pdf":
        return Read(_kept(pdf.text_of(body)))
    if kind.startswith(("image/", "audio/", "video/", "font/")) or _is_binary(body, content_type):
        raise BadInput(
            f"{name or 'It'} holds no text that can be read here ({kind or 'binary'}).",
            hint="Paste its text, or send it as PDF, HTML or plain text.",
            field="file",
        )
    text = decoded(body, content_type)
    if kind == "text/plain" or not re.search(r"<(?:!doctype|html|head|body|p|div)\b", text, re.I):
        return Read(_kept(text))
    return _read_html(text)


def decoded(body: bytes, content_type: str = "") -> str:
    """Bytes as text: what is valid UTF-8 is UTF-8, whatever the server calls it."""
    for mark, encoding in _BOMS:
        if body.startswith(mark):
            return body.decode(encoding, "replace")
    declared = _CHARSET.search(content_type) or _CHARSET.search(body[:2048].decode("latin-1"))
    wanted = declared[1].lower() if declared else "utf-8"
    order = (wanted, "utf-8") if wanted.startswith("utf-16") else ("utf-8", wanted)
    for encoding in order:
        try:
            return body.decode(encoding)
        except (UnicodeDecodeError, LookupError):
            continue
    if wanted.startswith("utf"):  # cut within a letter, or a few letters broken
        text = body.decode("utf-8", "replace")
        if text.count("\ufffd") * 200 < len(text) + 200:
            return text
    return body.decode("cp1252", "replace")


def _is_binary(body: bytes, content_type: str) -> bool:
    wide = "utf-16" in content_type.lower() or body.startswith((_BOMS[1][0], _BOMS[2][0]))
    return b"\x00" in body[:4096] and not wide


def _kept(text: str) -> str:
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
        if tag not in _INLINE:
            self.pieces.append("\n")

    def handle_endtag(self, tag: str) -> None:
        if self._hearing and (self._hearing[-1] == tag or tag == "script"):
            self._hearing.pop()
        if tag in self._silent:
            while self._silent.pop() != tag:
                pass
        if tag not in _INLINE and tag not in _VOID:
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


def _read_html(text: str) -> Read:
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
    return Read(_kept("\n".join((shown, *articles))), titles, {k: v for k, v in known.items() if v})


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
