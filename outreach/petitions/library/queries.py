"""Reads of the library: one source, a search, where a source is used, and its twins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import Select, String, cast, exists, func, or_, select
from sqlalchemy.orm import Session

from outreach.core.errors import NotFound
from outreach.core.paging import Page, page_of
from outreach.petitions.library import look, styles
from outreach.petitions.library.evidence import quotations
from outreach.petitions.models import Citation, CitationSource, Petition, Source
from outreach.petitions.queries import current_version

PARTS = ("author", "title", "publisher", "published_on")
CITED = exists().where(CitationSource.source_id == Source.id)
_LOST = cast(Source.lost, String) != "[]"
# What the list can be narrowed to.
FILTERS = {
    "attention": or_(Source.look.in_(look.BAD), _LOST),
    "unchecked": Source.checked_at.is_(None),
    "unused": ~CITED,
}


@dataclass(frozen=True, slots=True)
class Use:
    """A note of a petition that leads to a source."""

    petition: Petition
    label: str
    raw: str


def by_id(session: Session, source_id: int, *, lock: bool = False) -> Source:
    """The source; raises NotFound."""
    source = session.get(Source, source_id, with_for_update=lock)
    if source is None:
        raise NotFound(f"There is no source {source_id} here.", hint="Look at the list of sources.")
    return source


def found(words: str = "", only: str = "") -> Select[Source]:
    """Sources that have all these words in them, the newest first; `only` is one of FILTERS."""
    query = select(Source).order_by(Source.id.desc())
    for word in words.split():
        pattern = f"%{word.replace('%', '').replace('_', ' ')}%"
        query = query.where(
            or_(
                *(
                    part.ilike(pattern)
                    for part in (Source.author, Source.title, Source.publisher, Source.url)
                ),
                Source.published_on.like(f"{word}%"),
            )
        )
    return query.where(FILTERS[only]) if only in FILTERS else query


def search(session: Session, words: str = "", number: int = 1, only: str = "") -> Page[Source]:
    """One page of what `found` finds."""
    return page_of(session, found(words, only), number)


def uses(session: Session, source: Source) -> list[Use]:
    """The notes that lead to a source."""
    query = (
        select(Petition, Citation.label, Citation.raw)
        .join(Citation, Citation.petition_id == Petition.id)
        .join(CitationSource, CitationSource.citation_id == Citation.id)
        .where(CitationSource.source_id == source.id)
        .order_by(Petition.id.desc(), Citation.id)
    )
    return [Use(*row) for row in session.execute(query)]


def quoted_in_petitions(session: Session, source: Source) -> list[str]:
    """The words that must stand in a source: its own, and those that petitions quote."""
    labels: dict[int, set[str]] = {}
    petitions: dict[int, Petition] = {}
    for use in uses(session, source):
        petitions[use.petition.id] = use.petition
        labels.setdefault(use.petition.id, set()).add(use.label)
    texts = [(current_version(session, petitions[key]).text, labels[key]) for key in petitions]
    return quotations(source, texts)


def twins(session: Session, source: Source) -> Sequence[Source]:
    """Other sources at the same place on the web, or of the same title and publisher."""
    same = []
    if source.url_key:
        same.append(Source.url_key == source.url_key)
    if source.title and source.publisher:
        named = (func.lower(Source.title) == source.title.lower()) & (
            func.lower(Source.publisher) == source.publisher.lower()
        )
        if source.published_on:
            same_day = Source.published_on == source.published_on
            named = named & or_(Source.published_on.is_(None), same_day)
        same.append(named)
    if not same:
        return ()
    query = select(Source).where(Source.id != source.id, or_(*same))
    return session.scalars(query.order_by(Source.id)).all()


def fillings(source: Source) -> dict[str, str]:
    """The parts that are missing and that the source's own page tells."""
    said = {part: str(source.says.get(part, "")) for part in PARTS}
    return {part: value for part, value in said.items() if value and not getattr(source, part)}


def troubled(session: Session) -> Sequence[Source]:
    """Sources that died, or no longer say what is quoted, and that the public reads of."""
    leaned = exists().where(
        CitationSource.source_id == Source.id,
        Citation.id == CitationSource.citation_id,
        Petition.id == Citation.petition_id,
        Petition.state != "draft",
    )
    query = select(Source).where(FILTERS["attention"], leaned)
    return session.scalars(query.order_by(Source.id)).all()


def shown(source: Source) -> str:
    """A source as one line."""
    return styles.full(source) or source.url or "a source of which nothing is known"
