"""A petition in other languages: what a reader gets, and what translators change.

A translation belongs to one wording. Once the wording is changed, its page is offered in that
language again when somebody has looked at the translation: nobody signs what was not translated.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.core import languages
from outreach.core.errors import BadInput, FormErrors, NotFound
from outreach.mail.markdown import marker_labels
from outreach.petitions import limits
from outreach.petitions.models import Petition, PetitionTranslation, PetitionVersion, Signature
from outreach.petitions.queries import current_version


@dataclass(frozen=True, slots=True, kw_only=True)
class Translated:
    """The parts of a petition that are translated; notes stay as they are, under their numbers."""

    headline: str
    targets: tuple[str, ...]
    statement: str
    body: str
    consent_line: str = ""
    thanks: str = ""
    share_text: str = ""
    state_text: str = ""


PARTS = tuple(field.name for field in fields(Translated))


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Translated):
    """A petition's wording as one reader gets it. `fingerprint` tells it from every other one."""

    language: str
    fingerprint: str
    translation_id: int | None


def original_language(session: Session, petition: Petition) -> str:
    """The language that the petition was written in."""
    return petition.language or session.get_one(Organisation, petition.organisation_id).language


def read(
    session: Session, petition: Petition, version: PetitionVersion, language: str = ""
) -> Reading:
    """The petition in this language where it is translated, else as it was written."""
    found = latest(session, petition, language) if language else None
    if found is not None and found.of == version.fingerprint:
        return _translated(found)
    return _original(session, petition, version)


def offered(session: Session, petition: Petition, version: PetitionVersion) -> list[str]:
    """The languages that this wording can be read and signed in, its own first."""
    of_version = select(PetitionTranslation.language).where(
        PetitionTranslation.petition_id == petition.id,
        PetitionTranslation.of == version.fingerprint,
    )
    others = session.scalars(of_version.distinct().order_by(PetitionTranslation.language))
    return list(dict.fromkeys([original_language(session, petition), *others]))


def signed(session: Session, signature: Signature) -> Reading:
    """The words that somebody signed, in the language in which they did."""
    petition = session.get_one(Petition, signature.petition_id)
    if signature.translation_id is not None:
        return _translated(session.get_one(PetitionTranslation, signature.translation_id))
    return _original(session, petition, session.get_one(PetitionVersion, signature.version_id))


def in_force(
    session: Session, petition: Petition, version: PetitionVersion | None = None
) -> dict[str, Reading]:
    """What is signed now, original and translations, by their fingerprints. `version`: the current
    one, where it is at hand."""
    version = version or current_version(session, petition)
    query = select(PetitionTranslation).where(
        PetitionTranslation.petition_id == petition.id,
        PetitionTranslation.of == version.fingerprint,
    )
    readings = [_original(session, petition, version), *map(_translated, session.scalars(query))]
    return {reading.fingerprint: reading for reading in readings}


def latest(session: Session, petition: Petition, language: str) -> PetitionTranslation | None:
    """The newest translation into a language, whichever wording it is of."""
    query = select(PetitionTranslation).where(
        PetitionTranslation.petition_id == petition.id, PetitionTranslation.language == language
    )
    return session.scalar(query.order_by(PetitionTranslation.id.desc()).limit(1))


def all_latest(session: Session, petition: Petition) -> list[PetitionTranslation]:
    """The newest translation into each language, by language."""
    query = select(PetitionTranslation).where(PetitionTranslation.petition_id == petition.id)
    found = {row.language: row for row in session.scalars(query.order_by(PetitionTranslation.id))}
    return [found[language] for language in sorted(found)]


def save(
    session: Session, petition: Petition, language: str, given: Translated, *, by: str
) -> PetitionTranslation:
    """Store a translation of the wording in force; what was signed before stays as it was signed.

    Raises FormErrors, naming each field at fault; then nothing is stored.
    """
    version = current_version(session, petition)
    given = _tidied(given)
    _must_hold(session, petition, version, language, given)
    stored = latest(session, petition, language)
    if stored is None or stored.of != version.fingerprint or _is_signed(session, stored):
        stored = PetitionTranslation(petition_id=petition.id, language=language)
        session.add(stored)
    for name, value in asdict(given).items():
        setattr(stored, name, list(value) if isinstance(value, tuple) else value)
    stored.of, stored.created_by = version.fingerprint, by
    session.flush()
    audit.record(
        session,
        actor=by,
        action="petition.translate",
        subject=f"petition:{petition.slug}",
        language=language,
        version=version.number,
    )
    return stored


def remove(session: Session, petition: Petition, language: str, *, by: str) -> None:
    """Offer the page in this language no more; what was signed in it stays. Raises NotFound."""
    query = select(PetitionTranslation).where(
        PetitionTranslation.petition_id == petition.id, PetitionTranslation.language == language
    )
    rows = session.scalars(query).all()
    if not rows:
        raise NotFound(f"“{petition.slug}” is not translated into {language}.")
    for row in rows:
        if _is_signed(session, row):
            row.of = ""
        else:
            session.delete(row)
    session.flush()
    audit.record(
        session,
        actor=by,
        action="petition.untranslate",
        subject=f"petition:{petition.slug}",
        language=language,
    )


def _original(session: Session, petition: Petition, version: PetitionVersion) -> Reading:
    return Reading(
        headline=petition.headline,
        targets=tuple(petition.targets),
        statement=version.statement,
        body=version.body,
        consent_line=petition.consent_line,
        thanks=petition.thanks,
        share_text=petition.share_text,
        state_text=petition.state_text,
        language=original_language(session, petition),
        fingerprint=version.fingerprint,
        translation_id=None,
    )


def _translated(row: PetitionTranslation) -> Reading:
    words = {name: getattr(row, name) for name in PARTS}
    return Reading(
        **{**words, "targets": tuple(row.targets)},
        language=row.language,
        fingerprint=row.fingerprint,
        translation_id=row.id,
    )


def _tidied(given: Translated) -> Translated:
    words = {name: getattr(given, name) for name in PARTS if name != "targets"}
    tidy = {name: text.replace("\r\n", "\n").strip() for name, text in words.items()}
    targets = tuple(" ".join(name.split()) for name in given.targets if name.strip())
    return Translated(**tidy, targets=targets)


def _must_hold(
    session: Session,
    petition: Petition,
    version: PetitionVersion,
    language: str,
    given: Translated,
) -> None:
    faults: list[tuple[str, str]] = []
    if not languages.is_known(language) or language == original_language(session, petition):
        faults.append(("language", "Enter another language than the original’s, such as es."))
    for rule, words in (
        (limits.must_be_headline, given.headline),
        (limits.must_be_statement, given.statement),
    ):
        try:
            rule(words)
        except BadInput as error:
            faults.append((error.field or "", str(error)))
    for name in ("statement", "body"):
        faults += _other_markers(name, getattr(version, name), getattr(given, name))
    if faults:
        raise FormErrors(faults)


def _other_markers(name: str, original: str, translated: str) -> Sequence[tuple[str, str]]:
    """A translation leads to the same notes: no marker may be missing, none be added."""
    here, there = set(marker_labels(original)), set(marker_labels(translated))
    faults = []
    if here - there:
        faults.append((name, f"It lacks {limits.markers(sorted(here - there))}."))
    if there - here:
        faults.append((name, f"The original has no {limits.markers(sorted(there - here))}."))
    return faults


def _is_signed(session: Session, row: PetitionTranslation) -> bool:
    return bool(session.scalar(select(exists().where(Signature.translation_id == row.id))))
