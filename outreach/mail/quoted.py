"""Quoted-printable (RFC 2045, 6.7) in pieces: static text is encoded once, values fit in later.

A value stands on lines of its own, between soft line breaks, so that a filled letter is valid
whatever its length. No line starts with "." (SMTP would want it doubled) or "From " (mailbox
files would want it marked); none is longer than 76 characters.
"""

from __future__ import annotations

import re
from functools import lru_cache

LINE = 76
SOFT_BREAK = "=\r\n"
_NEWLINE = re.compile(r"\r\n|\r|\n")
_UNSAFE = re.compile(r"[^ -<>-~]")
_is_plain_value = re.compile(rf"(?!\.|From )[ -<>-~]{{0,{LINE - 1}}}").fullmatch


def static(text: str, *, after_value: bool, before_value: bool) -> str:
    """A static piece, its newlines as CRLF; soft breaks part it from the values beside it."""
    lines = _NEWLINE.split(text)
    last = len(lines) - 1
    encoded = [_line(line, open_end=before_value and i == last) for i, line in enumerate(lines)]
    start = SOFT_BREAK if after_value else ""
    # A value that follows a newline, or begins its part, starts a line as it is.
    end = SOFT_BREAK if before_value and lines[-1] else ""
    return start + "\r\n".join(encoded) + end


def value(text: str) -> str:
    """A personal value, safe between soft breaks; line breaks in it are encoded."""
    if text.isalnum() and text.isascii() and len(text) < LINE:
        return text  # most are a name
    return _remembered(text)


@lru_cache(4096)
def _remembered(text: str) -> str:
    """Lists of people repeat, and so does the sentence on why somebody gets a letter."""
    return text if _is_plain_value(text) else _line(text, open_end=True)


def _line(text: str, *, open_end: bool) -> str:
    """One line, folded with soft breaks; with an open end more may follow without whitespace."""
    if not open_end and text.endswith((" ", "\t")):
        return _fold(_escaped(text[:-1]) + f"={ord(text[-1]):02X}")
    return _fold(_escaped(text))


def _escaped(text: str) -> str:
    octets = text.encode("utf-8", "replace").decode("latin-1")
    return _UNSAFE.sub(lambda found: f"={ord(found[0]):02X}", octets)


def _fold(escaped: str) -> str:
    lines: list[str] = []
    start = 0
    while start < len(escaped) or not lines:
        guard = _guard(escaped, start)
        rest = start + bool(guard)
        end = rest + LINE - 1 - len(guard)
        escape = escaped.rfind("=", end - 2, end)
        if end < len(escaped) and escape >= 0:
            end = escape  # never inside an escape
        lines.append(guard + escaped[rest:end])
        start = end
    return SOFT_BREAK.join(lines)


def _guard(escaped: str, start: int) -> str:
    """How the first character of a line must be written, or "" when it may stay."""
    starts = escaped.startswith((".", "From "), start)
    return f"={ord(escaped[start]):02X}" if starts else ""
