"""Tracked links, events (never changed), and what each event is judged to be (may change)."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import JSON_VALUE, Base, Id, Instant, Line, Prose, Word

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
    """One observed thing. `key` makes storing it twice harmless (spool replay, webhooks)."""

    __tablename__ = "events"
    __table_args__ = (
        Index(None, "delivery_id"),
        Index(None, "blast_id", "kind"),
        Index(None, "supporter_id"),  # erasing a person would scan all events without it
        UniqueConstraint("key"),
    )

    id: Mapped[Id]
    key: Mapped[str] = mapped_column(String(64))
    kind: Mapped[
        Word
    ]  # opened, clicked, viewed, signed, unsubscribed, or one of mail.feedback.Word
    at: Mapped[Instant] = mapped_column(default=now)
    delivery_id: Mapped[int | None] = mapped_column(ForeignKey("deliveries.id", ondelete="CASCADE"))
    blast_id: Mapped[int | None] = mapped_column(ForeignKey("blasts.id"))
    supporter_id: Mapped[int | None] = mapped_column(
        ForeignKey("supporters.id", ondelete="SET NULL")
    )
    link_id: Mapped[int | None] = mapped_column(ForeignKey("links.id"))
    method: Mapped[str] = mapped_column(String(8), default="")
    agent: Mapped[Line] = mapped_column(default="")
    network: Mapped[str] = mapped_column(String(32), default="")  # keyed hash of the IP address
    detail: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)


class Judgement(Base):
    """What an event is held to be, with the evidence; later evidence may replace it."""

    __tablename__ = "judgements"

    event_id: Mapped[int] = mapped_column(
        ForeignKey("events.id", ondelete="CASCADE"), primary_key=True
    )
    verdict: Mapped[Word]  # human, machine, machine_open, proxy_open, unknown
    evidence: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)
    judged_at: Mapped[Instant] = mapped_column(default=now)


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
