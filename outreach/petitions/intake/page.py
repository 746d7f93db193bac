"""The blocks of one text while its parts are taken from them, and the doubts met on the way."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from outreach.petitions.intake.blocks import Block
from outreach.petitions.intake.findings import Finding, Sure, finding
from outreach.petitions.intake.phrases import Kind, bare, classify

# What ends a statement, a thank-you or a list of partners that runs over several blocks.
STOPS = {
    Kind.HEADING, Kind.RULE, Kind.NOTES, Kind.LABEL, Kind.CALL, Kind.TO, Kind.FROM, Kind.FIELD,
    Kind.PARTNERS, Kind.RECOGNITION, Kind.BUTTON, Kind.CONSENT, Kind.THANKS,
}  # fmt: skip
_SIGNS = re.compile(r"[^\w]+")


@dataclass(slots=True)
class Page:
    """Blocks, the indexes of those that found their part, and doubts as (line, words)."""

    blocks: list[Block]
    used: set[int] = field(default_factory=set)
    doubts: list[tuple[int, str]] = field(default_factory=list)
    findings: dict[str, Finding] = field(default_factory=dict)

    def take(self, indexes: Iterable[int]) -> None:
        """Marks blocks as having found their part."""
        self.used.update(indexes)

    def at(self, indexes: Iterable[int]) -> list[Block]:
        """The blocks at these indexes."""
        return [self.blocks[i] for i in indexes]

    def of_kind(self, *kinds: Kind) -> Iterator[int]:
        """The indexes of the free blocks of these kinds, in order."""
        return (i for i, b in enumerate(self.blocks) if b.kind in kinds and i not in self.used)

    def texts_from(self, at: int) -> Iterator[int]:
        """The indexes of the free text blocks from one on, up to the next announced part."""
        for index in range(at, len(self.blocks)):
            if self.blocks[index].kind in STOPS:
                return
            if index not in self.used:
                yield index

    def found(self, part: str, blocks: Iterable[Block], sure: Sure, why: str) -> None:
        """Notes where a part was found and how sure that is."""
        self.findings[part] = finding(part, list(blocks), sure, why)

    def doubt(self, line: int, words: str) -> None:
        """Keeps a doubt for the person who reads the result."""
        self.doubts.append((line, words))


def same_words(one: str, other: str) -> bool:
    """Whether two texts are the same but for quotes, signs, capitals and a "Sign the petition:"."""
    return folded(one) == folded(other)


def folded(text: str) -> str:
    """A text's letters and digits alone, without a "Sign the petition:", for comparison."""
    text = bare(text)
    phrase = classify(text)
    if phrase.kind is Kind.CALL and phrase.rest:
        text = phrase.rest
    return _SIGNS.sub("", text).casefold()
