"""One line of a list of notes: how its number is written, and whether its words are a source."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.petitions.intake.dates import YEAR, full_date
from outreach.petitions.intake.lines import Line
from outreach.petitions.intake.phrases import Kind, bare, classify

SUPERSCRIPTS = str.maketrans("⁰¹²³⁴⁵⁶⁷⁸⁹", "0123456789")
_I = re.IGNORECASE
_STYLES = (
    ("definition", re.compile(r"^\[\^(?P<id>[^\]\s]{1,40})\]:?\s*(?P<text>.*)$")),
    ("bracket", re.compile(r"^\\?\[(?P<n>[0-9]{1,4})\\?\][:.]?(?!\()\s*(?P<text>.*)$")),
    (
        "dot",
        re.compile(
            r"^(?P<n>[0-9]{1,4})\\?\.(?:\s+(?P<text>.*)|(?P<tight>[^\W\d].*|[“\"‘«*\[].*)|$)"
        ),
    ),
    ("parenthesis", re.compile(r"^\(?(?P<n>[0-9]{1,4})\\?\)\s*(?P<text>.*)$")),
    ("caret", re.compile(r"^\^\s?(?P<n>[0-9]{1,4})\^?[.):]?\s*(?P<text>.*)$")),
    ("superscript", re.compile(r"^(?P<n>[⁰¹²³⁴⁵⁶⁷⁸⁹]{1,4})\s*(?P<text>.*)$")),
    ("colon", re.compile(r"^(?P<n>[0-9]{1,4}):\s+(?P<text>.*)$")),
    ("bare", re.compile(r"^(?P<n>[0-9]{1,4})(?:\s+(?P<text>\S.*)|$)")),
    ("glued", re.compile(r"^(?P<n>[0-9]{1,3})(?P<text>(?:[A-Z][a-z]|[“\"‘]).*)$")),
)  # fmt: skip
_BULLET = re.compile(r"^[-*+•–]\s+")
_HEADING = re.compile(
    r"^(?:notes?|foot-?notes?|end-?notes?|sources?|references?|citations?|works\s+cited|"
    r"bibliography|further\s+reading|(?:notes|sources|references)\s*(?:and|&)\s*(?:notes|sources|"
    r"references)|sources?\s+cited|quellen|fußnoten|fuentes|notas|références)\s*:?\s*$",
    _I,
)
_INLINE = re.compile(r"^(?:sources?|references?|notes?)\s*:\s+(?P<text>\S.*)$", _I)
_URL = re.compile(r"https?://|\bwww\.|\bdoi:", _I)
_REPEAT = re.compile(r"^\W*(?:ibid\b|ibidem\b|idem\b|id\.|op\. cit|see\s+(?:foot)?note|supra)", _I)
_QUOTED = re.compile(r"[“\"«‘][^“”\"«»]{1,300}[”\"»’]")
_PAGE = re.compile(r"\b(?:pp?\.|pages?|§|paras?\.?)\s?[0-9]")
_STARTS_AS_SOURCE = re.compile(r"^(?:[^.!?“\"]{0,80},\s*)?[“\"«‘]")
_ENDS_WITH_YEAR = re.compile(r"\b(?:1[89]|20)[0-9]{2}\)?[.,;)\s]*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """A line that starts with a note's number: how it is written, the number, the rest."""

    style: str
    number: int
    text: str
    id: str = ""

    def may_open(self) -> bool:
        """Whether a list without a heading may begin with this entry."""
        return self.style == "definition" or self.number == 1


def entry_of(line: Line) -> Entry | None:
    """The line as a note's first line, or None."""
    raw = _BULLET.sub("", line.raw) if line.text[:1] in "-*+•–" else line.raw
    raw = re.sub(r"^<sup>\s*\[?([0-9]{1,4})\]?\s*</sup>", r"^\1", raw, flags=_I)
    if not raw or (raw[0] not in "[(^\\" and not raw[0].isdigit()):
        return None
    for style, pattern in _STYLES:
        found = pattern.match(raw)
        if not found:
            continue
        parts = found.groupdict()
        text = (parts.get("text") or parts.get("tight") or "").strip()
        if style == "definition":
            name = parts["id"]
            return Entry(style, int(name) if _plain_number(name) else 0, text, name)
        number = int(parts["n"].translate(SUPERSCRIPTS))
        return Entry(style, number, text) if number else None
    return None


def is_notes_heading(text: str) -> bool:
    """Whether a line announces the notes: "Notes", "## Sources", "**References:**"."""
    return len(text) < 60 and bool(_HEADING.match(bare(text)))


def citation_score(text: str) -> int:
    """How much a text reads as a source; 2 and above is one."""
    if _REPEAT.match(text):
        return 3
    if _URL.search(text):
        return 3
    dated = YEAR.search(text)
    score = 0
    if len(text) < 600 and _QUOTED.search(text):
        score += 1 + bool(dated and _STARTS_AS_SOURCE.match(text))
    if dated and (_ENDS_WITH_YEAR.search(text) or _PAGE.search(text)):
        score += 1
    if score < 2 and full_date(text):
        score += 1
    return score


def unnumbered(lines: Sequence[Line]) -> tuple[Line | None, list[list[Line]]]:
    """Sources that stand under a heading, or behind "Source:", without numbers.

    Returns the heading, if there is one, and the lines of each source.
    """
    for at, line in enumerate(lines):
        if is_notes_heading(line.text):
            rows = _rows_below(lines, at + 1)
            scores = [citation_score(" ".join(row.text for row in group)) for group in rows]
            if rows and 2 * sum(score >= 2 for score in scores) >= len(rows):
                return line, rows
        inline = _INLINE.match(bare(line.text))
        if inline and citation_score(inline["text"]) >= 2:
            sources = [s for s in re.split(r";\s+", inline["text"]) if s]
            return line, [[Line(line.number, s, s, line.indent)] for s in sources]
    return None, []


def _rows_below(lines: Sequence[Line], at: int) -> list[list[Line]]:
    rows: list[list[Line]] = []
    bulleted = False
    blank = True
    for index in range(at, len(lines)):
        line = lines[index]
        if not line.text:
            blank = True
            continue
        bullet = bool(_BULLET.match(line.text))
        announced = classify(line.text).kind is not Kind.TEXT or is_notes_heading(line.text)
        if announced or (bulleted and blank and not bullet):
            break
        bulleted = bulleted or bullet
        if bulleted and not bullet and rows:
            rows[-1].append(line)
        elif not bullet and blank and rows and citation_score(line.text) < 2:
            break
        else:
            rows.append([line])
        blank = False
    return rows


def _plain_number(name: str) -> bool:
    return name.isascii() and name.isdigit() and 0 < int(name) < 10_000
