"""All blasts beside each other: what each brought, with rates, in the order that is asked for.

Read from the rollups: a few dozen numbers for each blast, whatever the number of its events.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from sqlalchemy import Select, literal_column, select
from sqlalchemy.orm import Session

from outreach.analytics.intervals import SMALL, Rate
from outreach.analytics.rollups.cells import WHOLE
from outreach.analytics.rollups.models import Rollup
from outreach.blasts.models import Blast
from outreach.core.errors import BadInput
from outreach.petitions.models import Petition

# A rate's key, what it is called, and the count of all who did it, delivered or not.
RATES = (
    ("open", "Opened", "opened"),
    ("click", "Clicked", "clicked"),
    ("sign", "Signed", "signatures"),
    ("unsubscribe", "Unsubscribed", "unsubscribed"),
    ("complaint", "Complained", "complained"),
)
# The same of those whose letter counts as delivered: over these rates are taken.
_REACHED = {
    "open": "reached_opened",
    "click": "reached_clicked",
    "sign": "reached_signed",
    "unsubscribe": "reached_unsubscribed",
    "complaint": "complained",
}
_SENT = ("accepted", "delivered", "bounced", "complained")
_HELD = ("skipped", "pending", "refused", "unknown", "cancelled")
MEASURES = {*_SENT, *_HELD, *(measure for _, _, measure in RATES), *_REACHED.values()}


class Number(NamedTuple):
    """One number of the rollups of the whole blast."""

    blast_id: int
    variant_id: int
    measure: str
    number: int


@dataclass(frozen=True)
class Line:
    """One blast: `counts` are people by a rate's key, `rates` those whose letter was delivered."""

    blast_id: int
    name: str
    state: str
    petition_id: int
    petition: str
    scheduled_for: datetime | None
    started_at: datetime | None
    has_run: bool
    audience: int
    sent: int
    delivered: int
    counts: Mapping[str, int]
    rates: Mapping[str, Rate]

    @property
    def small(self) -> bool:
        """Too few delivered to compare its rates with others’."""
        return self.delivered < SMALL


@dataclass(frozen=True)
class Asked:
    """Which blasts, in which order; `by` is a key of ORDERS, "" for the newest first."""

    by: str = ""
    down: bool = False
    petition: int | None = None
    since: date | None = None  # started on this day or later, as the organisation's clock has it
    until: date | None = None  # this day included
    columns: tuple[str, ...] = ()  # keys of RATES that are shown; none: all


def _share(key: str) -> Callable[[Line], float | None]:
    # Few people have rates near 0 and 100 % by chance: they would stand at both ends.
    return lambda line: None if line.small else line.rates[key].share


def _people(key: str) -> Callable[[Line], int | None]:
    return lambda line: line.counts[key] if line.has_run else None


ORDERS: Mapping[str, tuple[str, Callable[[Line], Any]]] = {
    "name": ("Name", lambda line: line.name.casefold()),
    "started": ("Started", lambda line: line.started_at),
    "sent": ("Sent", lambda line: line.sent if line.has_run else None),
    "delivered": ("Delivered", lambda line: line.delivered if line.has_run else None),
    **{key: (f"{label}, rate", _share(key)) for key, label, _ in RATES},
    **{f"{key}-count": (f"{label}, people", _people(key)) for key, label, _ in RATES},
}


def lines(
    session: Session, asked: Asked, zone: ZoneInfo, numbers: Iterable[Number] | None = None
) -> list[Line]:
    """The blasts asked for; `numbers` are those of `numbers_of_variants` where they are at hand. In
    every order those without the figure come last: blasts that have
    not run, and by rate the small ones. Raises BadInput for an order or a span that isn't."""
    if asked.by and asked.by not in ORDERS:
        raise BadInput(
            f"Blasts can’t be sorted by “{asked.by[:40]}”.", hint=f"There are: {', '.join(ORDERS)}."
        )
    found = _lines(session, asked, zone, numbers)
    if not asked.by:
        return found
    key = ORDERS[asked.by][1]
    known = [line for line in found if key(line) is not None]
    rest = [line for line in found if key(line) is None]
    return sorted(known, key=key, reverse=asked.down) + rest


