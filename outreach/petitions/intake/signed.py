"""Signed words: what they are made of, and where they end."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.petitions.intake.blocks import Block, joined
from outreach.petitions.intake.page import Page
from outreach.petitions.intake.phrases import Kind

GLUED = re.compile(
    r"[^\W\d_][.,;!?]?[”\"’']?[0-9]{1,3}(?=[\s.,;]|$)|\[\^?[0-9]+\]|\s\([0-9]{1,3}\)[.,;]"
)
CLOSING = re.compile(
    r"^(?:(?:yours\s+)?(?:sincerely|respectfully|faithfully|truly)(?:\s+yours)?|signed|regards|"
    r"(?:best|kind|warm)\s+regards|in\s+solidarity|(?:the\s+)?undersigned|"
    r"[\[(<_]+\s*(?:your\s+|first\s+|full\s+|last\s+)*(?:name|signature)s?(?:\s+here)?[^\w]*"
    r"|your\s+name(?:\s+here)?)[,.:\s]*$",
    re.IGNORECASE,
)
MOST_LETTERS = 20  # that one page is searched for
DEAR = re.compile(r"^Dear\s+(.{1,120}?)\s*[,:]$")
_PROSE_END = re.compile(r"\.[”\"’)\]]*(?:[0-9,¹²³⁴-⁹]+|\[\^?\w+\])*$")


@dataclass(frozen=True, slots=True)
class Statement:
    """The signed words with their lines, to whom they go, and the blocks that they took.

    `guessed` are targets to fall back on where nothing else of the page names one.
    """

    block: Block
    targets: tuple[str, ...]
    indexes: tuple[int, ...]
    guessed: tuple[str, ...] = ()
    announced: bool = True


def statement_of(
    blocks: Sequence[Block],
    targets: Sequence[str],
    indexes: Sequence[int],
    guessed: Sequence[str] = (),
) -> Statement:
    """The statement that some blocks are, without the greeting line of a signer at its end."""
    blocks = list(blocks)
    while len(blocks) > 1 and CLOSING.match(blocks[-1].text):
        blocks.pop()
    texts = [b.text.lstrip("> ") if b.text.startswith(">") else b.text for b in blocks]
    texts[1:] = [t[1:] if t[0] == "“" and "”" not in t[:-1] else t for t in texts[1:]]
    return Statement(joined(blocks, texts), tuple(targets), tuple(indexes), tuple(guessed))


def is_prose(block: Block) -> bool:
    """Whether a block is a paragraph of the body rather than a line of the page's top."""
    long = block.kind is Kind.TEXT and len(block.text) > 80
    return long and (len(block.text) > 180 or bool(_PROSE_END.search(block.text)))


def to_closing(page: Page, texts: list[int]) -> list[int]:
    """The paragraphs up to a "Sincerely, [Your Name]", all of them where there is none."""
    for count, at in enumerate(texts):
        if count and CLOSING.match(page.blocks[at].text):
            end = count + 1
            while end < len(texts) and CLOSING.match(page.blocks[texts[end]].text):
                end += 1
            return texts[:end]
    return texts
