"""What surrounds the body: partners, the consent line, the thank-you."""

from __future__ import annotations

import re

from outreach.petitions.intake.findings import Sure
from outreach.petitions.intake.names import split_names
from outreach.petitions.intake.page import Page
from outreach.petitions.intake.phrases import Kind

_BULLET = re.compile(r"^(?:[-*+•‣▪·–]|[0-9]{1,2}[.)])\s+")
_SENTENCE = re.compile(r"[a-z]{3}[.!?]$")
_LONGEST_NAME = 90


def take_partners(page: Page) -> tuple[str, ...]:
    """The names below "Participating Organizations:", or behind "Partners:" on its line."""
    names: list[str] = []
    for index in list(page.of_kind(Kind.PARTNERS)):
        page.take([index])
        before = set(page.used)
        rest = page.blocks[index].phrase.rest
        if rest:
            names += split_names(rest.strip("*_ "))
        else:
            names += _names_below(page, index)
        rows = page.at(sorted({index, *(page.used - before)}))
        page.found("partners", rows, Sure.CERTAIN, "stands below its heading")
    return tuple(dict.fromkeys(names))


def take_consent(page: Page) -> str | None:
    """The consent line, its sentences joined where they stand in several paragraphs."""
    indexes = list(page.of_kind(Kind.CONSENT))
    texts = [page.blocks[i].text.strip("*_ ") for i in indexes]
    for index in list(page.of_kind(Kind.FIELD)):
        if page.blocks[index].phrase.to.startswith("consent"):
            below, text = _field(page, index)
            indexes += below
            texts.append(text)
    page.take(indexes)
    page.found("consent_line", page.at(indexes), Sure.LIKELY, "speaks of updates or consent")
    return " ".join(dict.fromkeys(t for t in texts if t)) or None


def take_thanks(page: Page) -> str | None:
    """The thank-you: the first paragraph that gives thanks for signing, or below its heading."""
    for index in list(page.of_kind(Kind.FIELD)):
        if page.blocks[index].phrase.to.startswith("thank"):
            below, text = _field(page, index)
            page.take(below)
            page.found("thanks", page.at(below), Sure.CERTAIN, "stands below its heading")
            return text or None
    for index in page.of_kind(Kind.THANKS):
        text = page.blocks[index].text.strip("*_ ")
        indexes = [index]
        following = index + 1
        if text.endswith((",", "—", "–")):  # a greeting: the names below belong to it
            last = page.blocks[index].last_line
            for other in page.texts_from(following):
                block = page.blocks[other]
                if block.line != last + 1 or len(block.text) > 60:
                    break
                text, last = f"{text}\n{block.text}", block.last_line
                indexes.append(other)
        page.take(indexes)
        page.found("thanks", page.at(indexes), Sure.LIKELY, "gives thanks for signing")
        return text
    return None


def _field(page: Page, index: int) -> tuple[list[int], str]:
    """The indexes and words of a field: on its own line, else in the paragraphs below it."""
    block = page.blocks[index]
    if block.phrase.rest:
        return [index], block.phrase.rest.strip("*_ ")
    below: list[int] = []
    for other in range(index + 1, len(page.blocks)):
        follower = page.blocks[other]
        same_part = follower.kind in {Kind.TEXT, Kind.THANKS, Kind.CONSENT}
        if not same_part or (below and not block.phrase.level):
            break
        below.append(other)
    return [index, *below], "\n\n".join(b.text for b in page.at(below))


def _names_below(page: Page, index: int) -> list[str]:
    """One name from each line of the list; a list with blank lines between goes on over them."""
    texts = list(page.texts_from(index + 1))
    names: list[str] = []
    last = page.blocks[index].last_line
    spaced = len(texts) > 1 and page.blocks[texts[1]].line > page.blocks[texts[0]].last_line + 1
    for count, at in enumerate(texts):
        block = page.blocks[at]
        apart = block.line > last + 1
        if apart and count > 0 and not spaced:
            break
        lines = [_BULLET.sub("", line).strip("*_ ") for line in block.text.split("\n")]
        if any(len(line) > _LONGEST_NAME or _SENTENCE.search(line) for line in lines):
            one_line = len(lines) == 1 and lines[0].count(",") + lines[0].count(";") > 1
            if count > 0 or not one_line:
                break
        if count == 0 and len(lines) == 1 and (lines[0].count(",") > 1 or ";" in lines[0]):
            page.take([at])
            return split_names(lines[0])
        names += [re.sub(r"[,;]?\s*(?:and|&)?$|[,;]$", "", line) for line in lines if line]
        page.take([at])
        last = block.last_line
    return names
