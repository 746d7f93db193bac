"""How a source is written as a note: in the house's style, or in that of the Chicago manual."""

from __future__ import annotations

import calendar
import re
from typing import Protocol

PASTED, HOUSE, CHICAGO = "pasted", "house", "chicago"
IBID, SHORT = "ibid", "short"  # how a source that was cited before is written
STYLES = {
    PASTED: "As it was pasted",
    HOUSE: "Publisher, “Title,” Month D, YYYY. A repeated source keeps its number",
    CHICAGO: "Chicago notes: Author, “Title,” Publisher, Month D, YYYY. A repeated one is “Ibid.”",
}
_LOCATOR = re.compile(
    r"\b(?:pp?|paras?|secs?|sections?|chap(?:ter)?s?|art|agenda item|table|fig(?:ure)?|nn?|vol)\.?"
    r"\s?(?=[\divxlc])[\w.]*\w(?:\s?[–-]\s?\w+|,\s?\d+(?!\d*,?\s*(?:19|20)\d\d))*|§+\s?[\w.()-]*\w",
    re.IGNORECASE,
)
_STRAIGHT = re.compile(r'"([^"]*)"')
_MAIN = re.compile(r"[:—–]\s|[?!.]\s")


class Parts(Protocol):
    """What is known of a source (models.Source, citations.Note)."""

    @property
    def author(self) -> str | None: ...
    @property
    def title(self) -> str | None: ...
    @property
    def publisher(self) -> str | None: ...
    @property
    def published_on(self) -> str | None: ...


def full(parts: Parts, style: str = HOUSE, locator: str = "") -> str:
    """The whole note. Both styles begin with the author; without one, the house's with the
    publisher, Chicago's with the title."""
    title = _title(parts.title) if parts.title else ""
    publisher = f"{parts.publisher}," if parts.publisher else ""
    author = f"{listed(parts.author)}," if parts.author else ""
    first = [publisher, title] if style != CHICAGO and not author else [author, title, publisher]
    date = f"{written_date(parts.published_on)}," if parts.published_on else ""
    return closed(" ".join(part for part in (*first, date, locator) if part))


def short(parts: Parts, locator: str = "") -> str:
    """A source that was cited before, as Chicago repeats it: Okafor, “What a Stamp Costs,” 14."""
    title = _MAIN.split(parts.title or "", maxsplit=1)[0]
    name = names(parts.author)[0].split()[-1] if parts.author else parts.publisher or ""
    said = (f"{name}," if name else "", _title(title) if title else "", locator)
    return closed(" ".join(part for part in said if part))


def ibid(locator: str = "") -> str:
    """The source of the note just before."""
    return f"Ibid., {locator}." if locator else "Ibid."


def names(author: str | None) -> list[str]:
    """The authors of a source, one by one."""
    return [name.strip() for name in (author or "").split(";") if name.strip()]


def listed(author: str | None) -> str:
    """The authors as a note lists them: A; A and B; A, B, and C; from four on A et al."""
    found = names(author)
    if len(found) > 3:
        return f"{found[0]} et al."
    if len(found) == 3:
        return f"{found[0]}, {found[1]}, and {found[2]}"
    return " and ".join(found)


def locator(raw: str, title: str | None) -> str:
    """Pages, sections and the like that a pasted note names behind its source."""
    rest = raw.replace(title, " ") if title else raw
    return ", ".join(found[0].strip() for found in _LOCATOR.finditer(rest))


def closed(line: str) -> str:
    """The line with a full stop where its last comma stands, or where nothing does."""
    found = re.fullmatch(r"(.*?)([,;:]?)([”’\"')]*)", line)
    if found is None or not line or found[1].endswith((".", "?", "!")):
        return line
    inside = found[2] or not found[3]
    return f"{found[1]}.{found[3]}" if inside else f"{line}."


def written_date(iso: str) -> str:
    """March 5, 2026; March 2026; 2026."""
    year, *rest = (int(part) for part in iso.split("-"))
    if not rest:
        return str(year)
    month = calendar.month_name[rest[0]]
    return f"{month} {rest[1]}, {year}" if len(rest) == 2 else f"{month} {year}"


def _title(title: str) -> str:
    inner = _STRAIGHT.sub(r"‘\1’", title.replace("“", "‘").replace("”", "’"))
    return f"“{inner}{'' if inner.endswith(('?', '!')) else ','}”"
