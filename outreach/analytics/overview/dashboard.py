"""One line for each blast: what went out, what it brought. For lists of blasts and the home."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.report.counting import letters_of, signed_through
from outreach.analytics.report.figures import Letters, Signed


@dataclass(frozen=True)
class Headline:
    """The few figures by which blasts are told apart; definitions as in the report."""

    audience: int
    sent: int
    delivered: int
    signed: int
    sign_rate: Rate

    @property
    def small(self) -> bool:
        """Too few delivered for a verdict: show counts and the interval."""
        return self.delivered < SMALL


def headline(session: Session, blast_id: int) -> Headline:
    """The headline of one blast; all zero, with no rate, before its audience is frozen."""
    return headlines(session, [blast_id])[blast_id]


def headlines(session: Session, blast_ids: Sequence[int]) -> dict[int, Headline]:
    """A headline for each of the blasts, in two SELECTs for all of them."""
    letters = letters_of(session, blast_ids)
    signed = signed_through(session, blast_ids)
    return {
        blast_id: _headline(letters.get(blast_id, Letters({})), signed.get(blast_id, Signed()))
        for blast_id in blast_ids
    }


def _headline(letters: Letters, signed: Signed) -> Headline:
    return Headline(
        audience=letters.audience,
        sent=letters.sent,
        delivered=letters.reached,
        signed=signed.people,
        sign_rate=Rate(signed.reached, letters.reached),
    )