def line_of(session: Session, blast_id: int) -> Line | None:
    """One blast's line; None where there is no such blast."""
    row = session.execute(_BLASTS.where(Blast.id == blast_id)).one_or_none()
    return (
        None
        if row is None
        else _line(row, _counted(numbers_of_variants(session, blast_id))[blast_id])
    )


def petitions(session: Session) -> list[tuple[int, str]]:
    """Every petition that has a blast, by headline."""
    asked = select(Blast.petition_id)
    rows = session.execute(select(Petition.id, Petition.headline).where(Petition.id.in_(asked)))
    return sorted(((number, headline) for number, headline in rows), key=lambda row: row[1])


def names_of(session: Session, asked: Asked, zone: ZoneInfo) -> dict[int, str]:
    """The blasts asked for, by number, without their figures. Raises BadInput."""
    return {row.id: row.name for row in session.execute(_which(asked, zone))}


def _lines(
    session: Session, asked: Asked, zone: ZoneInfo, numbers: Iterable[Number] | None
) -> list[Line]:
    counted = _counted(numbers_of_variants(session) if numbers is None else numbers)
    rows = session.execute(_which(asked, zone).order_by(Blast.id.desc()))
    return [_line(row, counted[row.id]) for row in rows]


def _which(asked: Asked, zone: ZoneInfo) -> Select[*tuple[Any, ...]]:
    query = _BLASTS
    if asked.petition is not None:
        query = query.where(Blast.petition_id == asked.petition)
    if asked.since and asked.until and asked.since > asked.until:
        raise BadInput("The first day lies after the last.", hint="Swap the two.")
    if asked.since:
        query = query.where(Blast.started_at >= datetime.combine(asked.since, time(), zone))
    if asked.until:
        end = datetime.combine(asked.until, time(), zone) + timedelta(days=1)
        query = query.where(Blast.started_at < end)
    return query


def numbers_of_variants(session: Session, blast_id: int | None = None) -> Iterable[Number]:
    """Every number of MEASURES, of one blast or of all: blast, variant, measure, number."""
    # Written out: by a parameter neither database would know that the index of these rows does,
    # and the hours and links of each blast would be looked through.
    whole = Rollup.dimension == literal_column(f"'{WHOLE}'")
    query = select(Rollup.blast_id, Rollup.variant_id, Rollup.measure, Rollup.number).where(
        whole, Rollup.measure.in_(MEASURES)
    )
    if blast_id is not None:
        query = query.where(Rollup.blast_id == blast_id)
    return [Number(*row) for row in session.execute(query)]


def _counted(numbers: Iterable[Number]) -> defaultdict[int, Counter[str]]:
    found: defaultdict[int, Counter[str]] = defaultdict(Counter)
    for number, _, measure, count in numbers:
        found[number][measure] += count
    return found


def rates_of(of: Mapping[str, int]) -> tuple[int, int, dict[str, Rate]]:
    """Sent, delivered, and the rates over delivered people, of the sums of MEASURES."""
    sent = sum(of[name] for name in _SENT)
    delivered = sent - of["bounced"]
    return sent, delivered, {key: Rate(of[name], delivered) for key, name in _REACHED.items()}


# Not as objects: two hundred blasts take as long to make as to read.
_BLASTS = select(
    Blast.id,
    Blast.name,
    Blast.state,
    Blast.petition_id,
    Petition.headline,
    Blast.scheduled_for,
    Blast.started_at,
    Blast.frozen_at,
).join(Petition, Petition.id == Blast.petition_id)


def _line(blast: Any, of: Mapping[str, int]) -> Line:
    sent, delivered, rates = rates_of(of)
    audience = sent + sum(of[name] for name in _HELD)
    return Line(
        blast_id=blast.id,
        name=blast.name,
        state=blast.state,
        petition_id=blast.petition_id,
        petition=blast.headline,
        scheduled_for=blast.scheduled_for,
        started_at=blast.started_at,
        has_run=blast.frozen_at is not None or audience > 0,
        audience=audience,
        sent=sent,
        delivered=delivered,
        counts={key: of[measure] for key, _, measure in RATES},
        rates=rates,
    )
