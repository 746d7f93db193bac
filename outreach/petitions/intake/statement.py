"""The words that are signed: behind "Petition to Amazon:", or in a letter "To: ... From: ..."."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from itertools import islice

from outreach.petitions.intake.blocks import Block
from outreach.petitions.intake.extent import chosen_below, rest_of
from outreach.petitions.intake.findings import Sure
from outreach.petitions.intake.letters import letter_at
from outreach.petitions.intake.names import looks_like_name, split_names
from outreach.petitions.intake.page import Page, same_words
from outreach.petitions.intake.phrases import Kind, bare
from outreach.petitions.intake.signed import (
    MOST_LETTERS,
    Statement,
    statement_of,
)
from outreach.petitions.intake.unannounced import unannounced

_HEADLINE_LENGTH = 140


def find_statement(page: Page) -> Statement | None:
    """The statement and its addressees; None where the text has none.

    Asked in this order: a label ("Petition to X:", "The petition to X reads:", "## Statement"),
    a letter ("To: ... From: ..."), a paragraph "We, the undersigned", a signed "Dear X,".
    """
    found: list[Statement] = []
    letter = next(
        (s for i in islice(page.of_kind(Kind.TO), MOST_LETTERS) if (s := letter_at(page, i))), None
    )
    labels = list(page.of_kind(Kind.LABEL))
    if labels and (len(labels) > 1 or letter) and _is_headline(page, labels[0]):
        labels = labels[1:]
    elif len(labels) == 1 and not letter and _is_headline(page, labels[0]):
        found = [replace(s, announced=False) for s in unannounced(page)]
        labels = [] if found else labels
    found = found or [s for i in labels if (s := _labelled(page, i))]
    if not found:
        found = [letter] if letter else [replace(s, announced=False) for s in unannounced(page)]
    if not found:
        return None
    first = _with_addressees(page, found[0])
    certain = first.announced
    why = "stands behind the words that announce it" if certain else "reads as what is asked"
    page.found("statement", [first.block], Sure.CERTAIN if certain else Sure.GUESS, why)
    if first.targets:
        where = page.at(first.indexes[:1])
        page.found("targets", where, Sure.CERTAIN, "is whom the statement is addressed to")
    page.take(first.indexes)
    for other in found[1:]:
        if same_words(other.block.text, first.block.text):
            page.take(other.indexes)
        elif other.block.line > first.block.line:
            page.doubt(other.block.line, "a second statement was found; it was kept in the body")
    return first


def _with_addressees(page: Page, statement: Statement) -> Statement:
    """The statement with the targets of a "To:" line that stands elsewhere, if it names none, or if
    that line says the same name more exactly."""
    lines = [i for i in page.of_kind(Kind.TO) if i not in statement.indexes]
    if statement.targets:
        lines = [i for i in lines if _say_more(page.blocks[i].phrase.rest, statement.targets)]
    if not lines:
        return statement
    names = [n for i in lines for n in split_names(page.blocks[i].phrase.rest)]
    indexes = (*statement.indexes, *lines)
    return replace(statement, targets=tuple(dict.fromkeys(names)), indexes=indexes)


def _say_more(line: str, targets: Sequence[str]) -> bool:
    return all(target.casefold() in line.casefold() for target in targets)


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
        more = rest_of(page, first, index + 1)
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
    chosen = chosen_below(page, index, texts)
    return statement_of(page.at(chosen), targets, (*skipped, *chosen))


def _with_text(block: Block, text: str) -> Block:
    """The block with only the end of its text."""
    cut = max(0, block.text.rfind(text))
    return Block(block.phrase, text, tuple((max(0, at - cut), line) for at, line in block.starts))
