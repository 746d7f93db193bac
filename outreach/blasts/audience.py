"""Whom a blast's rules choose, and how many of them the consent gate holds back."""

from __future__ import annotations

from dataclasses import dataclass

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences.rules import parse
from outreach.audiences.select import supporter_ids
from outreach.blasts.models import Blast
from outreach.consent.gate import reason_not_to_write
from outreach.supporters.models import Supporter


@dataclass(frozen=True)
class AudienceCount:
    """Whom the rules choose, and whom the gate holds back, by reason."""

    chosen: int
    held_back: dict[str, int]

    @property
    def would_get(self) -> int:
        """Letters that would leave now."""
        return self.chosen - sum(self.held_back.values())


def audience_query(session: Session, blast: Blast) -> Select[int]:
    """Ids of the supporters that the blast's rules choose, gate not asked."""
    organisation = session.get_one(Organisation, blast.organisation_id)
    return supporter_ids(session, parse(blast.audience), organisation)


def somebody_would_get(session: Session, blast: Blast) -> bool:
    """Whether a letter would leave now: ends at the first person, where a count takes them all."""
    reason = reason_not_to_write(Supporter.id.expression, Supporter.address.expression)
    chosen = audience_query(session, blast).subquery("chosen")  # an IN would be made whole first
    first = select(Supporter.id).join(chosen, chosen.c[0] == Supporter.id).where(reason.is_(None))
    return session.scalar(first.limit(1)) is not None


def audience_count(session: Session, blast: Blast) -> AudienceCount:
    """Counts the audience as it is now, the gate asked; raises BadInput for bad rules."""
    reason = reason_not_to_write(Supporter.id.expression, Supporter.address.expression)
    rows = session.execute(
        select(reason, func.count())
        .where(Supporter.id.in_(audience_query(session, blast)))
        .group_by(reason)
    ).all()
    counts: dict[str | None, int] = dict(rows)
    return AudienceCount(sum(counts.values()), {w: n for w, n in counts.items() if w})
