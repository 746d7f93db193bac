"""A petition's structure as Markdown, and back: what was written here is read back as it was.

The first line names the form; then each part stands below its own heading. Nothing is guessed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace

from outreach.petitions.intake.cited import cite
from outreach.petitions.intake.findings import Finding, Sure
from outreach.petitions.intake.markers import word_before
from outreach.petitions.intake.notes import Note
from outreach.petitions.intake.sources import SOURCE_PARTS, Source
from outreach.petitions.intake.understanding import Citation, Marker, Paragraph, Understanding

SIGNATURE = "<!-- petition -->"
SECTIONS = (
    "Headline", "Organisation", "To", "Statement", "Text", "Partners", "Consent line", "Thanks",
    "Notes",
)  # fmt: skip
_PARTS = (*SOURCE_PARTS, "same_as")
_HEADING = re.compile(rf"^(\\*)## ({'|'.join(SECTIONS)})$", re.MULTILINE)
_MARKER = re.compile(r"(\\*)\[\^([0-9]{1,9})\]")
_NOTE = re.compile(r"^\[\^([0-9]{1,9})\]: (.*)$")
_CORRECTED = re.compile(rf"^    ({'|'.join(_PARTS)}):(?: (.*))?$")
# Of a note that names several sources: how many stand behind its first, and the parts of the nth.
_FURTHER = re.compile(r"^    further: ([0-9]{1,2})$")
_OF_FURTHER = re.compile(rf"^    source ([0-9]{{1,2}}) ({'|'.join(SOURCE_PARTS)}): (.*)$")


def as_markdown(petition: Understanding) -> str:
    """The whole structure as Markdown; `read_markdown` gives the same structure back."""
    texts = {place: _marked(petition, place) for place in ("headline", "statement")}
    body = [_marked(petition, "body", at) for at in range(len(petition.paragraphs))]
    parts = {
        "Headline": texts["headline"],
        "Organisation": petition.organisation,
        "To": "\n".join(f"- {name}" for name in petition.targets),
        "Statement": texts["statement"],
        "Text": "\n\n".join(body),
        "Partners": "\n".join(f"- {name}" for name in petition.partners),
        "Consent line": petition.consent_line,
        "Thanks": petition.thanks,
    }
    sections = [f"## {name}\n\n{_guarded(text)}" for name, text in parts.items() if text]
    if petition.citations:
        sections.append("## Notes\n\n" + "\n".join(_note_lines(petition.citations)))
    return "\n\n".join([SIGNATURE, *sections]) + "\n"


def is_ours(text: str) -> bool:
    """Whether a text is in the form of `as_markdown`."""
    return text.lstrip("\ufeff\r\n ").startswith(SIGNATURE)


def read_markdown(text: str) -> Understanding:
    """The structure of what `as_markdown` wrote, and people may have edited since."""
    text = text.replace("\r\n", "\n").strip("\ufeff\n ")
    sections, lines = _sections(text)
    headline, head_marks = _unmarked(sections.get("Headline", ""), "headline", None, lines)
    statement, marks = _unmarked(sections.get("Statement", ""), "statement", None, lines)
    markers = [*head_marks, *marks]
    paragraphs = []
    line = lines.get("Text", 0)
    for at, part in enumerate(filter(None, sections.get("Text", "").split("\n\n"))):
        words, found = _unmarked(part, "body", at, {"body": line})
        paragraphs.append(Paragraph(words, line))
        markers += found
        line += part.count("\n") + 2
    citations, doubts = _citations(sections.get("Notes", ""), lines.get("Notes", 0))
    return Understanding(
        organisation=sections.get("Organisation") or None,
        headline=headline,
        targets=tuple(_names(sections.get("To", ""))),
        statement=statement,
        paragraphs=tuple(paragraphs),
        citations=citations,
        markers=tuple(markers),
        consent_line=sections.get("Consent line") or None,
        thanks=sections.get("Thanks") or None,
        partners=tuple(_names(sections.get("Partners", ""))),
        warnings=tuple(f"line {line}: {words}" for line, words in doubts),
        findings=tuple(
            Finding(name, Sure.CERTAIN, "stands below its heading", line, line)
            for name, line in lines.items()
        ),
    )


def _marked(petition: Understanding, place: str, paragraph: int | None = None) -> str:
    text = getattr(petition, place) if paragraph is None else petition.paragraphs[paragraph].text
    mine = [m for m in petition.markers if (m.place, m.paragraph) == (place, paragraph)]
    pieces, done = [], 0
    for marker in sorted(mine, key=lambda m: m.offset):
        pieces.append(_literal(text[done : marker.offset], marker=True))
        pieces.append(f"[^{marker.citation}]")
        done = marker.offset
    return "".join([*pieces, _literal(text[done:], marker=False)])


def _literal(text: str, *, marker: bool) -> str:
    """Text in which no marker can be read; backslashes before one that follows are doubled."""
    text = _MARKER.sub(lambda m: f"{m[1] * 2}\\[^{m[2]}]", text)
    tail = len(text) - len(text.rstrip("\\")) if marker else 0
    return text + "\\" * tail


def _unmarked(
    text: str, place: str, paragraph: int | None, lines: dict[str, int]
) -> tuple[str, list[Marker]]:
    pieces: list[str] = []
    found: list[Marker] = []
    done = length = 0
    for match in _MARKER.finditer(text):
        slashes = len(match[1])
        pieces.append(text[done : match.start()] + "\\" * (slashes // 2))
        length += len(pieces[-1])
        if slashes % 2:
            pieces.append(f"[^{match[2]}]")
            length += len(pieces[-1])
        else:
            after = word_before("".join(pieces)[-400:])
            line = lines.get(place.capitalize(), lines.get(place, 0))
            found.append(Marker(int(match[2]), paragraph, after, length, line, place))
        done = match.end()
    return "".join([*pieces, text[done:]]), found


def _guarded(text: str) -> str:
    return _HEADING.sub(lambda m: f"\\{m[0]}", text)


def _sections(text: str) -> tuple[dict[str, str], dict[str, int]]:
    """The words below each heading, and the line where they start."""
    found = [m for m in _HEADING.finditer(text) if not m[1]]
    sections, lines = {}, {}
    for at, match in enumerate(found):
        end = found[at + 1].start() if at + 1 < len(found) else len(text)
        words = text[match.end() : end].strip("\n")
        sections[match[2]] = _HEADING.sub(lambda m: m[0][1:], words)
        lines[match[2]] = text.count("\n", 0, match.end()) + 3
    return sections, lines


def _names(text: str) -> Iterator[str]:
    return (line.removeprefix("- ") for line in text.split("\n") if line.strip())


def _note_lines(citations: Sequence[Citation]) -> Iterator[str]:
    """Each note in its own words; parts below it only where they were put right by hand."""
    read, _ = cite([Note(c.number, c.raw, c.line) for c in citations])
    for citation, guessed in zip(citations, read, strict=True):
        yield f"[^{citation.number}]: {citation.raw}"
        for part in _PARTS:
            value = getattr(citation, part)
            if value != getattr(guessed, part):
                yield f"    {part}:" + ("" if value is None else f" {value}")
        if _known(citation.more) != _known(guessed.more):
            yield f"    further: {len(citation.more)}"
            for at, known in enumerate(_known(citation.more), start=2):
                yield from (f"    source {at} {part}: {value}" for part, value in known.items())


def _known(sources: Sequence[Source]) -> list[dict[str, str]]:
    return [{p: found for p in SOURCE_PARTS if (found := getattr(one, p))} for one in sources]


def _citations(text: str, line: int) -> tuple[tuple[Citation, ...], list[tuple[int, str]]]:
    notes: list[Note] = []
    corrected: list[dict[str, str | None]] = []
    further: list[list[Source] | None] = []
    for at, row in enumerate(text.split("\n")):
        if found := _NOTE.match(row):
            notes.append(Note(int(found[1]), found[2], line + at))
            corrected.append({})
            further.append(None)
        elif (part := _CORRECTED.match(row)) and notes:
            corrected[-1][part[1]] = part[2]
        elif (number := _FURTHER.match(row)) and notes:
            further[-1] = [Source() for _ in range(int(number[1]))]
        elif (said := _OF_FURTHER.match(row)) and notes:
            of = further[-1] or []
            if 0 <= int(said[1]) - 2 < len(of):
                setattr(of[int(said[1]) - 2], said[2], said[3])
    read, doubts = cite(notes)
    right = [
        _put_right(citation, parts, more)
        for citation, parts, more in zip(read, corrected, further, strict=True)
    ]
    return tuple(right), doubts


def _put_right(
    citation: Citation, parts: dict[str, str | None], more: Sequence[Source] | None
) -> Citation:
    same_as = parts.pop("same_as", str(citation.same_as) if citation.same_as else None)
    repeated = int(same_as) if same_as and same_as.isdigit() else None
    named = citation.more if more is None else tuple(more)
    return replace(citation, same_as=repeated, more=named, **parts)  # type: ignore[arg-type]
