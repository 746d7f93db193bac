"""What a check of citations finds, and how it may be mended."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

STOP, LOOK, OK = "stop", "look", "ok"


@dataclass(frozen=True, slots=True)
class Repair:
    """Something that mends a finding with one press. `verb` is one of repairs.REPAIRS; `other` the
    source and `label` the note that it takes."""

    verb: str
    words: str
    other: int | None = None
    label: str = ""


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check found. `level`: stop (nothing is published or sent on it without a named
    override), look, ok. `differs` are the pieces by which a quotation differs from its source.

    `key` names the check, with the source's id where it is about one: `dead:12`.
    """

    key: str
    level: str
    title: str
    detail: str = ""
    source_id: int | None = None
    differs: tuple[tuple[str, str], ...] = ()
    repairs: tuple[Repair, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """The finding as JSON values."""
        return {
            "key": self.key,
            "level": self.level,
            "title": self.title,
            "detail": self.detail,
            "source": self.source_id,
            "differs": [list(piece) for piece in self.differs],
            "repairs": [repair.verb for repair in self.repairs],
        }


def cut(words: str) -> str:
    """Quoted words as a title names them."""
    words = words.rstrip(" .,;")
    return words if len(words) <= 90 else f"{words[:88].rstrip()}…"
