"""The words around a title: which of them name the author, which the publisher."""

from __future__ import annotations

import re

from outreach.petitions.intake.laws import is_law
from outreach.petitions.intake.names import looks_like_person

_LOCATOR = re.compile(
    r"^(?:pp?\.?\s*[A-Z]?[0-9]|pp?\.\s?[ivxlc]+\b|[0-9]{1,2}[:.][0-9]{2}\b|[ap]\.?m\b|introduced\b|reviewed\b|revised\b|"
    r"(?:press|news)\s+release\b|pages?\b|paras?\b|¶|§|at\s+[0-9]|vol\b|volume\b|no\.|issue\b|number\b|ch\.|"
    r"chapter\b|sec\.|section\b|tables?\b|figs?\b|figure\b|[0-9]+(?:st|nd|rd|th)\s+ed|ed\.|isbn\b|"
    r"doi\b|accessed\b|retrieved\b|last\b|archived\b|updated\b|available\b|video\b|audio\b|print\b|"
    r"online\b|n\.\s?d\b|no\s+date|undated|web$|[0-9][0-9:–-]*$|[\W_]*$)",
    re.IGNORECASE,
)
_CUT = re.compile(r"\s*[,;|]\s*|\s+[–—-]\s+|(?<=[a-z]{3})\.\s+(?=[A-Z“\"(]|$)")
_BY = re.compile(r"^(?:written\s+)?by\s+", re.IGNORECASE)
_IN = re.compile(
    r"^(?:published\s+(?:by|in)|in\s+the\s+journal|in|on|at|from|for|via|reported\s+(?:by|in))\s+"
    r"(?=[A-Z0-9“])"
)
_KIND = re.compile(
    r"^(?:(?:press|news|media)\s+(?:release|statement)|blog(?:\s+post)?|op-?ed|editorial|memo(?:randum)?|"
    r"report|letter|tweet|video|podcast|transcript|testimony|fact\s?sheet|working\s+paper)s?$",
    re.IGNORECASE,
)
_FOR = re.compile(
    r"^(?P<who>.+?)\s+(?:for|of|writing\s+(?:for|in))\s+(?:the\s+)?(?P<paper>[A-Z].+)$"
)
_THE = re.compile(r"^(?:in|on|at|from|for|via)\s+the\s+(?=[A-Z])")
_PLACE = re.compile(r"^[A-Z][\w. ]{1,30}(?:,\s[A-Z]{2})?:\s+(?=[A-Z])")
_VOLUME = re.compile(r"\s+(?:vol\.?\s*)?[0-9]+(?:\s?\([0-9–-]+\))?(?::\s?[0-9].*)?$", re.IGNORECASE)
_JOURNAL = re.compile(
    r"\bno\.\s?[0-9]|\bvol\.|[0-9]\s?\([0-9]+\)|:\s?[0-9]+[–-][0-9]+|\bpp\.", re.IGNORECASE
)
_WORD_STOP = re.compile(r"(?<![\w.])(?!(?:Inc|Ltd|eds)\.)[^\W\d]{3,}\.$")
_BRACKETS = re.compile(r"\(\s*([^()]*?)[\s,;]*\)")
_EMPTY_BRACKETS = re.compile(r"[(\[][\s,;.]*[)\]]")
_REMARK = re.compile(
    r"\[(?:video|audio|podcast|blog|pdf|online|press\s+release|letter|map)\]", re.I
)
_BY_IN = re.compile(r"^(?P<who>.+?)\s+(?:in|for|at)\s+(?:the\s+)?(?=[A-Z])(?P<paper>.+)$")
_LOOSE_COMMAS = re.compile(r"(?:\s*,){2,}")


