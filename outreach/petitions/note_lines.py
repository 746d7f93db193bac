"""How a note is written: its words as they were pasted, or a line built from its sources' parts.

Page, letters, plain text and PDF ask `note_parts` or `note_text` for a note's line.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from urllib.parse import urlsplit

from outreach.petitions.citations import Named, Note
from outreach.petitions.intake.sources import sources_named
from outreach.petitions.library import styles

_DOUBLE = re.compile('[“”„"]')
_ITALIC = re.compile(r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^*]+?)(?<=[^\s*])\1(?![\w*])")
_TITLE_LINK = re.compile(r"\[([^\[\]]+)\]\((?:[^\s()]|\([^\s()]*\))+\)")
_WORDS = re.compile(r"\w+")
_GOES_ON = re.compile(r"(?:and\b|also\b|see\b|&)", re.IGNORECASE)
_LAST_STOP = re.compile(r"\.([”’\"')]*)$")


@dataclass(frozen=True, slots=True)
class Part:
    """A stretch of a note's line: plain words, the title of a source (with its quotes) and the
    source's address, or the number of the note that it repeats."""

    words: str
    is_title: bool = False
    url: str | None = None
    note: int | None = None


def in_full(note: Note) -> Note:
    """A note that repeats another one, for where that one is not shown: it names its source."""
    style = styles.CHICAGO if note.style == styles.CHICAGO else styles.HOUSE
    return replace(note, same_as=None, repeats=(), style=style)


def note_text(note: Note) -> str:
    """The note as one plain line: as it was pasted, tidied, or built from its parts."""
    return "".join(part.words for part in note_parts(note))


def note_parts(note: Note) -> list[Part]:
    """The same line in pieces, each title apart.

    A source of which no title stands there is a title as a whole. In the style “pasted” the pasted
    words win over a line built from the parts.
    """
    pasted = _tidied(note)
    if pasted and (note.style == styles.PASTED or not note.sources[0].title):
        parts = _cut(pasted, note.sources)
    else:
        parts = list(_built(note))
    if note.same_as is not None:
        whole = Part("".join(p.words for p in parts), is_title=True, url=note.sources[0].url)
        return [whole, Part(f" (note {note.same_as})", note=note.same_as)]
    return parts


def linked_parts(note: Note) -> list[Part]:
    """The same for a letter, where nothing stands beside the line: a further source whose title is
    not in it follows by the name of its site."""
    parts = note_parts(note)
    linked = {part.url for part in parts}
    for source in note.sources[1:]:
        if source.url and source.url not in linked and note.same_as is None:
            site = urlsplit(source.url).hostname or source.url
            parts += [Part(" "), Part(site, is_title=True, url=source.url)]
    return parts


def _cut(line: str, sources: Sequence[Named]) -> list[Part]:
    parts: list[Part] = []
    done = 0
    for source in sources:
        words = _WORDS.findall(source.title or "")
        pattern = r"[“\"‘'«]*\b" + r"[\W_]+".join(map(re.escape, words)) + r"\b[^\w\s]*"
        found = re.compile(pattern).search(line, done) if words else None
        if found:
            before = line[done : found.start()]
            title = Part(_curled(found[0]), is_title=True, url=source.url)
            parts += [Part(before), title] if before else [title]
            done = found.end()
    if not parts:
        return [Part(line, is_title=True, url=sources[0].url)]
    return [*parts, Part(line[done:])] if line[done:] else parts


def _built(note: Note) -> Iterator[Part]:
    """The line of each source as the note's style writes it, with semicolons between."""
    repeats = note.repeats or ("",) * len(note.sources)
    pieces = sources_named(note.raw)
    if len(pieces) != len(note.sources):
        pieces = [note.raw, *("" for _ in note.sources[1:])]
    for at, (source, how, raw) in enumerate(zip(note.sources, repeats, pieces, strict=True)):
        locator = styles.locator(raw, source.title)
        if how == styles.IBID:
            line = styles.ibid(locator)
        elif how == styles.SHORT:
            line = styles.short(source, locator)
        else:
            line = styles.full(source, note.style, locator) or source.url or ""
        last = at == len(note.sources) - 1
        yield from _cut(line if last else _LAST_STOP.sub(r"\1", line), [source])
        if not last:
            yield Part("; ")


def _tidied(note: Note) -> str:
    line = _TITLE_LINK.sub(r"\1", " ".join(note.raw.split()))
    line = _ITALIC.sub(r"\2", line)  # a pasted note is shown as text
    # The page and the letter link addresses; nobody reads them aloud
    several = len(note.sources) > 1
    for url in sorted((one.url for one in note.sources if one.url), key=len, reverse=True):
        line = _without(line, url, several=several)
    return styles.closed(line)


def _without(line: str, url: str, *, several: bool) -> str:
    """The line without an address and the signs that led to it."""
    before, there, after = line.partition(url)
    if not there:
        return line
    if before.endswith(("<", "(")):
        before, after = before[:-1], after.removeprefix(">").removeprefix(")")
    listed = before.rstrip().endswith(",") or after.startswith(",")
    sentence = before.rstrip().endswith(".")
    before, after = before.strip(" ,;:."), after.strip(" ,")
    if not before or not after.strip(" .;:"):
        return before or after
    if after[0] in ".;:)":
        return f"{before}{after}"
    if several and not _GOES_ON.match(after):
        return f"{before}; {after}"
    return f"{before}{', ' if listed else '. ' if sentence else ' '}{after}"


def _curled(title: str) -> str:
    """Straight or doubled quotes as a printer sets them: “outer ‘inner’ outer”."""
    marks = [found.start() for found in _DOUBLE.finditer(title)]
    if len(marks) < 2 or marks[0] != 0:
        return title
    letters = list(title)
    letters[marks[0]], letters[marks[-1]] = "“", "”"
    for i, position in enumerate(marks[1:-1]):
        letters[position] = "’" if i % 2 else "‘"
    return "".join(letters)
