"""Deliveries and batches: who gets which letter, in which state, with which reason."""

from __future__ import annotations

from datetime import date

from sqlalchemy import (
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Table,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Items, Line, Prose, Word, forget_deleted_people
from outreach.core.states import StateMachine, move

BATCH_STATES = StateMachine(
    "batch",
    {
        "claim": move("ready", "claimed"),
        "submit": move("claimed submitting", "submitting"),
        "finish": move("claimed submitting", "done"),
        "release": move("claimed submitting", "ready"),
        "open": move("ready done", "ready"),  # some of its letters are to leave again
    },
)

DELIVERY_STATES = StateMachine(
    "delivery",
    {
        "accept": move("pending unknown", "accepted"),
        "refuse": move("pending unknown", "refused"),
        "skip": move("pending", "skipped"),
        "lose": move("pending", "unknown"),
        "cancel": move("pending", "cancelled"),
        "recall": move("accepted", "cancelled"),  # the provider still held it, and lets it go
        "drop": move("accepted unknown", "refused"),  # the provider took it and did not send it
        # A cancelled one of which this is heard was too late to be recalled.
        "deliver": move("accepted unknown cancelled", "delivered"),
        "bounce": move("accepted unknown cancelled delivered", "bounced"),
        "complain": move("accepted unknown cancelled delivered", "complained"),
        "resend": move("unknown refused", "pending"),
    },
)
# Accepted by the provider, whatever was heard of it afterwards.
SENT_STATES = ("accepted", "delivered", "bounced", "complained")


FIRST_TURN = -1.0  # single letters, before all blasts


class Batch(Base):
    """The unit in which deliveries are handed to a provider: those from `first_id` to `last_id`.

    A range instead of a column on each delivery: freezing an audience is then one INSERT, and a
    retry is the same batch again, because only pending deliveries of the range are ever read.
    `handed_after` and `handed_through` hold between them the ids of the part that may have reached
    the provider: they are moved, and committed, before it goes out. After a crash, deliveries
    beyond are certainly unsent, and so are those between that were not due at `read_at`; the
    others of the part without an outcome are unknown. `lease_until` of a ready batch says until
    when it is on offer to workers on many machines (outbox.offer).

    `turn`: batches are claimed from the lowest on. Those of a blast are as far apart as they hold
    letters, divided by the blast's weight, so that blasts share in proportion (blasts.weights).
    """

    __tablename__ = "batches"
    __table_args__ = (Index(None, "state", "turn", "id"), Index(None, "blast_id", "state"))

    id: Mapped[Id]
    blast_id: Mapped[int | None] = mapped_column(ForeignKey("blasts.id"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variants.id"))
    first_id: Mapped[int]
    last_id: Mapped[int]
    state: Mapped[Word] = mapped_column(default="ready")
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[Instant | None]
    handed_after: Mapped[int] = mapped_column(default=0)
    handed_through: Mapped[int] = mapped_column(default=0)
    read_at: Mapped[Instant | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    turn: Mapped[float] = mapped_column(Float, default=FIRST_TURN)
    not_before: Mapped[Instant | None]
    created_at: Mapped[Instant] = mapped_column(default=now)
    done_at: Mapped[Instant | None]


class Delivery(Base):
    """One letter to one supporter: its state, with the reason.

    Without foreign keys to blast, variant and supporter: PostgreSQL would look each of them up for
    each row, which is three quarters of the time that freezing an audience takes. The one
    statement that makes these rows selects from those tables, blasts and variants are never
    deleted, and a trigger empties `supporter_id` where a supporter is.

    `attempts` counts how often the provider put it off: a refused one that was put off as often as
    outbox.MAX_ATTEMPTS was refused for now, any other one for good. A pending one that is `held`
    (the domain that is stopped) is passed over until it is let go.

    No index knows of `state`, or of what else changes as a letter leaves, and half of each page is
    left free: PostgreSQL then writes an outcome beside the row without touching an index (a HOT
    update). Unknown ones, which are few, are found by `lost_at` (outcomes.UNKNOWN).
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("supporter_id", "blast_id"),
        Index(None, "blast_id"),
        Index(
            "ix_deliveries_lost",
            "id",
            sqlite_where=text("lost_at IS NOT NULL"),
            postgresql_where=text("lost_at IS NOT NULL"),
        ),
        Index(
            "ix_deliveries_held",
            "blast_id",
            sqlite_where=text("held IS NOT NULL"),
            postgresql_where=text("held IS NOT NULL"),
        ),
        {"postgresql_with": {"fillfactor": 50}},
    )

    id: Mapped[Id]
    blast_id: Mapped[int | None]
    variant_id: Mapped[int | None]
    supporter_id: Mapped[int | None]
    kind: Mapped[Word] = mapped_column(default="blast")  # or confirmation, thanks, test, notice
    state: Mapped[Word] = mapped_column(default="pending")
    reason: Mapped[Line | None]
    provider_ref: Mapped[Line | None]
    attempts: Mapped[int] = mapped_column(Integer, default=0)
    not_before: Mapped[Instant | None]  # the provider put it off, or its domain takes no more now
    accepted_at: Mapped[Instant | None]
    lost_at: Mapped[Instant | None]  # when it became unknown, settled meanwhile or not
    held: Mapped[Line | None]
    # What was known of the person when the blast was frozen: ids of blasts.models.Origin, and the
    # bits of blasts.models.FrozenSegment. None: not kept.
    mailbox_id: Mapped[int | None] = mapped_column(SmallInteger)
    place_id: Mapped[int | None] = mapped_column(SmallInteger)
    segments: Mapped[int | None]


class LetterText(Base):
    """What many single letters share (mail.shared). `key` is made of all the rest, so that a text
    is kept once, and rows never change."""

    __tablename__ = "letter_texts"

    key: Mapped[str] = mapped_column(String(32), primary_key=True)
    names: Mapped[Items]  # of the values that differ
    subject: Mapped[Line]
    html: Mapped[Items]  # static pieces, and numbers where a value stands
    text: Mapped[Items]
    created_at: Mapped[Instant] = mapped_column(default=now)


class SingleLetter(Base):
    """The finished content of a letter that is not a blast's; removed once it was accepted.

    Where it is one of many under one `text_key`, its own texts are empty, and `own` holds what
    stands in the blanks of the LetterText, in the order of its names. No foreign key leads there:
    each letter would lock the one row that all of them share.
    """

    __tablename__ = "single_letters"

    delivery_id: Mapped[int] = mapped_column(
        ForeignKey("deliveries.id", ondelete="CASCADE"), primary_key=True
    )
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    to_address: Mapped[str] = mapped_column(String(254))
    to_name: Mapped[str] = mapped_column(String(250), default="")
    subject: Mapped[Line]
    html: Mapped[Prose]
    text: Mapped[Prose]
    text_key: Mapped[str | None] = mapped_column(String(32))
    own: Mapped[Items] = mapped_column(default=list)
    # Where a POST ends letters of this kind (RFC 8058); "": it is no letter that comes again.
    way_out: Mapped[Prose] = mapped_column(default="")


class Pace(Base):
    """How fast letters may leave through one scope, and how many a day (mail.pace).

    `scope` is `blast:7`, `relay:main`, `sender:mara@…` or `domain:gmail.com`. Whatever has left
    has used its capacity up to `free_at`; letters that wait for a domain queue up to
    `queued_until`, as the clock stood at `used_at`. `taken` letters left on `day`, for scopes with
    a warm-up: the limits of each day, `daily`, from the day `starts_on`.
    """

    __tablename__ = "paces"

    scope: Mapped[str] = mapped_column(String(300), primary_key=True)
    per_s: Mapped[float | None] = mapped_column(Float)  # letters a second; None: no limit
    free_at: Mapped[Instant | None]
    queued_until: Mapped[Instant | None]
    used_at: Mapped[Instant | None]
    daily: Mapped[Items] = mapped_column(default=list)
    starts_on: Mapped[date | None] = mapped_column(Date)
    day: Mapped[date | None] = mapped_column(Date)
    taken: Mapped[int] = mapped_column(Integer, default=0)


# For the statements that move many rows at once.
BATCHES: Table = Batch.__table__  # type: ignore[assignment]
DELIVERIES: Table = Delivery.__table__  # type: ignore[assignment]
PACES: Table = Pace.__table__  # type: ignore[assignment]
forget_deleted_people(DELIVERIES)
