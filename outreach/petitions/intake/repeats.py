"""Notes that repeat an earlier one: "Ibid.", "Id. at 5", "See note 2", "Doe, supra note 3"."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.petitions.intake.notes import Note

_I = re.IGNORECASE
_IBID = re.compile(r"^[\W_]*(?:see\s+)?(?:ibid(?:em|\.)?|idem|id\.|id$)(?!\w)", _I)
_WORD = r"(?:(?:foot|end)?note|source|reference|citation|fn\.?|n\.)"
_SUPRA = re.compile(rf"\b(?:supra|op\.\s?cit\.?),?\s+(?:at\s+)?{_WORD}?\s*\[?\^?([0-9]{{1,4}})", _I)
_SEE = re.compile(
    rf"^[\W_]*(?:(?:see|cf\.?|same\s+as|as\s+in|as)\s+(?:also\s+|in\s+)?)?(?:above\s+|earlier\s+)?"
    rf"{_WORD}\s*\[?\^?([0-9]{{1,4}})\b",
    _I,
)
_SEE_BARE = re.compile(
    r"^\W*(?:see|same\s+as)\s+[\[(]?\^?([0-9]{1,4})[\])]?[\W_]*(?:above\W*)?$", _I
)
_OP_CIT = re.compile(r"^\W*([^\W\d]+(?:,\s+[^\W\d]+)?),?\s+(?:op\.\s?cit|loc\.\s?cit|supra)\b", _I)


@dataclass(frozen=True, slots=True)
class Repeat:
    """That a note repeats another: its number, or None with the doubt where it can't be told;
    whether it names sources of its own beside it."""

    same_as: int | None
    doubt: str = ""
    names_more: bool = False


_MORE = re.compile(r";\s+[^;]*?(?:[“\"«]|https?://|www\.|\b(?:1[5-9]|20)[0-9]{2}\b)")


class Repeats:
    """Resolves the repeats of a list of notes, in its order, through chains to the first."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._all = {note.number for note in notes}
        self._origin: dict[int, int] = {}
        self._raws: list[tuple[int, str]] = []
        self._last: int | None = None

    def of(self, note: Note) -> Repeat | None:
        """What the note repeats, or None where it is a source of its own; call once for each."""
        target = self._target(note)
        repeat = target
        if target is not None and target.same_as is not None:
            repeat = self._resolved(target.same_as, note)
        same_as = repeat.same_as if repeat else None
        self._origin.setdefault(note.number, same_as if same_as is not None else note.number)
        if repeat is None:
            self._raws.append((note.number, note.raw))
        self._last = note.number
        return repeat

    def _target(self, note: Note) -> Repeat | None:
        if _IBID.match(note.raw):
            if self._last is None:
                return Repeat(None, f"note {note.number} repeats one before it, but is the first")
            return Repeat(self._last)
        found = _SUPRA.search(note.raw) or (
            (_SEE.match(note.raw) or _SEE_BARE.match(note.raw)) if len(note.raw) < 160 else None
        )
        if found:
            return self._numbered(note, int(found[1]))
        found = _OP_CIT.match(note.raw)
        if found:
            return self._by_author(note, found[1].split(",")[0])
        return None

    def _numbered(self, note: Note, number: int) -> Repeat:
        if number in self._origin:
            return Repeat(number)
        why = "which comes later" if number in self._all and number != note.number else "not there"
        if number == note.number:
            why = "itself"
        return Repeat(None, f"note {note.number} points to note {number}, {why}")

    def _by_author(self, note: Note, name: str) -> Repeat:
        for number, raw in reversed(self._raws[-200:]):
            if name.lower() in raw.lower():
                return Repeat(number)
        return Repeat(None, f"note {note.number} repeats a work of {name} that no note names")

    def _resolved(self, number: int, note: Note) -> Repeat:
        names_more = bool(_MORE.search(note.raw))
        return Repeat(self._origin.get(number, number), names_more=names_more)
