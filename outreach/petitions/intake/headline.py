"""The headline, the organisation above it, and whom the headline speaks to."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from outreach.petitions.intake.blocks import Block
from outreach.petitions.intake.dates import YEAR
from outreach.petitions.intake.findings import Sure
from outreach.petitions.intake.names import looks_like_name, split_names
from outreach.petitions.intake.page import Page, folded, same_words
from outreach.petitions.intake.phrases import Kind, addressee, bare
from outreach.petitions.intake.runs import unmarked
from outreach.petitions.intake.speaker import BYLINE, Title, organisation_of
from outreach.petitions.intake.words import IMPERATIVES

_TELL = re.compile(
    r"^(?:tell|urge|ask|call\s+on|demand|petition|message|dear)\s+(?:to\s+)?(?P<to>[^:]{1,120}?)\s*:",
    re.IGNORECASE,
)
_TELL_TO = re.compile(
    r"^(?:tell|urge|ask|call\s+on)\s+(?P<to>(?:[^\s,:]+\s+){1,6}?)(?:to|not\s+to|that)\s", re.I
)
_DEMAND = re.compile(r"^Demand\s+(?:that\s+)?(?P<to>(?:[A-Z][\w.’'&-]*\s+){1,4})[a-z]")
_VOCATIVE = re.compile(r"^(?P<to>[^,:!?]{1,60})\s*[,:]\s*(?P<verb>[\w’']+)")
_ADDRESSED = re.compile(
    r"^(?:an?\s+|the\s+|our\s+)?(?:open\s+letter|petition|message|appeal|letter)\s+to\s+"
    r"(?P<to>[^:.!?]{2,100})$",
    re.IGNORECASE,
)
_PREFIX = re.compile(r"^(?:the\s+)?petition\s*:\s+(?=\S)", re.IGNORECASE)
_MARKERS = re.compile(r"(?:(?<=[.!?])[0-9,]+|\[\^?\w+\]|\s|[¹²³⁴-⁹]+)+$")
_TWO_SENTENCES = re.compile(r"[a-z]{2}[.]\s+[“\"]?[A-Z]")
_LONGEST = 180
_TOP = 6  # how many title-like blocks may stand above the body


@dataclass(frozen=True, slots=True)
class Head:
    """The headline's block and words, the organisation, the targets read from the top."""

    index: int
    block: Block
    organisation: str | None
    targets: tuple[str, ...]


def find_head(page: Page, known_targets: Sequence[str]) -> Head | None:
    """The headline and what stands around it; None where no line above the body is a headline."""
    titles = _titles(page, known_targets)
    field = next((i for i in page.of_kind(Kind.FIELD) if _is_headline_field(page.blocks[i])), None)
    if field is not None:
        page.take([field])
        chosen = Title(field, page.blocks[field].phrase.rest, 9)
    else:
        best = _best(titles) or _further_down(page)
        if best is None:
            return None
        chosen = best
    page.take([chosen.index])
    block = _shortened(page.blocks[chosen.index], unmarked(chosen.text))
    page.found("headline", [block], *_how_sure(chosen, block))
    spoken_to = targets_of_headline(chosen.text)
    organisation = organisation_of(page, titles, chosen, known_targets or spoken_to)
    targets = list(known_targets) or _targets_at_top(page, titles, chosen)
    if not targets and (targets := spoken_to):
        page.found("targets", [block], Sure.LIKELY, "the headline speaks to them")
    _drop_repeats(page, chosen.text, organisation, targets)
    return Head(chosen.index, block, organisation, tuple(targets))


def targets_of_headline(headline: str) -> list[str]:
    """Whom a headline speaks to: "Tell X: ...", "Urge X to ...", "X, stop ...", else nobody."""
    for pattern in (_TELL, _TELL_TO, _DEMAND):
        found = pattern.match(headline)
        if found and addressee(found["to"]):
            return split_names(found["to"])
    found = _VOCATIVE.match(headline)
    if found and found["verb"].lower() in IMPERATIVES and looks_like_name(found["to"].strip()):
        first = found["to"].split()[0].lower()
        return split_names(found["to"]) if first not in IMPERATIVES else []
    return []


def _how_sure(chosen: Title, block: Block) -> tuple[Sure, str]:
    if block.kind is Kind.FIELD:
        return Sure.CERTAIN, "stands behind “Headline:”"
    if block.kind is Kind.HEADING and block.phrase.level == 1:
        return Sure.CERTAIN, "is the heading"
    if targets_of_headline(chosen.text):
        return Sure.LIKELY, "calls on somebody to act"
    if chosen.score >= 3:
        return Sure.LIKELY, "reads as a headline"
    return Sure.GUESS, "is the first line that may be one"


