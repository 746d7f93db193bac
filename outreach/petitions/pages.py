"""Where a petition's public pages are, and the sealed ids that lead to one person's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode

from outreach.core.clock import now
from outreach.core.tokens import Tokens

CONFIRM_DAYS = 7
# Purposes of sealed ids. "recognise" and "credit" hold a delivery, the others a signature.
RECOGNISE, CREDIT, SHARE = "recognise", "credit", "share"
# A delivery and for how many days it may know its reader: sealed when nobody could be asked how old
# it is, so the page asks.
RECOGNISE_IF_YOUNG = "if-young"
CONFIRM, THANKS, CHECK_MAIL = "confirm", "thanks", "check-mail"


@dataclass(frozen=True, slots=True)
class Pages:
    """Absolute addresses of public pages. `base_url` has no trailing slash."""

    tokens: Tokens
    base_url: str

    def petition(self, slug: str, **query: str) -> str:
        """The petition's page; `query` may hold letter=, from= or share=."""
        found = {name: value for name, value in query.items() if value}
        return f"{self.base_url}/petitions/{slug}" + (f"?{urlencode(found)}" if found else "")

    def confirm(self, signature_id: int) -> str:
        """The page on which a signature given by form is confirmed; dead after CONFIRM_DAYS."""
        until = now() + timedelta(days=CONFIRM_DAYS)
        return f"{self.base_url}/confirm/{self.tokens.seal(CONFIRM, signature_id, expires=until)}"

    def check_mail(self, slug: str, signature_id: int) -> str:
        """The page that says that a letter is on its way."""
        token = self.tokens.seal(CHECK_MAIL, signature_id)
        return f"{self.base_url}/petitions/{slug}/check-mail?s={token}"

    def thanks(self, slug: str, signature_id: int) -> str:
        """The page that thanks for a signature; it shows the person only masked."""
        return f"{self.base_url}/petitions/{slug}/thanks?s={self.tokens.seal(THANKS, signature_id)}"

    def share(self, signature_id: int) -> str:
        """A signer's own link: shows no name, recognises nobody, credits the share."""
        return f"{self.base_url}/r/{self.tokens.seal(SHARE, signature_id)}"
