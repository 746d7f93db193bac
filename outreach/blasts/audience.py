"""Whom a blast's rules choose, and how many of them the consent gate holds back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session, aliased

from outreach.accounts.models import Organisation
from outreach.audiences.rules import parse
from outreach.audiences.select import people
from outreach.blasts import membership, origins
from outreach.blasts.models import Blast
from outreach.consent.gate import gated
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


def members(session: Session, blast: Blast) -> Select[*tuple[Any, ...]]:
    """Whom the blast's rules choose, each with the reason why the consent gate holds them back:
    (supporter id, reason or NULL)."""
    organisation = session.get_one(Organisation, blast.organisation_id)
    return gated(people(session, parse(blast.audience), organisation))


def members_and_traits(session: Session, blast: Blast) -> Select[*tuple[Any, ...]]:
    """The same with what is kept beside a letter (Delivery's mailbox_id, place_id, segments)."""
    organisation = session.get_one(Organisation, blast.organisation_id)
    rule, person = parse(blast.audience), aliased(Supporter)
    chosen = origins.kept(session, people(session, rule, organisation, person), person)
    segments = membership.kept(session, blast, rule, organisation, person)
    return gated(chosen.add_columns(segments.label("segments")))


def somebody_would_get(session: Session, blast: Blast) -> bool:
    """Whether a letter would leave now: ends at the first person, where a count takes them all."""
    chosen = members(session, blast).subquery()
    first = select(chosen.c.id).where(chosen.c.reason.is_(None)).limit(1)
    return session.scalar(first) is not None


def audience_count(session: Session, blast: Blast) -> AudienceCount:
    """Counts the audience as it is now, the gate asked; raises BadInput for bad rules."""
    chosen = members(session, blast).subquery()
    rows = session.execute(select(chosen.c.reason, func.count()).group_by(chosen.c.reason)).all()
    counts: dict[str | None, int] = dict(rows)
    return AudienceCount(sum(counts.values()), {w: n for w, n in counts.items() if w})
