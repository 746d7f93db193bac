"""What was taken out of a statement and what was put in, word by word."""

from __future__ import annotations

from collections.abc import Iterator
from difflib import SequenceMatcher

from outreach.petitions.markup import without_markers

SAME, OUT, IN = "same", "del", "ins"


def changes(before: str, after: str) -> list[tuple[str, str]]:
    """Runs of words as (same, del or ins; the words), in the order of reading; [] where the words
    are the same. Markup of lists and emphasis counts as part of its word."""
    old, new = without_markers(before).split(), without_markers(after).split()
    return [] if old == new else list(_runs(old, new))


def _runs(old: list[str], new: list[str]) -> Iterator[tuple[str, str]]:
    for what, a, b, c, d in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if what == "equal":
            yield SAME, " ".join(old[a:b])
            continue
        if b > a:
            yield OUT, " ".join(old[a:b])
        if d > c:
            yield IN, " ".join(new[c:d])
