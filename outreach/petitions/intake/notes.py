"""The list of notes in a text: where it stands, and the words of each note."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import count

from outreach.petitions.intake.entries import (
    SUPERSCRIPTS,
    Entry,
    citation_score,
    entry_of,
    is_notes_heading,
    unnumbered,
)
from outreach.petitions.intake.lines import Line
from outreach.petitions.intake.phrases import Kind, classify
from outreach.petitions.intake.signs import sign_notes

_STRONG_MARKER = re.compile(
    r"(?:[^\W\d_][.,;!?…]?[”\"’')\]]?[\[(]?\^?|\w\s[\[(])([0-9¹²³⁴-⁹]{1,3})"
    r"(?=[\s.,;:!?)\]”\"]|$)"
)
_URL_ONLY = re.compile(r"^<?https?://\S+$", re.IGNORECASE)
_URL_BROKEN = re.compile(r"(?:https?://|www\.)\S*[/\-=&?_%]$", re.IGNORECASE)
_URL_GOES_ON = re.compile(r"^[\w\-./=&?%#~+]*[\-./=&?%#_0-9][\w\-./=&?%#~+]*")
_ESCAPED = re.compile(r"\\([*_`\[&#])")
_LARGEST_GAP = 5


@dataclass(frozen=True, slots=True)
class Note:
    """One note: its number, its words without the number, the line where it starts."""

    number: int
    raw: str
    line: int


@dataclass(slots=True)
class NotesList:
    """The notes of a text, the lines that they take up, names of `[^name]` notes, doubts."""

    notes: list[Note] = field(default_factory=list)
    consumed: set[int] = field(default_factory=set)
    ids: dict[str, int] = field(default_factory=dict)
    doubts: list[tuple[int, str]] = field(default_factory=list)


@dataclass(slots=True)
class _Run:
    """A stretch of entries numbered in order, while it is gathered."""

    entries: list[Entry]
    rows: list[list[Line]]
    heading: Line | None = None

    def texts(self) -> list[str]:
        return [_unwrapped(e.text, rows) for e, rows in zip(self.entries, self.rows, strict=True)]


def find_notes(lines: Sequence[Line]) -> NotesList:
    """The list of notes: the `[^n]:` definitions, else the last numbered run of sources.

    A numbered list of demands is none: it holds no dates, addresses or quoted titles, and no
    marker leans on it.
    """
    runs = _runs(lines)
    defined = [run for run in runs if run.entries[0].style == "definition"]
    chosen = defined or _best(runs, lines)
    found = NotesList()
    for run in chosen:
        _take(run, found)
    signed = sign_notes(lines, found.consumed)
    for number, (sign, first, rows) in enumerate(signed, start=_largest(found) + 1):
        found.notes.append(Note(number, _unwrapped(first, rows), rows[0].number))
        found.ids[sign] = number
        found.consumed.update(row.number for row in rows)
    if not found.notes:
        _take_unnumbered(lines, found)
    return found


def _largest(found: NotesList) -> int:
    return max((note.number for note in found.notes), default=0)


def _runs(lines: Sequence[Line]) -> list[_Run]:
    runs: list[_Run] = []
    heading: Line | None = None
    at = 0
    while at < len(lines):
        line = lines[at]
        if is_notes_heading(line.text):
            heading, at = line, at + 1
            continue
        entry = entry_of(line)
        if entry is None or not (heading or entry.may_open()):
            if line.text:
                heading = None
            at += 1
            continue
        run = _Run([entry], [[line]], heading)
        at = _gather(run, lines, at + 1)
        runs.append(run)
        heading = None
    return runs


def _gather(run: _Run, lines: Sequence[Line], at: int) -> int:
    """Lines put to a run from `at` on; returns the first line that is not part of it."""
    blank = False
    while at < len(lines):
        line = lines[at]
        if not line.text:
            blank = True
            at += 1
            continue
        entry = entry_of(line)
        if entry is not None and _follows(run, entry, blank):
            run.entries.append(entry)
            run.rows.append([line])
        elif _ends_run(run, line, blank):
            return at
        else:
            run.rows[-1].append(line)
        blank = False
        at += 1
    return at


def _follows(run: _Run, entry: Entry, blank: bool) -> bool:
    last = run.entries[-1]
    if entry.style != last.style:
        numbered = "definition" not in (entry.style, last.style) and not entry.text[:1].islower()
        return numbered and entry.number == last.number + 1 and citation_score(entry.text) >= 2
    if entry.style == "definition":
        return True
    if entry.number == last.number + 1:
        return True
    if run.heading and entry.number == last.number == 1:
        return True  # Markdown's lazy numbering
    if entry.style in {"bare", "glued"} or not (blank or run.heading or len(run.rows[-1]) == 1):
        return False
    near = last.number <= entry.number <= last.number + _LARGEST_GAP
    return near and citation_score(entry.text) >= 2


def _ends_run(run: _Run, line: Line, blank: bool) -> bool:
    if blank and not _goes_on_after_blank(run, line):
        return True
    return is_notes_heading(line.text) or classify(line.text).kind is not Kind.TEXT


def _goes_on_after_blank(run: _Run, line: Line) -> bool:
    if not run.entries[-1].text and len(run.rows[-1]) == 1:
        return True  # the number stood alone on its line
    if _URL_ONLY.match(line.text):
        return True
    definition = run.entries[-1].style == "definition"
    return definition and line.indent >= run.rows[-1][0].indent + 2


def _best(runs: list[_Run], lines: Sequence[Line]) -> list[_Run]:
    headed = [run for run in runs if run.heading]
    if headed:
        return headed[-1:]
    likely = [run for run in runs if _reads_as_sources(run)]
    if likely:
        return likely[-1:]
    if runs and _is_leaned_on(runs[-1], lines):
        return runs[-1:]
    return []


def _reads_as_sources(run: _Run) -> bool:
    texts = run.texts()
    return 2 * sum(citation_score(text) >= 2 for text in texts) >= len(texts)


def _is_leaned_on(run: _Run, lines: Sequence[Line]) -> bool:
    """Whether glued digits above a run call at least half of its numbers, in the run's words."""
    start = run.rows[0][0].number
    called = {
        int(digits.translate(SUPERSCRIPTS))
        for line in lines[: start - 1]
        for digits in _STRONG_MARKER.findall(line.text)
    }
    numbers = {entry.number for entry in run.entries}
    return 2 * len(numbers & called) >= len(numbers)


