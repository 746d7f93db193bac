"""Which candidates are markers: decided by the notes that exist and the order of their calls."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

from outreach.petitions.intake.blocks import Block
from outreach.petitions.intake.candidates import Candidate, Sureness, candidates
from outreach.petitions.intake.findings import Sure
from outreach.petitions.intake.notes import NotesList

_SURE = {
    Sureness.EXPLICIT: Sure.CERTAIN, Sureness.SURE: Sure.CERTAIN, Sureness.LIKELY: Sure.LIKELY
}  # fmt: skip
_LINK_END = re.compile(r"\]\([^()\s]*\)\W*$")
_LAST_WORD = re.compile(r"[^\s—–]+$")
_EDGE = "“”\"'‘’«»()[]{}.,;:!?…*_`-—–%"
_BEYOND = 20  # a number this far above the last note is no forgotten note


@dataclass(frozen=True, slots=True)
class Hit:
    """A marker in one text: the note it calls, its place in the cleaned text, the word before."""

    number: int
    offset: int
    after: str
    line: int
    sure: Sure


@dataclass(frozen=True, slots=True)
class Marked:
    """A text without its markers, and the markers."""

    text: str
    hits: tuple[Hit, ...]


@dataclass(slots=True)
class MarkerReading:
    """What was read, text by text, which notes were called, and the doubts by line."""

    texts: list[Marked] = field(default_factory=list)
    called: set[int] = field(default_factory=set)
    doubts: list[tuple[int, str]] = field(default_factory=list)


def read_markers(blocks: Sequence[Block], notes: NotesList) -> MarkerReading:
    """The markers of the texts, which must come in the order of the page.

    A number glued to a sign is a marker; one glued to a word is where its note exists; one that
    may belong to the word ("ICE2") is where its note is the next to be called and is called
    nowhere else. Every decision that could be otherwise is a doubt.
    """
    known = frozenset(note.number for note in notes.notes)
    found = [candidates(block.text, notes.ids, known) for block in blocks]
    chooser = _Chooser(known, [c for row in found for c in row])
    reading = MarkerReading()
    for block, row in zip(blocks, found, strict=True):
        chosen: list[tuple[Candidate, tuple[int, ...]]] = []
        for candidate in row:
            line = block.line_at(candidate.start)
            numbers, doubt = chooser.numbers_of(candidate)
            if doubt:
                reading.doubts.append((line, doubt))
            if numbers:
                chosen.append((candidate, numbers))
                missing = (n for n in numbers if n not in known)
                reading.doubts.extend((line, f"marker {n} has no note") for n in missing)
        reading.texts.append(_cleaned(block, chosen))
    reading.called = chooser.called
    return reading


class _Chooser:
    """Takes the candidates in the order of the page and remembers which notes were called."""

    def __init__(self, known: frozenset[int], everything: Sequence[Candidate]) -> None:
        self.known = known
        self.called: set[int] = set()
        self._largest = max(known, default=0)
        self._highest = 0
        self._plain = Counter(
            number for c in everything if c.sureness >= Sureness.LIKELY for number in c.numbers
        )
        self._possible = {
            n for c in everything if c.sureness >= Sureness.DOUBTFUL for n in c.numbers
        }

    def numbers_of(self, candidate: Candidate) -> tuple[tuple[int, ...], str]:
        """The notes that a candidate calls, none where it is no marker, and the doubt if any."""
        numbers, doubt = self._choice(candidate)
        self.called.update(numbers)
        self._highest = max([self._highest, *(n for n in numbers if n in self.known)])
        return numbers, doubt

    def _choice(self, candidate: Candidate) -> tuple[tuple[int, ...], str]:
        numbers, sureness = candidate.numbers, candidate.sureness
        if candidate.unknown_id:
            return (), f"marker {candidate.shown} has no note"
        if sureness is Sureness.NEVER:
            return (), self._left(candidate) if numbers[0] not in self._plain else ""
        parted = self._parted(candidate)
        if parted:
            return parted, f"“{candidate.shown}” was read as the markers {_list(parted)}"
        if sureness is Sureness.EXPLICIT:
            return numbers, ""
        if numbers[0] not in self.known:
            return self._without_note(candidate)
        if sureness is Sureness.SURE:
            return numbers, ""
        if sureness is Sureness.LIKELY:
            return self._likely(candidate)
        return self._doubtful(candidate)

    def _likely(self, candidate: Candidate) -> tuple[tuple[int, ...], str]:
        number = candidate.numbers[0]
        if not candidate.word[:1].isupper() or number == self._next() or self._plain[number] == 1:
            return candidate.numbers, ""
        shown = candidate.shown
        return (), f"“{shown}” was left as it is; if it calls note {number}, write [^{number}]"

    def _doubtful(self, candidate: Candidate) -> tuple[tuple[int, ...], str]:
        number = candidate.numbers[0]
        if number in self._plain or number in self.called:
            return (), ""
        if number == self._next():
            doubt = f"the {number} in “{candidate.shown}” was read as marker {number}"
            return candidate.numbers, doubt
        return (), self._left(candidate)

    def _without_note(self, candidate: Candidate) -> tuple[tuple[int, ...], str]:
        """A number that no note has: a forgotten note behind a sign or a plain word, else text."""
        number, word = candidate.numbers[0], candidate.word
        close = number <= (self._largest + _BEYOND if self.known else 60)
        plain_word = bool(self.known) and len(word) > 2 and word.islower()
        if close and (
            candidate.sureness is Sureness.SURE
            or (candidate.sureness is Sureness.LIKELY and plain_word)
        ):
            return candidate.numbers, ""
        return (), ""

    def _parted(self, candidate: Candidate) -> tuple[int, ...]:
        """Several numbers that lost their commas: "12" for 1 and 2, "1011" for 10 and 11."""
        if len(candidate.numbers) != 1 or candidate.shown[0] in "[\\":
            return ()
        number = candidate.numbers[0]
        digits = str(number)
        for length in range(1, len(digits)):
            first = int(digits[:length])
            run: list[int] = []
            joined = ""
            while len(joined) < len(digits):
                run.append(first + len(run))
                joined += str(run[-1])
            if joined != digits or not self.known.issuperset(run):
                continue
            elsewhere = any(n in self._possible or n in self.called for n in run)
            if number not in self.known or (first == self._next() and not elsewhere):
                return tuple(run)
        return ()

    def _left(self, candidate: Candidate) -> str:
        number = candidate.numbers[0]
        if number not in self.known or number in self.called:
            return ""
        return (
            f"“{candidate.shown}” was left as it is although note {number} is marked nowhere else; "
            f"if it is a marker, write [^{number}]"
        )

    def _next(self) -> int:
        """The note whose first call is due: the lowest above all that were called."""
        if self._highest + 1 in self.known:
            return self._highest + 1
        return min((n for n in self.known if n > self._highest), default=0)


def _cleaned(block: Block, chosen: Sequence[tuple[Candidate, tuple[int, ...]]]) -> Marked:
    """The text without the chosen markers; a space that stood before one goes with it."""
    pieces: list[str] = []
    hits: list[Hit] = []
    length = done = 0
    tail = ""
    for candidate, numbers in chosen:
        piece = block.text[done : candidate.start].rstrip(" ")
        pieces.append(piece)
        length += len(piece)
        tail = (tail + piece)[-400:]
        line, after = block.line_at(candidate.start), word_before(tail)
        sure = _SURE.get(candidate.sureness, Sure.GUESS)
        hits.extend(Hit(number, length, after, line, sure) for number in numbers)
        done = candidate.end
    pieces.append(block.text[done:])
    return Marked("".join(pieces), tuple(hits))


def word_before(text: str) -> str:
    text = _LINK_END.sub("", text)
    words = _LAST_WORD.search(text.rstrip(_EDGE + " \n"))
    return words.group().strip(_EDGE) if words else ""


def _list(numbers: Sequence[int]) -> str:
    return " and ".join([", ".join(map(str, numbers[:-1])), str(numbers[-1])])
