"""Why letters were refused or came back, as few enough causes to count.

A cause is the enhanced status code of the answer (RFC 3463), else its reply code (RFC 5321), else
its words.
"""

from __future__ import annotations

import re

UNKNOWN = "unknown"
RETURNED = ("bounced", "refused")  # states of letters that have a cause
_LONGEST = 80
_STATUS = re.compile(r"(?<![\d.])[45]\.\d{1,3}\.\d{1,3}(?!\.?\d)")
_REPLY = re.compile(r"(?:^|[:;])\s*([45]\d\d)\b")
_WITH_A_NUMBER = re.compile(r"\S*\d\S*")
_CODES = {
    "5.1.1": "no such mailbox",
    "5.1.2": "no such domain",
    "5.1.3": "the address is not valid",
    "5.1.6": "the mailbox has moved",
    "5.1.10": "the domain takes no mail",
    "5.2.1": "the mailbox is closed",
    "5.2.2": "the mailbox is full",
    "5.2.3": "the letter is too long for the mailbox",
    "5.3.4": "the letter is too large",
    "5.4.1": "the recipient’s server turns the address away",
    "5.4.4": "no route to the domain",
    "5.7.1": "not allowed: held for spam, or by a rule there",
    "5.7.26": "the sender’s SPF, DKIM or DMARC did not pass",
    "5.7.27": "the sender takes no mail",
}
_SUBJECTS = {
    "0": "no cause was given",
    "1": "the address",
    "2": "the mailbox",
    "3": "the recipient’s mail system",
    "4": "the way there",
    "5": "the protocol",
    "6": "the letter’s content",
    "7": "security or policy",
}


def cause_of(reason: str | None) -> str:
    """The cause that a letter's reason names, at most 80 characters.

    Words that hold a number, such as the id of a queue, are left out, so that the same answer to
    many letters is one cause.
    """
    said = reason or ""
    status = _STATUS.search(said)
    if status:
        return status[0]
    reply = _REPLY.search(said)
    if reply:
        return reply[1]
    return " ".join(_WITH_A_NUMBER.sub("…", said).split())[:_LONGEST].strip() or UNKNOWN


def meaning(cause: str) -> str:
    """What a cause says in words; one that is words already stands as it is."""
    if cause == UNKNOWN:
        return "no reason was given"
    if cause.isdigit():
        return "refused for good" if cause.startswith("5") else "put off too often"
    if not _STATUS.fullmatch(cause):
        return cause
    last = _SUBJECTS.get(cause.split(".")[1], _SUBJECTS["0"])
    return _CODES.get(cause) or _CODES.get(f"5{cause[1:]}") or last
