"""Who read the sources and found in them what the text says; before that they are unchecked."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session, selectinload

from outreach.accounts import audit
from outreach.core.clock import now
from outreach.petitions.models import Citation, CitationSource, Petition, Source


def mark_checked(session: Session, petition: Petition, *, by: str) -> int:
    """Note a person's word for all sources of a petition; returns how many were not yet checked."""
    unchecked_sources = unchecked(session, petition)
    for source in unchecked_sources:
        source.checked_at, source.checked_by = now(), by
    session.flush()
    if unchecked_sources:
        audit.record(session, actor=by, action="sources.check", subject=f"petition:{petition.slug}")
    return len(unchecked_sources)


def by_label(session: Session, petition: Petition) -> dict[str, list[Source]]:
    """The sources that each note of a petition leads to, with who checked them when."""
    query = (
        select(Citation)
        .where(Citation.petition_id == petition.id)
        .options(selectinload(Citation.sources))
    )
    return {citation.label: citation.sources for citation in session.scalars(query)}


def unchecked(session: Session, petition: Petition) -> list[Source]:
    """Sources of a petition that nobody has checked."""
    of_petition = (
        select(CitationSource.source_id)
        .join(Citation, Citation.id == CitationSource.citation_id)
        .where(Citation.petition_id == petition.id)
    )
    return list(
        session.scalars(
            select(Source).where(Source.id.in_(of_petition), Source.checked_at.is_(None))
        )
    )
