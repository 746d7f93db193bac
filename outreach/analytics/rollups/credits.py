"""Signatures that letters brought: themselves, or through shares over all generations."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    CTE,
    ColumnElement,
    Select,
    and_,
    case,
    delete,
    exists,
    func,
    insert,
    literal,
    null,
    select,
    union_all,
)
from sqlalchemy.orm import Session, aliased

from outreach.analytics.definitions import BLAST_LETTER
from outreach.analytics.rollups.cells import HOUR, NO_VARIANT, WHOLE, Cell, Cells
from outreach.analytics.rollups.hours import hour_of
from outreach.analytics.rollups.models import CREDITS
from outreach.analytics.rollups.touched import SIGNATURES, known
from outreach.blasts.models import Blast
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature

_DIRECT = CREDITS.c.delivery_id.is_not(None)


def touch_shares(session: Session) -> None:
    """Add the signatures that shares of the touched ones led to, over all generations."""
    tree = select(SIGNATURES.c.id).cte("tree", recursive=True)
    tree = tree.union(select(Signature.id).join(tree, Signature.shared_by_id == tree.c.id))
    led_to = select(tree.c.id).where(tree.c.id.not_in(select(SIGNATURES.c.id)))
    session.execute(insert(SIGNATURES).from_select(["id"], led_to))
    known(session, SIGNATURES)


def replace(session: Session, cells: Cells) -> None:
    """Count the touched signatures anew; what that changes is added to `cells`."""
    before = _sums(session)
    mine = select(SIGNATURES.c.id)
    session.execute(delete(CREDITS).where(CREDITS.c.signature_id.in_(mine)))
    credits = union_all(_direct(), _shared())
    session.execute(insert(CREDITS).from_select([c.name for c in CREDITS.columns], credits))
    cells.update(_sums(session))
    cells.subtract(before)


def _direct() -> Select[*tuple[Any, ...]]:
    """Those on the blast's own petition whose last followed link was in its letters."""
    return _counted(
        Delivery.blast_id,
        func.coalesce(Delivery.variant_id, NO_VARIANT),
        Delivery.id,
    ).join(Delivery, _is_letter(Signature))


def _shared() -> Select[*tuple[Any, ...]]:
    """Those that are not of the blast's letters, and come from one that is through shares.

    A share counts whatever became of the signature of who shared: it was the letter that led here.
    """
    line = _line()
    sharer, own = aliased(Signature), aliased(Delivery)
    blasts = (
        select(line.c.id, Delivery.blast_id)
        .select_from(line)
        .join(
            sharer,
            _of(sharer, line),
        )
        .join(Delivery, _is_letter(sharer))
        .distinct()
        .subquery("led")
    )
    itself = exists().where(
        own.id == Signature.last_delivery_id,
        own.blast_id == blasts.c.blast_id,
        own.kind == BLAST_LETTER,
    )
    return (
        _counted(blasts.c.blast_id, literal(NO_VARIANT), null())
        .join(blasts, blasts.c.id == Signature.id)
        .where(~itself)
    )


def _counted(blast_id: Any, variant_id: Any, delivery_id: Any) -> Select[*tuple[Any, ...]]:
    """Touched signatures that count, as SignatureCredit has them."""
    return (
        select(
            Signature.id,
            blast_id,
            variant_id,
            delivery_id,
            Signature.verified_at,
            case((Signature.is_new, 1), else_=0),
        )
        .select_from(SIGNATURES)
        .join(Signature, Signature.id == SIGNATURES.c.id)
        .where(Signature.state == "verified")
    )


def _is_letter(signature: Any) -> Any:
    """Joins a signature's last letter where that is a blast's that asked for this petition."""
    # Asked of the one blast, and "+ 0": PostgreSQL would begin with all blasts, and go from each to
    # all of its petition's signatures. Nor from all letters to signatures: whether many are a
    # blast's it can't tell before it has counted them.
    asked = select(Blast.petition_id).where(Blast.id == Delivery.blast_id).scalar_subquery()
    return and_(
        Delivery.id == signature.last_delivery_id + 0,
        Delivery.kind == BLAST_LETTER,
        asked == signature.petition_id + 0,
    )


def _line() -> CTE:
    """Each touched signature with all whose shares led to it, on the same petition."""
    line = (
        select(Signature.id, Signature.petition_id, Signature.shared_by_id.label("sharer"))
        .join(SIGNATURES, SIGNATURES.c.id == Signature.id)
        .where(Signature.shared_by_id.is_not(None))
        .cte("line", recursive=True)
    )
    sharer = aliased(Signature)
    return line.union(
        select(line.c.id, line.c.petition_id, sharer.shared_by_id).join(
            sharer,
            and_(_of(sharer, line), sharer.shared_by_id.is_not(None)),
        )
    )


def _of(sharer: Any, line: CTE) -> ColumnElement[bool]:
    """Joins who shared, on the same petition."""
    # "+ 0": by the sharer's id; where PostgreSQL has not counted the signatures yet, it would go
    # through all of the petition's for each.
    return and_(sharer.id == line.c.sharer, sharer.petition_id + 0 == line.c.petition_id)


def _sums(session: Session) -> Cells:
    """What the touched signatures are counted as now."""
    hour = hour_of(CREDITS.c.verified_at).label("hour")
    direct = case((_DIRECT, 1), else_=0).label("direct")
    by = (CREDITS.c.blast_id, CREDITS.c.variant_id, direct, hour)
    rows = session.execute(
        select(*by, func.count(), func.sum(CREDITS.c.is_new))
        .join(SIGNATURES, SIGNATURES.c.id == CREDITS.c.signature_id)
        .group_by(CREDITS.c.blast_id, CREDITS.c.variant_id, "direct", "hour")
    )
    found = Cells()
    for blast_id, variant_id, is_direct, at, number, new in rows:
        if not is_direct:
            found[Cell(blast_id, variant_id, WHOLE, "", "shared")] += number
            continue
        found[Cell(blast_id, variant_id, WHOLE, "", "signatures")] += number
        found[Cell(blast_id, variant_id, WHOLE, "", "new")] += int(new)
        if at is not None:
            found[Cell(blast_id, variant_id, HOUR, at, "signed")] += number
    return found
