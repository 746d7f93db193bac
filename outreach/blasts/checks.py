"""Checks of a blast: what stops it, what to look at, what is well.

Each check is one small function from a Case to findings. All doors run `CHECKS` and, where a
letter can be read, `checks_of_letter.CHECKS_OF_LETTER`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from ipaddress import ip_address
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from outreach.blasts import duration
from outreach.blasts.audience import AudienceCount, audience_count, somebody_would_get
from outreach.blasts.compose import Composed, Preview, compose, shown_to
from outreach.blasts.models import Blast, Variant
from outreach.blasts.variants import named
from outreach.core.errors import BadInput, NotFound
from outreach.mail.provider import Provider
from outreach.petitions.models import Petition
from outreach.tracking.links import NewLink

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
    provider: Provider | None = None  # None: not known, so nothing is said about it
    brief: bool = False  # only what stops the blast is asked for
    letter: str | None = None  # of the variant that is checked; None: the first
    known: Sequence[NewLink] = ()  # links of the variants before it

    @property
    def variant(self) -> Variant:
        """The variant that is checked."""
        return named(self.blast, self.letter)

    @cached_property
    def petition(self) -> Petition:
        """What the blast asks to sign."""
        return self.session.get_one(Petition, self.blast.petition_id)

    @cached_property
    def count(self) -> AudienceCount:
        """The audience as it is now; takes more than a second for a million."""
        return audience_count(self.session, self.blast)

    @cached_property
    def composed(self) -> Composed:
        """The letter as it would go out."""
        return compose(self.session, self.blast, self.variant, self.base_url, known=self.known)

    @cached_property
    def preview(self) -> Preview:
        """The letter as somebody unknown would get it."""
        return shown_to(self.session, self.composed, None)


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
            return
        count = case.count
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
        takes = duration.at_least(case.session, case.blast, count.would_get, case.provider)
        if takes:
            yield Finding("pace", "ok", f"It takes {takes.span} at least", takes.why)
        held = sum(count.held_back.values())
        yield Finding(
            "audience", "ok", f"Would get it: {count.would_get:,}", f"Held back: {held:,}"
        )


def _base_url(case: Case) -> Iterator[Finding]:
    """Letters that really leave need links that work elsewhere, and that nobody can read along."""
    if case.provider is None or case.provider.name not in REAL_PROVIDERS:
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


Check = Callable[[Case], Iterator[Finding]]
CHECKS: tuple[Check, ...] = (_petition, _audience, _base_url)
