"""The source library: one row for each published thing, shared by all petitions, and the notes
that lead to it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict

from sqlalchemy import delete, func, or_, select
from sqlalchemy.orm import Session, selectinload

from outreach.core.errors import BadInput
from outreach.petitions.citations import Named
from outreach.petitions.intake.sources import Source as ReadSource
from outreach.petitions.intake.understanding import Citation as ReadNote
from outreach.petitions.library.addresses import address_key
from outreach.petitions.models import Citation, CitationSource, Petition, Source

LINE = 400  # characters that a part of a source may have; its raw note is kept whole
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?")


def find_or_create(session: Session, parts: Named) -> Source:
    """The stored source that these parts speak of, its gaps filled; a new one if there is none.

    The same place on the web, or the same title from the same publisher on the same (or no) day,
    is one source.
    """
    parts = _clean(parts)
    source = _found(session, parts)
    if source is None:
        source = Source(**asdict(parts))
        session.add(source)
    else:
        for name, value in asdict(parts).items():
            if value and not getattr(source, name):
                setattr(source, name, value)
    session.flush()
    return source


def store_notes(session: Session, petition: Petition, notes: Sequence[ReadNote]) -> None:
    """Make these the petition's notes, in their order; `[^number]` in its text leads to them.

    A note whose words stayed, under whatever number, keeps its sources, with what is known of them
    and who checked them. A repetition (“Ibid.”) has the sources of the note that it now repeats,
    and those that it names beside them.
    Raises BadInput where two notes have one number; then nothing is changed.
    """
    twice = [number for number, uses in Counter(n.number for n in notes).items() if uses > 1]
    if twice:
        raise BadInput(
            f"There are two notes of number {twice[0]}.",
            hint="Give each note a number of its own.",
            field="notes",
        )
    of_petition = Citation.petition_id == petition.id
    query = select(Citation).where(of_petition).options(selectinload(Citation.sources))
    earlier = session.scalars(query).all()
    by_words = {one.raw: one.sources for one in earlier}
    known = {(one.label, one.raw): one.sources for one in earlier}
    session.execute(delete(Citation).where(of_petition))
    stored: dict[int, list[Source]] = {}
    for note in notes:
        label = str(note.number)
        named = list(stored.get(note.same_as, ())) if note.same_as is not None else []
        if named:
            named += [find_or_create(session, _parts(one)) for one in note.more]
        else:
            named = known.get((label, note.raw)) or by_words.get(note.raw) or []
        if not named:
            every = (_parts(note), *map(_parts, note.more))
            named = [find_or_create(session, parts) for parts in every]
        stored[note.number] = list(dict.fromkeys(named))
        citation = Citation(petition_id=petition.id, label=label, raw=note.raw)
        session.add(citation)
        session.flush()  # ids follow the order of the list, which is what “Ibid.” is read by
        session.add_all(
            CitationSource(citation_id=citation.id, place=place, source_id=source.id)
            for place, source in enumerate(stored[note.number], start=1)
        )
    session.flush()


def _parts(note: ReadNote | ReadSource) -> Named:
    return Named(
        author=note.author,
        title=note.title,
        publisher=note.publisher,
        published_on=note.date,
        url=note.url,
    )


def _found(session: Session, parts: Named) -> Source | None:
    if parts.url:
        same = session.scalar(
            select(Source).where(Source.url_key == address_key(parts.url)).limit(1)
        )
        if same is not None:
            return same
    if not parts.title or not parts.publisher:
        return None
    query = select(Source).where(
        func.lower(Source.title) == parts.title.lower(),
        func.lower(Source.publisher) == parts.publisher.lower(),
    )
    if parts.published_on:
        query = query.where(
            or_(Source.published_on.is_(None), Source.published_on == parts.published_on)
        )
    if parts.url:
        query = query.where(Source.url.is_(None))
    return session.scalar(query.order_by(Source.id).limit(1))


def _clean(parts: Named) -> Named:
    date = parts.published_on
    return Named(
        author=_line(parts.author),
        title=_line(parts.title),
        publisher=_line(parts.publisher),
        published_on=date if date and _DATE.fullmatch(date) else None,
        url=parts.url or None,
        archived_url=parts.archived_url or None,
    )


def _line(text: str | None) -> str | None:
    return " ".join(text.split())[:LINE] if text and text.strip() else None
