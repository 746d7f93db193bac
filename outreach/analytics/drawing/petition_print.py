"""Signatures on paper for a petition's target: cover, what was signed with its notes, the names.

In volumes of so many names: a page that is being set is held in memory as a whole, and so a million
names take no more of it than one volume.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from markupsafe import Markup as SafeHtml
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.drawing.pdf import as_pdf
from outreach.analytics.drawing.printed import environment
from outreach.core.errors import NotFound
from outreach.petitions import instalments, note_lines
from outreach.petitions.citations import Note
from outreach.petitions.instalment_models import Instalment
from outreach.petitions.markup import Markup
from outreach.petitions.models import Petition, PetitionVersion

NAMES = 2_500  # in a volume: some forty pages


def volumes_of(instalment: Instalment) -> int:
    """In how many volumes an instalment is printed."""
    return max(1, -(-instalment.signatures // NAMES))


def volume_pdf(session: Session, instalment: Instalment, volume: int, *, paper: str) -> bytes:
    """A volume, from 1 on, on A4 or Letter (paper.PAPERS).

    Raises NotFound for a volume that is not there, Conflict where nothing can be printed.
    """
    html = volume_html(session, instalment, volume, paper=paper)
    session.rollback()  # all is read: no transaction stays open while the page is set
    return as_pdf(html)


def volume_html(session: Session, instalment: Instalment, volume: int, *, paper: str) -> str:
    """The page that is printed, with all that it needs in it; raises as volume_pdf."""
    if not 1 <= volume <= volumes_of(instalment):
        raise NotFound(f"This instalment has {volumes_of(instalment)} volumes.")
    petition = session.get_one(Petition, instalment.petition_id)
    organisation = session.get_one(Organisation, petition.organisation_id)
    start = instalments.first_place(session, instalment) + (volume - 1) * NAMES
    names = list(instalments.names(session, instalment, before=start + NAMES, after=start - 1))
    versions = instalments.versions(session, instalment)
    zone = ZoneInfo(organisation.timezone)

    def day(at: datetime) -> str:
        local = at.astimezone(zone)
        return f"{local.day} {local:%B %Y}"

    return (
        environment()
        .get_template("instalment.html")
        .render(
            headline=petition.headline,
            target=instalment.target,
            instalment=instalment,
            organisation=organisation.name,
            speaker_address=", ".join(organisation.postal_address.splitlines()),
            language=organisation.language,
            paper=paper,
            volume=volume,
            volumes=volumes_of(instalment),
            first=names[0].place if names else 0,
            last=names[-1].place if names else 0,
            delivered=start - 1 - (volume - 1) * NAMES + instalment.signatures,
            versions=versions,
            wordings=[_wording(version, number) for version, number in versions],
            taken_off=list(instalments.taken_off_since(session, instalment)) if volume == 1 else [],
            names=names,
            day=day,
        )
    )


def _wording(version: PetitionVersion, number: int) -> dict[str, Any]:
    """A version as it was signed: statement, text and notes, and how many names stand under it."""
    notes = [Note.of_json(note) for note in version.notes]
    markup = Markup(notes)
    return {
        "version": version,
        "number": number,
        "statement": SafeHtml(markup.html(version.statement)),
        "body": SafeHtml(markup.html(version.body)),
        "notes": [(note, note_lines.note_text(note)) for note in notes],
    }
