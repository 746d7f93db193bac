"""May we write to this person at this address for this purpose? Yes, or no and why."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ColumnElement, ScalarSelect, Select, case, exists, null, select

from outreach.consent.models import EMAIL, GRANTED, WITHDRAWN, ConsentStanding, Suppression

SUPPRESSED, UNSUBSCRIBED, NO_CONSENT = "suppressed", "unsubscribed", "no_consent"


def reason_not_to_write(
    supporter_id: ColumnElement[int], address: ColumnElement[str], purpose: str = EMAIL
) -> ColumnElement[str | None]:
    """SQL for the reason, NULL where we may write; two look-ups on unique keys for each row.

    `supporter_id` and `address` (canonical) are columns of the enclosing statement.
    """
    suppressed = exists().where(Suppression.address == address).correlate_except(Suppression)
    standing = (
        select(ConsentStanding.status)
        .where(ConsentStanding.supporter_id == supporter_id, ConsentStanding.purpose == purpose)
        .correlate_except(ConsentStanding)
        .scalar_subquery()
    )
    return _reason(suppressed, standing)


def gated(people: Select[*tuple[Any, ...]], purpose: str = EMAIL) -> Select[*tuple[Any, ...]]:
    """(supporter id, reason) of many people at once, by joins: a third of the time of asking
    `reason_not_to_write` of each row.

    `people`: (supporter id, canonical address), each once; what else they have comes behind.
    """
    chosen = people.subquery("chosen")
    supporter_id, address, *others = chosen.c
    reason = _reason(Suppression.address.is_not(None), ConsentStanding.status.expression)
    return (
        select(supporter_id, reason.label("reason"), *others)
        .outerjoin(Suppression, Suppression.address == address)
        .outerjoin(
            ConsentStanding,
            (ConsentStanding.supporter_id == supporter_id) & (ConsentStanding.purpose == purpose),
        )
    )


def _reason(
    suppressed: ColumnElement[bool], standing: ColumnElement[str] | ScalarSelect[str]
) -> ColumnElement[str | None]:
    by_consent = case({GRANTED: null(), WITHDRAWN: UNSUBSCRIBED}, value=standing, else_=NO_CONSENT)
    return case((suppressed, SUPPRESSED), else_=by_consent)
