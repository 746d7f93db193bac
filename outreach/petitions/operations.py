"""Writes: a petition made of a text that was read, its states, and changes of its wording."""

from __future__ import annotations

import re
import unicodedata
from typing import TypedDict, Unpack

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core import log
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict
from outreach.petitions import citations, sources, tally
from outreach.petitions.intake.understanding import Understanding
from outreach.petitions.models import PETITION_STATES, Petition, PetitionVersion, Signature, Source
from outreach.petitions.queries import current_version
from outreach.petitions.sources import Parts

SLUG_MAX = 80
HEADLINE_MAX = 400
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

_log = log.get(__name__)


class Changes(TypedDict, total=False):
    """What of a petition can change without touching what was signed."""

    headline: str
    targets: list[str]
    partners: list[str]
    goal: int
    consent_line: str
    thanks: str
    share_text: str


def create_from(
    session: Session,
    organisation: Organisation,
    understanding: Understanding,
    *,
    slug: str | None = None,
    goal: int = 0,
) -> Petition:
    """Store a petition text that was read, as a draft: wording, notes, sources, partners.

    Raises BadInput or Conflict, naming the field; then nothing is stored.
    """
    _must_be_text(understanding.headline, understanding.statement)
    _must_be_goal(goal)
    petition = Petition(
        organisation_id=organisation.id,
        slug=_given_slug(session, slug) if slug else _free_slug(session, understanding.headline),
        headline=understanding.headline,
        targets=list(understanding.targets),
        partners=list(understanding.partners),
        goal=goal,
        consent_line=understanding.consent_line or "",
        thanks=understanding.thanks or "",
    )
    session.add(petition)
    session.flush()
    _store_notes(session, petition, understanding)
    version = PetitionVersion(
        petition_id=petition.id,
        number=1,
        statement=understanding.markdown_statement(),
        body="\n\n".join(understanding.markdown_paragraphs()),
    )
    _snapshot(session, petition, version)
    tally.start(session, petition.id)
    _log.info("petition_created", petition_id=petition.id, notes=len(version.notes))
    return petition


def publish(session: Session, petition: Petition) -> None:
    """Open the page and let people sign; harmless when it is open.

    Raises BadInput where a marker of the text leads to no note.
    """
    missing = citations.unresolved(session, petition, current_version(session, petition).text)
    if missing:
        raise BadInput(
            f"Not published: no note belongs to {_markers(missing)}.",
            hint="Add the note, or take the marker out of the text.",
        )
    _move(session, petition, "publish")
    petition.published_at = petition.published_at or now()
    petition.closed_at = None
    session.flush()


def pause(session: Session, petition: Petition) -> None:
    """Stop signing for a while; the page stays and says so."""
    _move(session, petition, "pause")


def close(session: Session, petition: Petition) -> None:
    """End signing; the page stays with its final count."""
    _move(session, petition, "close")
    petition.closed_at = petition.closed_at or now()
    session.flush()


def revise(
    session: Session,
    petition: Petition,
    *,
    statement: str | None = None,
    body: str | None = None,
    reason: str = "",
    **changes: Unpack[Changes],
) -> PetitionVersion:
    """Change a petition; what is not given stays. Returns the version now in force.

    A changed statement or body makes a new version once someone has signed: a signature keeps
    what was signed. Raises BadInput, naming the field; then nothing is changed.
    """
    # Whoever signs at this moment holds the wording (signing.must_be_read).
    session.execute(select(Petition.id).where(Petition.id == petition.id).with_for_update())
    version = current_version(session, petition)
    statement = version.statement if statement is None else statement.strip()
    body = version.body if body is None else body.strip()
    _must_be_text(changes.get("headline", petition.headline), statement)
    _must_be_goal(changes.get("goal", petition.goal))
    missing = citations.unresolved(session, petition, f"{statement}\n\n{body}")
    if missing:
        raise BadInput(
            f"Not saved: no note belongs to {_markers(missing)}. The earlier text was kept.",
            hint="Add the note, or take the marker out of the text.",
            field="body",
        )
    for name, value in changes.items():
        setattr(petition, name, value)
    if (statement, body) != (version.statement, version.body):
        version = _reworded(session, petition, version, statement, body, reason)
    session.flush()
    return version


