"""What a campaigner wrote for a letter, read: its parts, its conditions and what is at fault."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts.conditions import Conditions
from outreach.blasts.models import Variant
from outreach.core.errors import BadInput
from outreach.mail import render
from outreach.mail.blocks import Letter, Nodes, outcomes
from outreach.mail.wording import written_number
from outreach.petitions.models import Petition
from outreach.petitions.tally import count

PARTS = ("subject", "preheader", "body")
_SNIPPET_NAME = re.compile(r"[A-Za-z0-9_-]{1,80}")


@dataclass(frozen=True)
class Source:
    """A variant's parts as they are understood, without what is at fault.

    `outcomes`: the answers to `conditions` by which its letters differ, those of somebody of whom
    nothing is known (`usual`) first.
    """

    parts: Mapping[str, Nodes]
    conditions: tuple[str, ...]
    usual: tuple[bool, ...]
    outcomes: Sequence[Mapping[int, bool]]
    faults: Sequence[BadInput]


def read_source(
    session: Session,
    organisation: Organisation,
    petition: Petition,
    variant: Variant,
    *,
    petition_url: str,
    mark: Callable[[str], str],
) -> Source:
    """The texts of a variant; `mark` marks the places of links in the body before it is read."""
    conditions = Conditions(session, organisation)
    letter = Letter(
        constants=_constants(session, organisation, petition, petition_url),
        ask=conditions.ask,
        snippet=_snippet,
        language=organisation.language,
    )
    parts = {
        name: letter.read(variant.says(name), name.capitalize(), mark if name == "body" else str)
        for name in PARTS
    }
    differing: Sequence[Mapping[int, bool]] = [dict(enumerate(conditions.usual))]
    try:
        differing = outcomes(list(parts.values()), conditions.usual)
    except BadInput as fault:
        letter.faults.append(fault)
    return Source(parts, tuple(conditions.rules), tuple(conditions.usual), differing, letter.faults)


def snippets() -> list[str]:
    """Names of the texts under templates/emails/_snippets that letters can use."""
    return sorted(path.stem for path in (render.FOLDER / "_snippets").glob("*.md"))


def _snippet(name: str) -> str:
    if name not in snippets() or not _SNIPPET_NAME.fullmatch(name):
        known = ", ".join(snippets())
        raise BadInput(
            f"There is no snippet “{name}”.",
            hint=f"Known: {known}." if known else "templates/emails/_snippets holds none yet.",
        )
    return (render.FOLDER / "_snippets" / f"{name}.md").read_text("utf-8").strip()


def _constants(
    session: Session, organisation: Organisation, petition: Petition, petition_url: str
) -> dict[str, str]:
    language = organisation.language
    return {
        "petition.headline": petition.headline,
        "petition.targets": ", ".join(map(str, petition.targets)),
        "petition.signatures": written_number(str(count(session, petition.id)), language),
        "petition.goal": written_number(str(petition.goal), language) if petition.goal else "",
        "petition.url": petition_url,
        "organisation.name": organisation.name,
        "organisation.postal_address": ", ".join(organisation.postal_address.splitlines()),
        "organisation.sender_name": organisation.sender_name,
        "organisation.sender_address": organisation.sender_address,
        "organisation.reply_to": organisation.reply_to or organisation.sender_address,
    }
