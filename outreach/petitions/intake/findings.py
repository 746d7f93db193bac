"""Where each part of a petition was found, and how sure that is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from outreach.petitions.intake.blocks import Block


class Sure(StrEnum):
    """How sure a finding is: written so, read from its place, a guess, or nowhere."""

    CERTAIN = "certain"
    LIKELY = "likely"
    GUESS = "guess"
    MISSING = "missing"


@dataclass(frozen=True, slots=True)
class Finding:
    """One part of a petition: the lines where it stands (0 where nowhere), how sure, and why.

    `part` is a name of the JSON ("headline", "targets" …), or "citation 3", "marker 3".
    """

    part: str
    sure: Sure
    why: str
    line: int = 0
    last_line: int = 0

    @property
    def place(self) -> str:
        """The lines as people say them."""
        if not self.line:
            return "nowhere"
        one = self.line == self.last_line
        return f"line {self.line}" if one else f"lines {self.line} to {self.last_line}"

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return asdict(self)


def finding(part: str, blocks: Sequence[Block], sure: Sure, why: str) -> Finding:
    """A finding in some blocks of the text; a missing one where there are none."""
    lines = [line for block in blocks for line in (block.line, block.last_line)]
    if not lines:
        return Finding(part, Sure.MISSING, why)
    return Finding(part, sure, why, min(lines), max(lines))
