"""Sources without quotes around their title: "Doe, J. (2018). Title. Publisher." and its like."""

from __future__ import annotations

import re

from outreach.petitions.intake.bylines import author_and_publisher
from outreach.petitions.intake.names import looks_like_name, looks_like_person

_APA = re.compile(r"^([^()]{2,200}?)\s*\(\s*[^()]{0,20}\)\s*[.,]\s+(\S.*)$")
_SENTENCE = re.compile(r"(?<=[a-z)0-9]{2})([.?!])\s+(?=[A-Z0-9“(])")
_COMMA = re.compile(r"\s*,\s+")
_TITLE_STARTS = frozenset({"how", "why", "what", "when", "where", "who", "is", "are", "can"})
_EMPTY = re.compile(r"[(\[][\s,;.]*[)\]]")

Parts = tuple[str | None, str | None, str | None]


def read_without_title_marks(text: str) -> Parts:
    """Author, title and publisher of a source whose title no quotes mark; the date is blanked."""
    apa = _APA.match(text)
    if apa:
        pieces = _sentences(apa.group(2))
        _, publisher = author_and_publisher("", pieces[1]) if len(pieces) > 1 else (None, None)
        return _clean(apa.group(1)), _clean(pieces[0]), publisher
    text = _EMPTY.sub(" ", text)
    pieces = [piece for piece in _sentences(text) if piece.strip(" .,;")]
    if len(pieces) >= 3:
        return _clean(pieces[0]), _clean(pieces[1]), _clean(pieces[2])
    if len(pieces) == 2:
        return _two(pieces[0], pieces[1])
    return _commas(text)


def _sentences(text: str) -> list[str]:
    parts = _SENTENCE.split(text)
    out = []
    for at in range(0, len(parts), 2):
        mark = parts[at + 1] if at + 1 < len(parts) else ""
        out.append(parts[at] + (mark if mark in "?!" else ""))
    return out


def _commas(text: str) -> Parts:
    pieces = [piece for piece in _COMMA.split(text.strip(" .,;")) if piece.strip(" .,;")]
    if not pieces:
        return None, None, None
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
    if _is_short(first) and first.split()[0].lower() not in _TITLE_STARTS:
        return None, _clean(second), _clean(first)
    return None, _clean(first), _clean(second)


def _is_short(text: str) -> bool:
    return len(text.split()) <= 4 and looks_like_name(text.strip(" ."))


def _clean(text: str) -> str | None:
    text = text.strip(" ,;:|–—*_")
    return re.sub(r"(?<=[\w)]{2})\.$", "", text).strip() or None
