"""Letters as petitions close with them: "To: ... From: [Your Name]" and the words below."""

from __future__ import annotations

from outreach.petitions.intake.names import looks_like_name, split_names
from outreach.petitions.intake.page import Page
from outreach.petitions.intake.phrases import Kind
from outreach.petitions.intake.signed import (
    CLOSING,
    GLUED,
    Statement,
    is_prose,
    statement_of,
    to_closing,
)


def letter_at(page: Page, index: int) -> Statement | None:
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
    texts = _signed_part(page, index, texts)
    closing = page.blocks[texts[-1] + 1] if texts and texts[-1] + 1 < len(page.blocks) else None
    if closing is not None and closing.kind is Kind.FROM:
        indexes.append(texts[-1] + 1)
    if not texts or not names:
        return None
    return statement_of(page.at(texts), tuple(dict.fromkeys(names)), (*indexes, *texts))


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


def _signed_part(page: Page, index: int, texts: list[int]) -> list[int]:
    """The paragraphs of a letter that are signed: to its closing; at the top, to the body."""
    closed = to_closing(page, texts)
    if len(closed) < len(texts) or any(is_prose(b) for b in page.blocks[:index]):
        return closed
    for count, at in enumerate(texts[1:], start=1):
        text = page.blocks[at].text
        title = len(text) < 80 and text[-1].isalnum() and not CLOSING.match(text)
        if GLUED.search(text) or (title and not page.blocks[at].is_list):
            return texts[:count]
    return texts
