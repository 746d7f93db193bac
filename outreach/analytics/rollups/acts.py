"""What the people of letters did: counted for each letter from its events, then summed.

`replace` takes letters out of the rollup as they were counted and puts them in as they are.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Select,
    String,
    and_,
    case,
    cast,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
)
from sqlalchemy.orm import Session

from outreach.analytics.definitions import BLAST_LETTER, DELIVERED_STATES, HUMAN, MACHINE
from outreach.analytics.rollups import touched, traits
from outreach.analytics.rollups.cells import (
    ACTS,
    DEVICE,
    DEVICE_BITS,
    EVIDENCE,
    FACETS,
    HOUR,
    LINK,
    NO_VARIANT,
    REACHED_CLICKED,
    TRAFFIC,
    TRAIT_ACTS,
    WHOLE,
    Cell,
    Cells,
)
from outreach.analytics.rollups.hours import bits_of, hour_of
from outreach.analytics.rollups.models import ACTS as STORED
from outreach.analytics.rollups.models import CREDITS
from outreach.analytics.rollups.models import FACETS as STORED_FACETS
from outreach.analytics.rollups.touched import EVENTS, LETTERS
from outreach.core import bulk
from outreach.mail.models import Delivery

_OF = EVENTS.c
_OPENED, _CLICKED, _ASKED = _OF.kind == "opened", _OF.kind == "clicked", _OF.asks == 1
_BY_A_PERSON = _OF.shown == HUMAN
# "+ 0": by the index of what is stored. Where PostgreSQL has not counted its rows yet, it would go
# through all of them and look each up among the touched.
_TOUCHED = LETTERS.c.id + 0
_REACHED = Delivery.state.in_(DELIVERED_STATES)
_EVENT_COUNTS = ("machine_events", *TRAFFIC)


def touch_moved(session: Session, slices: Iterable[int]) -> None:
    """Add the letters of these slices that arrived since they were counted, or came back."""
    # A statement for each run of slices: to a join with all of them PostgreSQL would go through
    # all letters, because it can't tell how few lie between.
    for first, last in touched.runs(slices):
        moved = (
            select(STORED.c.delivery_id)
            .join(Delivery, Delivery.id == STORED.c.delivery_id)
            .where(STORED.c.delivery_id.between(first, last))
            .where(STORED.c.reached != _one(_REACHED))
            .where(STORED.c.delivery_id.not_in(select(LETTERS.c.id)))
        )
        session.execute(insert(LETTERS).from_select(["id"], moved))
    touched.known(session, LETTERS)


def replace(session: Session, cells: Cells) -> None:
    """Count the touched letters anew; what that changes is added to `cells`."""
    before = _sums(session)
    mine = select(_TOUCHED)
    for table in (STORED_FACETS, STORED):
        session.execute(delete(table).where(table.c.delivery_id.in_(mine)))
    add(session, cells)
    cells.subtract(before)


def add(session: Session, cells: Cells) -> None:
    """Count the touched letters, of which nothing is counted yet, into `cells`."""
    bulk.any_way(session)  # what is summed up here has no index
    acts = _acts()
    session.execute(insert(STORED).from_select([c.name for c in acts.selected_columns], acts))
    bulk.by_index(session)
    for facets in (_links(), _evidence()):
        names = [column.name for column in STORED_FACETS.columns]
        session.execute(insert(STORED_FACETS).from_select(names, facets))
    cells.update(_sums(session))


def _one(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return case((condition, 1), else_=0)


def _any(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.max(_one(condition))


def _number(condition: ColumnElement[bool]) -> ColumnElement[int]:
    return func.count(case((condition, 1)))


def _acts() -> Select[*tuple[Any, ...]]:
    """A row for each touched letter with events or signatures, as LetterActs has it."""
    kinds = {"opens": _OPENED, "clicks": _CLICKED}
    did: dict[str, ColumnElement[Any]] = {
        "clicked_at": func.min(case((and_(_ASKED, _BY_A_PERSON), _OF.at))),
        "opened": _any(and_(_OPENED, _BY_A_PERSON)),
        "clicked": _any(and_(_ASKED, _BY_A_PERSON)),
        "unsubscribed": _any(_OF.kind == "unsubscribed"),
        "raw_opened": _any(_OPENED),
        "raw_clicked": _any(_ASKED),
        "opened_on": bits_of(case((_OPENED, _OF.device), else_=0)),
        "clicked_on": bits_of(case((_ASKED, _OF.device), else_=0)),
        "machine_events": _number(_OF.shown == MACHINE),
    }
    for name in TRAFFIC:
        kind, shown = name.split("_")
        did[name] = _number(and_(kinds[kind], _OF.shown == shown))
    events = (
        select(_OF.delivery_id, *(value.label(name) for name, value in did.items()))
        .group_by(_OF.delivery_id)
        .subquery("events")
    )
    signed = (
        select(CREDITS.c.delivery_id)
        .join(LETTERS, LETTERS.c.id == CREDITS.c.delivery_id)
        .distinct()
        .subquery("signed")
    )
    counts = [
        (events.c[name] if name == "clicked_at" else func.coalesce(events.c[name], 0)).label(name)
        for name in did
    ]
    return (
        select(
            Delivery.id.label("delivery_id"),
            Delivery.blast_id,
            func.coalesce(Delivery.variant_id, NO_VARIANT).label("variant_id"),
            _one(_REACHED).label("reached"),
            _one(signed.c.delivery_id.is_not(None)).label("signed"),
            *(getattr(Delivery, name) for name in traits.COLUMNS),
            *counts,
        )
        .select_from(LETTERS)
        .join(Delivery, Delivery.id == LETTERS.c.id)
        .outerjoin(events, events.c.delivery_id == LETTERS.c.id)
        .outerjoin(signed, signed.c.delivery_id == LETTERS.c.id)
        .where(Delivery.kind == BLAST_LETTER)
        .where(or_(events.c.delivery_id.is_not(None), signed.c.delivery_id.is_not(None)))
    )


def _links() -> Select[*tuple[Any, ...]]:
    """Who followed which link: as FACETS has it."""
    return (
        select(
            _OF.delivery_id,
            literal(LINK),
            cast(_OF.link_id, String(80)),
            _any(_BY_A_PERSON),
            literal(1),
            func.count(),
        )
        .where(_CLICKED, _OF.link_id.is_not(None))
        .group_by(_OF.delivery_id, _OF.link_id)
    )


def _evidence() -> Select[*tuple[Any, ...]]:
    """Why clicks are held to be machines'."""
    return (
        select(_OF.delivery_id, literal(EVIDENCE), _OF.why, literal(0), literal(0), func.count())
        .where(_OF.why.is_not(None))
        .group_by(_OF.delivery_id, _OF.why)
    )


