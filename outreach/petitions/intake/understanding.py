"""What was understood of a petition text: plain values for a screen, and a person to correct."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from outreach.petitions.intake.findings import Finding, Sure
from outreach.petitions.intake.sources import Source


@dataclass(frozen=True, slots=True)
class Citation:
    """One note: its parts as far as they were recognised, and its words as they were pasted.

    `date` is ISO and as exact as known ("2018-10-23", "2018-10", "2018"). `same_as` is the number
    of the earlier note that an "Ibid." or "see note 2" repeats; such a note has no parts of its
    own. `line` is where the note starts; `more` are the sources that it names behind its first, or
    beside the note that it repeats.
    """

    number: int
    raw: str
    line: int
    author: str | None = None
    title: str | None = None
    publisher: str | None = None
    date: str | None = None
    url: str | None = None
    same_as: int | None = None
    sure: Sure = Sure.CERTAIN
    more: tuple[Source, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The note as JSON values, without its line."""
        return {
            "number": self.number,
            "author": self.author,
            "title": self.title,
            "publisher": self.publisher,
            "date": self.date,
            "url": self.url,
            "same_as": self.same_as,
            "raw": self.raw,
        }


@dataclass(frozen=True, slots=True)
class Marker:
    """A place in the text that leans on a note.

    `paragraph` counts from 0; it is None where the marker stands in the statement, or in the
    headline (`place` says which). `offset` is the character before which the marker stood, in the
    cleaned text; `after` the word before it; `line` the line of the pasted text.
    """

    citation: int
    paragraph: int | None
    after: str
    offset: int
    line: int
    place: str = "body"
    sure: Sure = Sure.CERTAIN

    def to_json(self) -> dict[str, Any]:
        """The marker as JSON values: note number, paragraph and the word before it."""
        return {"citation": self.citation, "paragraph": self.paragraph, "after": self.after}


@dataclass(frozen=True, slots=True)
class Paragraph:
    """One paragraph of the body without its markers, and the line where it starts."""

    text: str
    line: int


@dataclass(frozen=True, slots=True)
class Understanding:
    """A petition text as it was understood; unknown parts are None, doubts are in `warnings`."""

    organisation: str | None
    headline: str
    targets: tuple[str, ...]
    statement: str
    paragraphs: tuple[Paragraph, ...]
    citations: tuple[Citation, ...]
    markers: tuple[Marker, ...]
    consent_line: str | None
    thanks: str | None
    partners: tuple[str, ...]
    warnings: tuple[str, ...]
    findings: tuple[Finding, ...] = ()

    def markdown_paragraphs(self) -> list[str]:
        """The paragraphs with their markers put back as Markdown `[^n]`."""
        markers = self._body_markers()
        return [_with_markers(p.text, markers.get(i, [])) for i, p in enumerate(self.paragraphs)]

    def markdown_statement(self) -> str:
        """The statement with its markers put back as Markdown `[^n]`."""
        return _with_markers(self.statement, [m for m in self.markers if m.place == "statement"])

    def to_json(self) -> dict[str, Any]:
        """The whole as JSON values, with the keys that the API and `--json` promise."""
        return {
            "organisation": self.organisation,
            "headline": self.headline,
            "targets": list(self.targets),
            "statement": self.statement,
            "paragraphs": [p.text for p in self.paragraphs],
            "citations": [c.to_json() for c in self.citations],
            "markers": [m.to_json() for m in self.markers],
            "consent_line": self.consent_line,
            "thanks": self.thanks,
            "partners": list(self.partners),
            "warnings": list(self.warnings),
        }

    def _body_markers(self) -> dict[int, list[Marker]]:
        found: dict[int, list[Marker]] = {}
        for marker in self.markers:
            if marker.paragraph is not None:
                found.setdefault(marker.paragraph, []).append(marker)
        return found


def _with_markers(text: str, markers: list[Marker]) -> str:
    pieces: list[str] = []
    done = 0
    for marker in sorted(markers, key=lambda m: m.offset):
        pieces.append(text[done : marker.offset])
        pieces.append(f"[^{marker.citation}]")
        done = marker.offset
    return "".join(pieces) + text[done:]
