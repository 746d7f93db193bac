"""Who is in a segment: how many, a few of them, and why."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences import terms
from outreach.audiences.models import Segment
from outreach.audiences.names import Names
from outreach.audiences.rules import parse
from outreach.audiences.select import first_organisation, shuffled, supporter_ids
from outreach.audiences.terms import Rule, to_text
from outreach.core.errors import NotFound
from outreach.supporters.models import Supporter


@dataclass(frozen=True, slots=True)
class Person:
    """One supporter of a sample. `place`: postal code, region and country, as far as known."""

    id: int
    name: str
    email: str
    place: str


def count(session: Session, rule: Rule, organisation: Organisation | None = None) -> int:
    """How many supporters a rule chooses, consent not asked."""
    chosen = supporter_ids(session, rule, organisation).order_by(None).subquery()
    return session.scalar(select(func.count()).select_from(chosen)) or 0


def sample(
    session: Session, rule: Rule, n: int = 10, organisation: Organisation | None = None
) -> list[Person]:
    """Up to `n` of those whom a rule chooses, mixed, and the same ones each time."""
    chosen = supporter_ids(session, rule, organisation)
    people = session.scalars(
        select(Supporter)
        .where(Supporter.id.in_(chosen))
        .order_by(shuffled(Supporter.id.expression, seed=1), Supporter.id)
        .limit(n)
    )
    return [
        Person(
            id=one.id,
            name=f"{one.first_name} {one.last_name}".strip(),
            email=one.email,
            place=" ".join(filter(None, (one.postal_code, one.region, one.country))),
        )
        for one in people
    ]


def explain(
    session: Session, rule: Rule, organisation: Organisation | None = None
) -> list[tuple[str, int]]:
    """Each part of a rule as text, with how many it alone chooses; the whole rule first."""
    organisation = organisation or first_organisation(session)
    return [
        (to_text(part), count(session, part, organisation)) for part in dict.fromkeys(parts(rule))
    ]


def all_segments(session: Session) -> Sequence[Segment]:
    """Saved segments by name."""
    return session.scalars(select(Segment).order_by(Segment.name)).all()


def by_id(session: Session, segment_id: int) -> Segment:
    """The saved segment with this id; raises NotFound."""
    segment = session.get(Segment, segment_id)
    if segment is None:
        raise NotFound("There is no such segment.", hint="It may have been deleted.")
    return segment


def by_name(session: Session, name: str, organisation: Organisation | None = None) -> Segment:
    """The saved segment of this name; raises BadInput with the nearest names."""
    return Names(session, organisation or first_organisation(session)).segment(name)


def rule_of(segment: Segment) -> Rule:
    """What a saved segment asks."""
    return parse(segment.rules)


def parts(rule: Rule) -> list[Rule]:
    """A rule and all that it is made of, saved segments by their names alone."""
    found = [rule]
    match rule:
        case terms.Not(inner) | terms.Sample(rule=inner):
            found += parts(inner)
        case terms.And(rules) | terms.Or(rules):
            for inner in rules:
                found += parts(inner)
    return found
