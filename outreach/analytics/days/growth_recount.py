"""The growth of the list a second time, the slow way: plain Python over the ledger's entries.

It shares the words of growth.py, and nothing of its SQL. It keeps some 100 bytes a signature.
"""

from __future__ import annotations

from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.analytics.days import growth
from outreach.analytics.days.days import Numbers
from outreach.consent.models import EMAIL, GRANTED, ConsentEntry
from outreach.petitions.models import Petition, Signature
from outreach.supporters.models import Import

AT_ONCE = 10_000  # rows on their way from the database


def recount(session: Session, zone: ZoneInfo) -> Numbers:
    """Every number of the list's growth, entry by entry."""
    undone = set(session.scalars(select(Import.id).where(Import.state == "undone")))
    slugs = {row.slug: row.id for row in session.execute(select(Petition.slug, Petition.id))}
    credit = {
        (petition, person): growth.BLAST if letter is not None else growth.SHARE
        for petition, person, letter, share in session.execute(
            select(
                Signature.petition_id,
                Signature.supporter_id,
                Signature.last_delivery_id,
                Signature.shared_by_id,
            )
        )
        if letter is not None or share is not None
    }
    entries = (
        select(ConsentEntry.supporter_id, ConsentEntry.status, ConsentEntry.source, ConsentEntry.at)
        .where(ConsentEntry.purpose == EMAIL)
        .order_by(ConsentEntry.supporter_id, ConsentEntry.id)
        .execution_options(yield_per=AT_ONCE)
    )
    found, person, standing = Numbers(), None, ""
    for supporter_id, status, source, at in session.execute(entries):
        kind, _, name = source.partition(":")
        if kind == "import" and name.isdigit() and int(name) in undone:
            continue
        if supporter_id != person:
            person, standing = supporter_id, ""
        day = at.astimezone(zone).date()
        if status != GRANTED:
            if standing == GRANTED:
                found[day, 0, "", growth.LEFT] += 1
        elif standing != GRANTED:
            brought = credit.get((slugs.get(name, 0), person)) if kind == "petition" else None
            measure = growth.RETURNED if standing else growth.JOINED
            found[day, 0, brought or _plain(kind), measure] += 1
        standing = status
    return found


def _plain(kind: str) -> str:
    plain = {"import": growth.IMPORT, "petition": growth.PETITION, "letter": growth.BLAST}
    return plain.get(kind, growth.ENTRY if kind == "list" else growth.OTHER)
