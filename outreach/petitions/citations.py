"""Notes of a petition: numbered by first use in its text, derived each time, stored nowhere.

A marker `[^label]` leads to the citation of that label. Citations without a marker get no number.
Page, letters, plain text and PDF ask `notes_of` for the notes, `by_label` for the note that a
marker leads to, and note_lines.py for a note's line.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Self

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from outreach.mail.markdown import marker_labels
from outreach.petitions.library import styles
from outreach.petitions.models import Citation, Petition, PetitionVersion, Source

_WORDS = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Named:
    """What is known of a published thing; `published_on` is ISO, as exact as known."""

    author: str | None = None
    title: str | None = None
    publisher: str | None = None
    published_on: str | None = None
    url: str | None = None
    archived_url: str | None = None

    @classmethod
    def of(cls, source: Source) -> Self:
        """What the library knows of it."""
        return cls(**{name: getattr(source, name) for name in cls.__dataclass_fields__})


@dataclass(frozen=True, slots=True)
class Note:
    """One numbered note. `sources` are those that it names, in order, at least one. `places` are
    the ids of its markers in the page, in order; `same_as` is the number of the note that an
    “Ibid.” repeats. `also` are further labels that lead here; `repeats` says for each source how
    its style writes one that was cited before: ibid, short or (in full) empty."""

    number: int
    label: str
    raw: str
    sources: tuple[Named, ...]
    same_as: int | None = None
    places: list[str] = field(default_factory=list)
    also: list[str] = field(default_factory=list)
    style: str = styles.PASTED
    repeats: tuple[str, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The note as JSON values, as a version keeps it: the parts of the first source beside
        the note's own, further sources in a list."""
        kept = asdict(self)
        first, *further = kept.pop("sources")
        return {**kept, **first, "repeats": list(self.repeats), "further": further}

    @classmethod
    def of_json(cls, kept: dict[str, Any]) -> Self:
        """The note that `to_json` wrote."""
        kept = dict(kept)
        first = {name: kept.pop(name) for name in Named.__dataclass_fields__}
        sources = tuple(Named(**parts) for parts in (first, *kept.pop("further", ())))
        return cls(**{**kept, "sources": sources, "repeats": tuple(kept.get("repeats", ()))})


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
        same_as, how = repeats.get(label, (None, ()))
        notes.append(
            Note(
                number=number,
                label=label,
                raw=citation.raw,
                sources=tuple(map(Named.of, citation.sources)),
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


def _citations(session: Session, petition: Petition) -> list[Citation]:
    query = (
        select(Citation)
        .where(Citation.petition_id == petition.id)
        .options(selectinload(Citation.sources))
        .order_by(Citation.id)
    )
    return list(session.scalars(query))


def _leads(citations: Mapping[str, Citation], used: Sequence[str], style: str) -> dict[str, str]:
    """For each label in use the one whose note it leads to: itself, or in the house's style the
    first that cites the same place of the same sources."""
    leads: dict[str, str] = {}
    first: dict[tuple[tuple[int, ...], str], str] = {}
    for label in used:
        citation = citations[label]
        if style == styles.HOUSE and citation.source.title:
            spot = _key(citation), styles.locator(citation.raw, citation.source.title)
            leads[label] = first.setdefault(spot, label)
        else:
            leads[label] = label
    return leads


def _repeats(
    citations: Mapping[str, Citation], numbers: Mapping[str, int], style: str
) -> dict[str, tuple[int | None, tuple[str, ...]]]:
    """The notes that repeat sources: the number of the note that they repeat, and for each source
    how it is written."""
    if style == styles.PASTED:
        originals = _originals(citations.values())
        return {
            label: (numbers.get(originals[citations[label].id]), ())
            for label in numbers
            if originals[citations[label].id] != label
        }
    return {} if style == styles.HOUSE else _as_chicago_repeats(citations, numbers)


def _as_chicago_repeats(
    citations: Mapping[str, Citation], numbers: Mapping[str, int]
) -> dict[str, tuple[int | None, tuple[str, ...]]]:
    """“Ibid.” is for the one source of the note before; where that or this names several, each
    that was cited before is shortened."""
    found: dict[str, tuple[int | None, tuple[str, ...]]] = {}
    first: dict[int, int] = {}
    before: tuple[int, ...] = ()
    for label, number in numbers.items():
        key = _key(citations[label])
        alone = len(key) == 1
        seen = styles.IBID if alone and key == before else styles.SHORT
        if any(source in first for source in key):
            again = tuple(seen if source in first else "" for source in key)
            found[label] = first[key[0]] if alone else None, again
        before = key
        for source in key:
            first.setdefault(source, number)
    return found


def _originals(citations: Iterable[Citation]) -> dict[int, str]:
    """For each citation the label of the one that it repeats, or its own.

    A repetition shares an earlier note's sources and does not name them again (“Ibid., p. 4”).
    """
    first: dict[tuple[int, ...], str] = {}
    originals: dict[int, str] = {}
    for citation in citations:
        earlier = first.setdefault(_key(citation), citation.label)
        originals[citation.id] = citation.label if _names_source(citation) else earlier
    return originals


def _names_source(citation: Citation) -> bool:
    raw = " ".join(_WORDS.findall(citation.raw)).casefold()
    titles = (" ".join(_WORDS.findall(one.title or "")).casefold() for one in citation.sources)
    urls = (one.url for one in citation.sources)
    return any(title and title in raw for title in titles) or any(
        url and url in citation.raw for url in urls
    )


def _key(citation: Citation) -> tuple[int, ...]:
    return tuple(source.id for source in citation.sources)
