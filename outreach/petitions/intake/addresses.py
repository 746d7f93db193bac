"""Web addresses in a note: the first one, whole with its brackets, without the sentence's end."""

from __future__ import annotations

import re
from dataclasses import dataclass

_URL = re.compile(r"<?((?:https?://|www\.)[^\s<>“”\"]+)>?", re.IGNORECASE)
_BARE = re.compile(
    r"(?<![\w@./-])((?:[a-z0-9-]+\.){1,4}(?:com|org|net|gov|edu|int|io|info|co|uk|eu|us|ca|de|fr|au)"
    r"/[^\s<>“”\",;]+)",
    re.IGNORECASE,
)
_MARKDOWN = re.compile(r"\[([^\[\]]{1,500})\]\((<?[^\s()<>]+(?:\([^\s()<>]*\)[^\s()<>]*)*>?)\)")
_ARCHIVE = re.compile(r"//(?:web\.)?archive\.|//perma\.cc", re.IGNORECASE)
_CALLED = re.compile(
    r"(?:[\[(<]|\b(?:available\s+(?:at|from|online)|retrieved\s+from|accessible\s+at|online\s+at|"
    r"found\s+at|archived\s+(?:at|from)|url|doi|at|from|see)\b:?)[\s:]*$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Address:
    """One web address and the stretch of the text that it takes up, its lead-in included."""

    url: str
    start: int
    end: int

    @property
    def is_archive(self) -> bool:
        """Whether it is an archived copy of something else."""
        return bool(_ARCHIVE.search(self.url))


def find_addresses(text: str) -> list[Address]:
    """The addresses of a text, in order; `www.` and bare ones get "https://"."""
    found = [_trimmed(text, m.start(), m.start(1), m.group(1)) for m in _URL.finditer(text)]
    if not found and "/" in text:
        found = [_trimmed(text, m.start(), m.start(1), m.group(1)) for m in _BARE.finditer(text)]
    return found


def without_markdown_links(text: str) -> tuple[str, str | None]:
    """The text with the first `[words](address)` turned into its words, and that address.

    Words that stand alone in the link become a quoted title where nothing else is quoted.
    """
    link = _MARKDOWN.search(text)
    if not link:
        return text, None
    words, url = link.group(1), link.group(2).strip("<>")
    if not re.match(r"https?://|www\.", url, re.IGNORECASE):
        return text, None
    if re.match(r"https?://|www\.", words, re.IGNORECASE):
        words = ""
    elif not re.search(r"[“\"«]", text):
        words = f"“{words.strip('*_')}”"
    return text[: link.start()] + words + text[link.end() :], url


def blanked(text: str, address: Address) -> str:
    """The text with an address, its brackets and its lead-in ("available at") blanked out."""
    before = _CALLED.search(text, 0, address.start)
    start = before.start() if before else address.start
    end = address.end
    if end < len(text) and text[end] in ")>]":
        end += 1
    return text[:start] + " " * (end - start) + text[end:]


def _trimmed(text: str, outer: int, start: int, url: str) -> Address:
    while url:
        last = url[-1]
        loose_round = last == ")" and url.count(")") > url.count("(")
        loose_square = last == "]" and url.count("]") > url.count("[")
        if not (last in ".,;:!?'’”\"*_»" or loose_round or loose_square):
            break
        url = url[:-1]
    end = start + len(url)
    full = url if url[:4].lower() == "http" else f"https://{url}"
    return Address(full, outer, end)
