"""The words of notes turned into citations: the parts of each source, or which note it repeats."""

from __future__ import annotations

from collections.abc import Sequence

from outreach.petitions.intake.findings import Sure
from outreach.petitions.intake.notes import Note
from outreach.petitions.intake.repeats import Repeats
from outreach.petitions.intake.sources import Source, further_sources, read_source, sources_beside
from outreach.petitions.intake.understanding import Citation


def cite(notes: Sequence[Note]) -> tuple[tuple[Citation, ...], list[tuple[int, str]]]:
    """What each note says, in the order of the list, and the doubts by line."""
    repeats = Repeats(notes)
    citations: list[Citation] = []
    doubts: list[tuple[int, str]] = []
    for note in notes:
        repeat = repeats.of(note)
        if repeat is not None:
            if repeat.doubt:
                doubts.append((note.line, repeat.doubt))
            more = tuple(sources_beside(note.raw)) if repeat.names_more else ()
            sure = Sure.GUESS if repeat.doubt else Sure.LIKELY if more else Sure.CERTAIN
            citations.append(
                Citation(
                    note.number, note.raw, note.line, same_as=repeat.same_as, sure=sure, more=more
                )
            )
            continue
        source, more = read_source(note.raw), tuple(further_sources(note.raw))
        doubts.extend((note.line, f"note {note.number} {words}") for words in source.doubts)
        for number, one in enumerate(more, start=2):
            doubts.extend(
                (note.line, f"source {number} of note {note.number} {words}")
                for words in one.doubts
            )
        citations.append(
            Citation(
                number=note.number,
                raw=note.raw,
                line=note.line,
                author=source.author,
                title=source.title,
                publisher=source.publisher,
                date=source.date,
                url=source.url,
                sure=max((_how_sure(one) for one in (source, *more)), key=list(Sure).index),
                more=more,
            )
        )
    return tuple(citations), doubts


def _how_sure(source: Source) -> Sure:
    if source.doubts:
        return Sure.GUESS if source.title or source.url else Sure.MISSING
    whole = source.title and (source.publisher or source.author) and source.date
    return Sure.CERTAIN if whole else Sure.LIKELY
