"""Texts that are made once with blanks in them, and filled in for each person by joining.

A blank is a word of lower-case letters and digits, so that templates, escaping, address building
and the inlining of styles leave it as it is. Nobody can guess one and type it: it holds a number
that each process draws anew.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping

_DRAWN = secrets.token_hex(4)
_BLANK = re.compile(f"zq{_DRAWN}s([a-z]+)qz")


def blank(name: str) -> str:
    """What stands in a text for a value; `name` is a word of a–z."""
    return f"zq{_DRAWN}s{name}qz"


class Blanks:
    """A text with its blanks found."""

    def __init__(self, text: str) -> None:
        self._parts = _BLANK.split(text)

    def fill(self, values: Mapping[str, str]) -> str:
        """The text for one person; values stand in it as they are given."""
        parts = self._parts.copy()
        parts[1::2] = [values[name] for name in parts[1::2]]
        return "".join(parts)

    def pieces(self, places: Mapping[str, int]) -> tuple[str | int, ...]:
        """The text in pieces, with the place of its value where a blank is."""
        parts: list[str | int] = [*self._parts]
        parts[1::2] = [places[name] for name in self._parts[1::2]]
        return tuple(part for part in parts if part != "")
