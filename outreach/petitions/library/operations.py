"""Writes of the library: add, edit, merge, vouch for and remove sources, each one audited."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from urllib.parse import urlsplit

from sqlalchemy import delete, exists, select, update
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.core.clock import now
from outreach.core.errors import Conflict, FormErrors
from outreach.petitions.library import styles
from outreach.petitions.models import CitationSource, Petition, Source, SourceText
from outreach.petitions.sources import LINE

# What a person edits, with the names that people read.
FIELDS = {
    "author": "author",
    "title": "title",
    "publisher": "publisher",
    "published_on": "date",
    "url": "address",
    "archived_url": "archived copy",
    "quoted": "quoted words",
    "kind": "kind",
}
_KIND = re.compile(r"[a-z]+(?:[-_][a-z]+)*")
_DATE = re.compile(r"\d{4}(?:-\d{2}){0,2}")


def add(session: Session, parts: Mapping[str, str], *, by: str) -> Source:
    """A new source. Raises FormErrors for parts that can't be, Conflict where it is known."""
    source = Source()
    _take(source, parts)
    if source.url_key:
        query = select(Source).where(Source.url_key == source.url_key).limit(1)
        known = session.scalar(query)
        if known is not None:
            raise Conflict(
                f"Source {known.id} has this address; nothing was added.",
                hint="Edit that one, or leave the address out.",
            )
    session.add(source)
    session.flush()
    _record(session, "source.add", source, by)
    return source


def edit(session: Session, source: Source, parts: Mapping[str, str], *, by: str) -> list[str]:
    """Change the parts that are given; returns the names of those that changed.

    Another address is looked at anew, and what was vouched for at the old one is not any more.
    """
    before = {name: getattr(source, name) for name in FIELDS}
    was_at = source.url_key
    _take(source, parts)
    changed = [name for name in FIELDS if getattr(source, name) != before[name]]
    if "url" in changed:
        forget_look(source)
    if source.url_key != was_at and was_at:
        source.checked_at = source.checked_by = None
    session.flush()
    if changed:
        was = {name: before[name] for name in changed}
        _record(session, "source.edit", source, by, was=was)
    return [FIELDS[name] for name in changed]


def merge(session: Session, into: Source, other: Source, *, by: str) -> None:
    """Make two sources one: what leads to the other leads here, gaps are filled, texts are kept."""
    if into.id == other.id:
        raise Conflict("That is one source already.")
    gone = {name: getattr(other, name) for name in FIELDS}
    for name in FIELDS:
        if not getattr(into, name):
            setattr(into, name, gone[name])
    lines = [*into.quoted.splitlines(), *other.quoted.splitlines()]
    into.quoted = "\n".join(dict.fromkeys(filter(None, lines)))
    into.csl = {**other.csl, **into.csl}
    if into.checked_at is None:
        into.checked_at, into.checked_by = other.checked_at, other.checked_by
    _lead_once(session, into, other)
    for model in (CitationSource, SourceText):
        rows = update(model).where(model.source_id == other.id)
        session.execute(rows.values(source_id=into.id))
    session.expire(other)
    session.delete(other)
    session.flush()
    _record(session, "source.merge", into, by, merged=other.id, was=gone)


def _lead_once(session: Session, into: Source, other: Source) -> None:
    """Notes that name both sources name the one from now on."""
    named = select(CitationSource.citation_id).where(CitationSource.source_id == into.id)
    twice = delete(CitationSource).where(
        CitationSource.source_id == other.id, CitationSource.citation_id.in_(named)
    )
    session.execute(twice)


def vouch(session: Session, source: Source, *, by: str) -> None:
    """Note that a person read the source and found in it what the texts claim."""
    source.checked_at, source.checked_by, source.lost = now(), by, []
    session.flush()
    _record(session, "source.check", source, by)


def remove(session: Session, source: Source, *, by: str) -> None:
    """Take a source out of the library. Raises Conflict while a note leads to it."""
    if session.scalar(select(exists().where(CitationSource.source_id == source.id))):
        raise Conflict("A note leads to this source; it was kept.", hint="Take the note out first.")
    _record(session, "source.remove", source, by, was={f: getattr(source, f) for f in FIELDS})
    session.delete(source)
    session.flush()


def set_style(session: Session, petition: Petition, style: str, *, by: str) -> None:
    """Write a petition's notes in another style; what was signed keeps the words it had.

    Raises FormErrors for a style that there is not.
    """
    if style not in styles.STYLES:
        raise FormErrors([("style", f"There is no style “{style}”: {', '.join(styles.STYLES)}.")])
    if petition.note_style == style:
        return
    before, petition.note_style = petition.note_style, style
    session.flush()
    subject = f"petition:{petition.slug}"
    audit.record(
        session, actor=by, action="petition.style", subject=subject, style=style, was=before
    )


def forget_look(source: Source) -> None:
    """Leave what was seen at an earlier address; the new one is due."""
    source.look, source.look_detail, source.leads_to, source.lost = "", "", None, []
    source.looked_at = source.look_due = source.failing_since = None
    source.says = {}


def _take(source: Source, parts: Mapping[str, str]) -> None:
    """Raises FormErrors with everything that can't be; then nothing is changed."""
    found = {name: _tidied(name, parts[name]) for name in FIELDS if name in parts}
    faults = [(name, fault) for name, value in found.items() if (fault := _fault(name, value))]
    named = found.get("title", source.title) or found.get("url", source.url)
    if not named and not (found.get("publisher", source.publisher)):
        faults.append(("title", "Enter a title or an address, so that people know what it is."))
    if faults:
        raise FormErrors(faults)
    for name, value in found.items():
        setattr(source, name, value if name in ("quoted", "kind") else value or None)


def _tidied(name: str, value: str) -> str:
    if name == "quoted":
        return "\n".join(filter(None, (" ".join(line.split()) for line in value.splitlines())))
    return " ".join(value.split()) or ("webpage" if name == "kind" else "")


def _fault(name: str, value: str) -> str:
    if name in ("author", "title", "publisher") and len(value) > LINE:
        return f"The {FIELDS[name]} has more than {LINE} characters. Write it shorter."
    if name == "published_on" and value and not _is_date(value):
        return "Enter a date as 2026-03-05, 2026-03 or 2026."
    if name in ("url", "archived_url") and value and not _is_address(value):
        return f"Enter the {FIELDS[name]} with https:// in front."
    if name == "kind" and (not _KIND.fullmatch(value) or len(value) > 40):
        return "Enter a kind as CSL names it, such as webpage, article-newspaper, report or book."
    return ""


def _is_date(value: str) -> bool:
    if not _DATE.fullmatch(value):
        return False
    try:
        date.fromisoformat(value + "-01-01"[: 10 - len(value)] if len(value) < 10 else value)
    except ValueError:
        return False
    return True


def _is_address(value: str) -> bool:
    try:
        parts = urlsplit(value)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and " " not in value


def _record(session: Session, action: str, source: Source, by: str, **detail: object) -> None:
    audit.record(session, actor=by, action=action, subject=f"source:{source.id}", **detail)
