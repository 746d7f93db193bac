"""Checks of what a letter cites: its markers, its sources, and what it says on their word."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.blasts.checks import Case, Finding
from outreach.blasts.models import Blast, Variant
from outreach.mail.markdown import marker_labels
from outreach.petitions import citations
from outreach.petitions.library import checks, queries
from outreach.petitions.library.evidence import quotations
from outreach.petitions.models import Citation, CitationSource, Source
from outreach.petitions.queries import current_version

_BLOCK = re.compile(r"\{%.*?%\}", re.DOTALL)
_FIELD = re.compile(r"\{\{.*?\}\}", re.DOTALL)
# What may be passed over with a name; behind a colon stands the source that it was said of.
OVERRIDABLE = frozenset(
    {
        "citations.unresolved",
        "citations.unused",
        "citations.unchecked",
        "citations.dead",
        "citations.quote",
        "citations.changed",
    }
)


def of_citations(case: Case) -> Iterator[Finding]:
    """Every marker leads to a source that a person checked, that is there, and that says so."""
    session, petition = case.session, case.petition
    text = current_version(session, petition).text
    labels = dict.fromkeys(
        (*case.composed.unresolved, *citations.unresolved(session, petition, text))
    )
    for label in labels:
        yield Finding(
            "citations.unresolved",
            "stop",
            f"The marker [^{label}] leads nowhere",
            "The petition has no such note.",
            can_override=True,
        )
    for citation in citations.unused(session, petition, text):
        yield Finding(
            "citations.unused",
            "stop",
            f"No marker leads to the source [^{citation.label}]",
            "Mark the place that leans on it, or take it out.",
            can_override=True,
        )
    unchecked = _unchecked(case)
    if unchecked:
        yield Finding(
            "citations.unchecked",
            "stop",
            f"Sources that nobody has checked: {unchecked}",
            "Read them, then say so on the petition’s page.",
            can_override=True,
        )
    elif not labels:
        yield Finding("citations", "ok", f"Notes: {len(case.composed.cited)}, all resolved")
    for found in checks.of_letter(session, petition, [_plain(case.variant.says("body"))]):
        key, stops = f"citations.{found.key}", found.level == "stop"
        yield Finding(key, found.level, found.title, found.detail, can_override=stops)


def quoted_anywhere(session: Session, source: Source) -> list[str]:
    """The words that must stand in a source: those that petitions quote, and letters."""
    query = (
        select(Variant.body, Citation.label)
        .join(Blast, Blast.id == Variant.blast_id)
        .join(Citation, Citation.petition_id == Blast.petition_id)
        .join(CitationSource, CitationSource.citation_id == Citation.id)
        .where(CitationSource.source_id == source.id, Blast.state != "cancelled")
    )
    texts: dict[str, set[str]] = {}
    for body, label in session.execute(query):
        texts.setdefault(body, set()).add(label)
    letters = [(_plain(body), labels) for body, labels in texts.items()]
    found = [*queries.quoted_in_petitions(session, source), *quotations(source, letters)]
    return list(dict.fromkeys(found))


def blasts_citing(session: Session, source: Source) -> list[Blast]:
    """Blasts of which a letter leads to this source, the newest first."""
    query = (
        select(Blast, Citation.label)
        .join(Citation, Citation.petition_id == Blast.petition_id)
        .join(CitationSource, CitationSource.citation_id == Citation.id)
        .where(CitationSource.source_id == source.id)
        .order_by(Blast.id.desc())
    )
    found: dict[int, Blast] = {}
    for blast, label in session.execute(query):
        if any(label in marker_labels(variant.body) for variant in blast.variants):
            found[blast.id] = blast
    return list(found.values())


def _plain(body: str) -> str:
    """A letter's text with all of its blocks; an ellipsis stands for what is personal."""
    return _FIELD.sub("…", _BLOCK.sub("", body))


def _unchecked(case: Case) -> int:
    cited = case.session.scalars(
        select(Citation).where(
            Citation.petition_id == case.petition.id, Citation.label.in_(case.composed.cited)
        )
    )
    return len({one.id for c in cited for one in c.sources if one.checked_at is None})
