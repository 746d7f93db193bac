"""Notes read as sources: who wrote what, where and when it was published."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from itertools import pairwise

from outreach.petitions.intake.addresses import (
    blanked,
    find_addresses,
    without_markdown_links,
)
from outreach.petitions.intake.bylines import author_and_publisher
from outreach.petitions.intake.dates import find_date, without_access_dates
from outreach.petitions.intake.plain_sources import read_without_title_marks
from outreach.petitions.intake.quotes import Span, clean_title, quoted_spans

_TYPED_QUOTES = re.compile(r"``|''|,,(?=\w)|‘‘|’’")
_ITALIC = re.compile(r"(?<![\w*])([*_]{1,3})(?=[^\s*_])([^*_]+)\1(?![\w*])")
_SIGNAL = re.compile(
    r"^(?:see\s+(?:also|generally)|see,?\s+e\.g\.|see|cf\.|e\.g\.|sources?:|quoted\s+in|"
    r"as\s+reported\s+by)[,:]?\s+(?=[A-Z“\"‘*_\[h])",
    re.IGNORECASE,
)
_NEXT_SOURCE = re.compile(
    r";\s+(?:and\s+|see\s+(?:also\s+)?)?|[.,]\s+(?:and\s+)?see\s+(?:also\s+)?"
    r"|(?<=[0-9|)/>])[.,]?\s+(?:and|&)\s+(?:also\s+)?(?:see\s+)?",
    re.IGNORECASE,
)
_NEXT_STARTS = re.compile(r"^[\s;,.]*(?:(?:and|&)\s+)?(?:see\s+(?:also\s+)?)?", re.IGNORECASE)
_MOST_SOURCES = 20
_AFTER_YEAR = re.compile(r"\b(?:1[5-9]|20)[0-9]{2}\)?[.,;]?\s+")
_SOURCE_SIGN = re.compile(r"[“\"«]|https?://|www\.|\b(?:1[5-9]|20)[0-9]{2}\b", re.IGNORECASE)
_DATED = re.compile(r"https?://|www\.|\b(?:1[5-9]|20)[0-9]{2}\b", re.IGNORECASE)


SOURCE_PARTS = ("author", "title", "publisher", "date", "url")


@dataclass(slots=True)
class Source:
    """The parts of a source as far as they were recognised, with what is doubtful."""

    author: str | None = None
    title: str | None = None
    publisher: str | None = None
    date: str | None = None
    url: str | None = None
    doubts: list[str] = field(default_factory=list)


def read_source(raw: str) -> Source:
    """The parts of the (first) source that a note names; every doubt is a phrase about the note."""
    found = Source()
    text = _TYPED_QUOTES.sub('"', re.sub(r"\s+", " ", raw)).strip()
    text = _first_of_several(text) or text
    text, found.url = without_markdown_links(text)
    for address in find_addresses(text):
        if found.url is None or (not address.is_archive and "archive" in found.url):
            found.url = address.url
        text = blanked(text, address)
    text = _SIGNAL.sub("", text.strip())
    spans, text = _title_spans(text)
    dated = find_date(without_access_dates(_outside(text, spans)))
    place = (dated.start, dated.end) if dated else None
    if dated:
        found.date = dated.iso
        if dated.doubt:
            found.doubts.append(f"has a doubtful date: {dated.doubt}")
    if spans:
        _read_around(found, text, spans[0], place)
    else:
        rest = _cut(without_access_dates(text), place)
        found.author, found.title, found.publisher = read_without_title_marks(rest)
        if found.title:
            found.doubts.append(f"has no quoted title; “{found.title[:60]}” was taken for it")
    if not found.title:
        found.doubts.append("has no title that could be recognised")
    return found


def further_sources(raw: str) -> list[Source]:
    """The sources that a note names behind its first, at most as many as fit a note."""
    return [read_source(words) for words in sources_named(raw)[1:]]


def sources_beside(raw: str) -> list[Source]:
    """The sources that a note names beside the note that it repeats: “See note 2; Lee, …”."""
    rest = _NEXT_STARTS.sub("", raw.partition(";")[2])
    return [read_source(words) for words in sources_named(rest)]


def sources_named(raw: str) -> list[str]:
    """The words of a note on each source that it names; the last of very many holds the rest."""
    text = re.sub(r"\s+", " ", raw).strip()
    found: list[str] = []
    while len(found) < _MOST_SOURCES and (first := _first_of_several(text)) is not None:
        rest = _NEXT_STARTS.sub("", text[len(first) :])
        if not rest or len(rest) >= len(text):
            break
        found.append(first)
        text = rest
    return [*found, text]


def _read_around(found: Source, text: str, span: Span, date_at: tuple[int, int] | None) -> None:
    title = clean_title(span.inner(text))
    found.title = title or None
    if not span.closed:
        found.doubts.append("has a quote that is not closed")
    text = _cut(without_access_dates(text), date_at)
    before, after = text[: span.start], text[span.end :]
    found.author, found.publisher = author_and_publisher(before, after)


def _title_spans(text: str) -> tuple[list[Span], str]:
    """The spans that may be titles; without quotes a Markdown italic is one. Italics are undone."""
    spans = quoted_spans(text)
    italic = _ITALIC.search(text)
    if italic is None:
        return spans, text
    if not spans:
        inner = italic.group(2)
        text = f"{text[: italic.start()]}“{inner}”{text[italic.end() :]}"
        return quoted_spans(text), text
    text = _ITALIC.sub(r"\2", text)
    return quoted_spans(text), text


def _outside(text: str, spans: list[Span]) -> str:
    for span in spans:
        text = text[: span.start] + "\x00" * (span.end - span.start) + text[span.end :]
    return text.replace("\x00", "|")


def _cut(text: str, place: tuple[int, int] | None) -> str:
    """The text with a stretch blanked out, the rest where it was."""
    if place is None:
        return text
    return text[: place[0]] + " " * (place[1] - place[0]) + text[place[1] :]


def _first_of_several(text: str) -> str | None:
    """The first source of a note that names more than one, or None."""
    spans = quoted_spans(text)
    plain = _outside(text, spans)
    for found in _NEXT_SOURCE.finditer(plain):
        left, right = text[: found.start()], text[found.end() :]
        if _SOURCE_SIGN.search(left) and _SOURCE_SIGN.search(right):
            return left
    for before, after in pairwise(spans):
        ended = _AFTER_YEAR.search(plain, before.end, after.start)
        if ended and _DATED.search(plain, after.end):
            return text[: ended.end()].rstrip()
    if text.count("://") + text.count("www.") < 2:
        return None
    addresses = [a for a in find_addresses(text) if not a.is_archive]
    if len(addresses) > 1:
        between = plain[addresses[0].end : addresses[1].start]
        words = len(re.findall(r"[^\W\d_]{2,}", between))
        cut = addresses[0].end if "|" in between or words > 3 else addresses[1].start
        return text[:cut]
    return None
