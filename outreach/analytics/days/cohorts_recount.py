"""The cohorts a second time, the slow way: letter by letter, as rollups/recount.py reads them.

It keeps a month's people at a time, and the month in which each person joined.
"""

from __future__ import annotations

from collections import defaultdict
from datetime import date
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.analytics.days.cohorts import REACHED, WHATS
from outreach.analytics.days.days import Numbers
from outreach.analytics.rollups import recount as letters
from outreach.blasts.models import Blast
from outreach.consent.models import EMAIL, GRANTED, ConsentEntry
from outreach.mail.models import Delivery
from outreach.supporters.models import Import


def recount(session: Session, zone: ZoneInfo) -> Numbers:
    """Every number of the cohorts."""
    joined = _joined(session, zone)
    months: defaultdict[date, list[Blast]] = defaultdict(list)
    for blast in session.scalars(select(Blast).where(Blast.started_at.is_not(None))):
        if blast.started_at is not None:
            months[blast.started_at.astimezone(zone).date().replace(day=1)].append(blast)
    found = Numbers()
    for month, blasts in months.items():
        people: defaultdict[int, set[str]] = defaultdict(set)
        for blast in blasts:
            whose = _people(session, blast.id)
            for delivery_id, letter in letters.letters_of(session, blast).items():
                person = whose.get(delivery_id)
                if letter.arrived and person is not None:
                    people[person] |= letter.did
        for person, did in people.items():
            cohort = joined.get(person)
            if cohort is not None and cohort <= month:
                for measure in (REACHED, *(what for what in WHATS if what in did)):
                    found[month, 0, cohort.isoformat(), measure] += 1
    return found


def _people(session: Session, blast_id: int) -> dict[int, int | None]:
    mine = select(Delivery.id, Delivery.supporter_id).where(Delivery.blast_id == blast_id)
    return {row.id: row.supporter_id for row in session.execute(mine)}


def _joined(session: Session, zone: ZoneInfo) -> dict[int, date]:
    """The month in which each person agreed first."""
    undone = {
        f"import:{number}"
        for number in session.scalars(select(Import.id).where(Import.state == "undone"))
    }
    found: dict[int, date] = {}
    entries = select(ConsentEntry.supporter_id, ConsentEntry.source, ConsentEntry.at).where(
        ConsentEntry.purpose == EMAIL, ConsentEntry.status == GRANTED
    )
    for person, source, at in session.execute(entries.order_by(ConsentEntry.at)):
        if source not in undone:
            found.setdefault(person, at.astimezone(zone).date().replace(day=1))
    return found
