"""Supporters, lists, tags, and imports with their refused rows."""

from __future__ import annotations

from typing import Any

from sqlalchemy import ForeignKey, Index, Integer, String
from sqlalchemy.orm import Mapped, mapped_column, relationship

from outreach.core.clock import now
from outreach.core.db import JSON_VALUE, Base, Id, Instant, Line, Prose, Word
from outreach.core.states import StateMachine, move


class Supporter(Base):
    """A person with an email address. `address` is canonical, `email` as it was given."""

    __tablename__ = "supporters"

    id: Mapped[Id]
    address: Mapped[str] = mapped_column(String(254), unique=True)
    email: Mapped[str] = mapped_column(String(254))
    first_name: Mapped[str] = mapped_column(String(120), default="")
    last_name: Mapped[str] = mapped_column(String(120), default="")
    postal_code: Mapped[str] = mapped_column(String(20), default="", index=True)
    country: Mapped[str] = mapped_column(String(2), default="")  # ISO 3166-1, upper case
    region: Mapped[str] = mapped_column(String(80), default="")
    language: Mapped[str] = mapped_column(String(12), default="")
    timezone: Mapped[str] = mapped_column(String(60), default="")
    fields: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)  # custom, as text
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"), index=True)
    created_at: Mapped[Instant] = mapped_column(default=now)
    updated_at: Mapped[Instant] = mapped_column(default=now, onupdate=now)


class SupporterList(Base):
    """A named group; `wording` is what people agree to when they join it."""

    __tablename__ = "lists"

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    name: Mapped[Line] = mapped_column(unique=True)
    wording: Mapped[Prose] = mapped_column(default="")
    created_at: Mapped[Instant] = mapped_column(default=now)


class ListMember(Base):
    """A supporter's place on a list: since when, and where it was joined (shown in letters)."""

    __tablename__ = "list_members"
    __table_args__ = (Index(None, "list_id", "supporter_id"), Index(None, "import_id"))

    # The person first: a letter asks for the first list of each of a thousand people.
    supporter_id: Mapped[int] = mapped_column(
        ForeignKey("supporters.id", ondelete="CASCADE"), primary_key=True
    )
    list_id: Mapped[int] = mapped_column(
        ForeignKey("lists.id", ondelete="CASCADE"), primary_key=True
    )
    joined_at: Mapped[Instant] = mapped_column(default=now)
    source: Mapped[Line] = mapped_column(default="")
    import_id: Mapped[int | None] = mapped_column(ForeignKey("imports.id"))


class Tag(Base):
    """A word that can be put on supporters."""

    __tablename__ = "tags"

    id: Mapped[Id]
    name: Mapped[str] = mapped_column(String(80), unique=True)


class SupporterTag(Base):
    """A tag on a supporter."""

    __tablename__ = "supporter_tags"
    __table_args__ = (Index(None, "supporter_id"),)

    tag_id: Mapped[int] = mapped_column(ForeignKey("tags.id", ondelete="CASCADE"), primary_key=True)
    supporter_id: Mapped[int] = mapped_column(
        ForeignKey("supporters.id", ondelete="CASCADE"), primary_key=True
    )


IMPORT_STATES = StateMachine(
    "import",
    {
        "run": move("waiting stopped", "running"),
        "stop": move("waiting running", "stopped"),
        "resume": move("stopped", "waiting"),
        "finish": move("running", "finished"),
        "fail": move("waiting running", "failed"),
        "undo": move("finished stopped failed", "undone"),
    },
)


class Import(Base):
    """One file on its way in. `rows_done` is the checkpoint: rows up to it are stored."""

    __tablename__ = "imports"

    id: Mapped[Id]
    list_id: Mapped[int] = mapped_column(ForeignKey("lists.id"))
    filename: Mapped[Line]  # as the person called it
    path: Mapped[Line]  # our copy, kept until the import is finished or undone
    layout: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE)  # csvfile.Layout: how to read it
    basis: Mapped[Line]  # the consent basis that the person stated for all rows
    state: Mapped[Word] = mapped_column(default="waiting", index=True)
    reason: Mapped[Prose | None]
    rows_total: Mapped[int | None] = mapped_column(Integer)
    rows_done: Mapped[int] = mapped_column(Integer, default=0)
    added: Mapped[int] = mapped_column(Integer, default=0)
    updated: Mapped[int] = mapped_column(Integer, default=0)
    suppressed: Mapped[int] = mapped_column(Integer, default=0)
    refused: Mapped[int] = mapped_column(Integer, default=0)  # duplicates are counted apart
    lease_owner: Mapped[str | None] = mapped_column(String(80))  # the one runner that may store
    lease_until: Mapped[Instant | None]
    created_by: Mapped[Line] = mapped_column(default="")
    created_at: Mapped[Instant] = mapped_column(default=now)
    finished_at: Mapped[Instant | None]

    supporter_list: Mapped[SupporterList] = relationship()


class ImportRefusal(Base):
    """A row that was not taken, or (unsubscribed) not as a subscription: line, reason, cells."""

    __tablename__ = "import_refusals"
    __table_args__ = (Index(None, "import_id", "line"),)

    id: Mapped[Id]
    import_id: Mapped[int] = mapped_column(ForeignKey("imports.id", ondelete="CASCADE"))
    line: Mapped[int] = mapped_column(Integer)
    kind: Mapped[Word]  # refused, duplicate, suppressed, unsubscribed
    reason: Mapped[Line]
    row: Mapped[list[Any]] = mapped_column(JSON_VALUE)
