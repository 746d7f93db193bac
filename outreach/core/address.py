"""Email addresses: one spelling for each mailbox, and what can't be an address."""

from __future__ import annotations

import re

from email_validator import EmailNotValidError, validate_email

from outreach.core.errors import BadInput

# Most addresses of a real list are plain: this pattern accepts a strict subset of what the
# library accepts and saves its 60 µs a row; whatever it does not match goes to the library.
_PLAIN = re.compile(
    r"[A-Za-z0-9](?:[A-Za-z0-9_+-]|\.(?!\.)){0,62}(?<!\.)@"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.)+[A-Za-z]{2,63}"
)
_SPECIAL_USE = (".local", ".localhost", ".invalid", ".arpa", ".onion")


def canonical(email: str) -> str:
    """The address as it is compared and stored: trimmed, lower case, domain in ASCII.

    Raises BadInput with a sentence for the person who typed it.
    """
    text = email.strip()
    if len(text) <= 254 and _PLAIN.fullmatch(text) and not text.lower().endswith(_SPECIAL_USE):
        return text.lower()
    try:
        parts = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise BadInput(
            "Enter an email address like name@example.org.", hint=str(error), field="email"
        ) from None
    return f"{parts.local_part}@{parts.ascii_domain or parts.domain}".lower()


def domain(address: str) -> str:
    """The part behind the last @ of a canonical address."""
    return address.rpartition("@")[2]


def masked(address: str) -> str:
    """`j•••@example.org`: what a page reached by a forwarded link may show."""
    local, _, host = address.rpartition("@")
    return f"{local[:1]}•••@{host}"


# Who lets one mailbox be reached by many spellings, by what its users may add.
_DOTTED = frozenset(("gmail.com", "googlemail.com"))
_SAME = {"googlemail.com": "gmail.com"}


def mailbox(address: str) -> str:
    """The mailbox that a canonical address reaches, whatever was added to it.

    What follows a plus is a label at nearly every provider; dots count for nothing at Gmail. Only
    to tell copies: letters go to the address as it was given.
    """
    local, _, host = address.rpartition("@")
    local = local.partition("+")[0] or local
    if host in _DOTTED:
        local = local.replace(".", "") or local
    return f"{local}@{_SAME.get(host, host)}"
