"""Blasts, their variants, and overrides of failed checks."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Float, ForeignKey, Index, Integer, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.core.clock import now
from outreach.core.db import JSON_VALUE, Base, Id, Instant, Line, Prose, Word
from outreach.core.states import StateMachine, move

BLAST_STATES = StateMachine(
    "blast",
    {
        "schedule": move("draft", "scheduled"),
        "unschedule": move("scheduled", "draft"),
        "freeze": move("scheduled", "freezing"),
        "send": move("freezing", "sending"),
        "pause": move("scheduled freezing sending", "paused"),
        "resume": move("paused", "sending"),  # `freezing` first where nothing is frozen yet
        "finish": move("sending", "finished"),
        "go_on": move("finished", "sending"),  # for letters that are to be sent again
        "cancel": move("draft scheduled freezing sending paused", "cancelled"),
        "fail": move("scheduled freezing sending", "failed"),
    },
    ours="freeze send finish go_on fail",
)


REST = "R"  # the letter of those who wait for the winner; variants go from A to H
PARTS = ("subject", "preheader", "sender_name", "body")  # what variants can differ in


class Blast(Base):
    """One ask to one audience at one time."""

    __tablename__ = "blasts"
    __table_args__ = (Index(None, "state", "scheduled_for"),)

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id"), index=True)
    name: Mapped[Line] = mapped_column(unique=True)
    state: Mapped[Word] = mapped_column(default="draft")
    reason: Mapped[Prose | None]  # why it is paused, cancelled or failed
    audience: Mapped[Prose] = mapped_column(default="")  # the rules of its segment
    sender_name: Mapped[Line]
    sender_address: Mapped[Line]
    template: Mapped[str] = mapped_column(String(80), default="petition_ask")
    scheduled_for: Mapped[Instant | None]
    late_limit_s: Mapped[int] = mapped_column(Integer, default=3600)
    weight: Mapped[float] = mapped_column(Float, default=1.0)  # its share beside other blasts
    held_until: Mapped[Instant | None]  # no batch is claimed before: pace, day's limit, quiet hours
    held_because: Mapped[Line | None]
    created_by: Mapped[Line] = mapped_column(default="")
    created_at: Mapped[Instant] = mapped_column(default=now)
    frozen_at: Mapped[Instant | None]
    started_at: Mapped[Instant | None]
    finished_at: Mapped[Instant | None]
    # The automatic pause judges deliveries behind this one: those before it a person has seen.
    judged_after: Mapped[int] = mapped_column(default=0)

    # A part of the audience tries the variants; the rest waits for the one that does best there
    # by `winner_by`, so many hours after the last of its letters left. None: all of it tries.
    tried_percent: Mapped[int | None] = mapped_column(Integer)
    winner_by: Mapped[Word] = mapped_column(default="sign")  # or click, open
    winner_after_h: Mapped[int] = mapped_column(Integer, default=4)
    winner: Mapped[str | None] = mapped_column(String(1))
    winner_at: Mapped[Instant | None]
    winner_chosen_by: Mapped[Line | None]

    variants: Mapped[list[Variant]] = relationship(
        order_by="Variant.letter",
        back_populates="blast",
        primaryjoin=f"and_(Blast.id == Variant.blast_id, Variant.letter != '{REST}')",
    )
    rest: Mapped[Variant | None] = relationship(
        primaryjoin=f"and_(Blast.id == Variant.blast_id, Variant.letter == '{REST}')",
        viewonly=True,
    )

    @property
    def keeps_a_rest(self) -> bool:
        """Some of the audience wait, or will wait, for the winner."""
        return self.tried_percent is not None and len(self.variants) > 1


class Variant(Base):
    """One version of a blast's letter: subject, preheader, sender's name, body in Markdown.

    What a later variant leaves empty is as in the first, until freezing writes it out; `says` reads
    it so. `share` is its part of the audience beside those of the other variants.
    """

    __tablename__ = "variants"
    __table_args__ = (UniqueConstraint("blast_id", "letter"),)

    id: Mapped[Id]
    blast_id: Mapped[int] = mapped_column(ForeignKey("blasts.id", ondelete="CASCADE"))
    letter: Mapped[str] = mapped_column(String(1), default="A")
    share: Mapped[int] = mapped_column(Integer, default=1)
    subject: Mapped[Line]
    preheader: Mapped[Line] = mapped_column(default="")
    sender_name: Mapped[Line] = mapped_column(default="")  # "": the blast's
    body: Mapped[Prose]

    blast: Mapped[Blast] = relationship(back_populates="variants")

    def says(self, part: str) -> str:
        """What its letters have as `part`, one of PARTS."""
        own = getattr(self, part) or getattr(self.blast.variants[0], part)
        return own or (self.blast.sender_name if part == "sender_name" else "")


class FrozenLetter(Base):
    """A variant's compiled letter as it goes out: later edits of text, petition or template on
    disk don't reach a blast that has started. `plan` is mail.plan.Plan as JSON."""

    __tablename__ = "frozen_letters"

    variant_id: Mapped[int] = mapped_column(
        ForeignKey("variants.id", ondelete="CASCADE"), primary_key=True
    )
    plan: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)
    compiled_at: Mapped[Instant] = mapped_column(default=now)


class CheckOverride(Base):
    """A person's word that a failed check is to be passed over, and why."""

    __tablename__ = "check_overrides"
    __table_args__ = (UniqueConstraint("blast_id", "check"),)

    id: Mapped[Id]
    blast_id: Mapped[int] = mapped_column(ForeignKey("blasts.id", ondelete="CASCADE"))
    check: Mapped[Line]  # the check's key, as preflight prints it
    reason: Mapped[Prose]
    actor: Mapped[Line]
    at: Mapped[Instant] = mapped_column(default=now)


class Origin(Base):
    """A mailbox domain or a place that letters are counted by; deliveries hold its id.

    `value` names the group that `key` (a domain; country and region) stands in; "" the rest.
    """

    __tablename__ = "origins"
    __table_args__ = (UniqueConstraint("dimension", "key"),)

    id: Mapped[Id]
    dimension: Mapped[Word]  # mailbox, place
    key: Mapped[Line]
    value: Mapped[Line]


class FrozenSegment(Base):
    """A segment of which a blast's letters know who was in it when the blast was frozen: in
    Delivery.segments its `bit`, a power of two, is set. The name is the one that it had then."""

    __tablename__ = "frozen_segments"

    blast_id: Mapped[int] = mapped_column(
        ForeignKey("blasts.id", ondelete="CASCADE"), primary_key=True
    )
    bit: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    name: Mapped[Line]


class StoppedDomain(Base):
    """A domain whose letters are held, of one blast or of all."""

    __tablename__ = "stopped_domains"
    __table_args__ = (
        Index(
            "uq_stopped_domains_of_blast",
            "blast_id",
            "domain",
            unique=True,
            sqlite_where=text("blast_id IS NOT NULL"),
            postgresql_where=text("blast_id IS NOT NULL"),
        ),
        Index(
            "uq_stopped_domains_of_all",
            "domain",
            unique=True,
            sqlite_where=text("blast_id IS NULL"),
            postgresql_where=text("blast_id IS NULL"),
        ),
    )

    id: Mapped[Id]
    blast_id: Mapped[int | None] = mapped_column(ForeignKey("blasts.id", ondelete="CASCADE"))
    domain: Mapped[Line]
    actor: Mapped[Line]
    at: Mapped[Instant] = mapped_column(default=now)
