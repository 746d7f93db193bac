"""The letter that thanks, written once for all who sign the same words, and filled in for each."""

from __future__ import annotations

from functools import lru_cache

from markupsafe import Markup

from outreach.accounts.models import Organisation
from outreach.core.blanks import blank
from outreach.mail import single
from outreach.mail.shared import SharedText
from outreach.petitions import markup
from outreach.petitions.models import PetitionVersion
from outreach.petitions.translations import Reading

NAMES = ("first", "thanks", "share")  # the first name, and two addresses


def text_of(
    told: Reading, version: PetitionVersion, organisation: Organisation, *, named: bool
) -> SharedText:
    """The letter for those who signed this version as it is told; `named`: whose name is known.

    Its values are those of NAMES.
    """
    return _written(
        told.headline,
        told.targets,
        version.number,
        told.statement,
        (organisation.name, organisation.postal_address, told.language),
        named,
    )


@lru_cache(maxsize=64)
def _written(
    headline: str,
    targets: tuple[str, ...],
    number: int,
    statement: str,
    speaker: tuple[str, str, str],
    named: bool,
) -> SharedText:
    """Of values only: whatever its templates show is part of what the letter is known by."""
    name, postal_address, language = speaker
    words = markup.without_markers(statement)
    rendered = single.write(
        "thanks",
        Organisation(name=name, postal_address=postal_address, language=language),
        petition={"headline": headline, "targets": targets},
        version={"number": number},
        first_name=blank("first") if named else "",
        statement=Markup(markup.Markup([]).html(words)),
        statement_text=words,
        thanks_url=blank("thanks"),
        share_url=blank("share"),
    )
    return SharedText.of(rendered, NAMES)
