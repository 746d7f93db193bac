"""Who signed through a blast: by its letters, or by shares that lead back to them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import CTE, Select, and_, func, literal, select
from sqlalchemy.orm import Session, aliased

from outreach.analytics.definitions import BLAST_LETTER
from outreach.analytics.downloads import INSTANT, INTEGER, TEXT, Table
from outreach.analytics.rollups.models import CREDITS
from outreach.blasts.models import Blast
from outreach.core.paging import Page
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature

PAGE = 50
_FARTHEST = 1_000  # generations; no line of shares is followed for ever
_COLUMNS = (
    ("signature", INTEGER),
    ("name", TEXT),
    ("signed_at", INSTANT),
    ("new", TEXT),
    ("brought_by", TEXT),
    ("generation", INTEGER),
    ("first_letter", TEXT),
    ("last_letter", TEXT),
)


@dataclass(frozen=True)
class Signer:
    """A verified signature that counts for the blast. `generation` is 0 for one by the letter
    itself, 1 for one by a share of such, and so on; `first` and `last` name the blasts whose
    letters the person followed first and last, "" where there was none."""

    signature_id: int
    supporter_id: int
    name: str
    signed_at: datetime | None
    is_new: bool
    generation: int
    first: str
    last: str


def page_of_signers(session: Session, blast_id: int, number: int) -> Page[Signer]:
    """Signers, the newest first."""
    total = session.scalar(select(func.count()).where(CREDITS.c.blast_id == blast_id)) or 0
    number = min(max(1, number), max(1, -(-total // PAGE)))
    wanted = _newest(blast_id).limit(PAGE).offset((number - 1) * PAGE)
    return Page(list(_signers(session, blast_id, wanted)), number, PAGE, total)


def table_of_signers(session: Session, blast_id: int) -> Table:
    """All of them as a table to take away."""
    rows = [
        (
            one.signature_id,
            one.name,
            one.signed_at,
            "yes" if one.is_new else "no",
            "share" if one.generation else "letter",
            one.generation,
            one.first,
            one.last,
        )
        for one in _signers(session, blast_id, _newest(blast_id))
    ]
    return Table(f"blast-{blast_id}-signers", _COLUMNS, rows)


def generations(session: Session, blast_id: int) -> Sequence[tuple[int, int]]:
    """How many signatures shares brought in each generation, from the first on."""
    nearest = _nearest(blast_id).subquery("nearest")
    by = nearest.c.generation
    rows = session.execute(select(by, func.count()).group_by(by).order_by(by))
    return [(generation, number) for generation, number in rows]


def _newest(blast_id: int) -> Select[tuple[int]]:
    return (
        select(CREDITS.c.signature_id)
        .where(CREDITS.c.blast_id == blast_id)
        .order_by(CREDITS.c.verified_at.desc(), CREDITS.c.signature_id.desc())
    )


def _signers(session: Session, blast_id: int, wanted: Select[tuple[int]]) -> Iterator[Signer]:
    page = wanted.subquery("page")
    first, last = aliased(Delivery), aliased(Delivery)
    first_blast, last_blast = aliased(Blast), aliased(Blast)
    nearest = _nearest(blast_id, wanted).subquery("nearest")
    query = (
        select(
            Signature.id,
            Signature.supporter_id,
            Signature.name,
            Signature.verified_at,
            Signature.is_new,
            func.coalesce(nearest.c.generation, 0),
            func.coalesce(first_blast.name, ""),
            func.coalesce(last_blast.name, ""),
        )
        .join(page, page.c.signature_id == Signature.id)
        .outerjoin(nearest, nearest.c.id == Signature.id)
        .outerjoin(first, first.id == Signature.first_delivery_id)
        .outerjoin(first_blast, first_blast.id == first.blast_id)
        .outerjoin(last, last.id == Signature.last_delivery_id)
        .outerjoin(last_blast, last_blast.id == last.blast_id)
        .order_by(Signature.verified_at.desc(), Signature.id.desc())
    )
    for row in session.execute(query):
        yield Signer(*row)


def _nearest(blast_id: int, wanted: Select[tuple[int]] | None = None) -> Select[tuple[int, int]]:
    """Signatures by shares, with how many shares lie between them and a letter of the blast."""
    line = _line(blast_id, wanted)
    sharer = aliased(Signature)
    return (
        select(line.c.id, func.min(line.c.generation).label("generation"))
        .join(sharer, sharer.id == line.c.sharer)
        .join(
            Delivery,
            and_(
                Delivery.id == sharer.last_delivery_id,
                Delivery.blast_id == blast_id,
                Delivery.kind == BLAST_LETTER,
            ),
        )
        .group_by(line.c.id)
    )


def _line(blast_id: int, wanted: Select[tuple[int]] | None) -> CTE:
    """Each of them with all whose shares led to it, on the same petition, and how far away."""
    shared: Select[*tuple[Any, ...]] = (
        select(
            Signature.id,
            Signature.petition_id,
            Signature.shared_by_id.label("sharer"),
            literal(1).label("generation"),
        )
        .join(CREDITS, CREDITS.c.signature_id == Signature.id)
        .where(CREDITS.c.blast_id == blast_id, CREDITS.c.delivery_id.is_(None))
    )
    if wanted is not None:
        page = wanted.subquery("wanted")
        shared = shared.join(page, page.c.signature_id == Signature.id)
    line = shared.cte("line", recursive=True)
    sharer = aliased(Signature)
    return line.union_all(
        select(line.c.id, line.c.petition_id, sharer.shared_by_id, line.c.generation + 1)
        .join(sharer, sharer.id == line.c.sharer)
        .where(
            sharer.petition_id == line.c.petition_id,
            sharer.shared_by_id.is_not(None),
            line.c.generation < _FARTHEST,
        )
    )
