"""Checks of a blast: what stops it, what to look at, what is well.

Each check is one small function from a Case to findings; `CHECKS` and `CHECKS_OF_LETTER` are what
all doors run.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.audience import audience_count, somebody_would_get
from outreach.blasts.compose import GMAIL_CLIPS_AT, Composed, Preview, compose, shown_to
from outreach.blasts.models import Blast, Variant
from outreach.core.errors import BadInput, NotFound
from outreach.core.tokens import TRIAL, Slot, slot_name
from outreach.mail.fields import Field, parse
from outreach.petitions import citations
from outreach.petitions.models import Citation, Petition
from outreach.petitions.queries import current_version

PREHEADER_LENGTH = range(40, 91)
SUBJECT_LIMIT = 70
REAL_PROVIDERS = frozenset({"smtp", "sendgrid"})  # the others keep letters on this machine


@dataclass(frozen=True)
class Finding:
    """What one check found. `level`: stop (can't be scheduled), look, ok."""

    key: str
    level: str
    title: str
    detail: str = ""
    can_override: bool = False


@dataclass(frozen=True)
class Case:
    """A blast as the checks see it; what takes work is done once."""

    session: Session
    blast: Blast
    base_url: str
    provider: str = ""  # its name; "": not known, so nothing is said about it
    brief: bool = False  # only what stops the blast is asked for

    @property
    def variant(self) -> Variant:
        """The variant that is checked."""
        return self.blast.variants[0]

    @cached_property
    def petition(self) -> Petition:
        """What the blast asks to sign."""
        return self.session.get_one(Petition, self.blast.petition_id)

    @cached_property
    def composed(self) -> Composed:
        """The letter as it would go out."""
        return compose(self.session, self.blast, self.variant, self.base_url)

    @cached_property
    def preview(self) -> Preview:
        """The letter as somebody unknown would get it."""
        return shown_to(self.session, self.composed, self.variant, None)


def _petition(case: Case) -> Iterator[Finding]:
    state = case.petition.state
    if state == "published":
        yield Finding("petition", "ok", "The petition is open")
    else:
        yield Finding(
            "petition",
            "stop",
            f"The petition is {'a draft' if state == 'draft' else state}",
            "Its page would turn people away. Publish it first.",
        )


def _audience(case: Case) -> Iterator[Finding]:
    if not case.blast.audience.strip():
        yield Finding("audience", "stop", "No audience is chosen", "Write rules or pick a segment.")
        return
    try:
        if case.brief and somebody_would_get(case.session, case.blast):
            return  # to count them takes more than a second for a million
        count = audience_count(case.session, case.blast)
    except (BadInput, NotFound) as error:
        yield Finding("audience", "stop", error.message.rstrip("."), error.hint)
        return
    if count.would_get == 0:
        yield Finding(
            "audience",
            "stop",
            "Nobody would get it",
            f"Chosen by the rules: {count.chosen:,}{', all held back' if count.chosen else ''}.",
        )
    else:
        held = sum(count.held_back.values())
        yield Finding(
            "audience", "ok", f"Would get it: {count.would_get:,}", f"Held back: {held:,}"
        )


def _base_url(case: Case) -> Iterator[Finding]:
    """Letters that really leave need links that work elsewhere, and that nobody can read along."""
    if case.provider not in REAL_PROVIDERS:
        return
    address = urlsplit(case.base_url)
    if _is_local(address.hostname or ""):
        yield Finding(
            "base_url",
            "look",
            f"Every link leads to {case.base_url}",
            "Only this machine or its network can reach that. Set OUTREACH_BASE_URL.",
        )
    elif address.scheme != "https":
        yield Finding(
            "base_url",
            "look",
            "Links are not encrypted",
            f"They start with {case.base_url}. Set OUTREACH_BASE_URL to one with https.",
        )


def _is_local(host: str) -> bool:
    try:
        return not ip_address(host).is_global
    except ValueError:
        return host == "localhost" or host.endswith((".localhost", ".local"))


def _subject(case: Case) -> Iterator[Finding]:
    subject = case.variant.subject.strip()
    if not subject:
        yield Finding("subject", "stop", "The subject is empty")
    elif len(case.preview.subject) > SUBJECT_LIMIT:
        yield Finding(
            "subject",
            "look",
            f"The subject has {len(case.preview.subject)} characters",
            f"Phones show about {SUBJECT_LIMIT} at most.",
        )
    length = len(case.preview.preheader)
    if length not in PREHEADER_LENGTH:
        which = "long" if length > PREHEADER_LENGTH[-1] else "short" if length else "empty"
        yield Finding(
            "preheader",
            "look",
            f"The preheader is {which}",
            f"40 to 90 characters fill the line behind the subject; here: {length}.",
        )


def _fields(case: Case) -> Iterator[Finding]:
    bare: list[str] = []
    for where in ("subject", "preheader", "body"):
        for piece in parse(
            getattr(case.variant, where), where=where, constants=case.composed.constants
        ):
            if isinstance(piece, Field) and not piece.fallback:
                bare.append(piece.name)
    if bare:
        yield Finding(
            "fields",
            "look",
            f"Without a fallback: {', '.join(dict.fromkeys(bare))}",
            "People of whom it is not known will read a gap.",
        )
    else:
        yield Finding("fields", "ok", "Fields: every one has a fallback")


def _ask(case: Case) -> Iterator[Finding]:
    asks = [link for link in case.composed.links if link.kind == "ask"]
    if asks:
        times = "once" if len(asks) == 1 else f"{len(asks)} times"
        yield Finding("ask", "ok", f"The letter leads to the petition {times}")
    else:
        yield Finding(
            "ask",
            "stop",
            "Nothing leads to the petition",
            "Put [[Sign the petition]] on a line of its own.",
        )


def _citations(case: Case) -> Iterator[Finding]:
    session, petition = case.session, case.petition
    text = current_version(session, petition).text
    labels = dict.fromkeys(
        (*case.composed.unresolved, *citations.unresolved(session, petition, text))
    )
    for label in labels:
        yield Finding(
            "citations.unresolved",
            "stop",
            f"The marker [^{label}] leads nowhere",
            "The petition has no such note.",
            can_override=True,
        )
    for citation in citations.unused(session, petition, text):
        yield Finding(
            "citations.unused",
            "stop",
            f"No marker leads to the source [^{citation.label}]",
            "Mark the place that leans on it, or take it out.",
            can_override=True,
        )
    unchecked = _unchecked(case)
    if unchecked:
        yield Finding(
            "citations.unchecked",
            "stop",
            f"Sources that nobody has checked: {unchecked}",
            "Read them, then say so on the petition’s page.",
            can_override=True,
        )
    elif not labels:
        yield Finding("citations", "ok", f"Notes: {len(case.composed.cited)}, all resolved")


def _unchecked(case: Case) -> int:
    cited = case.session.scalars(
        select(Citation).where(
            Citation.petition_id == case.petition.id, Citation.label.in_(case.composed.cited)
        )
    )
    return len({c.source_id for c in cited if c.source.checked_at is None})


def _size(case: Case) -> Iterator[Finding]:
    size = case.preview.size_bytes
    if size > GMAIL_CLIPS_AT:
        yield Finding(
            "size",
            "stop",
            f"{size / 1000:.0f} kB: Gmail would cut the letter off",
            f"Stay under {GMAIL_CLIPS_AT // 1000} kB.",
            can_override=True,
        )
    else:
        yield Finding("size", "ok", f"Size: {size / 1000:.0f} kB of 102 kB, not clipped")


def _way_out(case: Case) -> Iterator[Finding]:
    """The law wants an address and a way out; a changed template may have lost them."""
    organisation = case.session.get_one(Organisation, case.blast.organisation_id)
    missing = []
    for name, part in (("HTML", case.preview.html), ("text", case.preview.text)):
        words = " ".join(part.split())
        if f"/u/{slot_name(Slot.UNSUBSCRIBE)}{TRIAL}" not in words:
            missing.append(f"unsubscribe link ({name})")
        if organisation.postal_address.split("\n")[0].strip() not in words:
            missing.append(f"postal address ({name})")
    if missing:
        yield Finding("way_out", "stop", f"Missing: {', '.join(missing)}")
    else:
        yield Finding("way_out", "ok", "Unsubscribe and postal address, both parts")


Check = Callable[[Case], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (_petition, _audience, _base_url)
# These need the letter, and have nothing to say of one that can't be read.
CHECKS_OF_LETTER: tuple[Check, ...] = (
    _subject,
    _fields,
    _ask,
    _citations,
    _size,
    _way_out,
)
OVERRIDABLE = frozenset({"citations.unresolved", "citations.unused", "citations.unchecked", "size"})
