"""What was delivered to a petition's targets: instalments, and the signatures in each."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Line


class Instalment(Base):
    """Signatures that one target gets at one time. `target` is its name, "" for all together;
    `taken_off` counts those of earlier instalments that this one names as taken off since."""

    __tablename__ = "instalments"
    __table_args__ = (UniqueConstraint("petition_id", "target", "number"),)

    id: Mapped[Id]
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id"))
    target: Mapped[Line]
    number: Mapped[int] = mapped_column(Integer)  # 1, 2, … for each target
    signatures: Mapped[int] = mapped_column(Integer, default=0)
    taken_off: Mapped[int] = mapped_column(Integer, default=0)
    made_by: Mapped[Line]
    made_at: Mapped[Instant] = mapped_column(default=now)


class DeliveredSignature(Base):
    """A signature in an instalment: in one for each target and no other. `place` counts over all
    instalments of the target; `named_in_id` is the one that says that it was taken off since."""

    __tablename__ = "delivered_signatures"
    __table_args__ = (Index(None, "instalment_id", "place"), Index(None, "named_in_id"))

    signature_id: Mapped[int] = mapped_column(
        ForeignKey("signatures.id", ondelete="CASCADE"), primary_key=True
    )
    target: Mapped[Line] = mapped_column(primary_key=True)
    instalment_id: Mapped[int] = mapped_column(ForeignKey("instalments.id"))
    place: Mapped[int] = mapped_column(Integer)
    named_in_id: Mapped[int | None] = mapped_column(ForeignKey("instalments.id"))
