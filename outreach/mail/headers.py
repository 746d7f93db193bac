"""Header values: one line whatever is put in, RFC 2047 where it must be, never an extra header."""

from __future__ import annotations

import re
from binascii import b2a_base64
from datetime import UTC, datetime
from email.utils import format_datetime
from functools import lru_cache

from outreach.core.errors import BadInput
from outreach.mail.plan import CONTROL

# RFC 2047 allows 76 characters on a line with an encoded word: 39 bytes make 52 of base64 and,
# with "Subject: " in front, 73.
_WORD_BYTES = 39
# RFC 5322 allows 998; a plain value stays unfolded, so no reader can unfold it wrongly.
_LONGEST_PLAIN = 900
_ATOM = r"[^\s\x00-\x1f\x7f\ud800-\udfff<>()\[\]\\,;:\"@]+"
# What most letters have: a strict subset of what `mailbox` writes, known at one look.
_PLAIN_MAILBOX = re.compile(r'"[ !#-<>-\[\]-~]{1,400}" <[A-Za-z0-9._+-]+@[A-Za-z0-9.-]+>').fullmatch
_is_address = re.compile(f"{_ATOM}@{_ATOM}").fullmatch


class Unsendable(BadInput):
    """This letter can't be sent to this person as it is; the message, without personal data,
    is the reason that a provider gives for refusing it."""


def rfc2822_date(instant: datetime) -> str:
    """An aware time as the Date header has it, in UTC."""
    return format_datetime(instant.astimezone(UTC))


def one_line(text: str) -> str:
    """The text with control characters and line separators as spaces."""
    return text if text.isprintable() else CONTROL.sub(" ", text)


@lru_cache(maxsize=4096)
def unstructured(text: str) -> str:
    """A subject as a header value. Remembered, because people share first names."""
    if _is_plain(text) and text.strip() == text:
        return text
    return encoded_words(one_line(text))


def is_plain_mailbox(name: str, address: str) -> bool:
    """Whether `mailbox` takes both as they are: ASCII, without a quote or backslash."""
    return _PLAIN_MAILBOX(f'"{name}" <{address}>') is not None


def mailbox(name: str, address: str) -> str:
    """`"Name" <address>`; raises Unsendable for what can't be an address."""
    plain = f'"{name}" <{address}>'
    if _PLAIN_MAILBOX(plain):
        return plain
    if _is_address(address) is None:
        raise Unsendable("The address holds characters that no address can have.")
    if not name:
        return address
    if _is_plain(name) and '"' not in name and "\\" not in name:
        return plain
    return f"{encoded_words(one_line(name))}\r\n <{address}>"


def encoded_words(text: str) -> str:
    """RFC 2047 words of whole characters, each on a line of its own."""
    octets = text.encode("utf-8", "replace")
    words = []
    start = 0
    while start < len(octets):
        end = start + _WORD_BYTES
        while end < len(octets) and octets[end] & 0xC0 == 0x80:
            end -= 1
        base64 = b2a_base64(octets[start:end], newline=False).decode("ascii")
        words.append(f"=?utf-8?b?{base64}?=")
        start = end
    return "\r\n ".join(words)


def _is_plain(text: str) -> bool:
    return (
        text.isascii() and text.isprintable() and "=?" not in text and len(text) <= _LONGEST_PLAIN
    )
