"""Notes that signs call instead of numbers: *, **, †, ‡, §, [i], [ii], (a)."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache

from outreach.petitions.intake.entries import citation_score
from outreach.petitions.intake.lines import Line
from outreach.petitions.intake.phrases import Kind, classify

_SIGN = r"\*{1,4}|†{1,3}|‡{1,3}|§{1,3}|¶{1,3}|[\[(](?:[ivxl]{1,6}|[a-z])[\])]"
_ENTRY = re.compile(rf"^(?P<sign>{_SIGN})[.:]?\s*(?P<text>[^\s*†‡§¶].*)$")
_EMPHASIS = re.compile(r"(?<![\w\\*])\*{1,3}(?=[^\s*])")
_GLUE = r"(?<=[\w.,;:!?”\"’'%)\]…»])"


def sign_notes(lines: Sequence[Line], taken: Iterable[int]) -> list[tuple[str, str, list[Line]]]:
    """Sign, words and lines of each note that a sign calls further up; lists of points are none.

    A sign stands once at the start of a line, and before that behind a word.
    """
    used = set(taken)
    starts = [
        (at, found["sign"], found["text"])
        for at, line in enumerate(lines)
        if line.text[:1] in "\\*†‡§¶[("
        and line.number not in used
        and (found := _ENTRY.match(line.text.replace("\\*", "*")))
    ]
    often = Counter(sign for _, sign, _ in starts)
    notes: list[tuple[str, str, list[Line]]] = []
    for position, (at, sign, text) in enumerate(starts):
        if often[sign] > 1 or not _is_called(sign, lines[:at]):
            continue
        if sign[0] in "[(" and citation_score(text) < 1:
            continue
        following = starts[position + 1][0] if position + 1 < len(starts) else len(lines)
        notes.append((sign, text, [lines[at], *_continued(lines[at + 1 : following])]))
    return notes


def calls_in(text: str, signs: frozenset[str]) -> Iterator[re.Match[str]]:
    """The places where signs call a note: behind a word or its full stop, closing no emphasis."""
    emphasis = [found.start() for found in _EMPHASIS.finditer(text)] if "*" in text else []
    for found in _pattern(signs).finditer(text):
        if found.group()[0] == "*" and emphasis and emphasis[0] < found.start():
            emphasis.pop(0)
        else:
            yield found


@lru_cache(maxsize=64)
def _pattern(signs: frozenset[str]) -> re.Pattern[str]:
    single = "|".join(
        (r"\s?" if sign[0] in "[(" else "") + "".join(rf"\\?{re.escape(char)}" for char in sign)
        for sign in sorted(signs, key=len, reverse=True)
    )
    return re.compile(rf"{_GLUE}(?:{single})(?![\w*†‡§¶])")


def _is_called(sign: str, above: Sequence[Line]) -> bool:
    signs = frozenset({sign})
    return any(any(calls_in(line.text, signs)) for line in above if sign[-1] in line.text)


def _continued(lines: Sequence[Line]) -> list[Line]:
    out: list[Line] = []
    for line in lines:
        if not line.text or classify(line.text).kind is not Kind.TEXT:
            break
        out.append(line)
    return out
