"""Statements that no "Petition to X:" announces: found by how people ask, always with a doubt."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from outreach.petitions.intake.blocks import Block
from outreach.petitions.intake.extent import chosen_below, rest_of
from outreach.petitions.intake.names import split_names
from outreach.petitions.intake.page import Page
from outreach.petitions.intake.phrases import Kind, addressee, bare
from outreach.petitions.intake.signed import CLOSING, DEAR, MOST_LETTERS, Statement, statement_of

_PLAIN_LABEL = re.compile(r"^(?:The\s+)?petition\s+to\s+([^:.!?]{1,80})$", re.IGNORECASE)
_UNDERSIGNED = re.compile(r"^[“\"*_]*(?:We|I),?\s+the\s+undersigned\b", re.IGNORECASE)
_DEMANDS = re.compile(
    r"^(?:(?:our|the|my)\s+(?:demands?|asks?|requests?|call)|what\s+(?:we|i)(?:['’]re|\s+are|['’]m|\s+am)?\s+"
    r"(?:want|need|demand|ask(?:ing)?(?:\s+for)?|calling\s+for)|(?:we|i)\s+(?:demand|ask|call\s+for)|the\s+petition)\s*:?$",
    re.IGNORECASE,
)
_ASKS = re.compile(
    r"^[“\"*_]*(?:(?:That|This)\s+is\s+why|Therefore|So),?\s+(?:we|I)\s+(?:\w+\s+){0,2}?_VERB"
    r"|^[“\"*_]*(?:We|I)(?:,\s[^,.]{3,90},|\s[^,.]{3,60}?)?\s+(?:(?:therefore|hereby|respectfully|strongly|are|am|"
    r"now|also|urgently)\s+)*_VERB".replace(
        "_VERB",
        r"(?:call(?:ing)?\s+(?:up)?on|urg(?:e|ing)|demand(?:ing)?|ask(?:ing)?|petition(?:ing)?|request(?:ing)?|"
        r"appeal(?:ing)?\s+to|implore|insist\s+that|want)\b",
    )
)
_SENTENCE = re.compile(
    r"(?:^|[.!?…”\"][0-9]*\s)((?:We|I)\s+(?:\w+\s+){0,2}?(?:(?:call|urge|demand|petition|ask)\b|"
    r"want\s+(?:\S+\s+){1,6}?to\b)[^.!?]{10,300}[.!?])"
)
_ASKED = re.compile(
    r"\b(?:call(?:ing)?\s+(?:up)?on|urg(?:e|ing)|ask(?:ing)?|demand(?:ing)?(?:\s+that)?|petition(?:ing)?|"
    r"request(?:ing)?(?:\s+that)?|appeal(?:ing)?\s+to)\s+(?P<to>(?:the\s+|our\s+)?[A-Z][\w.’'&-]*"
    r"(?:,?\s+(?:of|the|for|and|on|[A-Z][\w.’'&-]*)){0,9}?)\s+(?:to|not|must|that|should|immediately|[a-z]+(?:s|ly)?)\b"
)


def unannounced(page: Page) -> list[Statement]:
    """The statement of a page without a label, as a list of at most one."""
    for look in LOOKS:
        found = next(look(page), None)
        if found:
            return [found]
    return []


def _called(page: Page) -> Iterator[Statement]:
    """ "Sign the petition to X:" with the quoted words below it."""
    for index in page.of_kind(Kind.CALL):
        block = page.blocks[index]
        below = list(page.texts_from(index + 1))
        if block.phrase.rest or not below or page.blocks[below[0]].text[0] not in '“"«„>':
            continue
        to = block.phrase.to
        targets = split_names(to) if to and addressee(to) else []
        chosen = chosen_below(page, index, below)
        yield statement_of(page.at(chosen), targets, (index, *chosen))


def _below_plain_label(page: Page) -> Iterator[Statement]:
    texts = list(page.of_kind(Kind.TEXT))
    for index in texts[1:]:
        found = _PLAIN_LABEL.match(page.blocks[index].text)
        below = list(page.texts_from(index + 1)) if found else []
        if found and below and addressee(found[1]):
            chosen = chosen_below(page, index, below)
            yield statement_of(page.at(chosen), split_names(found[1]), (index, *chosen))


def _undersigned(page: Page) -> Iterator[Statement]:
    for index in page.of_kind(Kind.TEXT):
        block = page.blocks[index]
        if _UNDERSIGNED.match(block.text):
            page.doubt(block.line, "“We, the undersigned …” was read as the statement")
            more = rest_of(page, block, index + 1)
            yield statement_of(page.at([index, *more]), (), (index, *more))


def _dear(page: Page) -> Iterator[Statement]:
    greetings = (i for i in page.of_kind(Kind.TEXT) if DEAR.match(page.blocks[i].text))
    for index in islice(greetings, MOST_LETTERS):
        found = DEAR.match(page.blocks[index].text)
        if not found:
            continue
        letter = list(page.texts_from(index))
        closed = [i for i in letter if CLOSING.match(page.blocks[i].text)]
        if closed:
            line = page.blocks[index].line
            page.doubt(line, f"the letter to {found[1]} was read as the statement")
            whole = [i for i in letter if i <= closed[-1]]
            yield statement_of(page.at(whole), (), whole, split_names(found[1]))


def _demands(page: Page) -> Iterator[Statement]:
    """What stands below a line such as "Our demand"."""
    for index in page.of_kind(Kind.TEXT, Kind.HEADING):
        block = page.blocks[index]
        announces = len(block.text) < 60 and _DEMANDS.match(bare(block.text))
        below = list(page.texts_from(index + 1)) if announces else []
        if below:
            page.doubt(
                block.line, f"what stands below “{bare(block.text)}” was read as the statement"
            )
            first = page.blocks[below[0]]
            chosen = [below[0], *rest_of(page, first, below[0] + 1)]
            yield statement_of(page.at(chosen), (), (index, *chosen), _asked(first.text))


def _asking(page: Page) -> Iterator[Statement]:
    """The last paragraph that asks somebody for something: "We call on X to …"."""
    asking = [index for index in page.of_kind(Kind.TEXT) if _ASKS.match(page.blocks[index].text)]
    for index in reversed(asking):
        block = page.blocks[index]
        page.doubt(block.line, "the paragraph that asks was read as the statement")
        more = rest_of(page, block, index + 1)
        yield statement_of(page.at([index, *more]), (), (index, *more), _asked(block.text))


def _asking_sentence(page: Page) -> Iterator[Statement]:
    """A sentence within a paragraph that asks; it stays in the body, too."""
    for index in page.of_kind(Kind.TEXT):
        block = page.blocks[index]
        found = _SENTENCE.search(block.text)
        if found:
            page.doubt(block.line, f"“{found[1][:60]}…” was read as the statement")
            yield statement_of([_only(block, found.start(1), found[1])], (), (), _asked(found[1]))


def _said_at_button(page: Page) -> Iterator[Statement]:
    """ "Sign the petition: Tell X to stop", where nothing else is signed; it stays, too."""
    calls = [i for i in page.of_kind(Kind.CALL) if len(page.blocks[i].phrase.rest.split()) > 3]
    for index in reversed(calls):
        block = page.blocks[index]
        page.doubt(block.line, "the words behind “Sign the petition” were read as the statement")
        words = block.phrase.rest
        yield statement_of([_only(block, max(0, block.text.find(words)), words)], (), ())


def _only(block: Block, at: int, words: str) -> Block:
    return Block(block.phrase, words, ((0, block.line_at(at)),))


LOOKS = (
    _called, _below_plain_label, _undersigned, _dear, _demands, _asking, _asking_sentence,
    _said_at_button,
)  # fmt: skip


def _asked(text: str) -> list[str]:
    found = _ASKED.search(text)
    return split_names(found["to"].removeprefix("our ")) if found else []
