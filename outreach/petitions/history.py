"""The history of a petition: its versions, what was signed under each, and who changed what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Select, case, func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import AuditEntry
from outreach.petitions.models import Petition, PetitionVersion, Signature

REVISED = "petition.revise"
_STORED = "petition.import"


@dataclass(frozen=True, slots=True)
class Signed:
    """Signatures under one version: those that count, and those that wait for confirmation.

    `ever`: somebody put their name under it, whatever became of the signature.
    """

    counted: int = 0
    waiting: int = 0
    ever: bool = False

    @property
    def total(self) -> int:
        """Both together."""
        return self.counted + self.waiting

    @property
    def words(self) -> str:
        """“12 signatures, and 1 not yet confirmed,”."""
        if not self.waiting:
            return _signatures(self.counted)
        if not self.counted:
            return f"{_signatures(self.waiting)} not yet confirmed"
        return f"{_signatures(self.counted)}, and {self.waiting:,} not yet confirmed,"


@dataclass(frozen=True, slots=True)
class Edit:
    """One saving of a petition. `was` is what stood before in fields that no version keeps."""

    at: datetime
    by: str
    changed: tuple[str, ...]
    was: Mapping[str, Any]
    reason: str


@dataclass(frozen=True, slots=True)
class Chapter:
    """One version, what was signed under it, and the savings since it is in force, in order."""

    version: PetitionVersion
    signed: Signed
    edits: tuple[Edit, ...]


def chapters(session: Session, petition: Petition) -> list[Chapter]:
    """The versions of a petition, the newest first."""
    query = select(PetitionVersion).where(PetitionVersion.petition_id == petition.id)
    versions = session.scalars(query.order_by(PetitionVersion.number.desc())).all()
    signed = {row[0]: Signed(row[1], row[2], True) for row in session.execute(_counts(petition.id))}
    edits: dict[int, list[Edit]] = {}
    for entry in session.scalars(_entries(petition).order_by(AuditEntry.id)):
        number = entry.detail.get("version", 1)
        edits.setdefault(number, []).append(_edit(entry))
    return [
        Chapter(one, signed.get(one.id, Signed()), tuple(edits.get(one.number, ())))
        for one in versions
    ]


def signed_under(session: Session, version: PetitionVersion) -> Signed:
    """What was signed under one version."""
    query = _counts(version.petition_id).where(Signature.version_id == version.id)
    row = session.execute(query).one_or_none()
    return Signed(row[1], row[2], True) if row else Signed()


def last_editor(session: Session, petition: Petition) -> str:
    """Who saved it last, as the audit log names them."""
    entry = session.scalar(_entries(petition).order_by(AuditEntry.id.desc()).limit(1))
    return entry.actor if entry else "Somebody"


def _counts(petition_id: int) -> Select[int, int, int]:
    counts = Signature.verified_at.is_not(None) & Signature.invalidated_at.is_(None)
    waits = Signature.state == "pending"
    return (
        select(
            Signature.version_id,
            func.sum(case((counts, 1), else_=0)),
            func.sum(case((waits, 1), else_=0)),
        )
        .where(Signature.petition_id == petition_id)
        .group_by(Signature.version_id)
    )


def _entries(petition: Petition) -> Select[AuditEntry]:
    return select(AuditEntry).where(
        AuditEntry.subject == f"petition:{petition.slug}",
        AuditEntry.action.in_((REVISED, _STORED)),
    )


def _edit(entry: AuditEntry) -> Edit:
    detail = entry.detail
    return Edit(
        at=entry.at,
        by=entry.actor,
        changed=tuple(detail.get("changed", ())),
        was=detail.get("was", {}),
        reason=detail.get("reason", ""),
    )


def _signatures(number: int) -> str:
    return f"{number:,} signature{'' if number == 1 else 's'}"
