"""Status codes of mail systems (RFC 3463): where they stand in a text, and what they speak of."""

from __future__ import annotations

import re

# Of the address itself: nobody there, no such domain, closed. 5.1.7 and 5.1.8 speak of the sender.
_OF_THE_ADDRESS = re.compile(r"5\.1\.(?![78]$)\d+|5\.2\.[01]|5\.4\.[14]|5\.[05]\.0").fullmatch
# Codes that say no more than “failed”; then the words beside them count.
_GENERAL = re.compile(r"[245]\.(?:0\.0|2\.0|5\.0)").fullmatch
_OF_THE_LETTER = re.compile(
    r"spam|junk|block|black ?list|reputation|policy|policies|dmarc|\bspf\b|dkim|virus|malware"
    r"|content|too (?:large|big)|quota|\bfull\b|rate limit|too many",
    re.IGNORECASE,
).search
_ENHANCED = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)").search
_REPLY = re.compile(r"(?:^|[\s:>(])([245])[0-5]\d[ -](?=[A-Z<#(\d])", re.MULTILINE).search
_NOBODY = re.compile(
    r"unknown user|user unknown|no such (?:user|mailbox|recipient|person)|unrouteable address"
    r"|mailbox (?:not found|does not exist|unavailable)|no mailbox here",
    re.IGNORECASE,
).search


def found_in(text: str) -> str:
    """The first code of a text, such as "5.1.1"; of a plain SMTP reply "5.0.0"; or ""."""
    enhanced = _ENHANCED(text)
    if enhanced:
        return enhanced[1]
    reply = _REPLY(text)
    if reply:
        return f"{reply[1]}.0.0"
    return "5.1.1" if _NOBODY(text) else ""


def best_of(status: str, diagnostic: str) -> str:
    """The more telling of a report's status field and the remote server's own words."""
    stated = _ENHANCED(status)
    if stated and not _GENERAL(stated[1]):
        return stated[1]
    return found_in(diagnostic) or (stated[1] if stated else "")


def is_hard(status: str, text: str) -> bool:
    """Whether the address itself is dead. A permanent refusal of this letter or of its sender
    (spam, policy, size, a full mailbox) is not the address's fault."""
    if not _OF_THE_ADDRESS(status):
        return False
    return not (_GENERAL(status) and _OF_THE_LETTER(text))
