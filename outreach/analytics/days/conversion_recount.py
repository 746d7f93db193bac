"""Visits to petitions' pages a second time: plain Python over visits and signatures."""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.analytics.days.conversion import MACHINE, SEEN, SIGNED
from outreach.analytics.days.days import Numbers
from outreach.petitions.models import Signature
from outreach.tracking.models import PageVisit
from outreach.tracking.visits import EMBED, LETTER, PAGE, SHARE


def recount(session: Session, zone: ZoneInfo) -> Numbers:
    """Every number of the visits, one by one."""
    visits = session.scalars(select(PageVisit).order_by(PageVisit.at)).all()
    found = Numbers()
    if not visits:
        return found
    embedded = {visit.signature_id for visit in visits if visit.source == EMBED}
    by_id, by_letter = set(), set()
    for one in session.scalars(select(Signature).where(Signature.state == "verified")):
        by_id.add(one.id)
        by_letter.add((one.last_delivery_id, one.petition_id))
        if one.created_at >= visits[0].at:
            source = (
                EMBED
                if one.id in embedded
                else LETTER
                if one.last_delivery_id
                else SHARE
                if one.shared_by_id
                else PAGE
            )
            found[one.created_at.astimezone(zone).date(), one.petition_id, source, SIGNED] += 1
    for visit in visits:
        letter = (visit.delivery_id, visit.petition_id)
        if (
            visit.source == EMBED
            or visit.signature_id in by_id
            or (visit.delivery_id and letter in by_letter)
        ):
            continue
        measure = MACHINE if visit.by_machine else SEEN
        found[visit.at.astimezone(zone).date(), visit.petition_id, visit.source, measure] += 1
    return found