def _titles(page: Page, known_targets: Sequence[str]) -> list[Title]:
    """The title-like blocks above the body, scored."""
    out: list[Title] = []
    for index, block in enumerate(page.blocks):
        if block.kind in {Kind.TO, Kind.NOTES} or len(out) >= _TOP:
            break
        if block.kind is Kind.TEXT and index not in page.used:
            text = bare(block.text)
        elif block.kind in {Kind.HEADING, Kind.CALL, Kind.LABEL} and block.phrase.rest:
            text = bare(block.phrase.rest)
        elif block.kind is Kind.LABEL:
            break
        else:
            continue
        text = _PREFIX.sub("", text)
        if index in page.used or not text:
            break
        if not _may_be_title(text, block):
            break
        out.append(Title(index, text, _score(text, block, known_targets)))
    return out


def _may_be_title(text: str, block: Block) -> bool:
    if not text or len(text) > _LONGEST or block.is_list or "\n" in text:
        return False
    if block.kind is Kind.HEADING:
        return True
    text = _MARKERS.sub("", text)
    if _TWO_SENTENCES.search(text):
        return False
    return not text.endswith((".", ";", ",")) or _is_call(text)


def _is_call(text: str) -> bool:
    first = text.split()[0].lower().strip(":,")
    return len(text) < 120 and (first in IMPERATIVES or bool(targets_of_headline(text)))


def _score(text: str, block: Block, known_targets: Sequence[str]) -> int:
    words = text.split()
    score = 4 if block.kind is Kind.HEADING and block.phrase.level == 1 else 0
    score += 2 if block.kind in {Kind.CALL, Kind.LABEL} else 0
    score += 3 if targets_of_headline(text) else 0
    score += 2 if text.endswith("!") else 0
    score += 1 if text.endswith("?") else 0
    imperative = words[0].lower().strip(":,") in IMPERATIVES
    score += 1 if imperative and len(words) >= 3 else 0
    score += 1 if len(words) >= 6 else 0
    score += 1 if re.search(r"[:,]\s", text) else 0
    if looks_like_name(text, longest=5):
        score -= 1
    if any(same_words(text, target) for target in known_targets):
        score -= 9
    if _ADDRESSED.match(text):
        score -= 4
    if BYLINE.match(text):
        score -= 9
    if text.endswith("."):
        score -= 2
    return score


def _best(titles: Sequence[Title]) -> Title | None:
    """The first clear title, else the best.

    Of two equal ones that read as names the second, a lone name is none.
    """
    usable = [title for title in titles if title.score > -5]
    if not usable:
        return None
    for title in usable:
        if title.score >= 3 and not looks_like_name(title.text, longest=5):
            return title
    best = max(usable, key=lambda t: t.score)
    tied = [t for t in usable if t.score == best.score]
    names = [looks_like_name(t.text, longest=5) for t in tied]
    if len(tied) > 1 and names[0] and tied[0] is usable[0]:
        return tied[1]
    if names[0] and best.score < 0:
        return usable[1] if len(usable) > 1 else None
    return tied[0]


def _further_down(page: Page) -> Title | None:
    """A "Tell X: ...!" that stands alone below the first paragraphs."""
    for index in page.of_kind(Kind.TEXT, Kind.HEADING):
        text = bare(page.blocks[index].text)
        if len(text) <= _LONGEST and _TELL.match(text):
            return Title(index, text, 3)
    return None


def _targets_at_top(page: Page, titles: Sequence[Title], chosen: Title) -> list[str]:
    for index in page.of_kind(Kind.FIELD):
        phrase = page.blocks[index].phrase
        if phrase.to.startswith("target") and phrase.rest:
            page.take([index])
            page.found("targets", page.at([index]), Sure.CERTAIN, "stands behind “Target:”")
            return split_names(phrase.rest)
    for index in page.of_kind(Kind.CALL):
        to = page.blocks[index].phrase.to
        if to and addressee(to):
            page.found("targets", page.at([index]), Sure.CERTAIN, "stands behind “petition to”")
            return split_names(to)
    if targets_of_headline(chosen.text):
        return []
    for title in titles:
        found = _ADDRESSED.match(title.text)
        if found:
            page.take([title.index])
            where = page.at([title.index])
            page.found("targets", where, Sure.LIKELY, "is whom the title addresses")
            return split_names(found["to"])
    for title in titles:
        if YEAR.search(title.text):
            continue
        if title.index > chosen.index and title.index not in page.used:
            if looks_like_name(title.text) and len(title.text.split()) > 1:
                page.take([title.index])
                where = page.at([title.index])
                page.found("targets", where, Sure.GUESS, "is a name below the headline")
                return split_names(title.text)
            break
    return []


def _drop_repeats(
    page: Page, headline: str, organisation: str | None, targets: Sequence[str]
) -> None:
    """Marks what only repeats the headline, the organisation or, at the top, a target."""
    said = {folded(words) for words in [headline, organisation or "", *targets]} - {""}
    for index in page.of_kind(Kind.TEXT, Kind.HEADING, Kind.CALL):
        text = page.blocks[index].text
        if len(text) <= _LONGEST + 40 and folded(text) in said:
            page.take([index])


def _is_headline_field(block: Block) -> bool:
    return block.phrase.to in {"headline", "title"} and bool(block.phrase.rest)


def _shortened(block: Block, text: str) -> Block:
    return Block(block.phrase, text, ((0, block.line),))
