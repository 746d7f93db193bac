"""Tracked links, events (never changed), and what each event is judged to be (may change)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import (
    DDL,
    ForeignKey,
    Index,
    Integer,
    String,
    Table,
    UniqueConstraint,
    event,
)
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import (
    JSON_VALUE,
    Base,
    Id,
    Instant,
    Line,
    Prose,
    Word,
    forget_deleted_people,
)

# By its bytes: a server's locale compares some times slower, and nobody reads keys in order.
KEY = String(64).with_variant(String(64, collation="C"), "postgresql")
# Kinds of link; only clicks on these say that somebody followed the ask (PRODUCT.md: clicked).
ASK_KINDS = ("ask", "link")


class Link(Base):
    """A place that a blast's letters lead to. `slot` is its number in the letter's tokens."""

    __tablename__ = "links"
    __table_args__ = (UniqueConstraint("blast_id", "slot"),)

    id: Mapped[Id]
    blast_id: Mapped[int] = mapped_column(ForeignKey("blasts.id", ondelete="CASCADE"))
    slot: Mapped[int] = mapped_column(Integer)
    kind: Mapped[Word]  # ask (the petition), link, citation, trap
    url: Mapped[Prose]
    label: Mapped[Line] = mapped_column(default="")


class Event(Base):
    """One observed thing, never changed afterwards; only erasing a person empties `supporter_id`.

    `key` makes storing it twice harmless: what is told again (spool replay, webhooks) brings the
    same key and the same instant. Where one key may come with another instant, it is looked for
    among the events around (record.observe, feedback.take).

    On PostgreSQL there is a partition for each month (partitions.py), which is why the instant
    belongs to every unique key, and nothing can refer to an id alone. Without foreign keys, which
    PostgreSQL would look up, and lock, for each row; a trigger empties `supporter_id`.
    """

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "delivery_id"),
        Index(None, "blast_id", "kind"),
        Index(None, "supporter_id"),  # erasing a person would scan all events without it
        UniqueConstraint("key", "at"),
        {"postgresql_partition_by": "RANGE (at)"},
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(KEY)
    kind: Mapped[
        Word
    ]  # opened, clicked, viewed, signed, unsubscribed, or one of mail.feedback.Word
    at: Mapped[Instant] = mapped_column(default=now)
    delivery_id: Mapped[int | None]
    blast_id: Mapped[int | None]
    supporter_id: Mapped[int | None]
    link_id: Mapped[int | None]
    method: Mapped[str] = mapped_column(String(8), default="")
    agent: Mapped[Line] = mapped_column(default="")
    network: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of the IP address
    detail: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)


class Judgement(Base):
    """What an event is held to be, with the evidence; later evidence may replace it.

    The event's letter stands here, too, so that who counts it anew need not look the event up in
    every month's partition.
    """

    __tablename__ = "judgements"

    event_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    delivery_id: Mapped[int | None]
    verdict: Mapped[Word]  # human, machine, machine_open, proxy_open, unknown
    evidence: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)
    judged_at: Mapped[Instant] = mapped_column(default=now)


class PageVisit(Base):
    """A look at a petition's page whose script saw somebody touch, type or point, by what led
    there. Nobody's name, address or network: of a letter's link `delivery_id`, which is one visit
    however often; of any other a number that the page made up for itself (`key`)."""

    __tablename__ = "page_visits"

    id: Mapped[Id]
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(64), unique=True)
    at: Mapped[Instant] = mapped_column(default=now, index=True)
    source: Mapped[Word]  # letter, share, page, embed
    by_machine: Mapped[bool]  # what the request says of itself is a machine's
    delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL"), index=True
    )
    signature_id: Mapped[int | None] = mapped_column(
        ForeignKey("signatures.id", ondelete="SET NULL"), index=True
    )


class JudgingMark(Base):
    """How far the events are judged: one row, which the one who judges holds locked.

    All ids up to `through` are behind us. Ids up to `ahead` were seen, and are as soon as all
    transactions that were under way then (`ahead_xid`, on PostgreSQL) have ended.
    """

    __tablename__ = "judging_marks"

    id: Mapped[int] = mapped_column(Integer, primary_key=True, default=1)
    through: Mapped[int] = mapped_column(default=0)
    ahead: Mapped[int] = mapped_column(default=0)
    ahead_xid: Mapped[int] = mapped_column(default=0)


class Rejudging(Base):
    """One run over all history: letters (delivery ids) up to `done_to` of `last_id` are judged."""

    __tablename__ = "rejudgings"

    id: Mapped[Id]
    actor: Mapped[Line]
    started_at: Mapped[Instant] = mapped_column(default=now)
    finished_at: Mapped[Instant | None]
    last_id: Mapped[int]
    done_to: Mapped[int] = mapped_column(default=0)
    total: Mapped[int]  # events when it began
    judged: Mapped[int] = mapped_column(default=0)  # events so far
    changed: Mapped[int] = mapped_column(default=0)  # of them, those with another verdict


# For the statements that write many rows at once.
EVENTS: Table = Event.__table__  # type: ignore[assignment]
JUDGEMENTS: Table = Judgement.__table__  # type: ignore[assignment]

# On PostgreSQL a primary key would have to hold the instant as well: there it is an index.
EVENTS.primary_key.ddl_if(dialect="sqlite")
_BY_ID = DDL("CREATE INDEX ix_events_id ON events (id)")  # type: ignore[no-untyped-call]
_ALL_OTHER_MONTHS = DDL("CREATE TABLE events_other PARTITION OF events DEFAULT")  # type: ignore[no-untyped-call]
event.listen(EVENTS, "after_create", _BY_ID.execute_if(dialect="postgresql"))
event.listen(EVENTS, "after_create", _ALL_OTHER_MONTHS.execute_if(dialect="postgresql"))
forget_deleted_people(EVENTS)
