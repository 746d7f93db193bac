"""What a petition's page is made of, read for one visitor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from functools import cache
from typing import Any
from urllib.parse import quote
from zoneinfo import ZoneInfo

from flask import render_template, request
from markupsafe import Markup
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.core.address import masked
from outreach.core.clock import now
from outreach.core.languages import country_names, current, speaking
from outreach.petitions import (
    citations,
    comments,
    note_lines,
    queries,
    tally,
    translations,
    wording,
)
from outreach.petitions.comments import Heard
from outreach.petitions.consent_rules import BY_NOTE
from outreach.petitions.differences import changes
from outreach.petitions.goal import goal_for
from outreach.petitions.markup import Markup as Renderer
from outreach.petitions.markup import without_markers
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.petitions.pages import Pages
from outreach.petitions.saying import country_of
from outreach.petitions.translations import Reading
from outreach.petitions.wording import Told
from outreach.supporters.models import Supporter
from outreach.supporters.values import COUNTRIES
from outreach.web.context import services
from outreach.web.languages import CHOICE, readers, speak
from outreach.web.public.card import card_url
from outreach.web.public.shown import Shown
from outreach.web.public.visitor import Visitor

SUMMARY_MAX = 200  # characters of the statement in a preview of a shared link
SHOWN_AT = "shown"  # purpose of the sealed second at which a form was shown
_EXAMPLES = frozenset(("US", ""))  # a country that lets a note do, and one that needs a box


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
    session: Session,
    petition: Petition,
    visitor: Visitor,
    typed: Typed = NOTHING_TYPED,
    *,
    template: str = "public/petition.html",
    embed: bool = False,
) -> str:
    """The petition's page for this visitor, in whatever state both are and in their language."""
    organisation = session.get_one(Organisation, petition.organisation_id)
    version = queries.current_version(session, petition)
    before = queries.version_before(session, version)
    offered = translations.offered(session, petition, version)
    own = visitor.supporter.language if visitor.supporter else ""
    told = translations.read(session, petition, version, readers(offered, offered[0], own=own))
    speak(told.language, own=own)
    notes = citations.notes_of(session, petition, version.text)
    renderer = Renderer(notes)
    signature = _standing(session, petition, visitor.supporter)
    heard = comments.shown(session, petition, limit=comments.SHOWN_AT_A_TIME + 1)
    return render_template(
        template,
        **frame(organisation),
        petition=petition,
        told=told,
        offered=offered,
        chosen=request.args.get(CHOICE),
        embed=embed,
        version=version,
        before=before,
        changes=changes(before.statement, version.statement) if before else [],
        signed_version=_signed_version(session, signature),
        statement=Markup(renderer.html(told.statement)),
        body=Markup(renderer.html(told.body)),
        notes=[(note, note_lines.note_parts(note)) for note in notes],
        goal=goal_for(tally.count(session, petition.id), petition.goal),
        pace=queries.signed_since(session, petition, timedelta(days=1)),
        pace_max=queries.PACE_MAX,
        recent=queries.recent_signers(session, petition),
        comments=heard[: comments.SHOWN_AT_A_TIME],
        more_comments=len(heard) > comments.SHOWN_AT_A_TIME,
        names_shown=shown_signer,
        visitor=visitor,
        who=visitor.who or shown_person(visitor.supporter),
        signature=signature,
        typed=typed,
        shown_at=services().tokens.seal(SHOWN_AT, int(now().timestamp())),
        **_asked(organisation, visitor, told, typed),
        partners_hint=wording.partners_hint(),
        page_url=pages().petition(petition.slug),
        card_url=card_url(petition, told, organisation),
        thanks_url=pages().thanks(petition.slug, signature.id) if signature else "",
        share=share_links(told, pages().petition(petition.slug)),
        summary=_summary(without_markers(told.statement)),
    )


def _asked(
    organisation: Organisation, visitor: Visitor, told: Reading, typed: Typed
) -> dict[str, Any]:
    """What is asked about letters: one of note and box where the country is known; both, of which
    the page shows the one that the chosen country needs, where it is to be chosen."""
    country = country_of(typed.values.get("country", ""), visitor.supporter, organisation)
    proven = visitor.supporter is None
    rules = [country, *(_EXAMPLES - {country} if proven else ())]
    found = [
        wording.consent(organisation, country=each, proven=proven, own_line=told.consent_line)
        for each in rules
    ]
    return {
        "consents": list({consent.needs_box: consent for consent in found}.values()),
        "country": country,
        "countries": _countries(current()) if proven else (),
        "by_note": BY_NOTE,
    }


@cache
def _countries(language: str) -> tuple[tuple[str, str], ...]:
    """Countries and their names in a language, by name."""
    with speaking(language):
        names = country_names()
    return tuple(
        sorted(((code, names.get(code, code)) for code in COUNTRIES), key=lambda pair: pair[1])
    )


def told_to_reader(session: Session, petition: Petition) -> Reading:
    """The petition in the reader's language, where it is translated."""
    version = queries.current_version(session, petition)
    offered = translations.offered(session, petition, version)
    return translations.read(session, petition, version, readers(offered, offered[0]))


def frame(organisation: Organisation) -> dict[str, Any]:
    """What every public page shows: who speaks, and how numbers and times are written."""
    return {"organisation": organisation, "shown": Shown(ZoneInfo(organisation.timezone))}


def statement_of(told: Reading) -> Markup:
    """A statement by itself, without markers: there are no notes to lead to."""
    return Markup(Renderer([]).html(without_markers(told.statement)))


def shown_signer(heard: Heard) -> str:
    """Who wrote a comment, as far as they and the petition let it be seen."""
    return wording.shown_name("" if heard.signature.is_hidden else heard.signature.name)


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


def share_links(petition: Told, url: str) -> dict[str, str]:
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


def _signed_version(session: Session, signature: Signature | None) -> PetitionVersion | None:
    """What this person signed."""
    return session.get(PetitionVersion, signature.version_id) if signature else None


def _summary(statement: str) -> str:
    line = " ".join(statement.split())
    if len(line) <= SUMMARY_MAX:
        return line
    return line[:SUMMARY_MAX].rpartition(" ")[0] + "…"
