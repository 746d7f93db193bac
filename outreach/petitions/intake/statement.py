"""The words that are signed: behind "Petition to Amazon:", or in a letter "To: ... From: ..."."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.petitions.intake.blocks import Block, joined
from outreach.petitions.intake.names import looks_like_name, split_names
from outreach.petitions.intake.page import Page, same_words
from outreach.petitions.intake.phrases import Kind, addressee, bare

_OPENING = {"“": "”", '"': '"', "«": "»", "„": "“", "‘": "’"}
_MARKER_TAIL = r"(?:[0-9]{1,3}|\[\^?\w+\]|[¹²³⁴-⁹]+)?\W*$"
_GLUED = re.compile(r"[^\W\d_][.,;!?]?[”\"’']?[0-9]{1,3}(?=[\s.,;]|$)|\[\^?[0-9]+\]")
_CLOSING = re.compile(
    r"^(?:(?:yours\s+)?(?:sincerely|respectfully|faithfully|truly)(?:\s+yours)?|signed|regards|"
    r"(?:best|kind|warm)\s+regards|in\s+solidarity|(?:the\s+)?undersigned|"
    r"[\[(<_]+\s*(?:your\s+|first\s+|full\s+|last\s+)*(?:name|signature)s?(?:\s+here)?[^\w]*"
    r"|your\s+name(?:\s+here)?)[,.:\s]*$",
    re.IGNORECASE,
)
_UNDERSIGNED = re.compile(r"^[“\"*_]*(?:We|I),?\s+the\s+undersigned\b", re.IGNORECASE)
_DEAR = re.compile(r"^Dear\s+(.{1,120}?)\s*[,:]$")
_PLAIN_LABEL = re.compile(r"^(?:The\s+)?petition\s+to\s+([^:.!?]{1,80})$", re.IGNORECASE)
_PROSE_END = re.compile(r"\.[”\"’)\]]*(?:[0-9,¹²³⁴-⁹]+|\[\^?\w+\])*$")
_HEADLINE_LENGTH = 140


@dataclass(frozen=True, slots=True)
class Statement:
    """The signed words with their lines, to whom they go, and the blocks that they took."""

    block: Block
    targets: tuple[str, ...]
    indexes: tuple[int, ...]


def find_statement(page: Page) -> Statement | None:
    """The statement and its addressees; None where the text has none.

    Asked in this order: a label ("Petition to X:", "The petition to X reads:", "## Statement"),
    a letter ("To: ... From: ..."), a paragraph "We, the undersigned", a signed "Dear X,".
    """
    letter = next((s for i in page.of_kind(Kind.TO) if (s := _letter(page, i))), None)
    labels = list(page.of_kind(Kind.LABEL))
    if labels and (len(labels) > 1 or letter) and _is_headline(page, labels[0]):
        labels = labels[1:]
    found = [s for i in labels if (s := _labelled(page, i))]
    if not found:
        found = [letter] if letter else _unannounced(page)
    if not found:
        return None
    first = found[0]
    page.take(first.indexes)
    for other in found[1:]:
        if same_words(other.block.text, first.block.text):
            page.take(other.indexes)
        elif other.block.line > first.block.line:
            page.doubt(other.block.line, "a second statement was found; it was kept in the body")
    return first


def _is_headline(page: Page, index: int) -> bool:
    """Whether a label with short words behind it opens the page: "Petition: Save the library!"."""
    rest = page.blocks[index].phrase.rest
    before = [b for b in page.blocks[:index] if b.kind in {Kind.TEXT, Kind.HEADING}]
    if len(before) > 1 or not all(looks_like_name(bare(b.text)) for b in before):
        return False
    sentence = re.match(r"(?:We|I|You|Please)\b|[“\"«]", rest)
    return 0 < len(rest) <= _HEADLINE_LENGTH and not sentence


def _labelled(page: Page, index: int) -> Statement | None:
    label = page.blocks[index]
    targets = tuple(split_names(label.phrase.to)) if label.phrase.to else ()
    if label.phrase.rest:
        first = _with_text(label, label.phrase.rest)
        more = _rest_of(page, first, index + 1)
        return _statement([first, *page.at(more)], targets, (index, *more))
    following = index + 1
    skipped = [index]
    while following < len(page.blocks) and page.blocks[following].kind is Kind.RULE:
        skipped.append(following)
        following += 1
    if following < len(page.blocks) and page.blocks[following].kind is Kind.TO:
        letter = _letter(page, following)
        if letter:
            to = letter.targets or targets
            return Statement(letter.block, to, (*skipped, *letter.indexes))
    texts = list(page.texts_from(following))
    if not texts:
        return None
    chosen = _chosen(page, index, texts)
    return _statement(page.at(chosen), targets, (*skipped, *chosen))


def _chosen(page: Page, label: int, texts: list[int]) -> list[int]:
    """How many of the paragraphs below a label are the statement.

    A quoted one goes to its closing quote; one that ends in a colon takes its list along; in
    Markdown a section is taken whole; a label below the body takes what is left.
    """
    first = page.blocks[texts[0]]
    chosen = [texts[0], *_rest_of(page, first, texts[0] + 1)]
    if len(chosen) > 1 or len(texts) == 1 or first.text[0] in _OPENING:
        return chosen
    if first.text.startswith(">"):
        return [i for i in texts if page.blocks[i].text.startswith(">")]
    after = texts[-1] + 1
    section = page.blocks[label].phrase.level > 0
    ends_in_heading = after < len(page.blocks) and page.blocks[after].kind in {
        Kind.HEADING, Kind.LABEL
    }  # fmt: skip
    body_before = any(_is_prose(b) for b in page.blocks[:label])
    attached = not section and first.line == page.blocks[label].last_line + 1
    if (section and (ends_in_heading or body_before)) or (body_before and not attached):
        called = (i for i in texts[1:] if _GLUED.search(page.blocks[i].text))
        end = next(called, after)
        chosen = [i for i in texts if i < end]
        if len(chosen) > 1 and not section:
            page.doubt(first.line, f"{len(chosen)} paragraphs were read as the statement")
    return chosen


def _is_prose(block: Block) -> bool:
    """Whether a block is a paragraph of the body rather than a line of the page's top."""
    long = block.kind is Kind.TEXT and len(block.text) > 80
    return long and (len(block.text) > 180 or bool(_PROSE_END.search(block.text)))


