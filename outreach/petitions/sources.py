"""The source library: one row for each published thing, shared by all petitions."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.core.errors import Conflict
from outreach.petitions.models import Citation, Petition, Source

LINE = 400  # characters that a part of a source may have; its raw note is kept whole
_DATE = re.compile(r"\d{4}(-(0[1-9]|1[0-2])(-\d{2})?)?")


@dataclass(frozen=True, slots=True)
class Parts:
    """What is known of a published thing; `published_on` is ISO, as exact as known."""

    author: str | None = None
    title: str | None = None
    publisher: str | None = None
    published_on: str | None = None
    url: str | None = None
    archived_url: str | None = None


def find_or_create(session: Session, parts: Parts) -> Source:
    """The stored source that these parts speak of, its gaps filled; a new one if there is none.

    The same URL, or the same title from the same publisher on the same (or no) day, is one source.
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


def cite(session: Session, petition: Petition, *, label: str, raw: str, source: Source) -> Citation:
    """Give the petition a note that `[^label]` in its text leads to.

    Raises Conflict where the label is taken.
    """
    taken = select(Citation.id).where(Citation.petition_id == petition.id, Citation.label == label)
    if session.scalar(taken) is not None:
        raise Conflict(
            f"This petition already has a note “{label}”; it was kept.",
            hint="Choose another label.",
        )
    citation = Citation(petition_id=petition.id, source=source, label=label, raw=raw)
    session.add(citation)
    session.flush()
    return citation


def _found(session: Session, parts: Parts) -> Source | None:
    if parts.url:
        same = session.scalar(select(Source).where(Source.url == parts.url).limit(1))
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


def _clean(parts: Parts) -> Parts:
    date = parts.published_on
    return Parts(
        author=_line(parts.author),
        title=_line(parts.title),
        publisher=_line(parts.publisher),
        published_on=date if date and _DATE.fullmatch(date) else None,
        url=parts.url or None,
        archived_url=parts.archived_url or None,
    )


def _line(text: str | None) -> str | None:
    return " ".join(text.split())[:LINE] if text and text.strip() else None
