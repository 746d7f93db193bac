"""How far a statement goes: to its closing quote, over its list, to the end of its section."""

from __future__ import annotations

import re

from outreach.petitions.intake.blocks import Block
from outreach.petitions.intake.page import Page
from outreach.petitions.intake.phrases import Kind
from outreach.petitions.intake.signed import DEAR, GLUED, is_prose, to_closing

_OPENING = {"“": "”", '"': '"', "«": "»", "„": "“", "‘": "’"}
_MARKER_TAIL = r"(?:[0-9]{1,3}|\[\^?\w+\]|[¹²³⁴-⁹]+)?\W*$"


def chosen_below(page: Page, label: int, texts: list[int]) -> list[int]:
    """How many of the paragraphs below a label are the statement.

    A quoted one goes to its closing quote; one that ends in a colon takes its list along; in
    Markdown a section is taken whole; a label below the body takes what is left.
    """
    first = page.blocks[texts[0]]
    chosen = [texts[0], *rest_of(page, first, texts[0] + 1)]
    if len(chosen) > 1 or len(texts) == 1 or first.text[0] in _OPENING:
        return chosen
    if DEAR.match(first.text):
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


def rest_of(page: Page, first: Block, at: int) -> list[int]:
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