def _rest_of(page: Page, first: Block, at: int) -> list[int]:
    """The paragraphs that a first one needs: up to its closing quote, or its list."""
    texts = list(page.texts_from(at))
    close = _OPENING.get(first.text[0])
    if close and first.text[0] != "‘":
        if _ends_quoted(first.text, close) or close in first.text[1:]:
            return []
        for count, index in enumerate(texts[:30], start=1):
            if _ends_quoted(page.blocks[index].text, close):
                return texts[:count]
        return []
    out: list[int] = []
    if first.text.rstrip("*_ ").endswith(":") or first.is_list:
        for index in texts:
            if not page.blocks[index].is_list:
                break
            out.append(index)
    return out


def _ends_quoted(text: str, close: str) -> bool:
    return bool(re.search(re.escape(close) + _MARKER_TAIL, text))


def _letter(page: Page, index: int) -> Statement | None:
    """The letter that a "To:" line opens: its addressees, and what stands below its "From:"."""
    names: list[str] = []
    at, indexes = index, [index]
    while at < len(page.blocks):
        block = page.blocks[at]
        if block.kind is Kind.TO:
            names += split_names(block.phrase.rest) if block.phrase.rest else []
        elif block.kind is Kind.FROM:
            indexes.append(at)
            at += 1
            break
        elif not (block.kind is Kind.TEXT and _is_address_line(page, at)):
            break
        else:
            names += split_names(block.text)
        indexes.append(at)
        at += 1
    while at < len(page.blocks) and page.blocks[at].kind is Kind.RULE:
        at += 1
    texts = list(page.texts_from(at))
    closing = page.blocks[texts[-1] + 1] if texts and texts[-1] + 1 < len(page.blocks) else None
    if closing is not None and closing.kind is Kind.FROM:
        indexes.append(texts[-1] + 1)
    if not texts or not names:
        return None
    return _statement(page.at(texts), tuple(dict.fromkeys(names)), (*indexes, *texts))


def _is_address_line(page: Page, at: int) -> bool:
    """Whether a short line between "To:" and "From:" is a further addressee."""
    ahead = page.blocks[at : at + 20]
    reaches = False
    for block in ahead:
        if block.kind is Kind.FROM:
            reaches = True
            break
        if block.kind not in {Kind.TEXT, Kind.TO} or len(block.text) > 100:
            break
    return reaches and looks_like_name(page.blocks[at].text.rstrip(",;"), longest=12)


def _unannounced(page: Page) -> list[Statement]:
    texts = list(page.of_kind(Kind.TEXT))
    for index in texts:
        found = _PLAIN_LABEL.match(page.blocks[index].text)
        below = list(page.texts_from(index + 1))
        if found and below and addressee(found[1]) and index != texts[0]:
            chosen = _chosen(page, index, below)
            return [_statement(page.at(chosen), split_names(found[1]), (index, *chosen))]
    for index in texts:
        block = page.blocks[index]
        if _UNDERSIGNED.match(block.text):
            page.doubt(block.line, "“We, the undersigned …” was read as the statement")
            more = _rest_of(page, block, index + 1)
            return [_statement(page.at([index, *more]), (), (index, *more))]
    for index in texts:
        found = _DEAR.match(page.blocks[index].text)
        if not found:
            continue
        letter = list(page.texts_from(index))
        closed = [i for i in letter if _CLOSING.match(page.blocks[i].text)]
        if closed:
            line = page.blocks[index].line
            page.doubt(line, f"the letter to {found[1]} was read as the statement")
            whole = [i for i in letter if i <= closed[-1]]
            return [_statement(page.at(whole), split_names(found[1]), whole)]
    return []


def _statement(
    blocks: Sequence[Block], targets: Sequence[str], indexes: Sequence[int]
) -> Statement:
    """The statement that some blocks are, without the greeting line of a signer at its end."""
    blocks = list(blocks)
    while len(blocks) > 1 and _CLOSING.match(blocks[-1].text):
        blocks.pop()
    texts = [b.text.lstrip("> ") if b.text.startswith(">") else b.text for b in blocks]
    texts[1:] = [t[1:] if t[0] == "“" and "”" not in t[:-1] else t for t in texts[1:]]
    return Statement(joined(blocks, texts), tuple(targets), tuple(indexes))


def _with_text(block: Block, text: str) -> Block:
    """The block with only the end of its text."""
    cut = max(0, block.text.rfind(text))
    return Block(block.phrase, text, tuple((max(0, at - cut), line) for at, line in block.starts))
