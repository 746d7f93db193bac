"""The words that a signature agrees to: the page shows and the ledger keeps exactly these."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from outreach.accounts.models import Organisation
from outreach.core.languages import gettext as _
from outreach.petitions.consent_rules import BOX, rule_for
from outreach.petitions.models import Petition

_PURPOSE_MAX = 120  # characters of a purpose in the ledger


class Told(Protocol):
    """A petition as it is told in one language."""

    @property
    def headline(self) -> str:
        """What is asked."""
        ...

    @property
    def share_text(self) -> str:
        """Its words to share, "" for ours."""
        ...


@dataclass(frozen=True, slots=True)
class Consent:
    """What is asked about letters: a `line` beside the button, or the label of an empty box, and
    how to leave."""

    line: str
    way_out: str
    needs_box: bool

    @property
    def words(self) -> str:
        """All of it, as the ledger keeps it."""
        return f"{self.line} {self.way_out}"


def consent(
    organisation: Organisation, *, country: str, proven: bool, own_line: str = ""
) -> Consent:
    """What signing from this country agrees to: the petition's `own_line` or ours.

    `proven`: the signature is confirmed by letter. A press on a letter's link may be somebody
    else's, to whom it was forwarded: it brings nobody back who left.
    """
    own, needs_box = own_line.strip(), rule_for(country) == BOX
    ours = (
        _("Yes, send me updates on this and related campaigns from %(organisation)s.")
        if needs_box
        else _(
            "By signing you agree to get updates on this and related campaigns from "
            "%(organisation)s."
        )
    )
    yes = _("Yes, write to me: %(line)s") % {"line": own} if needs_box else own
    way_out = (
        _(
            "You can leave with one press, at any time; if you left before, confirming by letter "
            "brings you back."
        )
        if proven
        else _(
            "You can leave with one press, at any time; if you left before, signing here does not "
            "change that."
        )
    )
    line = yes if own else ours % {"organisation": organisation.name}
    return Consent(line, way_out, needs_box)


def partners_hint() -> str:
    """What stands over the partners' boxes."""
    return _("Optional. Each box is a separate yes, and each partner has its own way out.")


def partner_line(petition: Petition, partner: str) -> str:
    """What a ticked partner box agrees to: the partner's own wording, if there is one, too."""
    said = _("Hear from our partners too: %(partner)s.") % {"partner": partner}
    own = petition.partner_words.get(partner, "")
    return " ".join(filter(None, (said, own, partners_hint())))


def partner_purpose(partner: str) -> str:
    """The ledger's purpose for a partner's letters."""
    return f"partner:{partner}"[:_PURPOSE_MAX]


def source(petition: Petition) -> str:
    """Where it was agreed to, as the ledger and lists name it."""
    return f"petition:{petition.slug}"


def share_text(petition: Told) -> str:
    """What a signer may say to a friend, without the link."""
    own = petition.share_text.strip()
    return own or _("I signed “%(headline)s”. Will you?") % {"headline": petition.headline}


def shown_name(name: str) -> str:
    """A name as pages show it to others: first name and initial, “Someone” without a name."""
    first, *rest = name.split() or [_("Someone")]
    return f"{first} {rest[-1][0]}." if rest else first
