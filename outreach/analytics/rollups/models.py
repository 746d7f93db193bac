"""What is counted once and for all: rollups that screens read, and what each letter is in them.

Rollups are sums over letters and signatures. What each of those was counted as is kept beside
them, so that a letter whose events, verdicts or state change is taken out as it was and put in as
it is (rollup.py). Who must be counted anew is said by triggers (changes.py), in the transaction
of the change: nothing is overlooked, whoever changes it.
"""

from __future__ import annotations

from sqlalchemy import ARRAY, JSON, BigInteger, Index, Integer, SmallInteger, String, Table, text
from sqlalchemy.orm import Mapped, mapped_column

from outreach.core.clock import now
from outreach.core.db import Base, Id, Instant, Word

# Letters are counted by state in slices of their ids: so many are read where one has moved.
SLICE = 1024
# By mailbox provider, place and segment in wider ones: a row for each that occurs in one.
WIDE_SLICE = 8 * SLICE


class Rollup(Base):
    """One number of a blast's variant. Dimension and value are "" for the whole; `value` names
    one hour, link, device, piece of evidence or reason (cells.py)."""

    __tablename__ = "rollups"
    __table_args__ = (
        # All blasts beside each other are read from these rows alone, and all notes that people
        # followed from those, whatever else is rolled up.
        *(
            Index(
                name,
                "blast_id",
                "variant_id",
                sqlite_where=text(f"dimension = '{dimension}'"),
                postgresql_where=text(f"dimension = '{dimension}'"),
            )
            for name, dimension in (("ix_rollups_whole", ""), ("ix_rollups_link", "link"))
        ),
        Index(
            "ix_rollups_segment",
            "value",
            "blast_id",
            sqlite_where=text("dimension = 'segment'"),
            postgresql_where=text("dimension = 'segment'"),
        ),
    )

    blast_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    variant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)  # 0: none
    dimension: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(400), primary_key=True)
    measure: Mapped[str] = mapped_column(String(40), primary_key=True)
    number: Mapped[int]


class LetterActs(Base):
    """What a letter's events and signatures were counted as: 1 or 0 for what its person did, how
    many events of each class, when a person followed its ask first, and with which devices they
    opened and clicked (cells.DEVICE_BITS)."""

    __tablename__ = "letter_acts"

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    blast_id: Mapped[int]
    variant_id: Mapped[int]
    clicked_at: Mapped[Instant | None]
    reached: Mapped[int] = mapped_column(SmallInteger)  # the letter counts as delivered
    opened: Mapped[int] = mapped_column(SmallInteger)
    clicked: Mapped[int] = mapped_column(SmallInteger)
    signed: Mapped[int] = mapped_column(SmallInteger)
    unsubscribed: Mapped[int] = mapped_column(SmallInteger)
    raw_opened: Mapped[int] = mapped_column(SmallInteger)
    raw_clicked: Mapped[int] = mapped_column(SmallInteger)
    opened_on: Mapped[int] = mapped_column(SmallInteger)
    clicked_on: Mapped[int] = mapped_column(SmallInteger)
    opens_human: Mapped[int] = mapped_column(Integer)
    opens_proxy: Mapped[int] = mapped_column(Integer)
    opens_machine: Mapped[int] = mapped_column(Integer)
    opens_unknown: Mapped[int] = mapped_column(Integer)
    clicks_human: Mapped[int] = mapped_column(Integer)
    clicks_proxy: Mapped[int] = mapped_column(Integer)
    clicks_machine: Mapped[int] = mapped_column(Integer)
    clicks_unknown: Mapped[int] = mapped_column(Integer)
    machine_events: Mapped[int] = mapped_column(Integer)
    # As the letter has them: what it is counted by must be at hand where it is taken out again.
    mailbox_id: Mapped[int | None] = mapped_column(SmallInteger)
    place_id: Mapped[int | None] = mapped_column(SmallInteger)
    segments: Mapped[int | None]


class LetterFacet(Base):
    """The same by link and by evidence; a row for each that the letter has."""

    __tablename__ = "letter_facets"

    delivery_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dimension: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(80), primary_key=True)
    clicked: Mapped[int] = mapped_column(SmallInteger)
    raw_clicked: Mapped[int] = mapped_column(SmallInteger)
    events: Mapped[int] = mapped_column(Integer)


class LetterSlice(Base):
    """How many letters with ids from slice * SLICE on were counted, by what became of them."""

    __tablename__ = "letter_slices"

    slice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    blast_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    variant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    state: Mapped[Word] = mapped_column(primary_key=True)
    # Of those skipped, bounced, refused.
    reason: Mapped[str] = mapped_column(String(400), primary_key=True)
    letters: Mapped[int] = mapped_column(Integer)


class TraitSlice(Base):
    """The same by mailbox provider, place and segment, from slice * WIDE_SLICE on."""

    __tablename__ = "trait_slices"

    slice: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    blast_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    variant_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    dimension: Mapped[str] = mapped_column(String(20), primary_key=True)
    value: Mapped[str] = mapped_column(String(400), primary_key=True)
    state: Mapped[Word] = mapped_column(primary_key=True)
    letters: Mapped[int] = mapped_column(Integer)


class SignatureCredit(Base):
    """A verified signature that a blast is credited with: through a letter of its own
    (`delivery_id`), or through shares that lead back to one (None)."""

    __tablename__ = "signature_credits"
    __table_args__ = (Index(None, "blast_id"), Index(None, "delivery_id"))

    signature_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    blast_id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    variant_id: Mapped[int]
    delivery_id: Mapped[int | None]
    verified_at: Mapped[Instant | None]
    is_new: Mapped[int] = mapped_column(SmallInteger)


class Change(Base):
    """What has to be counted anew: ids of one kind, a row for each statement that changed some."""

    __tablename__ = "rollup_changes"

    id: Mapped[Id]
    kind: Mapped[Word]  # letter, slice, signature, blast
    ids: Mapped[list[int]] = mapped_column(JSON().with_variant(ARRAY(BigInteger), "postgresql"))
    at: Mapped[Instant] = mapped_column(default=now)


ACTS: Table = LetterActs.__table__  # type: ignore[assignment]
FACETS: Table = LetterFacet.__table__  # type: ignore[assignment]
SLICES: Table = LetterSlice.__table__  # type: ignore[assignment]
TRAIT_SLICES: Table = TraitSlice.__table__  # type: ignore[assignment]
CREDITS: Table = SignatureCredit.__table__  # type: ignore[assignment]
