"""Who speaks: the organisation of a petition, near its headline."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.petitions.intake.findings import Sure
from outreach.petitions.intake.names import looks_like_name
from outreach.petitions.intake.page import Page, same_words
from outreach.petitions.intake.phrases import Kind

BYLINE = re.compile(
    r"^(?:(?:a|this)\s+)?(?:(?:petition|campaign|project)\s+(?:by|from|of)|by|from|started\s+by|"
    r"created\s+by|organi[sz]ed\s+by|sponsored\s+by|brought\s+to\s+you\s+by)[:\s]+"
    r"(?P<name>[^.!?:]{2,80})$",
    re.IGNORECASE,
)
_ANNOUNCES = re.compile(
    r"(?:an?\s+|the\s+)?(?:open\s+letter|petition|letter|appeal|call)\s+(?:to|for|against)\b", re.I
)
_SUBTITLE = re.compile(r"(?:why|what|how|who|when|where|about|background|the\s)\b", re.I)


@dataclass(frozen=True, slots=True)
class Title:
    """A block that may be the headline: its words and how much it looks like one."""

    index: int
    text: str
    score: int


def organisation_of(
    page: Page, titles: Sequence[Title], chosen: Title, targets: Sequence[str]
) -> str | None:
    """The organisation: behind its name, behind "by", or a name that stands near the headline."""
    for index in page.of_kind(Kind.FIELD):
        phrase = page.blocks[index].phrase
        if phrase.to.startswith("organi") and phrase.rest:
            page.take([index])
            page.found("organisation", page.at([index]), Sure.CERTAIN, "stands behind its name")
            return phrase.rest.strip("*_ ")
    for title in titles:
        found = BYLINE.match(title.text)
        if found:
            page.take([title.index])
            page.found("organisation", page.at([title.index]), Sure.CERTAIN, "stands behind “by”")
            return found["name"].strip()
    above = [t for t in titles if t.index < chosen.index and _is_name_line(t.text)]
    for title in above:
        repeated = same_words(title.text, chosen.text)
        if not repeated and not any(same_words(title.text, target) for target in targets):
            page.take([title.index])
            where = page.at([title.index])
            page.found("organisation", where, Sure.LIKELY, "is a name above the headline")
            return title.text
    return _organisation_below(page, titles, chosen, targets)


def _organisation_below(
    page: Page, titles: Sequence[Title], chosen: Title, targets: Sequence[str]
) -> str | None:
    """A name right below the headline that is no target's: "Save the library / Readers' League"."""
    below = next((t for t in titles if t.index > chosen.index), None)
    if below is None or not targets or not looks_like_name(below.text):
        return None
    block = page.blocks[below.index]
    said = any(same_words(below.text, other) for other in [chosen.text, *targets])
    if said or block.kind is not Kind.TEXT or _SUBTITLE.match(below.text):
        return None
    page.take([below.index])
    page.found("organisation", [block], Sure.GUESS, "is a name below the headline")
    page.doubt(block.line, f"“{below.text}” below the headline was read as the organisation")
    return below.text


def _is_name_line(text: str) -> bool:
    if _ANNOUNCES.match(text):
        return False
    return len(text) <= 70 and len(text.split()) <= 9 and not text.endswith((".", "!", "?", ":"))
