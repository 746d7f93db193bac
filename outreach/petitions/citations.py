"""Notes of a petition: numbered by first use in its text, derived each time, stored nowhere.

A marker `[^label]` leads to the citation of that label. Citations without a marker get no number.
Page, letters, plain text and PDF ask `notes_of` for the notes, `by_label` for the note that a
marker leads to, and `note_parts` or `note_text` for a note's line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session, joinedload

from outreach.mail.markdown import marker_labels
from outreach.petitions.library import styles
from outreach.petitions.models import Citation, Petition, PetitionVersion

_DOUBLE = re.compile('[“”„"]')
_ITALIC = re.compile(r"(?<![\w*\\])(\*{1,3})(?=[^\s*])([^*]+?)(?<=[^\s*])\1(?![\w*])")
_TITLE_LINK = re.compile(r"\[([^\[\]]+)\]\((?:[^\s()]|\([^\s()]*\))+\)")
_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Note:
    """One numbered note. `places` are the ids of its markers in the page, in order; `same_as` is
    the number of the note that an “Ibid.” repeats. `also` are further labels that lead here;
    `repeats` says how its style writes a source that was cited before: ibid or short."""

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
    also: list[str] = field(default_factory=list)
    style: str = styles.PASTED
    repeats: str = ""

    def to_json(self) -> dict[str, Any]:
        """The note as JSON values, as a version keeps it."""
        return asdict(self)


def notes_of(
    session: Session, petition: Petition, text: str, *, style: str | None = None
) -> list[Note]:
    """The notes that the markers of `text` lead to, in the order of their numbers.

    `text` is a version's `text` (or its body, where the statement has no markers); `style` is the
    petition's own unless another one is wanted.
    """
    style = style or petition.note_style
    citations = {citation.label: citation for citation in _citations(session, petition)}
    used = [label for label in marker_labels(text) if label in citations]
    leads = _leads(citations, used, style)
    uses = Counter(leads[label] for label in used)
    numbers = {label: number for number, label in enumerate(uses, start=1)}
    repeats = _repeats(citations, numbers, style)
    notes = []
    for label, number in numbers.items():
        citation = citations[label]
        source = citation.source
        same_as, how = repeats.get(label, (None, ""))
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
                same_as=same_as,
                places=[place(number, use) for use in range(1, uses[label] + 1)],
                also=[one for one, first in leads.items() if first == label != one],
                style=style,
                repeats=how,
            )
        )
    return notes


def by_label(notes: Sequence[Note]) -> dict[str, Note]:
    """The note that each label leads to."""
    return {label: note for note in notes for label in (note.label, *note.also)}


def keep_in(session: Session, petition: Petition, version: PetitionVersion) -> None:
    """Store the version with the notes as they stand now, in the words that were pasted, for
    whoever signs it."""
    found = notes_of(session, petition, version.text, style=styles.PASTED)
    version.notes = [note.to_json() for note in found]
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


def in_full(note: Note) -> Note:
    """A note that repeats another one, for where that one is not shown: it names its source."""
    style = styles.CHICAGO if note.style == styles.CHICAGO else styles.HOUSE
    return replace(note, same_as=None, repeats="", style=style)


def note_text(note: Note) -> str:
    """The note as one plain line: as it was pasted, tidied, or built from its parts."""
    return "".join(note_parts(note))


def note_parts(note: Note) -> tuple[str, str, str]:
    """The same line cut into what stands before the title, the title with its quotes, the rest.

    A note whose title is not known stands whole in the middle. In the style “pasted” the pasted
    words win over a line built from the parts.
    """
    line = _line(note)
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


def _leads(citations: Mapping[str, Citation], used: Sequence[str], style: str) -> dict[str, str]:
    """For each label in use the one whose note it leads to: itself, or in the house's style the
    first that cites the same place of the same source."""
    leads: dict[str, str] = {}
    first: dict[tuple[int, str], str] = {}
    for label in used:
        citation = citations[label]
        if style == styles.HOUSE and citation.source.title:
            spot = citation.source_id, styles.locator(citation.raw, citation.source.title)
            leads[label] = first.setdefault(spot, label)
        else:
            leads[label] = label
    return leads


def _repeats(
    citations: Mapping[str, Citation], numbers: Mapping[str, int], style: str
) -> dict[str, tuple[int | None, str]]:
    """The notes that repeat a source: the number of the one they repeat, and how it is written."""
    if style == styles.PASTED:
        originals = _originals(citations.values())
        return {
            label: (numbers.get(originals[citations[label].id]), "")
            for label in numbers
            if originals[citations[label].id] != label
        }
    if style == styles.HOUSE:
        return {}
    found: dict[str, tuple[int | None, str]] = {}
    first: dict[int, int] = {}
    before = None
    for label, number in numbers.items():
        source = citations[label].source_id
        if source in first:
            found[label] = first[source], "ibid" if source == before else "short"
        before = source
        first.setdefault(source, number)
    return found


def _originals(citations: Iterable[Citation]) -> dict[int, str]:
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


def _line(note: Note) -> str:
    pasted = _tidied(note)
    if pasted and (note.style == styles.PASTED or not note.title):
        return pasted
    locator = styles.locator(note.raw, note.title)
    if note.repeats:
        return styles.ibid(locator) if note.repeats == "ibid" else styles.short(note, locator)
    return styles.full(note, note.style, locator)


def _tidied(note: Note) -> str:
    line = _TITLE_LINK.sub(r"\1", " ".join(note.raw.split()))
    line = _ITALIC.sub(r"\2", line)  # a pasted note is shown as text
    if note.url and note.url in line:  # the page and the letter link it; nobody reads it aloud
        line = line.replace(note.url, "").replace("<>", "").replace("()", "").strip(" ,;:.")
    return styles.closed(line)


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
