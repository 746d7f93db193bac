"""Letters by mailbox provider, place and segment: what was known when the blast was frozen."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    CompoundSelect,
    String,
    Subquery,
    delete,
    func,
    insert,
    literal,
    or_,
    select,
    union_all,
)
from sqlalchemy.orm import Session

from outreach.analytics.definitions import BLAST_LETTER
from outreach.analytics.rollups.cells import MAILBOX, NO_VARIANT, PLACE, SEGMENT, Cell, Cells
from outreach.analytics.rollups.models import TRAIT_SLICES
from outreach.analytics.rollups.touched import WIDE_RANGES
from outreach.blasts.models import FrozenSegment, Origin
from outreach.mail.models import Delivery

COLUMNS = ("mailbox_id", "place_id", "segments")  # of Delivery, and of LetterActs
_OF = TRAIT_SLICES.c


def spread(
    base: CTE, keys: Sequence[ColumnElement[Any]], numbers: Sequence[str]
) -> CompoundSelect[*tuple[Any, ...]]:
    """The sums of `numbers` by keys, dimension and value, of a `base` that has COLUMNS.

    A letter stands under each segment that it is in, and under none that was not recorded.
    """
    by_trait = []
    for dimension, column in ((MAILBOX, "mailbox_id"), (PLACE, "place_id")):
        alike, at, sums = _alike(base, keys, column, numbers)
        by_trait.append(
            select(*at, literal(dimension, String(20)), Origin.value, *sums)
            .join(Origin, Origin.id == alike.c.trait)
            .group_by(*at, Origin.value)
        )
    alike, at, sums = _alike(base, keys, "segments", numbers)
    by_trait.append(
        select(*at, literal(SEGMENT, String(20)), FrozenSegment.name, *sums)
        .join(FrozenSegment, FrozenSegment.blast_id == alike.c.blast_id)
        .where(alike.c.trait.op("&")(FrozenSegment.bit) != 0)
        .group_by(*at, FrozenSegment.name)
    )
    return union_all(*by_trait)


def _alike(
    base: CTE, keys: Sequence[ColumnElement[Any]], column: str, numbers: Sequence[str]
) -> tuple[Subquery, list[ColumnElement[Any]], list[ColumnElement[Any]]]:
    """Those alike in one trait summed up first, so that names are looked up for few; the keys,
    and the sums over these."""
    alike = (
        select(
            *keys, base.c[column].label("trait"), *(func.sum(base.c[n]).label(n) for n in numbers)
        )
        .where(base.c[column].is_not(None))
        .group_by(*keys, base.c[column])
        .subquery()
    )
    return (
        alike,
        [alike.c[key.name] for key in keys],
        [func.sum(alike.c[n]).label(n) for n in numbers],
    )


def replace(session: Session, cells: Cells) -> None:
    """Count the letters of the touched slices anew; what that changes is added to `cells`."""
    before = _sums(session)
    session.execute(delete(TRAIT_SLICES).where(_OF.slice.in_(select(WIDE_RANGES.c.slice))))
    traits = [getattr(Delivery, name) for name in COLUMNS]
    variant = func.coalesce(Delivery.variant_id, NO_VARIANT).label("variant_id")
    by = (WIDE_RANGES.c.slice, Delivery.blast_id, variant, Delivery.state, *traits)
    base = (
        select(*by, func.count().label("letters"))
        .join(WIDE_RANGES, Delivery.id.between(WIDE_RANGES.c.first, WIDE_RANGES.c.last))
        # Of columns as they are SQLite would make an index first, or take one, over all letters.
        .where(func.coalesce(Delivery.kind, "") == BLAST_LETTER)
        .where(func.coalesce(Delivery.blast_id, 0) != 0)
        .where(or_(*(trait.is_not(None) for trait in traits)))
        .group_by(WIDE_RANGES.c.slice, Delivery.blast_id, "variant_id", Delivery.state, *traits)
        .cte("lettered")
    )
    keys = [base.c[name] for name in ("slice", "blast_id", "variant_id", "state")]
    counted = spread(base, keys, ["letters"])
    names = ["slice", "blast_id", "variant_id", "state", "dimension", "value", "letters"]
    session.execute(insert(TRAIT_SLICES).from_select(names, counted))
    cells.update(_sums(session))
    cells.subtract(before)


def _sums(session: Session) -> Cells:
    """What the letters of the touched slices are counted as now."""
    by = (_OF.blast_id, _OF.variant_id, _OF.dimension, _OF.value, _OF.state)
    rows = session.execute(
        select(*by, func.sum(_OF.letters))
        .join(WIDE_RANGES, WIDE_RANGES.c.slice == _OF.slice)
        .group_by(*by)
    )
    return Cells({Cell(*at): int(number) for *at, number in rows})
