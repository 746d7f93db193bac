"""Sources without quotes around their title: "Doe, J. (2018). Title. Publisher." and its like."""

from __future__ import annotations

import re

from outreach.petitions.intake.bylines import author_and_publisher
from outreach.petitions.intake.laws import is_law
from outreach.petitions.intake.names import looks_like_name, looks_like_person
from outreach.petitions.intake.words import PRESS_WORDS

_APA = re.compile(
    r"^([^()]{2,200}?)\s*\(\s*(?:n\.\s?d\.|[a-z]|[\s,.;]*)\s*\)\s*[.,:]?\s+(?![.,;]|pp?\.)(\S.*)$"
)
# Oakes D, Marsh P. Title. Journal. 2019;12(3):44-59.
_INITIALS = re.compile(
    r"^((?:[^\W\d_][\w’'-]+ [A-Z]{1,3}(?:,\s+|(?=\.)))+(?:et al)?)\.\s+(?=[A-Z])(.+)$"
)
# National Rivers Trust, State of Our Rivers (London: Tern Press, 2022), 14.
_IMPRINT = re.compile(r"\(\s*(?P<place>[^():;]{2,40}:)?\s*(?P<name>[^():;]*?)[\s,.]*\)")
_PAGE = re.compile(
    r"(?:,|\.)?\s+(?:at\s+)?(?:pp?\.\s?)?(?:[0-9]{1,3}|[ivxl]+)(?:[–-][0-9]+)?[\s.,;]*$"
)
_NAMED_PAGE = re.compile(
    r",?\s+(?:pp?\.|pages?|paras?\.?|§|ch\.|chapter|sec\.|section)\s?[0-9ivx–-]+[\s.,;]*$"
)
_SENTENCE = re.compile(
    r"(?<=[a-z)0-9]{2})(?<!\bSen)(?<!\bRep)(?<!\bGov)(?<!\bProf)(?<!\bGen)(?<!\bDr)(?<!\bMr)(?<!\bMrs)"
    r"([.?!])\s+(?=[A-Z0-9“(])"
)
# What calls itself a report is a title, however short; who published it is no such thing.
_WORK = re.compile(
    r"\b(?:reports?|survey|study|review|statistics|strategy|newsletter|minutes|budget|accounts|"
    r"yearbook|census|white\s+paper|briefing|factsheet|plan)\b(?:.*[0-9])?[^a-z]*$",
    re.IGNORECASE,
)
_BAR = re.compile(r"\s+[|–—-]\s+|\s+-$")
_COMMA = re.compile(r"\s*,\s+")
_TITLE_STARTS = frozenset({"how", "why", "what", "when", "where", "who", "is", "are", "can"})
_EMPTY = re.compile(r"[(\[][\s,;.]*[)\]]")

Parts = tuple[str | None, str | None, str | None]


def read_without_title_marks(text: str) -> Parts:
    """Author, title and publisher of a source whose title no quotes mark; the date is blanked."""
    if is_law(text):  # an act, a bill or a case is called by its whole name and number
        name = re.sub(r"\s+([.,;])", "", " ".join(_EMPTY.sub(" ", text).split()))
        return None, _clean(re.sub(r"[\s,]+\)", ")", name)), None
    found = _INITIALS.match(text) or _APA.match(text)
    if found:
        pieces = _sentences(_EMPTY.sub(" ", found.group(2)))
        publisher = _publisher(pieces[1]) if len(pieces) > 1 else None
        return _clean(found.group(1)), _without_page(pieces[0]), publisher
    imprint = _IMPRINT.search(text)
    if imprint and (imprint["place"] or imprint["name"]):
        author, title, publisher = _unprinted(text[: imprint.start()])
        if not imprint["place"] or imprint["name"]:
            author, publisher = author or publisher, _publisher(imprint["name"])
        return author, title, publisher
    return _unprinted(_EMPTY.sub(" ", text))


def _unprinted(text: str) -> Parts:
    """The same where no place and publisher stand in brackets."""
    pieces = [piece for piece in _sentences(_without_page(text) or "") if piece.strip(" .,;")]
    if len(pieces) >= 3:
        return _clean(pieces[0]), _clean(pieces[1]), _publisher(pieces[2])
    if len(pieces) == 2:
        return _two(pieces[0], pieces[1])
    return _commas(" ".join(pieces))


def _publisher(piece: str) -> str | None:
    return author_and_publisher("", piece)[1]


def _without_page(text: str) -> str | None:
    """A title without the page that stands behind it; a number alone is cut off where a date
    or a bracket stood between."""
    text = _NAMED_PAGE.sub("", text)
    return _clean(_PAGE.sub("", text) if re.search(r"\s{3,}", text) else text)


def _sentences(text: str) -> list[str]:
    parts = _SENTENCE.split(text)
    out = []
    for at in range(0, len(parts), 2):
        mark = parts[at + 1] if at + 1 < len(parts) else ""
        out.append(parts[at] + (mark if mark in "?!" else ""))
    return out


def _commas(text: str) -> Parts:
    barred = [piece for piece in _BAR.split(text) if piece.strip(" .,;")]
    if len(barred) > 1:
        return _two(", ".join(barred[:-1]), barred[-1])
    pieces = [piece for piece in _COMMA.split(text.strip(" .,;")) if piece.strip(" .,;")]
    if not pieces:
        return None, None, None
    paper, colon, title = pieces[0].partition(": ")
    if colon and len(pieces) == 1 and paper.split()[-1].lower() in PRESS_WORDS:
        return None, _clean(title), _clean(paper)
    if len(pieces) == 1:
        name = _clean(pieces[0])
        short = name is not None and len(name.split()) <= 3 and looks_like_name(name)
        return (None, None, name) if short else (None, name, None)
    if len(pieces) == 2:
        return _two(pieces[0], pieces[1])
    if looks_like_person(pieces[0]):
        return _clean(pieces[0]), _clean(", ".join(pieces[1:-1])), _clean(pieces[-1])
    if _is_short(pieces[0]):
        return None, _clean(", ".join(pieces[1:])), _clean(pieces[0])
    return None, _clean(", ".join(pieces[:-1])), _clean(pieces[-1])


def _two(first: str, second: str) -> Parts:
    if looks_like_person(first):
        return _clean(first), _clean(second), None
    if _WORK.search(first) and not _WORK.search(second):
        return None, _clean(first), _clean(second)
    if _is_short(first) and first.split()[0].lower() not in _TITLE_STARTS:
        return None, _clean(second), _clean(first)
    return None, _clean(first), _clean(second)


def _is_short(text: str) -> bool:
    return len(text.split()) <= 4 and looks_like_name(text.strip(" ."))


def _clean(text: str) -> str | None:
    text = re.sub(r"\.\s+\.", ".", " ".join(text.split()))
    text = re.sub(r"\s+([.,;])", r"\1", text).strip(' ,;:|–—*_“”"')
    return re.sub(r"(?<=[\w)]{2})\.$", "", text).strip() or None
