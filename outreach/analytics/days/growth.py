"""How the list grew: people who joined by source, who came back, who left, day by day.

The truth is the consent ledger, in the order of its entries: somebody joins with the first entry
that agrees to letters, leaves with one that takes it back, comes back with the next that agrees.
So joined and came back less left are the people who agree now. Where a signature made the entry,
its own credit says what brought it. Entries of imports that were undone count as never made.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    func,
    literal,
    literal_column,
    select,
)
from sqlalchemy.orm import Session, aliased

from outreach.analytics.days import days
from outreach.analytics.days.days import Subject
from outreach.analytics.days.models import FIGURES
from outreach.consent.models import EMAIL, GRANTED, WITHDRAWN, ConsentEntry
from outreach.core.errors import BadInput
from outreach.petitions.models import Petition, Signature
from outreach.supporters.models import Import

JOINED, RETURNED, LEFT = "joined", "returned", "left"
IMPORT, PETITION, SHARE, BLAST, ENTRY, OTHER = (
    "import", "petition", "share", "blast", "entry", "other",
)  # fmt: skip
SOURCES = {
    IMPORT: "Import",
    PETITION: "Petition page",
    SHARE: "Shared link",
    BLAST: "Blast",
    ENTRY: "Entered by hand",
    OTHER: "Otherwise",
}
WEEK, MONTH = days.BY_WEEK, days.BY_MONTH
STEPS = {WEEK: 26, MONTH: 12}  # shown unless a span is asked for
MAX_PERIODS = 400

# Beginnings of an entry's source, where no signature says more.
_BEGINNINGS = (
    ("import:", IMPORT), ("petition:", PETITION), ("letter:", BLAST), ("list:", ENTRY),
)  # fmt: skip


@dataclass(frozen=True)
class Period:
    """A week (from Monday) or a month, its days included; `agreed`: people who agree to letters
    at its end."""

    first: date
    last: date
    joined: Counter[str]
    returned: int
    left: int
    agreed: int

    @property
    def net(self) -> int:
        """How much the list grew."""
        return self.joined.total() + self.returned - self.left


@dataclass(frozen=True)
class Growth:
    """Periods, oldest first, as of an instant; None: nothing was counted yet."""

    by: str
    periods: Sequence[Period]
    as_of: datetime | None

    @property
    def sources(self) -> list[str]:
        """Those that brought anybody, in the order of SOURCES."""
        return [name for name in SOURCES if any(one.joined[name] for one in self.periods)]


def growth(
    session: Session, today: date, *, by: str = MONTH, since: date | None = None,
    until: date | None = None,
) -> Growth:  # fmt: skip
    """The list by week or month, from the one of `since` to the one of `until`, else the last
    STEPS of them. Raises BadInput."""
    starts = _starts(today, by, since, until)
    ends = [days.after(start, by) for start in starts]
    found = [
        Period(start, end - days.DAY, Counter(), 0, 0, 0)
        for start, end in zip(starts, ends, strict=True)
    ]
    numbers: list[Counter[tuple[str, str]]] = [Counter() for _ in found]
    before = _net_before(session, starts[0])
    place = 0
    for day, _, source, measure, number in sorted(
        days.sums(session, PEOPLE, starts[0], ends[-1] - days.DAY)
    ):
        while day >= ends[place]:
            place += 1
        numbers[place][measure, source] += number
    periods = []
    for one, of in zip(found, numbers, strict=True):
        joined = Counter({name: of[JOINED, name] for name in SOURCES if of[JOINED, name]})
        returned = sum(n for (measure, _), n in of.items() if measure == RETURNED)
        left = sum(n for (measure, _), n in of.items() if measure == LEFT)
        before += joined.total() + returned - left
        periods.append(Period(one.first, one.last, joined, returned, left, before))
    return Growth(by, periods, days.counted_at(session, PEOPLE))


def _net_before(session: Session, day: date) -> int:
    figure = FIGURES.c
    signed = case((figure.measure == LEFT, -figure.number), else_=figure.number)
    query = select(func.sum(signed)).where(figure.subject == PEOPLE.name, figure.day < day)
    return int(session.scalar(query) or 0)


def _starts(today: date, by: str, since: date | None, until: date | None) -> list[date]:
    if by not in STEPS:
        raise BadInput("The list is counted by week or by month.", hint="Write week or month.")
    last = days.start_of(min(until or today, today), by)
    starts = [last]
    while since is None or starts[-1] > since:
        if len(starts) == (STEPS[by] if since is None else MAX_PERIODS):
            break
        starts.append(days.start_of(starts[-1] - days.DAY, by))
    if since and since > min(until or today, today):
        raise BadInput("The first day lies after the last.", hint="Swap the two.")
    return starts[::-1]


def undone_sources() -> Select[str]:
    """Imports that were undone, as the ledger names them."""
    return select(literal("import:") + cast(Import.id, String)).where(Import.state == "undone")


def _first(session: Session) -> datetime | None:
    return session.scalar(select(func.min(ConsentEntry.at)))


def _count(
    session: Session, begins: Sequence[datetime]
) -> Iterable[tuple[int, int, str, str, int]]:
    for index, measure, source, number in session.execute(_came(begins)):
        if measure is not None:
            yield index, 0, source, measure, number
    for index, number in session.execute(_went(begins)):
        yield index, 0, "", LEFT, number


def _came(begins: Sequence[datetime]) -> Select[Any]:
    """Entries that agree where none stood, or one that took it back."""
    entry = ConsentEntry
    before = case(
        {"none": JOINED, WITHDRAWN: RETURNED}, value=func.coalesce(_before(), "none")
    ).label("measure")
    slug = func.substr(entry.source, len("petition:") + 1)
    rows = (
        select(_day(begins), before, _source().label("source"))
        .select_from(entry)
        .outerjoin(Petition, and_(entry.source.like("petition:%"), Petition.slug == slug))
        .outerjoin(
            Signature,
            and_(
                Signature.petition_id == Petition.id,
                Signature.supporter_id == entry.supporter_id,
            ),
        )
        .where(*_within(begins, GRANTED))
        .subquery()
    )
    by = (rows.c.day, rows.c.measure, rows.c.source)
    return select(*by, func.count()).group_by(*by)


def _went(begins: Sequence[datetime]) -> Select[Any]:
    """Entries that take back what stood."""
    rows = (
        select(_day(begins), _before().label("before"))
        .select_from(ConsentEntry)
        .where(*_within(begins, WITHDRAWN))
        .subquery()
    )
    left = rows.c.before == GRANTED
    return select(rows.c.day, func.count()).where(left).group_by(rows.c.day)


def _day(begins: Sequence[datetime]) -> ColumnElement[int]:
    ends = [(ConsentEntry.at < end, index) for index, end in enumerate(begins[1:-1])]
    last = len(begins) - 2
    return (case(*ends, else_=last) if ends else literal(last)).label("day")


def _within(begins: Sequence[datetime], status: str) -> Sequence[ColumnElement[bool]]:
    at = ConsentEntry.at
    # Written out, so that both databases take the index of the entries of this status.
    is_such = ConsentEntry.status == literal_column(f"'{status}'")
    return (at >= begins[0], at < begins[-1], is_such, *_counts(ConsentEntry))


def _counts(entry: Any) -> Sequence[ColumnElement[bool]]:
    return (entry.purpose == EMAIL, entry.source.not_in(undone_sources()))


def _before() -> ColumnElement[str]:
    """What the person's entry before this one said."""
    earlier = aliased(ConsentEntry)
    mine = (earlier.supporter_id == ConsentEntry.supporter_id, earlier.id < ConsentEntry.id)
    query = select(earlier.status).where(*mine, *_counts(earlier))
    return query.order_by(earlier.id.desc()).limit(1).correlate(ConsentEntry).scalar_subquery()


def _source() -> ColumnElement[str]:
    begins = [(ConsentEntry.source.like(f"{start}%"), name) for start, name in _BEGINNINGS]
    return case(
        (Signature.last_delivery_id.is_not(None), BLAST),
        (Signature.shared_by_id.is_not(None), SHARE),
        *begins,
        else_=OTHER,
    )


PEOPLE = Subject("people", _first, _count)
