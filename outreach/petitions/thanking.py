"""The letter that thanks, written once for all who sign the same words, and filled in for each."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from html import escape

from markupsafe import Markup

from outreach.accounts.models import Organisation
from outreach.core.blanks import Blanks, blank
from outreach.mail import single
from outreach.mail.render import Rendered
from outreach.petitions import markup
from outreach.petitions.models import PetitionVersion
from outreach.petitions.translations import Reading


@dataclass(frozen=True)
class BlankLetter:
    """A letter that thanks, without the person."""

    subject: str
    html: Blanks
    text: Blanks

    def fill(self, **values: str) -> Rendered:
        """The letter to one person: `first` (name), `thanks` and `share` (addresses)."""
        escaped = {name: escape(value) for name, value in values.items()}
        return Rendered(self.subject, self.html.fill(escaped), self.text.fill(values))


def blank_letter(
    told: Reading, version: PetitionVersion, organisation: Organisation, *, named: bool
) -> BlankLetter:
    """The letter for those who signed this version as it is told; `named`: whose name is known."""
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
) -> BlankLetter:
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
    return BlankLetter(rendered.subject, Blanks(rendered.html), Blanks(rendered.text))
