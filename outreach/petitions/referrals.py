"""Who brought whom: signatures through share links, over all generations.

A share stays one whatever became of the signature of who shared; what counts is who signed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import CTE, ColumnElement, func, literal, select
from sqlalchemy.orm import Session, aliased

from outreach.core.errors import NotFound
from outreach.core.paging import Page
from outreach.petitions.models import Petition, Signature

PAGE = 50
FARTHEST = 50  # generations; no line of shares is followed for ever
CHILDREN, DEPTH = 12, 4  # of a tree that is shown


@dataclass(frozen=True, slots=True)
class Sharer:
    """A signer whose link brought others: `directly`, and through these `further` on."""

    signature_id: int
    supporter_id: int
    name: str
    signed_at: datetime | None
    directly: int
    total: int

    @property
    def further(self) -> int:
        """Those that came through somebody whom this one brought."""
        return self.total - self.directly


@dataclass(frozen=True, slots=True)
class Branch:
    """A signer in a tree with those whom they brought; `more` were left out here, of whom every one
    may have brought others."""

    signature_id: int
    supporter_id: int
    name: str
    signed_at: datetime | None
    counts: bool
    branches: Sequence[Branch] = ()
    more: int = 0


def generations(session: Session, petition: Petition) -> list[tuple[int, int]]:
    """How many signatures that count shares brought in each generation, from the first on."""
    depth = (
        select(Signature.id, literal(0).label("generation"))
        .where(Signature.petition_id == petition.id, Signature.shared_by_id.is_(None))
        .cte("depth", recursive=True)
    )
    child = aliased(Signature)
    depth = depth.union_all(
        select(child.id, depth.c.generation + 1)
        .join(depth, child.shared_by_id == depth.c.id)
        .where(child.petition_id == petition.id, depth.c.generation < FARTHEST)
    )
    query = (
        select(depth.c.generation, func.count())
        .join(Signature, Signature.id == depth.c.id)
        .where(depth.c.generation > 0, _counts(Signature))
        .group_by(depth.c.generation)
        .order_by(depth.c.generation)
    )
    return [(generation, number) for generation, number in session.execute(query)]


def most_effective(session: Session, petition: Petition, number: int = 1) -> Page[Sharer]:
    """A page of signers by how many they brought in all."""
    line = _line(petition)
    brought = (
        select(
            line.c.sharer,
            func.sum(line.c.first).label("directly"),
            func.count().label("total"),
        )
        .group_by(line.c.sharer)
        .subquery("brought")
    )
    total = session.scalar(select(func.count()).select_from(brought)) or 0
    number = min(max(1, number), max(1, -(-total // PAGE)))
    query = (
        select(
            Signature.id,
            Signature.supporter_id,
            Signature.name,
            Signature.verified_at,
            brought.c.directly,
            brought.c.total,
        )
        .join(brought, brought.c.sharer == Signature.id)
        .order_by(brought.c.total.desc(), brought.c.directly.desc(), Signature.id)
        .limit(PAGE)
        .offset((number - 1) * PAGE)
    )
    return Page([Sharer(*row) for row in session.execute(query)], number, PAGE, total)


def tree(session: Session, petition: Petition, root_id: int, *, depth: int = DEPTH) -> Branch:
    """A signer and those whom they brought, so many generations deep and CHILDREN wide.

    Raises NotFound for a signature under another petition.
    """
    root = session.get(Signature, root_id)
    if root is None or root.petition_id != petition.id:
        raise NotFound("There is no such signer here.", hint="Look at the list of sharers.")
    levels: list[dict[int, list[Signature]]] = []
    parents, more = [root.id], dict[int, int]()
    for _ in range(depth):
        found, left_out = _brought(session, parents)
        levels.append(found)
        more |= left_out
        parents = [child.id for children in found.values() for child in children]
    more |= _brought(session, parents, shown=0)[1] if parents else {}
    return _branch(root, levels, more)


def _branch(
    signature: Signature, levels: Sequence[dict[int, list[Signature]]], more: dict[int, int]
) -> Branch:
    below = levels[1:] if levels else []
    children = levels[0].get(signature.id, []) if levels else []
    return Branch(
        signature.id,
        signature.supporter_id,
        signature.name,
        signature.verified_at,
        signature.state == "verified",
        [_branch(child, below, more) for child in children],
        more.get(signature.id, 0),
    )


def _brought(
    session: Session, parents: Sequence[int], shown: int = CHILDREN
) -> tuple[dict[int, list[Signature]], dict[int, int]]:
    """For each of these the first whom they brought, and how many more there are."""
    if not parents:
        return {}, {}
    nth = func.row_number().over(
        partition_by=Signature.shared_by_id, order_by=(Signature.created_at, Signature.id)
    )
    number = func.count().over(partition_by=Signature.shared_by_id)
    ranked = (
        select(Signature.id, nth.label("nth"), number.label("number"), Signature.shared_by_id)
        .where(Signature.shared_by_id.in_(parents), Signature.verified_at.is_not(None))
        .subquery("ranked")
    )
    rows = select(ranked.c.shared_by_id, func.max(ranked.c.number)).group_by(ranked.c.shared_by_id)
    more = {row[0]: row[1] - shown for row in session.execute(rows) if row[1] > shown}
    wanted = select(Signature).join(ranked, ranked.c.id == Signature.id)
    found: dict[int, list[Signature]] = {}
    for child in session.scalars(wanted.where(ranked.c.nth <= shown).order_by(ranked.c.nth)):
        found.setdefault(child.shared_by_id or 0, []).append(child)
    return found, more


def _line(petition: Petition) -> CTE:
    """Each signature that counts and came by a share with all whose shares led to it; `first` is 1
    for the one whose own link it was."""
    line = (
        select(
            Signature.id,
            Signature.shared_by_id.label("sharer"),
            literal(1).label("first"),
            literal(1).label("generation"),
        )
        .where(
            Signature.petition_id == petition.id,
            Signature.shared_by_id.is_not(None),
            _counts(Signature),
        )
        .cte("line", recursive=True)
    )
    sharer = aliased(Signature)
    return line.union_all(
        select(line.c.id, sharer.shared_by_id, literal(0), line.c.generation + 1)
        .join(sharer, sharer.id == line.c.sharer)
        .where(sharer.shared_by_id.is_not(None), line.c.generation < FARTHEST)
    )


def _counts(signature: type[Signature]) -> ColumnElement[bool]:
    return signature.verified_at.is_not(None) & signature.invalidated_at.is_(None)
