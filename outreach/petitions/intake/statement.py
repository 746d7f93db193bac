"""The words that are signed: behind "Petition to Amazon:", or in a letter "To: ... From: ..."."""

from __future__ import annotations

import re

from outreach.petitions.intake.blocks import Block
from outreach.petitions.intake.letters import letter_at
from outreach.petitions.intake.names import looks_like_name, split_names
from outreach.petitions.intake.page import Page, same_words
from outreach.petitions.intake.phrases import Kind, addressee, bare
from outreach.petitions.intake.signed import (
    CLOSING,
    GLUED,
    Statement,
    is_prose,
    statement_of,
    to_closing,
)

_OPENING = {"“": "”", '"': '"', "«": "»", "„": "“", "‘": "’"}
_MARKER_TAIL = r"(?:[0-9]{1,3}|\[\^?\w+\]|[¹²³⁴-⁹]+)?\W*$"
_UNDERSIGNED = re.compile(r"^[“\"*_]*(?:We|I),?\s+the\s+undersigned\b", re.IGNORECASE)
_DEAR = re.compile(r"^Dear\s+(.{1,120}?)\s*[,:]$")
_PLAIN_LABEL = re.compile(r"^(?:The\s+)?petition\s+to\s+([^:.!?]{1,80})$", re.IGNORECASE)
_HEADLINE_LENGTH = 140


def find_statement(page: Page) -> Statement | None:
    """The statement and its addressees; None where the text has none.

    Asked in this order: a label ("Petition to X:", "The petition to X reads:", "## Statement"),
    a letter ("To: ... From: ..."), a paragraph "We, the undersigned", a signed "Dear X,".
    """
    letter = next((s for i in page.of_kind(Kind.TO) if (s := letter_at(page, i))), None)
    labels = list(page.of_kind(Kind.LABEL))
    if labels and (len(labels) > 1 or letter) and _is_headline(page, labels[0]):
        labels = labels[1:]
    found = [s for i in labels if (s := _labelled(page, i))]
    if not found:
        found = [letter] if letter else _unannounced(page)
    if not found:
        return None
    first = _with_addressees(page, found[0])
    page.take(first.indexes)
    for other in found[1:]:
        if same_words(other.block.text, first.block.text):
            page.take(other.indexes)
        elif other.block.line > first.block.line:
            page.doubt(other.block.line, "a second statement was found; it was kept in the body")
    return first


def _with_addressees(page: Page, statement: Statement) -> Statement:
    """The statement with the targets of a "To:" line that stands elsewhere, if it names none."""
    lines = [i for i in page.of_kind(Kind.TO) if i not in statement.indexes]
    if statement.targets or not lines:
        return statement
    names = [n for i in lines for n in split_names(page.blocks[i].phrase.rest)]
    indexes = (*statement.indexes, *lines)
    return Statement(statement.block, tuple(dict.fromkeys(names)), indexes)


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
        return statement_of([first, *page.at(more)], targets, (index, *more))
    following = index + 1
    skipped = [index]
    while following < len(page.blocks) and page.blocks[following].kind is Kind.RULE:
        skipped.append(following)
        following += 1
    if following < len(page.blocks) and page.blocks[following].kind is Kind.TO:
        letter = letter_at(page, following)
        if letter:
            to = letter.targets or targets
            return Statement(letter.block, to, (*skipped, *letter.indexes))
    texts = list(page.texts_from(following))
    if not texts:
        return None
    chosen = _chosen(page, index, texts)
    return statement_of(page.at(chosen), targets, (*skipped, *chosen))


def _chosen(page: Page, label: int, texts: list[int]) -> list[int]:
    """How many of the paragraphs below a label are the statement.

    A quoted one goes to its closing quote; one that ends in a colon takes its list along; in
    Markdown a section is taken whole; a label below the body takes what is left.
    """
    first = page.blocks[texts[0]]
    chosen = [texts[0], *_rest_of(page, first, texts[0] + 1)]
    if len(chosen) > 1 or len(texts) == 1 or first.text[0] in _OPENING:
        return chosen
    if _DEAR.match(first.text):
        closed = to_closing(page, texts)
        return closed if len(closed) < len(texts) else texts[:2]
    if first.text.startswith(">"):
        return [i for i in texts if page.blocks[i].text.startswith(">")]
    after = texts[-1] + 1
    section = page.blocks[label].phrase.level > 0
    ends_in_heading = after < len(page.blocks) and page.blocks[after].kind in {
        Kind.HEADING, Kind.LABEL
    }  # fmt: skip
    body_before = any(is_prose(b) for b in page.blocks[:label])
    attached = not section and first.line == page.blocks[label].last_line + 1
    if (section and (ends_in_heading or body_before)) or (body_before and not attached):
        called = (i for i in texts[1:] if GLUED.search(page.blocks[i].text))
        end = next(called, after)
        chosen = [i for i in texts if i < end]
        if len(chosen) > 1 and not section:
            page.doubt(first.line, f"{len(chosen)} paragraphs were read as the statement")
    return chosen


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


def _unannounced(page: Page) -> list[Statement]:
    texts = list(page.of_kind(Kind.TEXT))
    for index in texts:
        found = _PLAIN_LABEL.match(page.blocks[index].text)
        below = list(page.texts_from(index + 1)) if found else []
        if found and below and addressee(found[1]) and index != texts[0]:
            chosen = _chosen(page, index, below)
            return [statement_of(page.at(chosen), split_names(found[1]), (index, *chosen))]
    for index in texts:
        block = page.blocks[index]
        if _UNDERSIGNED.match(block.text):
            page.doubt(block.line, "“We, the undersigned …” was read as the statement")
            more = _rest_of(page, block, index + 1)
            return [statement_of(page.at([index, *more]), (), (index, *more))]
    for index in texts:
        found = _DEAR.match(page.blocks[index].text)
        if not found:
            continue
        letter = list(page.texts_from(index))
        closed = [i for i in letter if CLOSING.match(page.blocks[i].text)]
        if closed:
            line = page.blocks[index].line
            page.doubt(line, f"the letter to {found[1]} was read as the statement")
            whole = [i for i in letter if i <= closed[-1]]
            return [statement_of(page.at(whole), split_names(found[1]), whole)]
    return []


def _with_text(block: Block, text: str) -> Block:
    """The block with only the end of its text."""
    cut = max(0, block.text.rfind(text))
    return Block(block.phrase, text, tuple((max(0, at - cut), line) for at, line in block.starts))
