"""The words that a signature agrees to: the page shows and the ledger keeps exactly these."""

from __future__ import annotations

from outreach.accounts.models import Organisation
from outreach.petitions.models import Petition

PARTNERS_HINT = "Optional. Each box is a separate yes, and each partner has its own way out."
_PURPOSE_MAX = 120  # characters of a purpose in the ledger


def consent_line(petition: Petition, organisation: Organisation, *, proven: bool) -> str:
    """What signing agrees to: the petition's own line or ours, and how to leave or come back.

    `proven`: the signature is confirmed by letter. A press on a letter's link may be somebody
    else's, to whom it was forwarded: it brings nobody back who left.
    """
    own = petition.consent_line.strip() or (
        f"By signing you agree to get updates on this and related campaigns from "
        f"{organisation.name}."
    )
    left = "confirming by letter brings you back" if proven else "signing here does not change that"
    return f"{own} You can leave with one press, at any time; if you left before, {left}."


def partner_line(partner: str) -> str:
    """What a ticked partner box agrees to."""
    return f"Hear from our partners too: {partner}. {PARTNERS_HINT}"


def partner_purpose(partner: str) -> str:
    """The ledger's purpose for a partner's letters."""
    return f"partner:{partner}"[:_PURPOSE_MAX]


def source(petition: Petition) -> str:
    """Where it was agreed to, as the ledger and lists name it."""
    return f"petition:{petition.slug}"


def share_text(petition: Petition) -> str:
    """What a signer may say to a friend, without the link."""
    return petition.share_text.strip() or f"I signed “{petition.headline}”. Will you?"


def shown_name(name: str) -> str:
    """A name as pages show it to others: first name and initial, “Someone” without a name."""
    first, *rest = name.split() or ["Someone"]
    return f"{first} {rest[-1][0]}." if rest else first
