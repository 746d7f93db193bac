"""What a person types to sign: judged before anything is stored."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

from outreach.core import address
from outreach.core.errors import BadInput, FormErrors
from outreach.core.languages import gettext as _
from outreach.supporters.models import Supporter

MAX_NAME, MAX_POSTAL_CODE = 120, 20
# The name goes into a letter to an address that anyone can type: no links (mail programs
# make one of any “bad.example”), nothing that splits it.
_LINK = re.compile(r"://|www\.|@|\w\.[^\W\d_]{2,}", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Signer:
    """Address as typed, full name, postal code ("" for none); one clean line each."""

    email: str
    name: str
    postal_code: str = ""

    @classmethod
    def typed(cls, *, email: str, name: str, postal_code: str) -> Signer:
        """What was typed, judged; raises FormErrors with a sentence for each field at fault."""
        faults = [
            ("name", _fault_of_name(name)),
            ("email", _fault_of_email(email)),
            ("postal_code", _fault_of_postal_code(postal_code)),
        ]
        found = [(field, sentence) for field, sentence in faults if sentence]
        if found:
            raise FormErrors(found)
        return cls(email.strip(), " ".join(name.split()), " ".join(postal_code.split()))

    def complete(self, supporter: Supporter) -> None:
        """Fill what is not known of the supporter yet; what is known stays."""
        if not supporter.first_name and not supporter.last_name:
            supporter.first_name, _, supporter.last_name = self.name.partition(" ")
        supporter.postal_code = supporter.postal_code or self.postal_code


def _fault_of_name(name: str) -> str:
    text = name.strip(" ")
    if not text:
        return _("Enter your name.")
    if _has_control(text):
        return _("Enter your name on one line, without control characters.")
    if _LINK.search(text) or not any(letter.isalpha() for letter in text):
        return _("Enter your name, without an address or a link.")
    if len(text) > MAX_NAME:
        return _("Enter a name of at most %(number)s characters.") % {"number": MAX_NAME}
    return ""


def _fault_of_email(email: str) -> str:
    try:
        address.canonical(email)
    except BadInput:
        return _("Enter an email address like name@example.org.")
    return ""


def _fault_of_postal_code(postal_code: str) -> str:
    if len(postal_code.strip()) > MAX_POSTAL_CODE or _has_control(postal_code.strip(" ")):
        said = _("Enter a postal code of at most %(number)s characters, or leave it empty.")
        return said % {"number": MAX_POSTAL_CODE}
    return ""


def _has_control(text: str) -> bool:
    return any(unicodedata.category(letter) in ("Cc", "Zl", "Zp") for letter in text)
