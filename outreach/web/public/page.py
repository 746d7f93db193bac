"""What a petition's page is made of, read for one visitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import render_template
from markupsafe import Markup
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core.address import masked
from outreach.petitions import citations, queries, tally, wording
from outreach.petitions.goal import goal_for
from outreach.petitions.markup import Markup as Renderer
from outreach.petitions.markup import without_markers
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.petitions.pages import Pages
from outreach.petitions.saying import country_of
from outreach.supporters.models import Supporter
from outreach.web.context import services
from outreach.web.public.shown import Shown
from outreach.web.public.visitor import Visitor

SUMMARY_MAX = 200  # characters of the statement in a preview of a shared link


@dataclass(frozen=True, slots=True)
class Typed:
    """What was typed into the form, and what is wrong with it: pairs of (field, sentence)."""

    values: Mapping[str, str] = field(default_factory=dict)
    partners: Sequence[str] = ()
    faults: Sequence[tuple[str, str]] = ()

    def fault(self, name: str) -> str:
        """What is wrong with this field, or "" where nothing is."""
        return next((sentence for at, sentence in self.faults if at == name), "")


NOTHING_TYPED = Typed()


def pages() -> Pages:
    """Addresses of the running app's public pages."""
    return Pages(services().tokens, services().base_url)


def paths() -> Pages:
    """The same without the host, for redirects: they stay wherever the visitor reached us, as the
    content policy wants it of a form's answer."""
    return Pages(services().tokens, "")


def petition_page(
    session: Session, petition: Petition, visitor: Visitor, typed: Typed = NOTHING_TYPED
) -> str:
    """The petition's page for this visitor, in whatever state both are."""
    organisation = session.get_one(Organisation, petition.organisation_id)
    version = queries.current_version(session, petition)
    before = queries.version_before(session, version)
    notes = citations.notes_of(session, petition, version.text)
    renderer = Renderer(notes)
    signature = _standing(session, petition, visitor.supporter)
    day = timedelta(days=1)
    return render_template(
        "public/petition.html",
        **frame(organisation),
        petition=petition,
        version=version,
        before=before,
        earlier=_earlier(before, version),
        signed_version=_signed_version(session, signature),
        statement=Markup(renderer.html(version.statement)),
        body=Markup(renderer.html(version.body)),
        notes=[(note, citations.note_parts(note)) for note in notes],
        goal=goal_for(tally.count(session, petition.id), petition.goal),
        pace=queries.signed_since(session, petition, day),
        pace_max=queries.PACE_MAX,
        recent=queries.recent_signers(session, petition),
        visitor=visitor,
        who=visitor.who or shown_person(visitor.supporter),
        signature=signature,
        typed=typed,
        consent=wording.consent(
            organisation,
            country=country_of("", visitor.supporter, organisation),
            proven=visitor.supporter is None,
            own_line=petition.consent_line,
        ),
        partners_hint=wording.partners_hint(),
        page_url=pages().petition(petition.slug),
        thanks_url=pages().thanks(petition.slug, signature.id) if signature else "",
        share=share_links(petition, pages().petition(petition.slug)),
        summary=_summary(version.statement),
    )


def frame(organisation: Organisation) -> dict[str, Any]:
    """What every public page shows: who speaks, and how numbers and times are written."""
    return {"organisation": organisation, "shown": Shown(ZoneInfo(organisation.timezone))}


def statement_of(version: PetitionVersion) -> Markup:
    """A version's statement by itself, without markers: there are no notes to lead to."""
    return Markup(Renderer([]).html(without_markers(version.statement)))


def shown_person(supporter: Supporter | None) -> dict[str, str]:
    """A person as a page reached by a forwarded link may show them."""
    if supporter is None:
        return {}
    name = f"{supporter.first_name} {supporter.last_name}".strip()
    return {
        "first_name": supporter.first_name,
        "name": wording.shown_name(name) if name else "",
        "address": masked(supporter.address),
    }


def share_links(petition: Petition, url: str) -> dict[str, str]:
    """The words that a person may pass on, and links that start a letter or a message with them."""
    text = wording.share_text(petition)
    message = quote(f"{text}\n\n{url}")
    return {
        "text": text,
        "url": url,
        "mail": f"mailto:?subject={quote(petition.headline)}&body={message}",
        "sms": f"sms:?&body={message}",
    }


def _standing(
    session: Session, petition: Petition, supporter: Supporter | None
) -> Signature | None:
    """The person's signature here, where it counts."""
    if supporter is None or supporter.id is None:  # nobody, or a blank in place of somebody
        return None
    signature = queries.signature_of(session, petition, supporter)
    return signature if signature is not None and signature.state == "verified" else None


def _earlier(before: PetitionVersion | None, version: PetitionVersion) -> Markup | None:
    """The statement that this version's replaced; None where it is the same, or the first."""
    if before is None or before.statement == version.statement:
        return None
    return statement_of(before)


def _signed_version(session: Session, signature: Signature | None) -> PetitionVersion | None:
    """What this person signed."""
    return session.get(PetitionVersion, signature.version_id) if signature else None


def _summary(statement: str) -> str:
    line = " ".join(statement.split())
    if len(line) <= SUMMARY_MAX:
        return line
    return line[:SUMMARY_MAX].rpartition(" ")[0] + "…"
