"""What signers say beside their names, and who objected to it."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Line, Prose, Word
from outreach.core.states import StateMachine, move
from outreach.petitions.models import Signature

COMMENT_STATES = StateMachine(
    "comment",
    {
        "show": move("waiting hidden", "shown"),
        "hide": move("waiting shown", "hidden"),
        "doubt": move("shown", "waiting"),
    },
    ours="doubt",
)


class Comment(Base):
    """One signer's words under one petition; shown while the signature counts."""

    __tablename__ = "comments"
    __table_args__ = (Index(None, "petition_id", "state", "id"),)

    id: Mapped[Id]
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    signature_id: Mapped[int] = mapped_column(
        ForeignKey("signatures.id", ondelete="CASCADE"), unique=True
    )
    text: Mapped[Prose]  # as typed; markup in it is text
    state: Mapped[Word] = mapped_column(default="waiting")
    reports: Mapped[int] = mapped_column(Integer, default=0)  # since a person decided last
    decided_by: Mapped[Line] = mapped_column(default="")
    decided_at: Mapped[Instant | None]
    created_at: Mapped[Instant] = mapped_column(default=now)

    signature: Mapped[Signature] = relationship()


class CommentReport(Base):
    """Somebody's objection to a comment; one for each network, where networks are kept."""

    __tablename__ = "comment_reports"
    __table_args__ = (UniqueConstraint("comment_id", "network"),)

    id: Mapped[Id]
    comment_id: Mapped[int] = mapped_column(ForeignKey("comments.id", ondelete="CASCADE"))
    reason: Mapped[Line] = mapped_column(default="")
    network: Mapped[str | None] = mapped_column(String(32))  # keyed hash, as in events
    at: Mapped[Instant] = mapped_column(default=now)
