"""Petitions, versions of what is signed, sources and citations, signatures and counts."""

from __future__ import annotations

import hashlib
from typing import Any

from sqlalchemy import Boolean, ForeignKey, Index, Integer, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship, validates

from outreach.core.clock import now
from outreach.core.db import BIG, JSON_VALUE, Base, Id, Instant, Line, Prose, Word
from outreach.core.states import StateMachine, move
from outreach.petitions.library.addresses import address_key

PETITION_STATES = StateMachine(
    "petition",
    {
        "publish": move("draft paused closed archived", "published"),
        "pause": move("published", "paused"),
        "close": move("published paused", "closed"),
        "archive": move("closed", "archived"),
    },
)

SIGNATURE_STATES = StateMachine(
    "signature",
    {
        "verify": move("pending", "verified"),
        "invalidate": move("pending verified", "invalidated"),
    },
)


class Petition(Base):
    """Headline, targets, and what the page shows; what is signed stands in its versions."""

    __tablename__ = "petitions"

    id: Mapped[Id]
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisations.id"))
    slug: Mapped[str] = mapped_column(String(120), unique=True)
    state: Mapped[Word] = mapped_column(default="draft")
    headline: Mapped[Line]
    targets: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)  # names, in order
    partners: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)  # names, in order
    goal: Mapped[int] = mapped_column(Integer, default=0)  # 0: chosen by the count
    consent_line: Mapped[Prose] = mapped_column(default="")
    thanks: Mapped[Prose] = mapped_column(default="")
    share_text: Mapped[Prose] = mapped_column(default="")
    # The text that it was made of
    pasted: Mapped[Prose] = mapped_column(default="", server_default="")
    # The page (page_settings.py)
    language: Mapped[str] = mapped_column(String(12), default="")  # "": the organisation's
    is_letter: Mapped[bool] = mapped_column(Boolean, default=False)  # an open letter: To … From
    state_text: Mapped[Prose] = mapped_column(default="")  # where it can't be signed: why
    comments: Mapped[Word] = mapped_column(default="off")  # off, read_first, at_once
    signers: Mapped[Word] = mapped_column(default="places")  # nobody, names, places
    partner_words: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)  # by name
    embed_origins: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)
    note_style: Mapped[Word] = mapped_column(default="pasted")  # one of library.styles.STYLES
    created_at: Mapped[Instant] = mapped_column(default=now)
    published_at: Mapped[Instant | None]
    closed_at: Mapped[Instant | None]
    archived_at: Mapped[Instant | None]

    versions: Mapped[list[PetitionVersion]] = relationship(order_by="PetitionVersion.number")


class PetitionVersion(Base):
    """One wording: the statement that is signed, the body, and the notes as they then stood.

    `body` is Markdown with `[^label]` markers; `notes` the numbered notes of this version, so that
    a signature keeps what was signed even when a source is corrected later.
    """

    __tablename__ = "petition_versions"
    __table_args__ = (UniqueConstraint("petition_id", "number"),)

    id: Mapped[Id]
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    number: Mapped[int] = mapped_column(Integer)
    statement: Mapped[Prose]
    body: Mapped[Prose]
    notes: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)
    reason: Mapped[Prose] = mapped_column(default="")  # why it was changed
    created_at: Mapped[Instant] = mapped_column(default=now)

    @property
    def text(self) -> str:
        """Statement and body in the order of the page: the text that notes are numbered by."""
        return f"{self.statement}\n\n{self.body}"

    @property
    def fingerprint(self) -> str:
        """Tells one wording from another: before the first signature a version changes in place."""
        sources = [(note["label"], note["raw"]) for note in self.notes]
        return hashlib.blake2b(f"{self.text}\n{sources}".encode(), digest_size=8).hexdigest()


class Source(Base):
    """One published thing that texts lean on. Dates are ISO, as exact as known.

    What was seen when its address was last opened stands in `look` and below; the texts that were
    seen there are `SourceText`s.
    """

    __tablename__ = "sources"

    id: Mapped[Id]
    kind: Mapped[Word] = mapped_column(default="webpage")  # a type of CSL
    author: Mapped[Line | None]  # several with “; ” between them
    title: Mapped[Line | None]
    publisher: Mapped[Line | None]
    published_on: Mapped[str | None] = mapped_column(String(10))
    url: Mapped[Prose | None]
    url_key: Mapped[str | None] = mapped_column(String(32), index=True)  # equal for equal places
    archived_url: Mapped[Prose | None]
    quoted: Mapped[Prose] = mapped_column(default="")  # words that it must hold, one on each line
    csl: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)  # imported, not ours
    checked_at: Mapped[Instant | None]  # when a person said that it is what the text claims
    checked_by: Mapped[Line | None]
    created_at: Mapped[Instant] = mapped_column(default=now)

    look: Mapped[Word] = mapped_column(default="")  # one of library.look.LOOKS; empty: not yet
    look_detail: Mapped[Line] = mapped_column(default="")
    looked_at: Mapped[Instant | None]
    look_due: Mapped[Instant | None] = mapped_column(index=True)  # by itself, not before then
    failing_since: Mapped[Instant | None]
    leads_to: Mapped[Prose | None]  # the address that it was moved to for good
    says: Mapped[dict[str, Any]] = mapped_column(JSON_VALUE, default=dict)  # parts, as its page has
    lost: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)  # words that it held before

    @validates("url")
    def _keyed(self, _name: str, url: str | None) -> str | None:
        self.url_key = address_key(url) if url else None
        return url


