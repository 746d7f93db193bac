"""The words of a rule: cut from its text, each with the place where it stands."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from outreach.core.errors import BadInput

WORD, NAME, SIGN, END = "word", "name", "sign", "end"

_TOKENS = re.compile(
    r"""(?P<space>\s+)
      | "(?P<straight>(?:[^"\\]|\\.)*)"
      | “(?P<curly>[^”]*)”
      | (?P<sign><=|>=|!=|<>|==|[=<>(),%])
      | (?P<word>[^\s"“”<>=!(),%]+)""",
    re.VERBOSE | re.DOTALL,
)
_SPELLINGS = {"<>": "!=", "==": "="}
_ESCAPE = re.compile(r"\\(.)", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Token:
    """A bare word, a name in quotes (without them), a sign, or the end; `at` counts from 0."""

    kind: str
    text: str
    at: int

    @property
    def shown(self) -> str:
        """How an error names it."""
        return "the end" if self.kind == END else f"“{self.text}”"

    def says(self, word: str) -> bool:
        """Whether it is this word of the grammar (never a name in quotes), or this sign."""
        return self.kind in (WORD, SIGN) and self.text.lower() == word


def scan(text: str) -> Iterator[Token]:
    """The tokens of a rule, an END last; raises BadInput at what is none."""
    position = 0
    while position < len(text):
        match = _TOKENS.match(text, position)
        if match is None:
            raise BadInput(
                f"At character {position + 1}: {_trouble(text[position])}",
                hint='Put names in quotes: list "Westhaven"',
            )
        if match["straight"] is not None:
            yield Token(NAME, _ESCAPE.sub(r"\1", match["straight"]), position)
        elif match["curly"] is not None:
            yield Token(NAME, match["curly"], position)
        elif match["sign"] is not None:
            yield Token(SIGN, _SPELLINGS.get(match["sign"], match["sign"]), position)
        elif match["word"] is not None:
            yield Token(WORD, match["word"], position)
        position = match.end()
    yield Token(END, "", len(text))


def _trouble(character: str) -> str:
    if character in '"“':
        return "this quotation mark is not closed."
    return f"“{character}” can’t stand here."