def author_and_publisher(before: str, after: str) -> tuple[str | None, str | None]:
    """Author and publisher from the words before and after a title, the date already taken out.

    What follows the title is the publisher, and then what precedes it the author. With nothing
    after it the last name before it is the publisher, unless it is a person's.
    """
    before, after = _tidy(before), _tidy(after)
    author: str | None = None
    tail = _segments(after)
    if tail and _BY.match(tail[0]):
        author = _BY.sub("", tail.pop(0))
        if not tail and (both := _BY_IN.match(author)):
            author, tail = both["who"], [both["paper"]]
    if len(tail) > 1 and not (before or author) and _is_byline(tail):
        author = tail.pop(0)
    publisher = _publisher(tail[0], after) if tail else None
    if publisher is not None:
        return author or _author(before), publisher
    head = [piece for piece in _head_pieces(before) if piece]
    kept = [piece for piece in head if not (_KIND.match(piece) or is_law(piece))]
    if len(kept) < len(head):
        head, before = kept, ", ".join(kept)
    if not head:
        return author, None
    if len(head) > 1 and head[-1].startswith("@"):
        return head[-1], head[-2]
    written_for = _FOR.match(head[0]) if len(head) == 1 else None
    if written_for and looks_like_person(written_for["who"]):
        return written_for["who"], written_for["paper"]
    if author:
        return author, before
    if _all_people(before, head):
        return _author(before), None
    if len(head) == 1:
        return (_author(before), None) if _BY.match(before) else (None, before)
    if looks_like_person(head[-1]) and not looks_like_person(head[0]):
        return head[-1], ", ".join(head[:-1])
    return _author(", ".join(head[:-1])), head[-1]


def _is_byline(tail: list[str]) -> bool:
    """Whether a person, and then where it stood, follow a title: “Dust,” Jo Lee, The Post."""
    return looks_like_person(tail[0]) and not looks_like_person(tail[1])


def _head_pieces(before: str) -> list[str]:
    pieces = re.split(r"\s*,\s+|\s+[|–—]\s+|(?<=[a-z]{3})\.\s+", before)
    if len(pieces) > 1 and re.match(r"(?:Inc|Jr|Sr|LLC|Ltd|Co)\b", pieces[-1]):
        pieces[-2:] = [f"{pieces[-2]}, {pieces[-1]}"]
    return pieces


def _all_people(before: str, head: list[str]) -> bool:
    last = head[-1]
    if last.startswith(("and ", "& ")) or re.search(r"\bet al\b", last):
        return True
    halves = re.split(r"\s+(?:and|&)\s+", last)
    if len(head) == 2 and re.fullmatch(r"(?:[A-Z]\.[\s-]?)+", last):
        return True  # Doe, J.
    return all(looks_like_person(half) for half in halves) and (
        len(head) == 1 or all(looks_like_person(p) for p in head) or _BY.match(before) is not None
    )


def _author(text: str) -> str | None:
    text = _BY.sub("", text.strip(" ,;:—–|"))
    if _WORD_STOP.search(text):
        text = text[:-1]
    return text or None


def _publisher(segment: str, whole: str) -> str | None:
    name = _IN.sub("", _THE.sub("the ", segment).removeprefix("the ")).strip(" .:*_")
    name = _PLACE.sub("", name)
    if _JOURNAL.search(whole):
        name = _VOLUME.sub("", name)
    return name.strip(" .") or None


def _segments(after: str) -> list[str]:
    pieces = [piece.strip(" .") for piece in _CUT.split(after) if piece]
    return [piece for piece in pieces if piece and not _LOCATOR.match(piece)]


def _unbracketed(found: re.Match[str]) -> str:
    short = re.fullmatch(r"[A-Z][\w&.-]*[A-Z]\w*", found[1])  # Water Council (IWC)
    return found[0] if short else f", {found[1]},"


def _tidy(text: str) -> str:
    """The words without brackets that the date or address left empty, and without loose signs."""
    text = _REMARK.sub(" ", _EMPTY_BRACKETS.sub(" ", text))
    text = re.sub(r"\.\s+\.", ".", _BRACKETS.sub(_unbracketed, text))
    text = _LOOSE_COMMAS.sub(",", re.sub(r"\s+", " ", text)).strip(" ,;:|–—-*_")
    return re.sub(r"(?<=[\w)]{3})\.$", "", text) if not text.endswith(("Inc.", " Co.")) else text
