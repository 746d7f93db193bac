"""Organisations, accounts, sign-ins, and the audit log."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.core.clock import now
from outreach.core.db import JSON_VALUE, Base, Id, Instant, Line, Prose, Word


class Organisation(Base):
    """Who speaks: name, postal address (the law wants it in each letter), sender identity."""

    __tablename__ = "organisations"

    id: Mapped[Id]
    name: Mapped[Line] = mapped_column(unique=True)
    postal_address: Mapped[Prose]
    sender_name: Mapped[Line]
    sender_address: Mapped[Line]
    reply_to: Mapped[Line | None]
    timezone: Mapped[Word] = mapped_column(default="UTC")
    language: Mapped[Word] = mapped_column(default="en")
    country: Mapped[str] = mapped_column(String(2), default="")  # of most supporters; ISO 3166-1
    quiet_hours: Mapped[Word | None]  # "21:00-08:00" in its time zone: blasts don't leave then
    # Its own rules of who is a machine (tracking/rules.py)
    judging: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)
    # Its own limits of the automatic pause (blasts/pause_limits.py)
    pausing: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)
    created_at: Mapped[Instant] = mapped_column(default=now)


class Account(Base):
    """A person who works in the console; `role` is one of roles.ROLES."""

    __tablename__ = "accounts"

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"), index=True)
    email: Mapped[Line] = mapped_column(unique=True)
    name: Mapped[Line]
    password_hash: Mapped[Line]
    role: Mapped[Word]
    created_at: Mapped[Instant] = mapped_column(default=now)
    disabled_at: Mapped[Instant | None]

    organisation: Mapped[Organisation] = relationship()


class SignIn(Base):
    """One browser's session; only a digest of its cookie is kept, so the table opens no door."""

    __tablename__ = "sign_ins"

    id: Mapped[Id]
    account_id: Mapped[int] = mapped_column(
        ForeignKey("accounts.id", ondelete="CASCADE"), index=True
    )
    digest: Mapped[str] = mapped_column(String(64), unique=True)
    created_at: Mapped[Instant] = mapped_column(default=now)
    expires_at: Mapped[Instant]
    revoked_at: Mapped[Instant | None]

    account: Mapped[Account] = relationship()


class AuditEntry(Base):
    """Who did what to which thing; never changed afterwards."""

    __tablename__ = "audit_entries"

    id: Mapped[Id]
    at: Mapped[Instant] = mapped_column(default=now, index=True)
    actor: Mapped[Line]
    action: Mapped[Word]
    subject: Mapped[Line]
    detail: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)