def _take(run: _Run, found: NotesList) -> None:
    named = bool(run.entries[0].id)
    lazy = len(run.entries) > 1 and not named and all(e.number == 1 for e in run.entries)
    if run.heading:
        found.consumed.add(run.heading.number)
    used = {note.number: note.line for note in found.notes}
    used.update({entry.number: -1 for entry in run.entries if entry.id.isdigit()})
    free = count(1)
    for at, (entry, rows, text) in enumerate(
        zip(run.entries, run.rows, run.texts(), strict=True), start=1
    ):
        number = at if lazy else entry.number
        line = rows[0].number
        if entry.id and not entry.id.isdigit():
            number = next(n for n in free if n not in used)
        if used.get(number, -1) > 0:
            found.doubts.append((line, f"note {number} stands already on line {used[number]}"))
        used[number] = line
        if entry.id:
            found.ids.setdefault(entry.id, number)
        found.notes.append(Note(number, text, line))
        found.consumed.update(row.number for row in rows)
    if lazy:
        line = run.rows[0][0].number
        found.doubts.append((line, "every note is numbered 1; they were numbered in their order"))


def _take_unnumbered(lines: Sequence[Line], found: NotesList) -> None:
    heading, rows = unnumbered(lines)
    if not rows:
        return
    found.consumed.update(row.number for group in rows for row in group)
    if heading:
        found.consumed.add(heading.number)
    for number, group in enumerate(rows, start=1):
        first = re.sub(r"^[-*+•–]\s+", "", group[0].raw)
        found.notes.append(Note(number, _unwrapped(first, group), group[0].number))
    line = rows[0][0].number
    found.doubts.append((line, "the notes have no numbers; they were numbered in their order"))


def _unwrapped(first: str, rows: Sequence[Line]) -> str:
    """The words of a note that went over several lines; a broken web address is closed again."""
    text = first
    for row in rows[1:]:
        last_word = text.rsplit(maxsplit=1)[-1] if text else ""
        broken = _URL_BROKEN.search(last_word) and _URL_GOES_ON.match(row.raw)
        text += row.raw if broken or not text else f" {row.raw}"
    return _ESCAPED.sub(r"\1", text)
