"""Writes: a petition made of a text that was read, and its states."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Organisation
from outreach.core import log
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict
from outreach.petitions import citations, limits, tally
from outreach.petitions.intake.understanding import Understanding
from outreach.petitions.library import checks
from outreach.petitions.models import PETITION_STATES, Petition, PetitionVersion
from outreach.petitions.queries import current_version
from outreach.petitions.sources import store_notes

SLUG_MAX = 80
UNTITLED = "Untitled petition"
# Ends of addresses under which the console has a page of its own.
RESERVED = frozenset({"import"})
_SLUG = re.compile(r"[a-z0-9]+(?:-[a-z0-9]+)*")

_log = log.get(__name__)


def create_from(
    session: Session,
    organisation: Organisation,
    understanding: Understanding,
    *,
    slug: str | None = None,
    goal: int = 0,
    pasted: str = "",
    unfinished: bool = False,
) -> Petition:
    """Store a petition text that was read, as a draft: wording, notes, sources, partners.

    `pasted` is the text itself, kept whole. An unfinished one may lack headline and statement; it
    can't be published. Raises BadInput or Conflict, naming the field; then nothing is stored.
    """
    if unfinished:
        headline = understanding.headline or UNTITLED
        understanding = replace(understanding, headline=headline[: limits.HEADLINE_MAX])
    else:
        limits.must_be_text(understanding.headline, understanding.statement)
    limits.must_be_goal(goal)
    petition = Petition(
        organisation_id=organisation.id,
        slug=_given_slug(session, slug) if slug else _free_slug(session, understanding.headline),
        headline=understanding.headline,
        targets=list(understanding.targets),
        partners=list(understanding.partners),
        goal=goal,
        consent_line=understanding.consent_line or "",
        thanks=understanding.thanks or "",
        pasted=pasted,
    )
    session.add(petition)
    session.flush()
    store_notes(session, petition, understanding.citations)
    version = PetitionVersion(
        petition_id=petition.id,
        number=1,
        statement=understanding.markdown_statement(),
        body="\n\n".join(understanding.markdown_paragraphs()),
    )
    citations.keep_in(session, petition, version)
    tally.start(session, petition.id)
    _log.info("petition_created", petition_id=petition.id, notes=len(version.notes))
    return petition


def publish(session: Session, petition: Petition, *, by: str = "", reason: str = "") -> None:
    """Open the page and let people sign; harmless when it is open.

    A check of its citations that stops it is passed over only under a person's name (`by`) and with
    a reason; both go into the audit log. Raises BadInput where a marker of the text leads to no
    note or words are missing, Conflict where a check stops it.
    """
    limits.must_be_text(petition.headline, current_version(session, petition).statement)
    missing = citations.unresolved(session, petition, current_version(session, petition).text)
    if missing:
        raise BadInput(
            f"Not published: no note belongs to {limits.markers(missing)}.",
            hint="Add the note, or take the marker out of the text.",
        )
    stopped = [finding.title for finding in checks.stops(session, petition)]
    if stopped and petition.state != "published":
        if not (by.strip() and reason.strip()):
            raise Conflict(
                f"The checks stop this petition; it was left as it is: {'; '.join(stopped)}.",
                hint="Mend it, or publish it all the same with your name and a reason.",
            )
        subject = f"petition:{petition.slug}"
        audit.record(
            session,
            actor=by,
            action="petition.override",
            subject=subject,
            checks=stopped,
            reason=reason.strip(),
        )
    _move(session, petition, "publish")
    petition.published_at = petition.published_at or now()
    petition.closed_at = petition.archived_at = None
    session.flush()


def pause(session: Session, petition: Petition) -> None:
    """Stop signing for a while; the page stays and says so."""
    _move(session, petition, "pause")


def close(session: Session, petition: Petition) -> None:
    """End signing; the page stays with its final count."""
    _move(session, petition, "close")
    petition.closed_at = petition.closed_at or now()
    session.flush()


def archive(session: Session, petition: Petition) -> None:
    """Put a closed petition away: its page stays readable, and says so."""
    _move(session, petition, "archive")
    petition.archived_at = petition.archived_at or now()
    session.flush()


def _move(session: Session, petition: Petition, verb: str) -> None:
    before = petition.state
    petition.state = PETITION_STATES.after(before, verb)
    session.flush()
    if before != petition.state:
        _log.info("petition_moved", petition_id=petition.id, before=before, after=petition.state)


def _given_slug(session: Session, slug: str) -> str:
    if not _SLUG.fullmatch(slug) or len(slug) > SLUG_MAX:
        raise BadInput(
            f"“{slug}” can’t be a petition’s address.",
            hint=f"Use a–z, 0–9 and single hyphens, at most {SLUG_MAX} characters.",
            field="slug",
        )
    if slug in RESERVED:
        raise BadInput(
            f"The console has a page of its own at “{slug}”.",
            hint="Choose another address.",
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
    return slug in RESERVED or bool(session.scalar(select(exists().where(Petition.slug == slug))))
