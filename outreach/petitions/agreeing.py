"""What signing agrees to, written into the ledger in the words of the page."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.consent import ledger
from outreach.core import languages
from outreach.petitions import translations, wording
from outreach.petitions.models import Petition, Signature


def to_updates(
    session: Session, petition: Petition, signatures: Sequence[Signature], *, proven: bool
) -> None:
    """These people signed, and agreed to letters by it or by a box. `proven`: by answering a
    letter; a press on a letter's link, which may have been forwarded, is not the word of somebody
    who left."""
    organisation = session.get_one(Organisation, petition.organisation_id)
    alike: dict[tuple[str, str, int | None], list[Signature]] = {}
    for signature in signatures:
        if signature.updates:
            key = (signature.country, signature.language, signature.translation_id)
            alike.setdefault(key, []).append(signature)
    for (country, language, _), group in alike.items():
        with languages.speaking(language or languages.current()):
            consent = wording.consent(
                organisation,
                country=country,
                proven=proven,
                own_line=translations.signed(session, group[0]).consent_line,
            )
        words = {
            "basis": "ticked box for updates" if consent.needs_box else "signed petition",
            "source": wording.source(petition),
            "wording": consent.words,
        }
        _write(session, [one.supporter_id for one in group], proven, words)


def to_partner(
    session: Session, petition: Petition, people: Collection[int], partner: str, *, proven: bool
) -> None:
    """These people (supporter ids) ticked a partner's box."""
    words = {
        "basis": "ticked partner box",
        "source": wording.source(petition),
        "wording": wording.partner_line(petition, partner),
        "purpose": wording.partner_purpose(partner),
    }
    _write(session, people, proven, words)


def _write(session: Session, people: Collection[int], proven: bool, words: dict[str, str]) -> None:
    if not proven:
        ledger.grant_by_press(session, people, **words)
        return
    for person in people:
        ledger.grant(session, person, **words)
