"""Letters by what became of them, counted in slices of their ids; a slice at a time is anew."""

from __future__ import annotations

from sqlalchemy import case, delete, func, insert, select
from sqlalchemy.orm import Session

from outreach.analytics.definitions import BLAST_LETTER, UNKNOWN
from outreach.analytics.rollups.causes import RETURNED, cause_of
from outreach.analytics.rollups.cells import NO_VARIANT, SKIPPED, WHOLE, Cell, Cells
from outreach.analytics.rollups.models import SLICES
from outreach.analytics.rollups.touched import RANGES
from outreach.mail.models import Delivery


def replace(session: Session, cells: Cells) -> None:
    """Count the touched slices anew; what that changes is added to `cells`."""
    before = _sums(session)
    session.execute(delete(SLICES).where(SLICES.c.slice.in_(select(RANGES.c.slice))))
    told = Delivery.state.in_(("skipped", *RETURNED))
    why = case((told, func.coalesce(Delivery.reason, "")), else_="")
    by = (
        RANGES.c.slice,
        Delivery.blast_id,
        func.coalesce(Delivery.variant_id, NO_VARIANT).label("variant"),
        Delivery.state,
        why.label("why"),
    )
    counted = (
        select(*by, func.count().label("letters"))
        .join(RANGES, Delivery.id.between(RANGES.c.first, RANGES.c.last))
        # Of columns as they are SQLite would make an index first, or take one, over all letters.
        .where(func.coalesce(Delivery.kind, "") == BLAST_LETTER)
        .where(func.coalesce(Delivery.blast_id, 0) != 0)
        .group_by(RANGES.c.slice, Delivery.blast_id, "variant", Delivery.state, "why")
    )
    names = [column.name for column in SLICES.columns]
    session.execute(insert(SLICES).from_select(names, counted))
    cells.update(_sums(session))
    cells.subtract(before)


def _sums(session: Session) -> Cells:
    """What the letters of the touched slices are counted as now."""
    by = (SLICES.c.blast_id, SLICES.c.variant_id, SLICES.c.state, SLICES.c.reason)
    rows = session.execute(
        select(*by, func.sum(SLICES.c.letters))
        .join(RANGES, RANGES.c.slice == SLICES.c.slice)
        .group_by(*by)
    )
    found = Cells()
    for blast_id, variant_id, state, reason, number in rows:
        found[Cell(blast_id, variant_id, WHOLE, "", state)] += int(number)
        if state == "skipped":
            at = Cell(blast_id, variant_id, SKIPPED, reason or UNKNOWN, "letters")
            found[at] += int(number)
        elif state in RETURNED:
            at = Cell(blast_id, variant_id, state, cause_of(reason), "letters")
            found[at] += int(number)
    return found
