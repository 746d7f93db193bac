"""Notes of a petition: numbered by first use in its text, derived each time, stored nowhere.

A marker `[^label]` leads to the citation of that label. Citations without a marker get no number.
"""

from __future__ import annotations

import calendar
import re
from collections import Counter
from dataclasses import asdict, dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from outreach.mail.markdown import marker_labels
from outreach.petitions.models import Citation, Petition, PetitionVersion

_DOUBLE = re.compile('[“”„"]')
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Note:
    """One numbered note. `places` are the ids of its markers in the page, in order; `same_as` is
    the number of the note that an “Ibid.” repeats."""

    number: int
    label: str
    author: str | None
    title: str | None
    publisher: str | None
    published_on: str | None
    url: str | None
    archived_url: str | None
    raw: str
    same_as: int | None = None
    places: list[str] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """The note as JSON values, as a version keeps it."""
        return asdict(self)


def notes_of(session: Session, petition: Petition, text: str) -> list[Note]:
    """The notes that the markers of `text` lead to, in the order of their numbers.

    `text` is a version's `text` (or its body, where the statement has no markers).
    """
    citations = {citation.label: citation for citation in _citations(session, petition)}
    uses = Counter(label for label in marker_labels(text) if label in citations)
    numbers = {label: number for number, label in enumerate(uses, start=1)}
    originals = _originals(citations.values())
    notes = []
    for label, number in numbers.items():
        citation = citations[label]
        original = originals[citation.id]
        source = citation.source
        notes.append(
            Note(
                number=number,
                label=label,
                author=source.author,
                title=source.title,
                publisher=source.publisher,
                published_on=source.published_on,
                url=source.url,
                archived_url=source.archived_url,
                raw=citation.raw,
                same_as=None if original == label else numbers.get(original),
                places=[place(number, use) for use in range(1, uses[label] + 1)],
            )
        )
    return notes


def keep_in(session: Session, petition: Petition, version: PetitionVersion) -> None:
    """Store the version with the notes as they stand now, for whoever signs it."""
    version.notes = [note.to_json() for note in notes_of(session, petition, version.text)]
    session.add(version)
    session.flush()


def place(number: int, use: int) -> str:
    """The id of the marker that leads to a note for the `use`-th time."""
    return f"r{number}-{use}"


def unresolved(session: Session, petition: Petition, text: str) -> list[str]:
    """Labels of markers that lead to no note, each once."""
    known = {citation.label for citation in _citations(session, petition)}
    return [label for label in dict.fromkeys(marker_labels(text)) if label not in known]


def unused(session: Session, petition: Petition, text: str) -> list[Citation]:
    """Citations that no marker of the text leads to."""
    used = set(marker_labels(text))
    return [citation for citation in _citations(session, petition) if citation.label not in used]


def words_of(session: Session, petition: Petition) -> tuple[tuple[str, str], ...]:
    """Label and pasted words of every note that the petition has, in the order of the list."""
    return tuple((one.label, one.raw) for one in _citations(session, petition))


def note_text(note: Note) -> str:
    """The note as one plain line: as it was pasted, tidied, or built from its parts."""
    return "".join(note_parts(note))


def note_parts(note: Note) -> tuple[str, str, str]:
    """The same line cut into what stands before the title, the title with its quotes, the rest.

    A note whose title is not known stands whole in the middle. The pasted words win over a line
    built from the parts: only they hold pages, sections and what else no part has a place for.
    """
    line = _tidied(note) or _built(note)
    if note.same_as is not None:
        return "", line, f" (note {note.same_as})"
    words = _WORDS.findall(note.title or "")
    pattern = r"[“\"‘'«]*\b" + r"[\W_]+".join(map(re.escape, words)) + r"\b[^\w\s]*"
    found = re.search(pattern, line) if words else None
    if found is None:
        return "", line, ""
    return line[: found.start()], _curled(found[0]), line[found.end() :]


def _citations(session: Session, petition: Petition) -> list[Citation]:
    query = (
        select(Citation)
        .where(Citation.petition_id == petition.id)
        .options(joinedload(Citation.source))
        .order_by(Citation.id)
    )
    return list(session.scalars(query))


def _originals(citations: Any) -> dict[int, str]:
    """For each citation the label of the one that it repeats, or its own.

    A repetition shares an earlier note's source and does not name it again (“Ibid., p. 4”).
    """
    first: dict[int, str] = {}
    originals: dict[int, str] = {}
    for citation in citations:
        earlier = first.setdefault(citation.source_id, citation.label)
        originals[citation.id] = citation.label if _names_source(citation) else earlier
    return originals


def _names_source(citation: Citation) -> bool:
    raw = " ".join(_WORDS.findall(citation.raw)).casefold()
    title = " ".join(_WORDS.findall(citation.source.title or "")).casefold()
    url = citation.source.url
    return bool((title and title in raw) or (url and url in citation.raw))


def _tidied(note: Note) -> str:
    line = " ".join(note.raw.split())
    if note.url and note.url in line:  # the page and the letter link it; nobody reads it aloud
        line = line.replace(note.url, "").replace("<>", "").replace("()", "").strip(" ,;:.")
    return _closed(line)


def _built(note: Note) -> str:
    title = f"“{note.title}{'' if (note.title or '').endswith(('?', '!')) else ','}”"
    publisher = f"{note.publisher}," if note.publisher else ""
    known = [
        f"{note.author}," if note.author else publisher,
        title if note.title else "",
        publisher if note.author else "",
        f"{_date(note.published_on)}," if note.published_on else "",
    ]
    return _closed(" ".join(part for part in known if part))


def _closed(line: str) -> str:
    """The line with a full stop where its last comma stands, or where nothing does."""
    found = re.fullmatch(r"(.*?)([,;:]?)([”’\"')]*)", line)
    if found is None or not line or found[1].endswith((".", "?", "!")):
        return line
    inside = found[2] or not found[3]
    return f"{found[1]}.{found[3]}" if inside else f"{line}."


def _date(iso: str) -> str:
    year, *rest = (int(part) for part in iso.split("-"))
    if not rest:
        return str(year)
    month = calendar.month_name[rest[0]]
    return f"{month} {rest[1]}, {year}" if len(rest) == 2 else f"{month} {year}"


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
