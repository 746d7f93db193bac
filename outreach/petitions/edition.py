"""A petition as a person edits it: plain values, its notes as Markdown, and what differs."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace

from sqlalchemy.orm import Session

from outreach.core.errors import BadInput
from outreach.petitions.citations import words_of
from outreach.petitions.intake.lines import numbered_lines
from outreach.petitions.intake.notes import find_notes
from outreach.petitions.intake.understanding import Understanding
from outreach.petitions.models import Petition
from outreach.petitions.queries import current_version

_CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f]")
# What people read for each field; the wording stands first.
NAMES = {
    "statement": "statement",
    "body": "text",
    "notes": "notes",
    "headline": "headline",
    "targets": "addressees",
    "goal": "goal",
    "partners": "partners",
    "consent_line": "consent line",
    "thanks": "thanks",
    "share_text": "words to share",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Edition:
    """Everything of a petition that can be edited. `notes` are pairs of label and words, in the
    order in which “Ibid.” reads them."""

    headline: str
    targets: tuple[str, ...]
    statement: str
    body: str
    notes: tuple[tuple[str, str], ...]
    goal: int
    partners: tuple[str, ...]
    consent_line: str
    thanks: str
    share_text: str

    @property
    def text(self) -> str:
        """Statement and body in the order of the page."""
        return f"{self.statement}\n\n{self.body}"

    @property
    def marks(self) -> str:
        """One short digest for each field: what a form keeps of the edition that it showed."""
        return ".".join(_mark(getattr(self, name)) for name in NAMES)

    def changed_since(self, marks: str) -> tuple[str, ...]:
        """The fields that differ from the edition whose `marks` these are."""
        return tuple(
            name
            for name, mine, theirs in zip(NAMES, self.marks.split("."), _parted(marks), strict=True)
            if mine != theirs
        )

    def tidied(self) -> Edition:
        """The same without space around it and without empty names."""
        found = {field.name: getattr(self, field.name) for field in fields(self)}
        for name, value in found.items():
            if isinstance(value, str):
                found[name] = value.replace("\r\n", "\n").strip()
        return replace(
            Edition(**found),
            headline=" ".join(self.headline.split()),
            targets=_names(self.targets),
            partners=_names(self.partners),
        )

    def unprintable(self) -> list[str]:
        """The fields that hold control characters, which no page can show."""
        return [name for name in NAMES if _CONTROL.search(_plain(getattr(self, name)))]


def edition_of(session: Session, petition: Petition) -> Edition:
    """The petition as it is stored now."""
    version = current_version(session, petition)
    return Edition(
        headline=petition.headline,
        targets=tuple(petition.targets),
        statement=version.statement,
        body=version.body,
        notes=words_of(session, petition),
        goal=petition.goal,
        partners=tuple(petition.partners),
        consent_line=petition.consent_line,
        thanks=petition.thanks,
        share_text=petition.share_text,
    )


def read_into(edition: Edition, read: Understanding) -> Edition:
    """The edition with a text that was read in its place; what the text does not have stays."""
    return replace(
        edition,
        headline=read.headline,
        statement=read.markdown_statement(),
        body="\n\n".join(read.markdown_paragraphs()),
        notes=tuple((str(note.number), note.raw) for note in read.citations),
        targets=read.targets or edition.targets,
        partners=read.partners or edition.partners,
        consent_line=read.consent_line or edition.consent_line,
        thanks=read.thanks or edition.thanks,
    )


def notes_as_markdown(notes: Sequence[tuple[str, str]]) -> str:
    """Notes as a person edits them: `[^1]: …`, each on a line of its own."""
    return "\n".join(f"[^{label}]: {words}" for label, words in notes)


def notes_from_markdown(text: str) -> tuple[tuple[str, str], ...]:
    """The notes that a person typed, as `[^1]: …` or `1. …`.

    Raises BadInput for a line that belongs to no note, and for a number that stands there twice.
    """
    if not text.strip():
        return ()
    lines = numbered_lines(text)
    found = find_notes(lines)
    loose = [line.number for line in lines if line.text and line.number not in found.consumed]
    if loose or any(not label.isdigit() for label in found.ids):
        where = f"Line {loose[0]} belongs to no note." if loose else "Notes have numbers, no names."
        raise BadInput(where, hint="Write each note on its own line, as “[^1]: …”.", field="notes")
    if found.doubts:
        line, words = found.doubts[0]
        raise BadInput(
            f"Line {line}: {words}.", hint="Give each note a number of its own.", field="notes"
        )
    return tuple((str(note.number), note.raw) for note in found.notes)


def names_of(lines: str) -> tuple[str, ...]:
    """Names that stand one on each line, without empty and repeated ones."""
    return _names(lines.split("\n"))


def _names(names: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(" ".join(name.split()) for name in names if name.strip()))


def _plain(value: object) -> str:
    if isinstance(value, tuple):
        return "\n".join(_plain(part) for part in value)
    return str(value)


def _mark(value: object) -> str:
    return hashlib.blake2b(repr(value).encode(), digest_size=6).hexdigest()


def _parted(marks: str) -> list[str]:
    parts = marks.split(".")
    return parts if len(parts) == len(NAMES) else [""] * len(NAMES)
