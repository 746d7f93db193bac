"""What signing agrees to, written into the ledger in the words of the page."""

from __future__ import annotations

from collections.abc import Collection

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.consent import ledger
from outreach.petitions import wording
from outreach.petitions.models import Petition


def to_updates(
    session: Session, petition: Petition, people: Collection[int], *, proven: bool
) -> None:
    """These people (supporter ids) signed. `proven`: by answering a letter; a press on a letter's
    link, which may have been forwarded, is not the word of somebody who left."""
    organisation = session.get_one(Organisation, petition.organisation_id)
    words = {
        "basis": "signed petition",
        "source": wording.source(petition),
        "wording": wording.consent_line(petition, organisation, proven=proven),
    }
    _write(session, people, proven, words)


def to_partner(
    session: Session, petition: Petition, people: Collection[int], partner: str, *, proven: bool
) -> None:
    """These people ticked a partner's box."""
    words = {
        "basis": "ticked partner box",
        "source": wording.source(petition),
        "wording": wording.partner_line(partner),
        "purpose": wording.partner_purpose(partner),
    }
    _write(session, people, proven, words)


def _write(session: Session, people: Collection[int], proven: bool, words: dict[str, str]) -> None:
    if not proven:
        ledger.grant_by_press(session, people, **words)
        return
    for person in people:
        ledger.grant(session, person, **words)
