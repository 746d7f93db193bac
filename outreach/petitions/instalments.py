"""Signatures delivered to a petition's targets, in instalments: each signature once to each target.

An instalment is made by one transaction, before anything is written or printed; from then on its
files can be made again at any time, and say the same. Killed in between, nothing is lost.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, exists, func, insert, literal, select, update
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.core import log
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.petitions.comment_models import Comment
from outreach.petitions.instalment_models import DeliveredSignature, Instalment
from outreach.petitions.models import Petition, PetitionVersion, Signature

TOGETHER = ""  # the target of a petition that names nobody
_ROWS_AT_ONCE = 1000

_log = log.get(__name__)


@dataclass(frozen=True, slots=True)
class Delivered:
    """A signature of an instalment. `taken_off_at`: since when it counts no more; `comment`: the
    signer's words where they are shown to everybody, else ""."""

    place: int
    name: str
    postal_code: str
    signed_at: datetime
    version: int
    comment: str
    taken_off_at: datetime | None
    instalment: int


@dataclass(frozen=True, slots=True)
class Line:
    """One target's deliveries: what it got, and how many signatures wait for the next."""

    target: str
    instalments: Sequence[Instalment]
    waiting: int
    taken_off: int

    @property
    def delivered(self) -> int:
        """Signatures in all instalments so far."""
        return sum(one.signatures for one in self.instalments)


def lines(session: Session, petition: Petition) -> list[Line]:
    """The deliveries of a petition by target, in the order of its targets; former targets last."""
    query = select(Instalment).where(Instalment.petition_id == petition.id)
    made = session.scalars(query.order_by(Instalment.number)).all()
    targets = dict.fromkeys([*(petition.targets or [TOGETHER]), *(one.target for one in made)])
    return [
        Line(
            target,
            [one for one in made if one.target == target],
            session.scalar(select(func.count()).select_from(_new(petition, target).subquery()))
            or 0,
            session.scalar(select(func.count()).where(_unnamed(petition, target))) or 0,
        )
        for target in targets
    ]


def make(session: Session, petition: Petition, *, target: str, by: str) -> Instalment:
    """Everything that counts and that this target did not get yet, as its next instalment.

    What it got before and was taken off since is named in it. Raises BadInput for a target that the
    petition does not name, Conflict where there is nothing new.
    """
    if target not in (petition.targets or [TOGETHER]):
        raise BadInput(
            f"This petition is not addressed to “{target}”.",
            hint=f"It is addressed to: {'; '.join(petition.targets) or 'nobody by name'}.",
            field="target",
        )
    session.refresh(petition, with_for_update=True)  # two who deliver at once take turns
    query = select(func.count(), func.coalesce(func.sum(Instalment.signatures), 0)).where(
        Instalment.petition_id == petition.id, Instalment.target == target
    )
    instalments, signatures = session.execute(query).one()
    made = Instalment(petition_id=petition.id, target=target, number=instalments + 1, made_by=by)
    session.add(made)
    session.flush()
    made.signatures = _take(session, petition, made, int(signatures))
    made.taken_off = _name_taken_off(session, petition, made)
    if not made.signatures and not made.taken_off:
        raise Conflict(
            "Nothing to deliver: every signature that counts was delivered before.",
            hint="Make an instalment again with --again, or wait for more signatures.",
        )
    audit.record(
        session,
        actor=by,
        action="petition.deliver",
        subject=f"petition:{petition.slug}",
        target=target,
        instalment=made.number,
        signatures=made.signatures,
        taken_off=made.taken_off,
    )
    _log.info("petition_delivered", petition_id=petition.id, instalment_id=made.id)
    return made


def one_of(session: Session, petition: Petition, target: str, number: int) -> Instalment:
    """An instalment that was made before; raises NotFound."""
    query = select(Instalment).where(
        Instalment.petition_id == petition.id,
        Instalment.target == target,
        Instalment.number == number,
    )
    found = session.scalar(query)
    if found is None:
        to = f" to “{target}”" if target else ""
        raise NotFound(f"There is no instalment {number}{to} of “{petition.slug}”.")
    return found


def of_signature(session: Session, signature: Signature) -> list[Instalment]:
    """The instalments that hold a signature, in the order in which they were made."""
    query = (
        select(Instalment)
        .join(DeliveredSignature, DeliveredSignature.instalment_id == Instalment.id)
        .where(DeliveredSignature.signature_id == signature.id)
        .order_by(Instalment.id)
    )
    return list(session.scalars(query))


