"""What a new installation needs before its first letter leaves, as links, done ones ticked."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flask import url_for
from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.blasts.models import Blast
from outreach.petitions.queries import all_petitions
from outreach.supporters.models import Supporter


@dataclass(frozen=True)
class Step:
    """One step. `url` leads to where it is done, "" while an earlier one has to come first."""

    title: str
    detail: str
    url: str
    done: bool


def first_steps(session: Session, blasts: Sequence[Blast]) -> list[Step]:
    """The way to the first letter; no steps once one has left."""
    if any(blast.frozen_at for blast in blasts):
        return []
    petitions = all_petitions(session)
    published = any(petition.state == "published" for petition in petitions)
    draft = next((blast for blast in blasts if blast.state == "draft"), None)
    return [
        Step(
            "Say who speaks",
            "Name, postal address and sender stand in every letter. Look whether they are right.",
            url_for("console_organisation.show"),
            done=True,  # made together with the first account
        ),
        Step(
            "Paste a petition",
            "Headline, statement and notes are found in its text.",
            url_for("console_petitions_import.paste"),
            done=bool(petitions),
        ),
        Step(
            "Publish it",
            "From then on its page takes signatures.",
            url_for("console_petitions.show", slug=petitions[0].slug) if petitions else "",
            done=published,
        ),
        Step(
            "Bring supporters in",
            "Import a file of people who agreed to get letters from you.",
            url_for("console_imports.choose"),
            done=bool(session.scalar(select(exists().where(Supporter.id.is_not(None))))),
        ),
        Step(
            "Draft a blast",
            "Subject, text, buttons and notes come from the petition.",
            url_for("console_blasts.draft") if petitions else "",
            done=bool(blasts),
        ),
        Step(
            "Send it",
            "Look at the checks, send yourself a test, then schedule it.",
            url_for("console_compose.show", blast_id=draft.id) if draft else "",
            done=any(blast.state == "scheduled" for blast in blasts),
        ),
    ]
