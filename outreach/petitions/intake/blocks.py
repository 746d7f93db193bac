"""Numbered lines gathered into blocks: paragraphs, lists and the lines that announce a part."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from itertools import pairwise

from outreach.petitions.intake.lines import Line
from outreach.petitions.intake.phrases import Kind, Phrase, classify

# These stand alone on their line; what follows without a blank line is another block.
_ALONE = {
    Kind.HEADING, Kind.RULE, Kind.NOTES, Kind.TO, Kind.FROM, Kind.RECOGNITION, Kind.BUTTON,
}  # fmt: skip
_SOFT = {Kind.CONSENT, Kind.THANKS}
_LIST_ITEM = re.compile(r"^(?:[-*+•‣▪◦·–]|\(?[0-9]{1,2}[.)]|\(?[a-z][.)])\s+\S")
_COMPLETE = re.compile(r"(?:[.!?:;…]|[.!?…,]?[”\"’')\]])[0-9,¹²³⁴-⁹\s*_]*(?:\[\^?\w+\])*$")
_SETEXT = re.compile(r"^(={3,}|-{3,})$")
_WIDEST = 120


@dataclass(frozen=True, slots=True)
class Block:
    """One stretch of text with what it is; `starts` pairs each line's offset with its number."""

    phrase: Phrase
    text: str
    starts: tuple[tuple[int, int], ...]

    @property
    def kind(self) -> Kind:
        """What the block is."""
        return self.phrase.kind

    @property
    def line(self) -> int:
        """The number of the line where the block starts."""
        return self.starts[0][1]

    @property
    def last_line(self) -> int:
        """The number of the last line of the block."""
        return self.starts[-1][1]

    @property
    def is_list(self) -> bool:
        """Whether the block is a list of items."""
        return bool(_LIST_ITEM.match(self.text))

    def line_at(self, offset: int) -> int:
        """The number of the line on which a character of the text stood."""
        return self.starts[max(0, bisect_right(self.starts, (offset, 1 << 60)) - 1)][1]


def gather_blocks(lines: Sequence[Line], consumed: Collection[int]) -> list[Block]:
    """The blocks of a text; lines that belong to the notes (by number) become one NOTES block."""
    width = _wrap_width(lines)
    blocks: list[Block] = []
    group: list[Line] = []

    def flush() -> None:
        if group:
            listing = bool(blocks) and _opens_list(blocks[-1].phrase)
            blocks.extend(_blocks_of_group(group, width, listing))
            group.clear()

    for line in lines:
        if line.number in consumed:
            flush()
            if not blocks or blocks[-1].kind is not Kind.NOTES:
                blocks.append(Block(Phrase(Kind.NOTES), "", ((0, line.number),)))
        elif not line.text.strip("> "):
            flush()
        else:
            group.append(line)
    flush()
    return blocks


def joined(blocks: Sequence[Block], texts: Sequence[str]) -> Block:
    """Several blocks as one, their (possibly shortened) texts a blank line apart."""
    starts: list[tuple[int, int]] = []
    offset = 0
    for block, text in zip(blocks, texts, strict=True):
        cut = max(0, len(block.text) - len(text)) if block.text.endswith(text) else 0
        starts.extend((offset + max(0, at - cut), number) for at, number in block.starts)
        offset += len(text) + 2
    return Block(Phrase(Kind.TEXT), "\n\n".join(texts), tuple(starts))


def with_setext_headings(lines: Sequence[Line]) -> list[Line]:
    """The lines, with "Headline / ========" turned into "# Headline"."""
    out: list[Line] = []
    for line in lines:
        found = _SETEXT.match(line.text)
        stands_alone = out and out[-1].text and (len(out) < 2 or not out[-2].text)
        plain = stands_alone and not out[-1].text.startswith("#") and len(out[-1].text) < 160
        if found and plain and not out[-1].text.endswith("."):
            title = out.pop()
            level = "#" if line.text[0] == "=" else "##"
            out.append(Line(title.number, f"{level} {title.text}", title.raw, title.indent))
            out.append(Line(line.number, "", "", 0))
        else:
            out.append(line)
    return out


def _wrap_width(lines: Sequence[Line]) -> int:
    """The width at which the text was wrapped by hand, or 0 where each line is a paragraph."""
    inner = [
        a.text
        for a, b in pairwise(lines)
        if a.text and b.text and classify(a.text).kind not in _ALONE and len(a.text) >= 40
    ]
    if not inner or max(map(len, inner)) > _WIDEST:
        return 0
    broken = sum(not _COMPLETE.search(text) for text in inner)
    return max(map(len, inner)) if broken * 3 >= len(inner) else 0


def _opens_list(phrase: Phrase) -> bool:
    return phrase.kind is Kind.PARTNERS and not phrase.rest


def _blocks_of_group(group: Sequence[Line], width: int, listing: bool) -> list[Block]:
    """The blocks of lines without a blank between; in a listing each line is a name by itself."""
    blocks: list[Block] = []
    rows: list[Line] = []
    for line in group:
        if rows and (listing or not _continues(rows, line, width)):
            blocks.append(_block(rows))
            listing = listing or _opens_list(blocks[-1].phrase)
            rows = []
        rows.append(line)
    blocks.append(_block(rows))
    return blocks


def _continues(rows: Sequence[Line], line: Line, width: int) -> bool:
    """Whether a line goes on with the block that the rows before it began."""
    before, here = classify(rows[0].text), classify(line.text)
    last = rows[-1].text
    if before.kind is Kind.TO and before.rest:
        return here.kind is Kind.TEXT and rows[0].indent + 2 <= line.indent and len(line.text) < 80
    if before.kind in _ALONE or before.kind is Kind.PARTNERS:
        return False
    if before.kind in {Kind.LABEL, Kind.CALL, Kind.FIELD} and not before.rest:
        return False
    if here.kind in _SOFT:
        return not _COMPLETE.search(last) and len(last) >= 40
    if here.kind is not Kind.TEXT:
        return False
    if _LIST_ITEM.match(rows[0].text):
        return True
    if _LIST_ITEM.match(line.text):
        return False
    if line.text.startswith(">") != last.startswith(">"):
        return False
    return _was_wrapped(last, line.text, width)


def _was_wrapped(last: str, text: str, width: int) -> bool:
    first_word = text.split(maxsplit=1)[0]
    if text[0].islower() or text[0] in ",;.)”’":
        return True
    if not _COMPLETE.search(last) and len(last) >= 40:
        return True
    return width > 0 and len(last) + 1 + len(first_word) > width * 0.85


def _goes_on(name: str, text: str) -> bool:
    """Whether a line of addressees is the rest of a name that was too long for the line above."""
    begins = text[0].islower() and not text.startswith("the ")
    return begins or name.rsplit(maxsplit=1)[-1].islower()


def _block(rows: Sequence[Line]) -> Block:
    text = ""
    starts: list[tuple[int, int]] = []
    quoted = rows[0].text.startswith(">")
    is_address = len(rows) > 1 and classify(rows[0].text).kind is Kind.TO
    for row in rows:
        piece = row.text.lstrip("> ") if quoted and text else row.text
        if text and is_address and not _goes_on(text, piece):
            text = text.rstrip(",;") + "; "
        elif text:
            text += "\n" if _LIST_ITEM.match(piece) else " "
        starts.append((len(text), row.number))
        text += piece
    return Block(classify(text), text, tuple(starts))
