"""What a signer says beside the name: the words that were read, country, boxes, a comment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core import address
from outreach.petitions import comments
from outreach.petitions.consent_rules import NOTE, rule_for
from outreach.petitions.models import Petition, Signature
from outreach.petitions.translations import Reading
from outreach.supporters.models import Supporter
from outreach.supporters.values import COUNTRIES


@dataclass(frozen=True, slots=True)
class Said:
    """What came with a press. `updates`: the box for letters was ticked, where there is one;
    `reading`: the words that were read, None for the original."""

    comment: str = ""
    country: str = ""
    updates: bool = False
    is_hidden: bool = False
    reading: Reading | None = None


NOTHING_SAID = Said()


def country_of(said: str, supporter: Supporter | None, organisation: Organisation) -> str:
    """The signer's country: as they say, as we know, or where most supporters are."""
    if said in COUNTRIES:
        return said
    return (supporter.country if supporter else "") or organisation.country


def as_kept(supporter: Supporter, organisation: Organisation, said: Said) -> Mapping[str, Any]:
    """The columns of a signature that say so."""
    country = country_of(said.country, supporter, organisation)
    return {
        "mailbox": address.mailbox(supporter.address),
        "country": country,
        "updates": said.updates or rule_for(country) == NOTE,
        "is_hidden": said.is_hidden,
        "language": said.reading.language if said.reading else "",
        "translation_id": said.reading.translation_id if said.reading else None,
    }


def keep(
    session: Session, petition: Petition, signature: Signature, supporter: Supporter, said: Said
) -> None:
    """Keep with a signature what was said last. Raises FormErrors where the comment is too long."""
    organisation = session.get_one(Organisation, petition.organisation_id)
    for name, value in as_kept(supporter, organisation, said).items():
        setattr(signature, name, value)
    session.flush()
    comments.write(session, petition, signature, comments.judged(said.comment))
