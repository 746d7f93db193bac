"""Reads: petitions, their versions, who signed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session

from outreach.core.address import canonical, mailbox
from outreach.core.clock import now
from outreach.core.errors import NotFound
from outreach.petitions import tally
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.petitions.wording import shown_name
from outreach.supporters.models import Supporter

PACE_MAX = 10_000  # above it the exact number since yesterday is not worth a scan for each view
GENERATIONS_MAX = 50


@dataclass(frozen=True, slots=True)
class RecentSigner:
    """A signer as the page shows them to others, where from ("" where that is not shown), when."""

    name: str
    place: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Brought:
    """How many signed through a signer's own link, and through theirs in turn."""

    directly: int
    further: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.directly + self.further


def by_slug(session: Session, slug: str) -> Petition:
    """The petition at this address; raises NotFound."""
    petition = session.scalar(select(Petition).where(Petition.slug == slug))
    if petition is None:
        raise NotFound(
            f"There is no petition “{slug}” here.", hint="Look at the list of petitions."
        )
    return petition


def all_petitions(session: Session) -> list[Petition]:
    """Every petition, newest first."""
    return list(session.scalars(select(Petition).order_by(Petition.id.desc())))


def twins(session: Session, petition: Petition) -> list[str]:
    """The slugs of other petitions under the same headline: perhaps one text, stored twice."""
    same = select(Petition.slug).where(Petition.headline == petition.headline)
    return list(session.scalars(same.where(Petition.id != petition.id).order_by(Petition.id)))


def published(session: Session) -> list[Petition]:
    """Petitions that can be signed now, newest first."""
    query = select(Petition).where(Petition.state == "published")
    return list(session.scalars(query.order_by(Petition.published_at.desc(), Petition.id.desc())))


def next_ask(session: Session, signature: Signature) -> Petition | None:
    """The newest petition that can be signed now and that this person has not signed."""
    theirs = select(Signature.petition_id).where(Signature.supporter_id == signature.supporter_id)
    query = select(Petition).where(Petition.state == "published", Petition.id.not_in(theirs))
    return session.scalar(query.order_by(Petition.published_at.desc(), Petition.id.desc()).limit(1))


def current_version(session: Session, petition: Petition) -> PetitionVersion:
    """The wording that is signed now."""
    query = select(PetitionVersion).where(PetitionVersion.petition_id == petition.id)
    return session.scalars(query.order_by(PetitionVersion.number.desc()).limit(1)).one()


def version_before(session: Session, version: PetitionVersion) -> PetitionVersion | None:
    """The wording that this one replaced."""
    query = select(PetitionVersion).where(
        PetitionVersion.petition_id == version.petition_id,
        PetitionVersion.number == version.number - 1,
    )
    return session.scalar(query)


def signature_of(session: Session, petition: Petition, supporter: Supporter) -> Signature | None:
    """This person's signature here, in whatever state and however the address was spelled."""
    same = or_(
        Signature.supporter_id == supporter.id, Signature.mailbox == mailbox(supporter.address)
    )
    query = select(Signature).where(Signature.petition_id == petition.id, same)
    own_first = query.order_by((Signature.supporter_id == supporter.id).desc())
    return session.scalars(own_first).first()


def signer_from(session: Session, petition: Petition, address: str) -> Supporter | None:
    """Whoever signed here from the mailbox of this canonical address, in whatever state."""
    query = (
        select(Supporter)
        .join(Signature, Signature.supporter_id == Supporter.id)
        .where(Signature.petition_id == petition.id, Signature.mailbox == mailbox(address))
    )
    return session.scalar(query)


def signature_by_address(session: Session, petition: Petition, email: str) -> Signature:
    """The signature of the person with this address; raises BadInput or NotFound."""
    query = (
        select(Signature)
        .join(Supporter, Supporter.id == Signature.supporter_id)
        .where(Signature.petition_id == petition.id, Supporter.address == canonical(email))
    )
    signature = session.scalar(query)
    if signature is None:
        raise NotFound(f"Nobody with this address signed “{petition.slug}”.")
    return signature


def recent_signers(session: Session, petition: Petition, limit: int = 4) -> list[RecentSigner]:
    """Who signed last, newest first, as the petition and each of them allow."""
    if petition.signers == "nobody":
        return []
    query = (
        select(Signature.name, Signature.is_hidden, Supporter.region, Signature.verified_at)
        .join(Supporter, Supporter.id == Signature.supporter_id)
        .where(
            Signature.petition_id == petition.id,
            Signature.verified_at.is_not(None),
            Signature.invalidated_at.is_(None),
        )
        .order_by(Signature.verified_at.desc())
        .limit(limit)
    )
    shows_place = petition.signers == "places"
    return [
        RecentSigner(shown_name("" if hidden else name), region if shows_place else "", at)
        for name, hidden, region, at in session.execute(query)
        if at
    ]


def signed_since(session: Session, petition: Petition, age: timedelta) -> int:
    """How many signed within this time, counted no further than PACE_MAX + 1."""
    rows = (
        select(Signature.id)
        .where(
            Signature.petition_id == petition.id,
            Signature.verified_at > now() - age,
            Signature.invalidated_at.is_(None),
        )
        .limit(PACE_MAX + 1)
    )
    return session.scalar(select(func.count()).select_from(rows.subquery())) or 0


def number_of(session: Session, signature: Signature) -> int:
    """Which number a verified signature has among those that count, in order of verification."""
    later = select(func.count()).where(
        Signature.petition_id == signature.petition_id,
        Signature.invalidated_at.is_(None),
        or_(
            Signature.verified_at > signature.verified_at,
            (Signature.verified_at == signature.verified_at) & (Signature.id > signature.id),
        ),
    )
    return tally.count(session, signature.petition_id) - (session.scalar(later) or 0)


def brought_by(session: Session, signature: Signature) -> Brought:
    """Verified signatures that came through a signer's share link, over all generations."""
    directly, further = 0, 0
    ids = [signature.id]
    for generation in range(GENERATIONS_MAX):
        query = select(Signature.id, Signature.state).where(Signature.shared_by_id.in_(ids))
        found = session.execute(query).all()
        if not found:
            break
        # Who was taken off brought the others all the same.
        ids = [row.id for row in found]
        number = sum(row.state == "verified" for row in found)
        directly, further = (directly, further + number) if generation else (number, 0)
    return Brought(directly, further)
