"""When a mailbox provider takes a blast's letters worse than it should: the rule of the warning.

Two rates are looked at: letters lost (bounced or refused, of those answered) and complaints (of
delivered). Each is held against the rest of this blast, and against what the same provider did
with the AT_MOST blasts before it, of SINCE. A warning stands where the difference is larger than
MATTERS over all of its interval: Newcombe's, so wide (Z, 99.9 %) because many providers are looked
at, and wider the fewer letters there are, so that small numbers do not warn. Of fewer than LEAST
letters lost, or complaints, the interval is too short, and nothing is said.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select, tuple_
from sqlalchemy.orm import Session

from outreach.analytics.intervals import Rate, difference
from outreach.analytics.report.groups import Group, groups_of
from outreach.analytics.rollups.cells import MAILBOX
from outreach.analytics.rollups.models import Rollup
from outreach.blasts.models import Blast, Variant

Z = 3.290526731491926  # the normal quantile of a two-sided 99.9 % interval
# A point of lost letters; half of the 0.1 % of complaints that providers name.
MATTERS = {"lost": 0.01, "complaint": 0.0005}
LEAST = 5
AT_MOST, SINCE = 10, timedelta(days=90)

_SAID = {
    "lost": "Delivery falls: {rate} bounced or refused, {theirs} {other}",
    "complaint": "Complaints rise: {rate}, {theirs} {other}",
}
_REST, _BEFORE = "in the rest of this blast", "in its last blasts"


def with_warnings(session: Session, blast_id: int, groups: Sequence[Group]) -> list[Group]:
    """Mailbox providers, each with what is wrong with it."""
    before = _before(session, blast_id) if groups else {}
    whole = _sum(groups)
    return [
        replace(one, warnings=tuple(_warnings(one, _less(whole, one), before.get(one.value))))
        for one in groups
    ]


def _warnings(one: Group, rest: Group, before: Group | None) -> Iterator[str]:
    for name, words in _SAID.items():
        rate = _rate(one, name)
        for other, said in ((rest, _REST), (before, _BEFORE)):
            if other is not None and is_worse(name, rate, theirs := _rate(other, name)):
                yield words.format(rate=rate.percent, theirs=theirs.percent, other=said)


def is_worse(name: str, rate: Rate, other: Rate) -> bool:
    """Whether a rate of MATTERS is higher than another by more than matters, and than chance."""
    interval = difference(rate, other, Z)
    return rate.count >= LEAST and interval is not None and interval[0] > MATTERS[name]


def _rate(group: Group, name: str) -> Rate:
    return group.lost if name == "lost" else group.rates[name]


_COUNTS = ("audience", "sent", "bounced", "refused", "complained")


def _sum(groups: Iterable[Group]) -> Group:
    groups = list(groups)
    return Group(MAILBOX, "", **{n: sum(getattr(one, n) for one in groups) for n in _COUNTS})


def _less(whole: Group, one: Group) -> Group:
    return Group(MAILBOX, "", **{n: getattr(whole, n) - getattr(one, n) for n in _COUNTS})


def _before(session: Session, blast_id: int) -> Mapping[str, Group]:
    """What each provider did with the blasts before this one, together."""
    began = select(Blast.started_at).where(Blast.id == blast_id)
    at = session.scalar(began)
    if at is None:
        return {}
    earlier = (
        select(Blast.id)
        .where(Blast.started_at < at, Blast.started_at >= at - SINCE)
        .order_by(Blast.started_at.desc(), Blast.id)
        .limit(AT_MOST)
    )
    ids = session.scalars(earlier).all()
    rows = session.execute(select(Variant.blast_id, Variant.id).where(Variant.blast_id.in_(ids)))
    of: Counter[Any] = Counter()
    places = [*((blast, variant) for blast, variant in rows), *((blast, 0) for blast in ids)]
    if places:
        query = (
            select(Rollup.value, Rollup.measure, func.sum(Rollup.number))
            # By its key: the other numbers of those blasts are not read.
            .where(tuple_(Rollup.blast_id, Rollup.variant_id).in_(places))
            .where(Rollup.dimension == MAILBOX)
            .group_by(Rollup.value, Rollup.measure)
        )
        for value, measure, number in session.execute(query):
            of[MAILBOX, value, measure] = int(number)
    return {one.value: one for one in groups_of(of, MAILBOX)}