class SourceText(Base):
    """The text of a source as it once was: evidence of what it said, with hash and date."""

    __tablename__ = "source_texts"

    id: Mapped[Id]
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id", ondelete="CASCADE"), index=True)
    origin: Mapped[Word]  # page, pasted or file
    name: Mapped[Prose] = mapped_column(default="")  # its address, or the file's name
    sha256: Mapped[str] = mapped_column(String(64))  # of the text
    is_whole: Mapped[bool] = mapped_column(Boolean, default=True)
    text: Mapped[Prose] = mapped_column(deferred=True)
    kept_at: Mapped[Instant] = mapped_column(default=now)
    seen_at: Mapped[Instant] = mapped_column(default=now)  # last, with the same text
    kept_by: Mapped[Line]


class Citation(Base):
    """A petition's note. `label` is what `[^label]` says in the text; numbers are derived from
    the order of first use and stored nowhere else. `sources` are those that it names, in order."""

    __tablename__ = "citations"
    __table_args__ = (UniqueConstraint("petition_id", "label"),)

    id: Mapped[Id]
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    label: Mapped[str] = mapped_column(String(40))
    raw: Mapped[Prose]  # the note as it was pasted, always kept

    sources: Mapped[list[Source]] = relationship(
        secondary="citation_sources", order_by="CitationSource.place", viewonly=True
    )

    @property
    def source(self) -> Source:
        """The first source that it names."""
        return self.sources[0]


class CitationSource(Base):
    """A source that a note names, in the note's order. `place` counts from 1."""

    __tablename__ = "citation_sources"

    citation_id: Mapped[int] = mapped_column(
        ForeignKey("citations.id", ondelete="CASCADE"), primary_key=True
    )
    place: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    source_id: Mapped[int] = mapped_column(ForeignKey("sources.id"), index=True)


class Signature(Base):
    """One supporter's name under one version of one petition's statement."""

    __tablename__ = "signatures"
    __table_args__ = (
        UniqueConstraint("petition_id", "supporter_id"),
        Index(None, "petition_id", "mailbox", unique=True),
        Index(None, "petition_id", "verified_at"),
        Index(None, "petition_id", "invalidated_at"),
        Index(None, "created_at"),
        Index(None, "supporter_id"),
        Index(None, "network", "created_at"),
    )

    id: Mapped[Id]
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id"))
    version_id: Mapped[int] = mapped_column(ForeignKey("petition_versions.id"))
    supporter_id: Mapped[int] = mapped_column(ForeignKey("supporters.id", ondelete="CASCADE"))
    state: Mapped[Word] = mapped_column(default="pending")
    reason: Mapped[Line | None]
    grade: Mapped[Word]  # recognised, confirmed, form
    # What speaks against a person, as [{name, weight}]; grades.py says what is suspicious
    doubts: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)
    network: Mapped[str] = mapped_column(String(32), default="")  # keyed hash, as in events
    name: Mapped[str] = mapped_column(String(250))
    is_hidden: Mapped[bool] = mapped_column(Boolean, default=False)  # the name, on the page
    # One for all spellings of an address that reach the same mailbox
    mailbox: Mapped[str | None] = mapped_column(String(254))
    language: Mapped[str] = mapped_column(String(12), default="")  # that was read and signed
    translation_id: Mapped[int | None] = mapped_column(BIG)  # of it; None: the original
    country: Mapped[str] = mapped_column(String(2), default="")  # as they said; "": unknown
    updates: Mapped[bool] = mapped_column(Boolean, default=True)  # agreed to letters
    postal_code: Mapped[str] = mapped_column(String(20), default="")
    partners: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)  # boxes ticked
    is_new: Mapped[bool] = mapped_column(Boolean)  # first signature anywhere
    created_at: Mapped[Instant] = mapped_column(default=now)
    verified_at: Mapped[Instant | None]
    invalidated_at: Mapped[Instant | None]
    # Credit: the letters whose links were followed first and last, and the share that led here.
    first_delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL")
    )
    last_delivery_id: Mapped[int | None] = mapped_column(
        ForeignKey("deliveries.id", ondelete="SET NULL"), index=True
    )
    shared_by_id: Mapped[int | None] = mapped_column(
        ForeignKey("signatures.id", ondelete="SET NULL"), index=True
    )


class PetitionTranslation(Base):
    """A petition in another language. `of` is the fingerprint of the wording that it translates;
    once somebody has signed it, a change makes a new row."""

    __tablename__ = "petition_translations"
    __table_args__ = (Index(None, "petition_id", "language"),)

    id: Mapped[Id]
    petition_id: Mapped[int] = mapped_column(ForeignKey("petitions.id", ondelete="CASCADE"))
    language: Mapped[str] = mapped_column(String(12))
    of: Mapped[str] = mapped_column(String(16))
    headline: Mapped[Line]
    targets: Mapped[list[Any]] = mapped_column(JSON_VALUE, default=list)
    statement: Mapped[Prose]
    body: Mapped[Prose]
    consent_line: Mapped[Prose] = mapped_column(default="")
    thanks: Mapped[Prose] = mapped_column(default="")
    share_text: Mapped[Prose] = mapped_column(default="")
    state_text: Mapped[Prose] = mapped_column(default="")
    created_at: Mapped[Instant] = mapped_column(default=now)
    created_by: Mapped[Line] = mapped_column(default="")

    @property
    def fingerprint(self) -> str:
        """Tells one wording from another, as a version's does."""
        words = f"{self.of}\n{self.language}\n{self.statement}\n\n{self.body}"
        return hashlib.blake2b(words.encode(), digest_size=8).hexdigest()


class Tally(Base):
    """A petition's count up to an instant; what came since is counted when it is shown."""

    __tablename__ = "tallies"

    petition_id: Mapped[int] = mapped_column(
        ForeignKey("petitions.id", ondelete="CASCADE"), primary_key=True
    )
    counted_to: Mapped[Instant]
    signatures: Mapped[int] = mapped_column(Integer)
