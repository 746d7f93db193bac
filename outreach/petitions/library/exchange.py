"""Sources as files: CSL-JSON, as Zotero and its like write it, and plain notes, one on a line."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.core.errors import BadInput
from outreach.petitions.citations import Named
from outreach.petitions.intake.dates import find_date
from outreach.petitions.intake.names import looks_like_person
from outreach.petitions.intake.sources import read_source
from outreach.petitions.library import styles
from outreach.petitions.models import Source
from outreach.petitions.sources import find_or_create

# Kinds of which the publisher is the thing they stand in.
_WITHIN = ("article", "post", "webpage", "entry", "chapter", "broadcast")
_TWO_NAMES = re.compile(r"[^\W\d_a-z][\w.’'-]*(?: [^\W\d_a-z][\w.’'-]*){1,3}")
_NUMBER = re.compile(r"^\s*(?:\[\^?[\w-]+\]:?|\d{1,4}[.)\]])\s+")
_KIND = re.compile(r"[a-z]+(?:[-_][a-z]+)*")
_OURS = ("quoted", "checked_by", "checked_at")


@dataclass
class Imported:
    """What became of a file: ids of new sources and of those that were known, and what was refused,
    by place in the file with its reason."""

    added: list[int] = field(default_factory=list)
    known: list[int] = field(default_factory=list)
    refused: list[tuple[int, str]] = field(default_factory=list)
    newest: int = 0  # source before it


def to_csl(source: Source) -> dict[str, Any]:
    """A source as an item of CSL-JSON; what an import brought and is not ours is kept in it."""
    item: dict[str, Any] = {**source.csl, "id": source.csl.get("id") or f"source-{source.id}"}
    item["type"] = source.kind
    within = source.kind.startswith(_WITHIN)
    values = {
        "title": source.title,
        "container-title" if within else "publisher": source.publisher,
        "URL": source.url,
        "archive_location": source.archived_url,
    }
    item |= {name: value for name, value in values.items() if value}
    if source.author and source.author != _authors(item.get("author", ())):
        item["author"] = [_name(name) for name in _split(source.author)]
    if source.published_on:
        item["issued"] = {"date-parts": [[int(part) for part in source.published_on.split("-")]]}
    if source.looked_at:
        day = source.looked_at
        item["accessed"] = {"date-parts": [[day.year, day.month, day.day]]}
    ours = {name: getattr(source, name) for name in _OURS if getattr(source, name)}
    if ours:
        if source.checked_at:
            ours["checked_at"] = source.checked_at.isoformat()
        item["custom"] = {**item.get("custom", {}), "outreach": ours}
    return item


def from_csl(session: Session, text: str, *, by: str) -> Imported:
    """Store the items of a CSL-JSON text; what is known gets its gaps filled.

    Raises BadInput where the text is no CSL-JSON at all; single items that can't be are refused.
    """
    try:
        found = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise BadInput(f"That is no JSON: {error}.", field="file") from None
    items = found.get("items", [found]) if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise BadInput("CSL-JSON is a list of items.", field="file")
    outcome = _begun(session)
    for place, item in enumerate(items, start=1):
        parts = _csl_parts(item) if isinstance(item, dict) else None
        if parts is None or not (parts.title or parts.url):
            outcome.refused.append((place, "it has neither a title nor an address"))
            continue
        source = _stored(session, parts, outcome)
        kind = str(item.get("type") or "")[:40]
        if source.id > outcome.newest and _KIND.fullmatch(kind):
            source.kind = kind
        source.csl = {**source.csl, **item}
        source.quoted = source.quoted or _quoted(item)
    return _done(session, outcome, by)


def to_plain(sources: Iterable[Source], style: str = styles.HOUSE) -> str:
    """Sources as notes, one on each line, with their addresses."""
    lines = (f"{styles.full(one, style)} {one.url or ''}".strip() for one in sources)
    return "".join(f"{line}\n" for line in lines)


def from_plain(session: Session, text: str, *, by: str) -> Imported:
    """Store plain notes, one on each line, numbered or not."""
    outcome = _begun(session)
    for place, line in enumerate(text.splitlines(), start=1):
        raw = _NUMBER.sub("", line).strip()
        if not raw:
            continue
        read = read_source(raw)
        if not re.search(r"\w{3}", raw) or not (read.title or read.url):
            outcome.refused.append((place, "no source could be recognised in it"))
            continue
        parts = Named(read.author, read.title, read.publisher, read.date, read.url)
        _stored(session, parts, outcome)
    return _done(session, outcome, by)


def _begun(session: Session) -> Imported:
    return Imported(newest=session.scalar(select(func.max(Source.id))) or 0)


def _stored(session: Session, parts: Named, outcome: Imported) -> Source:
    """What was vouched for and looked at of a known source stays as it is."""
    source = find_or_create(session, parts)
    ids = outcome.added if source.id > outcome.newest else outcome.known
    if source.id not in ids:
        ids.append(source.id)
    return source


def _done(session: Session, outcome: Imported, by: str) -> Imported:
    session.flush()
    number = len(outcome.added)
    audit.record(session, actor=by, action="source.import", subject="sources", added=number)
    return outcome


def _csl_parts(item: Mapping[str, Any]) -> Named | None:
    within = item.get("container-title") or item.get("publisher") or item.get("authority")
    return Named(
        author=_authors(item.get("author") or ()) or None,
        title=_words(item.get("title")),
        publisher=_words(within),
        published_on=_issued(item.get("issued")),
        url=_words(item.get("URL")),
        archived_url=_words(item.get("archive_location")),
    )


def _quoted(item: Mapping[str, Any]) -> str:
    custom = item.get("custom")
    ours = custom.get("outreach") if isinstance(custom, dict) else None
    quoted = ours.get("quoted") if isinstance(ours, dict) else None
    return quoted if isinstance(quoted, str) else ""


def _issued(issued: Any) -> str | None:
    if not isinstance(issued, dict):
        return None
    parts = issued.get("date-parts")
    if isinstance(parts, list) and parts and isinstance(parts[0], list):
        try:
            year, *rest = (int(part) for part in parts[0][:3])
        except (TypeError, ValueError):
            return None
        return "-".join([f"{year:04}", *(f"{part:02}" for part in rest)])
    written = _words(issued.get("raw")) or _words(issued.get("literal"))
    dated = find_date(written) if written else None
    return dated.iso if dated else None


def _authors(names: Any) -> str:
    if not isinstance(names, Sequence) or isinstance(names, str):
        return ""
    found = []
    for name in names:
        if not isinstance(name, dict):
            continue
        parts = ("given", "non-dropping-particle", "family", "suffix")
        found.append(
            _words(name.get("literal")) or " ".join(filter(None, map(_words, map(name.get, parts))))
        )
    return "; ".join(filter(None, found))


def _split(author: str) -> list[str]:
    names = styles.names(author)
    if len(names) == 1:  # as notes list them: “A, B, and C”
        parts = [part for part in re.split(r",? and |, ", names[0]) if part]
        if len(parts) > 1 and all(map(_TWO_NAMES.fullmatch, parts)):
            return parts
    return names


def _name(name: str) -> dict[str, str]:
    given, _, family = name.rpartition(" ")
    return {"family": family, "given": given} if looks_like_person(name) else {"literal": name}


def _words(value: Any) -> str | None:
    return " ".join(value.split()) or None if isinstance(value, str) else None
