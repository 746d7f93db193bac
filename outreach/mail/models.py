"""Deliveries and batches: who gets which letter, in which state, with which reason."""

from __future__ import annotations

from sqlalchemy import DDL, ForeignKey, Index, Integer, String, Table, UniqueConstraint, event, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Line, Prose, Word
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
        "drop": move("accepted unknown", "refused"),  # the provider took it and did not send it
        "deliver": move("accepted unknown", "delivered"),
        "bounce": move("accepted unknown delivered", "bounced"),
        "complain": move("accepted unknown delivered", "complained"),
        "resend": move("unknown refused", "pending"),
    },
)
# Accepted by the provider, whatever was heard of it afterwards.
SENT_STATES = ("accepted", "delivered", "bounced", "complained")


class Batch(Base):
    """The unit in which deliveries are handed to a provider: those from `first_id` to `last_id`.

    A range instead of a column on each delivery: freezing an audience is then one INSERT, and a
    retry is the same batch again, because only pending deliveries of the range are ever read.
    `handed_through` is the id of the last delivery that may have reached the provider: it is
    moved, and committed, before a part of the batch goes out. After a crash, deliveries beyond it
    are certainly unsent and those up to it without an outcome are unknown. `lease_until` of a ready
    batch says until when it is on offer to workers on many machines (outbox.offer).
    """

    __tablename__ = "batches"
    __table_args__ = (Index(None, "state", "not_before"), Index(None, "blast_id", "state"))

    id: Mapped[Id]
    blast_id: Mapped[int | None] = mapped_column(ForeignKey("blasts.id"))
    variant_id: Mapped[int | None] = mapped_column(ForeignKey("variants.id"))
    first_id: Mapped[int]
    last_id: Mapped[int]
    state: Mapped[Word] = mapped_column(default="ready")
    lease_owner: Mapped[str | None] = mapped_column(String(80))
    lease_until: Mapped[Instant | None]
    handed_through: Mapped[int] = mapped_column(default=0)
    attempts: Mapped[int] = mapped_column(Integer, default=0)
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
    outcomes.MAX_ATTEMPTS was refused for now, any other one for good. A pending one that is `held`
    (the domain that is stopped) is passed over until it is let go.
    """

    __tablename__ = "deliveries"
    __table_args__ = (
        UniqueConstraint("supporter_id", "blast_id"),
        Index(None, "blast_id", "state"),
        Index(
            "ix_deliveries_unknown",
            "id",
            sqlite_where=text("state = 'unknown'"),
            postgresql_where=text("state = 'unknown'"),
        ),
        Index(
            "ix_deliveries_held",
            "blast_id",
            sqlite_where=text("held IS NOT NULL"),
            postgresql_where=text("held IS NOT NULL"),
        ),
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
    accepted_at: Mapped[Instant | None]
    held: Mapped[Line | None]


class SingleLetter(Base):
    """The finished content of a letter that is not a blast's; removed once it was accepted."""

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


# For the statements that move many rows at once.
BATCHES: Table = Batch.__table__  # type: ignore[assignment]
DELIVERIES: Table = Delivery.__table__  # type: ignore[assignment]

_FORGET_ON_SQLITE = DDL(  # type: ignore[no-untyped-call]
    """
    CREATE TRIGGER deliveries_forget AFTER DELETE ON supporters BEGIN
        UPDATE deliveries SET supporter_id = NULL WHERE supporter_id = OLD.id;
    END
"""
)
_FORGET_ON_POSTGRESQL = DDL(  # type: ignore[no-untyped-call]
    """
    CREATE OR REPLACE FUNCTION deliveries_forget() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        UPDATE deliveries SET supporter_id = NULL FROM gone WHERE supporter_id = gone.id;
        RETURN NULL;
    END $$;
    CREATE TRIGGER deliveries_forget AFTER DELETE ON supporters
        REFERENCING OLD TABLE AS gone FOR EACH STATEMENT EXECUTE FUNCTION deliveries_forget()
"""
)
event.listen(Base.metadata, "after_create", _FORGET_ON_SQLITE.execute_if(dialect="sqlite"))
event.listen(Base.metadata, "after_create", _FORGET_ON_POSTGRESQL.execute_if(dialect="postgresql"))
