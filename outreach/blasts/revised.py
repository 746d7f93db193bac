"""What a petition's revision does to its blasts that have not left: whose letter no longer fits
the page goes back to a draft, and whatever was passed over is checked again."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, select
from sqlalchemy.orm import Session

from outreach.blasts import preflight, schedule
from outreach.blasts.models import Blast, CheckOverride
from outreach.mail.markdown import marker_labels
from outreach.petitions.models import Petition
from outreach.petitions.revising import Revision


@dataclass(frozen=True, slots=True)
class TakenBack:
    """A blast that is a draft again: its name, when it was due, and why."""

    blast_id: int
    name: str
    due: datetime | None
    why: str


def take_back(
    session: Session, petition: Petition, revision: Revision, *, actor: str, base_url: str
) -> list[TakenBack]:
    """Take blasts of a revised petition back to drafts, in the revision's own transaction.

    A blast stays scheduled where its letter still says what the page says: numbers are those of
    the page in any case, because a letter is composed when it starts. It goes back where the
    statement changed, where a note that it cites has other words or is gone, and where a check of
    its citations now stops it. An override of such a check was given for the earlier text and is
    dropped, on drafts too.
    """
    if not revision.touches_wording:
        return []
    taken = []
    for blast in _not_started(session, petition):
        _drop_overrides(session, blast)
        if blast.state == "draft":
            continue
        why = _why(session, blast, revision, base_url)
        if why:
            taken.append(TakenBack(blast.id, blast.name, blast.scheduled_for, why))
            schedule.unschedule(session, blast, actor=actor)
    return taken


def _not_started(session: Session, petition: Petition) -> list[Blast]:
    query = (
        select(Blast)
        .where(
            Blast.petition_id == petition.id,
            Blast.state.in_(("draft", "scheduled", "paused")),
            Blast.frozen_at.is_(None),
        )
        .order_by(Blast.id)
        .with_for_update()
    )
    return list(session.scalars(query))


def _drop_overrides(session: Session, blast: Blast) -> None:
    session.execute(
        delete(CheckOverride).where(
            CheckOverride.blast_id == blast.id, CheckOverride.check.startswith("citations.")
        )
    )


def _why(session: Session, blast: Blast, revision: Revision, base_url: str) -> str:
    if "statement" in revision.changed:
        return "its letter was written for the earlier statement"
    cited = {label for variant in blast.variants for label in marker_labels(variant.says("body"))}
    if cited & revision.notes:
        return "its letter cites notes that are changed"
    for finding in preflight.run(session, blast, base_url):
        if finding.level == "stop" and finding.key.startswith("citations"):
            return f"a check stops it: {finding.title.rstrip('.')}"
    return ""
