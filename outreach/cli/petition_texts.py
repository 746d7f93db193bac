"""How `outreach petitions` prints a text that was read, and a petition that is stored."""

from __future__ import annotations

import textwrap
from collections.abc import Callable
from typing import Any

from sqlalchemy.orm import Session

from outreach.analytics.report import wording
from outreach.petitions import citations, note_lines, queries, tally
from outreach.petitions.intake.sources import SOURCE_PARTS
from outreach.petitions.intake.understanding import Citation, Marker, Understanding
from outreach.petitions.models import Petition, Signature

Say = Callable[[str], None]
WIDTH = 92


def suspicion(signature: Signature) -> dict[str, Any]:
    """A suspicious signature, what it would be without its doubts, and why it is suspicious."""
    return {
        "id": signature.id,
        "name": signature.name,
        "signed_at": signature.created_at,
        "state": signature.state,
        "grade": signature.grade,
        "doubts": signature.doubts,
        "why": wording.doubts(signature),
    }


def summary(session: Session, petition: Petition, url: str) -> dict[str, Any]:
    """What `list` and `--json` tell of a petition."""
    version = queries.current_version(session, petition)
    return {
        "slug": petition.slug,
        "state": petition.state,
        "headline": petition.headline,
        "targets": petition.targets,
        "partners": petition.partners,
        "signatures": tally.count(session, petition.id),
        "goal": petition.goal,
        "version": version.number,
        "notes": len(version.notes),
        "url": url,
    }


def print_petition(say: Say, session: Session, petition: Petition, shown: dict[str, Any]) -> None:
    """The stored petition with its wording in force and its notes by number."""
    version = queries.current_version(session, petition)
    say(f"{petition.headline}")
    goal = f" of {petition.goal:,}" if petition.goal else ""
    noun = "signature" if (petition.goal or shown["signatures"]) == 1 else "signatures"
    say(f"{petition.state}, {shown['signatures']:,}{goal} {noun}, {shown['url']}")
    _section(say, "To", ", ".join(petition.targets) or "nobody named")
    _section(say, f"Statement, version {version.number}", version.statement)
    _section(say, "Body", version.body)
    say("\nNotes")
    for note in citations.notes_of(session, petition, version.text):
        _wrapped(say, f"{note.number:>3}. ", note_lines.note_text(note))
    for citation in citations.unused(session, petition, version.text):
        _wrapped(say, "  –  ", f"{citation.raw} (no marker leads here)")
    _section(say, "Partners", ", ".join(petition.partners) or "none")


def understanding_json(read: Understanding) -> dict[str, Any]:
    """What `read --json` tells: the structure, every finding, sources that share a note."""
    further = [
        {"citation": citation.number, **{part: getattr(source, part) for part in SOURCE_PARTS}}
        for citation in read.citations
        for source in citation.more
    ]
    findings = [finding.to_json() for finding in read.findings]
    return {**read.to_json(), "findings": findings, "further_sources": further}


def print_understanding(say: Say, read: Understanding) -> None:
    """A text as it was understood: parts, notes with their parts, where markers stand, doubts."""
    where = {found.part: f" ({found.place}, {found.sure})" for found in read.findings if found.line}
    say(read.headline + where.get("headline", ""))
    organisation = where.get("organisation", "")
    _section(say, f"Organisation{organisation}", read.organisation or "not found")
    _section(say, f"To{where.get('targets', '')}", ", ".join(read.targets) or "not found")
    _section(say, f"Statement{where.get('statement', '')}", read.markdown_statement())
    say("\nBody")
    for number, paragraph in enumerate(read.markdown_paragraphs(), start=1):
        _wrapped(say, f"{number:>3}  ", paragraph)
    say(f"\nNotes ({len(read.citations)})")
    for citation in read.citations:
        _print_citation(say, citation, [m for m in read.markers if m.citation == citation.number])
    _section(
        say,
        f"Consent line{where.get('consent_line', '')}",
        read.consent_line or "not found; ours will stand there",
    )
    _section(say, f"Thanks{where.get('thanks', '')}", read.thanks or "not found")
    _section(say, f"Partners{where.get('partners', '')}", ", ".join(read.partners) or "none")
    say(f"\nUnsure of ({len(read.warnings)})" if read.warnings else "\nNothing was unclear.")
    for warning in read.warnings:
        _wrapped(say, "  ?  ", warning)


def _print_citation(say: Say, citation: Citation, markers: list[Marker]) -> None:
    _wrapped(
        say, f"{citation.number:>3}. ", f"{citation.raw} (line {citation.line}, {citation.sure})"
    )
    parts = {
        "author": citation.author,
        "title": citation.title,
        "publisher": citation.publisher,
        "date": citation.date,
        "url": citation.url,
        "repeats note": citation.same_as,
    }
    for name, value in parts.items():
        if value is not None:
            _wrapped(say, f"       {name}: ", str(value))
    for source in citation.more:
        words = [value for part in SOURCE_PARTS if (value := getattr(source, part))]
        _wrapped(say, "       also: ", "; ".join(words))
    say(f"       stands {'; '.join(map(_place, markers)) or 'nowhere: no marker leads here'}")


def _place(marker: Marker) -> str:
    where = marker.place if marker.paragraph is None else f"paragraph {marker.paragraph + 1}"
    return f"in {where} after “{marker.after}” (line {marker.line})"


def _section(say: Say, title: str, text: str) -> None:
    say(f"\n{title}")
    for paragraph in text.split("\n"):
        _wrapped(say, "     ", paragraph)


def _wrapped(say: Say, first: str, text: str) -> None:
    rest = " " * len(first)
    say(textwrap.fill(text, WIDTH, initial_indent=first, subsequent_indent=rest))
