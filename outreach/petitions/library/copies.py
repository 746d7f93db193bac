"""Kept texts of sources: what they said, when, with a hash; the evidence for what leans on them."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from functools import lru_cache

from sqlalchemy import delete, select
from sqlalchemy.orm import Session, undefer

from outreach.accounts import audit
from outreach.core.clock import now
from outreach.core.errors import BadInput
from outreach.petitions.library import numbers, quotes
from outreach.petitions.library.reader import MAX_TEXT
from outreach.petitions.library.reading import read_document
from outreach.petitions.models import Source, SourceText

PAGE, PASTED, FILE = "page", "pasted", "file"


def keep(
    session: Session,
    source: Source,
    text: str,
    *,
    origin: str,
    by: str,
    name: str = "",
    is_whole: bool = True,
) -> SourceText:
    """Keep a text of a source; the same text again is the copy that stands.

    Of copies that were fetched, the newest stays and the one that a person vouched for; copies
    that a person brought stay all. Raises BadInput for an empty text.
    """
    text = text.strip()[:MAX_TEXT]
    if not text:
        raise BadInput("There is no text in it.", hint="Paste the source’s text.", field="text")
    sha256 = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()
    for copy in copies(session, source):
        if copy.sha256 == sha256 and copy.origin == origin:
            copy.seen_at = now()  # it still says so
            return copy
    copy = SourceText(
        source_id=source.id,
        origin=origin,
        name=name,
        sha256=sha256,
        is_whole=is_whole,
        text=text,
        kept_by=by,
    )
    session.add(copy)
    session.flush()
    _forget_old(session, source)
    return copy


def keep_brought(
    session: Session, source: Source, *, by: str, text: str = "", file: bytes = b"", name: str = ""
) -> SourceText:
    """Keep a text that a person pasted, or the text of a file (HTML, PDF, plain), and note who did.

    Raises BadInput for what can't be read.
    """
    origin = FILE if file else PASTED
    found = read_document(file, name=name).text if file else text
    copy = keep(session, source, found, origin=origin, by=by, name=name)
    audit.record(
        session, actor=by, action="source.keep", subject=f"source:{source.id}", sha256=copy.sha256
    )
    return copy


def copies(session: Session, source: Source) -> Sequence[SourceText]:
    """All copies of a source, the newest first, without their texts."""
    query = select(SourceText).where(SourceText.source_id == source.id)
    return session.scalars(query.order_by(SourceText.seen_at.desc(), SourceText.id.desc())).all()


def newest(session: Session, source_id: int) -> list[SourceText]:
    """The newest copy of each origin, with their texts: what the source says as far as is known."""
    query = (
        select(SourceText)
        .where(SourceText.source_id == source_id)
        .options(undefer(SourceText.text))
        .order_by(SourceText.seen_at, SourceText.id)
    )
    return list({copy.origin: copy for copy in session.scalars(query)}.values())


@lru_cache(8)
def words_of(text: str) -> quotes.Words:
    """A copy's text made ready for looking quotations up."""
    return quotes.read(text)


@lru_cache(32)
def numbers_of(text: str) -> numbers.Held:
    """The numbers that a copy's text holds."""
    return numbers.held(text)


def vouched(session: Session, source: Source) -> list[SourceText]:
    """The copies that stood when a person vouched for the source; all, where nobody did."""
    at = source.checked_at
    return [copy for copy in copies(session, source) if at is None or copy.kept_at <= at]


def _forget_old(session: Session, source: Source) -> None:
    fetched = [copy for copy in copies(session, source) if copy.origin == PAGE]
    of_person = [copy for copy in vouched(session, source) if copy.origin == PAGE]
    stay = {copy.id for copy in (*fetched[:2], *of_person[:1])}
    old = [copy.id for copy in fetched if copy.id not in stay]
    if old:
        session.execute(delete(SourceText).where(SourceText.id.in_(old)))
