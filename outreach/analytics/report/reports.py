"""The report of one blast."""

from __future__ import annotations

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.report.counting import counted_until, figures_of
from outreach.analytics.report.figures import BlastReport
from outreach.blasts.models import Blast
from outreach.blasts.queries import reason_of
from outreach.core.errors import NotFound
from outreach.petitions.models import Petition


def blast_report(session: Session, blast_id: int) -> BlastReport:
    """What became of a blast, as of the last count; raises NotFound.

    Before its audience is frozen there are no figures: the report says so by `figures` None.
    """
    found = session.execute(
        select(Blast, Petition.headline, Organisation.timezone)
        .join(Petition, Petition.id == Blast.petition_id)
        .join(Organisation, Organisation.id == Blast.organisation_id)
        .where(Blast.id == blast_id)
    ).one_or_none()
    if found is None:
        raise NotFound(f"There is no blast {blast_id}.", hint="See `outreach blasts list`.")
    blast, headline, zone = found
    figures = figures_of(session, blast_id)
    has_run = blast.frozen_at is not None or figures.letters.audience > 0
    return BlastReport(
        blast_id=blast.id,
        name=blast.name,
        state=blast.state,
        reason=reason_of(session, blast),
        petition=headline,
        zone=zone,
        scheduled_for=blast.scheduled_for,
        started_at=blast.started_at,
        finished_at=blast.finished_at,
        as_of=counted_until(session),
        figures=figures if has_run else None,
    )
