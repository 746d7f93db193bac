"""How sure a signature is, and why: recognised, confirmed, by form, or suspicious.

A doubt never takes a signature away: it says what a person should look at.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from sqlalchemy import String, cast, func, select
from sqlalchemy.orm import Session

from outreach.core.clock import now
from outreach.petitions.models import Petition, Signature

RECOGNISED, CONFIRMED, FORM, SUSPICIOUS = "recognised", "confirmed", "form", "suspicious"
GRADES = {
    RECOGNISED: "Signed by the link of the person’s own letter.",
    CONFIRMED: "Signed by form, and the letter to the address was answered.",
    FORM: "Signed by form; the letter to the address is not answered yet.",
    SUSPICIOUS: "What sent it looks like a machine, or like one person for many.",
}
SUSPICIOUS_FROM = 3  # summed weight of the doubts, as of events

# What the form itself tells
TRAP, HASTY, COMMENTED = "filled_trap", "hasty", "commented"
TRAP_WEIGHT, HASTY_WEIGHT, COMMENTED_WEIGHT = 3, 2, -2
HASTY_UNDER_S = 4
CROWD = "crowd"
CROWD_FROM, CROWD_WITHIN = 30, timedelta(hours=1)
CROWD_WEIGHT = 3
WHY = {
    TRAP: "A field was filled in that people do not see.",
    HASTY: f"The form came back in less than {HASTY_UNDER_S} seconds; people need longer.",
    COMMENTED: "Wrote a comment, which speaks for a person.",
    CROWD: f"At least {CROWD_FROM} signatures by form from its network within an hour.",
}


@dataclass(frozen=True, slots=True)
class Press:
    """What is known of the request that signs: doubts as [{name, weight}], its hashed network."""

    doubts: Sequence[dict[str, Any]] = ()
    network: str = ""


UNSEEN = Press()


def grade_of(signature: Signature) -> str:
    """How a signature is graded, doubts considered."""
    weight = sum(doubt["weight"] for doubt in signature.doubts)
    return SUSPICIOUS if weight >= SUSPICIOUS_FROM else signature.grade


def note(session: Session, signature: Signature, press: Press) -> None:
    """Keep with a signature what is known of the request that brought it."""
    doubts = list(press.doubts)
    signature.network = press.network
    if signature.grade == FORM and press.network and _is_crowd(session, press.network):
        doubts.append({"name": CROWD, "weight": CROWD_WEIGHT})
    signature.doubts = doubts


def counts(session: Session, petition: Petition) -> dict[str, int]:
    """The petition’s signatures that were not taken off, by grade, in the order of GRADES."""
    standing = (Signature.petition_id == petition.id, Signature.invalidated_at.is_(None))
    rows = session.execute(
        select(Signature.grade, func.count()).where(*standing).group_by(Signature.grade)
    )
    found: Counter[str] = Counter()
    for grade, number in rows:
        found[grade] = number
    for signature in suspicious(session, petition):
        found[signature.grade] -= 1
        found[SUSPICIOUS] += 1
    return {grade: found[grade] for grade in GRADES if found[grade]}


def suspicious(session: Session, petition: Petition) -> list[Signature]:
    """Suspicious signatures that were not taken off, the newest first."""
    query = select(Signature).where(
        Signature.petition_id == petition.id,
        Signature.invalidated_at.is_(None),
        cast(Signature.doubts, String) != "[]",
    )
    found = session.scalars(query.order_by(Signature.id.desc()))
    return [signature for signature in found if grade_of(signature) == SUSPICIOUS]


def _is_crowd(session: Session, network: str) -> bool:
    same = select(func.count()).where(
        Signature.network == network,
        Signature.created_at > now() - CROWD_WITHIN,
        Signature.grade != RECOGNISED,
    )
    return (session.scalar(same) or 0) >= CROWD_FROM
