"""Who came to petitions' pages by what, and how many of them signed.

A visit is a look at which the page's script saw somebody, or a signature; so whoever signs without
script counts as having come. By what somebody came is the credit: a letter's link, a shared one, or
neither. Counted are days since visits are kept.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, case, exists, func, literal, select
from sqlalchemy.orm import Session

from outreach.analytics.days import days
from outreach.analytics.days.days import Subject
from outreach.analytics.days.models import FIGURES
from outreach.analytics.intervals import Rate
from outreach.core.errors import BadInput
from outreach.petitions.models import Petition, Signature
from outreach.tracking.models import PageVisit
from outreach.tracking.visits import EMBED, LETTER, PAGE, SHARE

SEEN, MACHINE, SIGNED = "seen", "machine", "signed"
# Of the form in other sites' pages only signatures are known.
SOURCES = {
    LETTER: "Letter",
    SHARE: "Shared link",
    PAGE: "Found otherwise",
    EMBED: "Form on another site",
}


@dataclass(frozen=True)
class Source:
    """Who came by one source: `rate` is of visits by people, of nobody where visits are not known;
    `signed` all who did, `machines` stand beside them."""

    name: str
    rate: Rate
    signed: int
    machines: int


@dataclass(frozen=True)
class PetitionVisits:
    """One petition's page, or of all of them with `petition_id` 0."""

    petition_id: int
    headline: str
    sources: Sequence[Source]

    @property
    def whole(self) -> Rate:
        """All sources of which visits are known."""
        return Rate(sum(s.rate.count for s in self.sources), sum(s.rate.of for s in self.sources))


@dataclass(frozen=True)
class Conversion:
    """Petitions by signatures, the most first; as of an instant, None: nothing counted yet."""

    since: date | None  # the first day that is counted
    all: PetitionVisits
    petitions: Sequence[PetitionVisits]
    as_of: datetime | None


def conversion(
    session: Session, since: date | None = None, until: date | None = None
) -> Conversion:
    """The pages' visits from one day to another, each included. Raises BadInput."""
    if since and until and since > until:
        raise BadInput("The first day lies after the last.", hint="Swap the two.")
    figure = FIGURES.c
    mine = [figure.subject == VISITS.name]
    first = session.scalar(select(func.min(figure.day)).where(*mine))
    if since:
        mine.append(figure.day >= since)
    if until:
        mine.append(figure.day <= until)
    by = (figure.of_id, figure.source, figure.measure)
    numbers: defaultdict[int, Counter[tuple[str, str]]] = defaultdict(Counter)
    for of_id, source, measure, number in session.execute(
        select(*by, func.sum(figure.number)).where(*mine).group_by(*by)
    ):
        numbers[of_id][source, measure] += int(number)
    named = select(Petition.id, Petition.headline).where(Petition.id.in_(numbers))
    found = [
        PetitionVisits(row.id, row.headline, _sources(numbers[row.id]))
        for row in session.execute(named)
    ]
    total: Counter[tuple[str, str]] = sum(numbers.values(), Counter())
    return Conversion(
        since=max(filter(None, (first, since)), default=None),
        all=PetitionVisits(0, "All petitions", _sources(total)),
        petitions=sorted(found, key=lambda one: (-one.whole.count, -one.whole.of, one.petition_id)),
        as_of=days.counted_at(session, VISITS),
    )


def _sources(of: Counter[tuple[str, str]]) -> list[Source]:
    found = []
    for name in SOURCES:
        signed, seen, machines = (of[name, measure] for measure in (SIGNED, SEEN, MACHINE))
        if signed or seen or machines:
            rate = Rate(0, 0) if name == EMBED else Rate(signed, seen + signed)
            found.append(Source(name, rate, signed, machines))
    return found


def _first(session: Session) -> datetime | None:
    return session.scalar(select(func.min(PageVisit.at)))


def _count(
    session: Session, begins: Sequence[datetime]
) -> Iterable[tuple[int, int, str, str, int]]:
    yield from session.execute(_looks(begins))
    yield from session.execute(_signatures(begins))


def _looks(begins: Sequence[datetime]) -> Select[Any]:
    """Visits of which no signature came."""
    verified = Signature.state == "verified"
    # Two questions: one with "or" in it PostgreSQL would ask anew for each visit.
    came = exists().where(verified, Signature.id == PageVisit.signature_id)
    by_letter = exists().where(
        verified,
        Signature.last_delivery_id == PageVisit.delivery_id,
        Signature.petition_id == PageVisit.petition_id,
    )
    measure = case((PageVisit.by_machine, MACHINE), else_=SEEN).label("measure")
    by = (_day(PageVisit.at, begins), PageVisit.petition_id, PageVisit.source, measure)
    within = (PageVisit.at >= begins[0], PageVisit.at < begins[-1])
    looked = PageVisit.source != EMBED
    return (
        select(*by, func.count())
        .where(*within, looked, ~came, ~by_letter)
        .group_by("day", *by[1:3], "measure")
    )


def _signatures(begins: Sequence[datetime]) -> Select[Any]:
    """Verified signatures, since visits are kept."""
    embedded = exists().where(PageVisit.signature_id == Signature.id, PageVisit.source == EMBED)
    source = case(
        (embedded, EMBED),
        (Signature.last_delivery_id.is_not(None), LETTER),
        (Signature.shared_by_id.is_not(None), SHARE),
        else_=PAGE,
    ).label("source")
    kept = select(func.min(PageVisit.at)).scalar_subquery()
    at = Signature.created_at
    by = (_day(at, begins), Signature.petition_id, source)
    return (
        select(*by, literal(SIGNED), func.count())
        .where(at >= begins[0], at < begins[-1], at >= kept, Signature.state == "verified")
        .group_by("day", Signature.petition_id, "source")
    )


def _day(at: Any, begins: Sequence[datetime]) -> ColumnElement[int]:
    ends = [(at < end, index) for index, end in enumerate(begins[1:-1])]
    last = len(begins) - 2
    return (case(*ends, else_=last) if ends else literal(last)).label("day")


VISITS = Subject("visits", _first, _count)
