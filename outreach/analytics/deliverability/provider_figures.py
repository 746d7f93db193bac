"""A blast’s letters by the recipients’ mailbox domain: counted by a job, read by the score card.

The rollups know no domains. A blast is counted whole, and only where its letters have moved since:
its totals here then differ from those of the rollups.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from datetime import timedelta

from sqlalchemy import Integer, and_, case, cast, delete, func, insert, or_, select
from sqlalchemy.orm import Session

from outreach.analytics.definitions import BLAST_LETTER
from outreach.analytics.deliverability.models import ProviderFigure
from outreach.analytics.rollups.cells import WHOLE
from outreach.analytics.rollups.models import Rollup
from outreach.analytics.views.view import FEW
from outreach.blasts.domains import domain_of
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail.models import SENT_STATES, Delivery
from outreach.supporters.models import Supporter

SMALLEST_PART = 5000  # a domain of fewer than one in so many letters is none of its own
LOOKED_AT = timedelta(days=97)  # a week, and the 90 days before it


def count_moved(db: Database, stop: threading.Event | None = None) -> int:
    """Count the blasts of LOOKED_AT whose letters moved; how many. Each in its transaction."""
    with db.reading() as session:
        moved = _moved(session)
    for done, blast_id in enumerate(moved):
        if stop is not None and stop.is_set():
            return done
        with db.transaction() as session:
            _count(session, blast_id)
    return len(moved)


def _moved(session: Session) -> Sequence[int]:
    """Blasts of which other numbers are sent, bounced or complained than were counted here."""
    measures = {"sent": SENT_STATES, "bounced": ("bounced",), "complained": ("complained",)}
    rolled = (
        select(
            Rollup.blast_id,
            *(
                func.sum(case((Rollup.measure.in_(states), Rollup.number), else_=0)).label(name)
                for name, states in measures.items()
            ),
        )
        .where(Rollup.dimension == WHOLE, Rollup.measure.in_(SENT_STATES))
        .group_by(Rollup.blast_id)
        .subquery()
    )
    counted = (
        select(
            ProviderFigure.blast_id,
            *(func.sum(getattr(ProviderFigure, name)).label(name) for name in measures),
        )
        .group_by(ProviderFigure.blast_id)
        .subquery()
    )
    differs = or_(*(func.coalesce(counted.c[name], 0) != rolled.c[name] for name in measures))
    return session.scalars(
        select(Blast.id)
        .join(rolled, rolled.c.blast_id == Blast.id)
        .outerjoin(counted, counted.c.blast_id == Blast.id)
        .where(Blast.started_at >= now() - LOOKED_AT, differs)
        .order_by(Blast.id)
    ).all()


def _count(session: Session, blast_id: int) -> None:
    session.execute(delete(ProviderFigure).where(ProviderFigure.blast_id == blast_id))
    by_domain = (
        select(
            func.coalesce(domain_of(Supporter.address), "").label("domain"),
            func.count().label("sent"),
            func.count(case((Delivery.state == "bounced", 1))).label("bounced"),
            func.count(case((Delivery.state == "complained", 1))).label("complained"),
        )
        .select_from(Delivery)
        .outerjoin(Supporter, Supporter.id == Delivery.supporter_id)
        .where(
            and_(
                Delivery.blast_id == blast_id,
                Delivery.kind == BLAST_LETTER,
                Delivery.state.in_(SENT_STATES),
            )
        )
        .group_by("domain")
        .cte()
    )
    # Those of few people together: one might name its owner, and says nothing of a provider. Of a
    # large blast more of them, so that the card reads some hundred rows a blast at most.
    whole = select(func.sum(by_domain.c.sent)).scalar_subquery()
    many = and_(by_domain.c.sent >= FEW, by_domain.c.sent * SMALLEST_PART >= whole)
    name = case((many, by_domain.c.domain), else_="").label("name")
    sums = [
        cast(func.sum(by_domain.c[number]), Integer) for number in ("sent", "bounced", "complained")
    ]
    found = select(cast(blast_id, Integer), name, *sums).group_by("name")
    columns = ["blast_id", "domain", "sent", "bounced", "complained"]
    session.execute(insert(ProviderFigure).from_select(columns, found))