def _reworded(
    session: Session,
    petition: Petition,
    version: PetitionVersion,
    statement: str,
    body: str,
    reason: str,
) -> PetitionVersion:
    signed = select(exists().where(Signature.version_id == version.id))
    if session.scalar(signed):
        version = PetitionVersion(
            petition_id=petition.id, number=version.number + 1, reason=reason.strip()
        )
        _log.info("petition_reworded", petition_id=petition.id, version=version.number)
    version.statement, version.body = statement, body
    _snapshot(session, petition, version)
    return version


def _snapshot(session: Session, petition: Petition, version: PetitionVersion) -> None:
    notes = citations.notes_of(session, petition, version.text)
    version.notes = [note.to_json() for note in notes]
    session.add(version)
    session.flush()


def _store_notes(session: Session, petition: Petition, understanding: Understanding) -> None:
    stored: dict[int, Source] = {}
    for note in understanding.citations:
        source = stored.get(note.same_as) if note.same_as is not None else None
        if source is None:
            source = sources.find_or_create(
                session,
                Parts(
                    author=note.author,
                    title=note.title,
                    publisher=note.publisher,
                    published_on=note.date,
                    url=note.url,
                ),
            )
        stored[note.number] = source
        sources.cite(session, petition, label=str(note.number), raw=note.raw, source=source)


def _move(session: Session, petition: Petition, verb: str) -> None:
    before = petition.state
    petition.state = PETITION_STATES.after(before, verb)
    session.flush()
    if before != petition.state:
        _log.info("petition_moved", petition_id=petition.id, before=before, after=petition.state)


def _must_be_text(headline: str, statement: str) -> None:
    if not headline.strip():
        raise BadInput(
            "A petition needs a headline.", hint="Say what is asked of whom.", field="headline"
        )
    if len(headline) > HEADLINE_MAX:
        raise BadInput(
            f"The headline has {len(headline)} characters; {HEADLINE_MAX} is the most.",
            hint="Say it shorter.",
            field="headline",
        )
    if not statement.strip():
        raise BadInput(
            "A petition needs a statement: the words that people put their name under.",
            hint="Start it with “Petition to …:”, or end the text with “To: … From: [Your Name]”.",
            field="statement",
        )


def _must_be_goal(goal: int) -> None:
    if not 0 <= goal <= 1_000_000_000:
        raise BadInput(
            "A goal is a number of signatures.", hint="0 lets the count choose it.", field="goal"
        )


def _given_slug(session: Session, slug: str) -> str:
    if not _SLUG.fullmatch(slug) or len(slug) > SLUG_MAX:
        raise BadInput(
            f"“{slug}” can’t be a petition’s address.",
            hint=f"Use a–z, 0–9 and single hyphens, at most {SLUG_MAX} characters.",
            field="slug",
        )
    if _taken(session, slug):
        raise Conflict(f"There is a petition at “{slug}” already.", hint="Choose another address.")
    return slug


def _free_slug(session: Session, headline: str) -> str:
    plain = unicodedata.normalize("NFKD", re.sub("[’']", "", headline))
    words = re.findall(r"[a-z0-9]+", plain.encode("ascii", "ignore").decode().lower())
    slug = "-".join(words) or "petition"
    if len(slug) > SLUG_MAX - 4:
        slug = slug[: SLUG_MAX - 3].rpartition("-")[0] or slug[: SLUG_MAX - 4]
    if not _taken(session, slug):
        return slug
    return next(free for n in range(2, 1000) if not _taken(session, free := f"{slug}-{n}"))


def _taken(session: Session, slug: str) -> bool:
    return bool(session.scalar(select(exists().where(Petition.slug == slug))))


def _markers(labels: list[str]) -> str:
    return ("marker " if len(labels) == 1 else "markers ") + ", ".join(f"[^{x}]" for x in labels)