def _sums(session: Session) -> Cells:
    """What the touched letters are counted as now."""
    found = Cells()
    blast, variant = STORED.c.blast_id, STORED.c.variant_id
    mine = select(blast, variant).join(LETTERS, STORED.c.delivery_id == _TOUCHED)
    at: dict[tuple[str, str, str], ColumnElement[Any]] = {
        (WHOLE, "", name): STORED.c[name] for name in (*ACTS, *_EVENT_COUNTS)
    }
    at |= {(WHOLE, "", f"reached_{name}"): STORED.c[name] * STORED.c.reached for name in ACTS}
    at |= {
        (DEVICE, device, act): _one(STORED.c[f"{act}_on"].op("&")(bit) != 0)
        for act in ("opened", "clicked")
        for device, bit in DEVICE_BITS.items()
    }
    whole = mine.add_columns(*(func.sum(what) for what in at.values()))
    for of, numbers in _grouped(session, whole, blast, variant):
        for place, number in zip(at, numbers, strict=True):
            found[Cell(*of, *place)] += int(number)
    hour = hour_of(STORED.c.clicked_at).label("hour")
    clicked = mine.add_columns(hour, func.count()).where(STORED.c.clicked_at.is_not(None))
    for of, (value, number) in _grouped(session, clicked, blast, variant, hour):
        found[Cell(*of, HOUR, value, "clicked")] += number
    by = (STORED_FACETS.c.dimension, STORED_FACETS.c.value)
    facets = mine.join(STORED_FACETS, STORED_FACETS.c.delivery_id == _TOUCHED)
    counted: dict[str, ColumnElement[int]] = {name: STORED_FACETS.c[name] for name in FACETS}
    counted[REACHED_CLICKED] = STORED_FACETS.c.clicked * STORED.c.reached
    facets = facets.add_columns(*by, *(func.sum(what) for what in counted.values()))
    for of, (dimension, value, *numbers) in _grouped(session, facets, blast, variant, *by):
        for name, number in zip(counted, numbers, strict=True):
            found[Cell(*of, dimension, value, name)] += int(number)
    return found + _sums_by_trait(session)


def _sums_by_trait(session: Session) -> Cells:
    by = (STORED.c.blast_id, STORED.c.variant_id, *(STORED.c[name] for name in traits.COLUMNS))
    numbers = [STORED.c[act].label(f"reached_{act}") for act in TRAIT_ACTS]
    base = (
        select(*by, *numbers)
        .join(LETTERS, STORED.c.delivery_id == _TOUCHED)
        .where(STORED.c.reached == 1)
        .cte("acted")
    )
    found = Cells()
    keys, names = (base.c.blast_id, base.c.variant_id), [number.name for number in numbers]
    for blast_id, variant_id, dimension, value, *sums in session.execute(
        traits.spread(base, keys, names)
    ):
        for name, number in zip(names, sums, strict=True):
            found[Cell(blast_id, variant_id, dimension, value, name)] += int(number)
    return found


def _grouped(
    session: Session, query: Select[*tuple[Any, ...]], *by: Any
) -> Iterator[tuple[tuple[int, int], list[Any]]]:
    """Rows as their blast and variant, and all that follows."""
    for blast_id, variant_id, *rest in session.execute(query.group_by(*by)):
        yield (blast_id, variant_id), rest