def names(
    session: Session, instalment: Instalment, *, after: int = 0, before: int | None = None
) -> Iterator[Delivered]:
    """The signatures of an instalment in their order, between two places, read as they go."""
    query = _rows().where(
        DeliveredSignature.instalment_id == instalment.id, DeliveredSignature.place > after
    )
    if before is not None:
        query = query.where(DeliveredSignature.place < before)
    query = query.order_by(DeliveredSignature.place)
    for row in session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        yield Delivered(*row)


def taken_off_since(session: Session, instalment: Instalment) -> Iterator[Delivered]:
    """What this target got earlier, and this instalment names as taken off."""
    query = _rows().where(DeliveredSignature.named_in_id == instalment.id)
    query = query.order_by(DeliveredSignature.place)
    for row in session.execute(query.execution_options(yield_per=_ROWS_AT_ONCE)):
        yield Delivered(*row)


def versions(session: Session, instalment: Instalment) -> list[tuple[PetitionVersion, int]]:
    """The wordings that the names of an instalment stand under, and how many under each."""
    query = (
        select(PetitionVersion, func.count())
        .join(Signature, Signature.version_id == PetitionVersion.id)
        .join(DeliveredSignature, DeliveredSignature.signature_id == Signature.id)
        .where(DeliveredSignature.instalment_id == instalment.id)
        .group_by(PetitionVersion.id)
        .order_by(PetitionVersion.number)
    )
    return [(version, number) for version, number in session.execute(query)]


def first_place(session: Session, instalment: Instalment) -> int:
    """The number of the first name of an instalment; 0 where it has none."""
    query = select(func.min(DeliveredSignature.place))
    return session.scalar(query.where(DeliveredSignature.instalment_id == instalment.id)) or 0


def _rows() -> Select[*tuple[Any, ...]]:
    return (
        select(
            DeliveredSignature.place,
            Signature.name,
            Signature.postal_code,
            Signature.verified_at,
            PetitionVersion.number,
            func.coalesce(Comment.text, ""),
            Signature.invalidated_at,
            Instalment.number,
        )
        .join(Signature, Signature.id == DeliveredSignature.signature_id)
        .join(PetitionVersion, PetitionVersion.id == Signature.version_id)
        .join(Instalment, Instalment.id == DeliveredSignature.instalment_id)
        .outerjoin(Comment, and_(Comment.signature_id == Signature.id, Comment.state == "shown"))
    )


def _new(petition: Petition, target: str) -> Select[*tuple[Any, ...]]:
    """Signatures that count and that this target did not get, with their order."""
    got = exists().where(
        DeliveredSignature.signature_id == Signature.id, DeliveredSignature.target == target
    )
    return select(
        Signature.id,
        func.row_number().over(order_by=(Signature.verified_at, Signature.id)).label("nth"),
    ).where(
        Signature.petition_id == petition.id,
        Signature.verified_at.is_not(None),
        Signature.invalidated_at.is_(None),
        ~got,
    )


def _take(session: Session, petition: Petition, made: Instalment, before: int) -> int:
    new = _new(petition, made.target).subquery("new")
    rows = select(new.c.id, literal(made.target), literal(made.id), new.c.nth + before)
    columns = ["signature_id", "target", "instalment_id", "place"]
    session.execute(insert(DeliveredSignature).from_select(columns, rows))
    taken = select(func.count()).where(DeliveredSignature.instalment_id == made.id)
    return session.scalar(taken) or 0


def _unnamed(petition: Petition, target: str) -> ColumnElement[bool]:
    """Of what this target got: taken off since, and not named in an instalment yet."""
    off = exists().where(
        Signature.id == DeliveredSignature.signature_id,
        Signature.petition_id == petition.id,
        Signature.invalidated_at.is_not(None),
    )
    return and_(DeliveredSignature.target == target, DeliveredSignature.named_in_id.is_(None), off)


def _name_taken_off(session: Session, petition: Petition, made: Instalment) -> int:
    found = session.execute(
        update(DeliveredSignature)
        .where(_unnamed(petition, made.target))
        .values(named_in_id=made.id)
        .execution_options(synchronize_session=False)
    )
    return int(found.rowcount)  # type: ignore[attr-defined]
