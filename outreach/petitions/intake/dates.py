"""Dates of publication as sources write them, turned into ISO as exact as they are known."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

_NAMES = {
    1: "january jan enero januar janvier",
    2: "february feb febrero februar février",
    3: "march mar marzo märz mars",
    4: "april apr abril avril",
    5: "may mayo mai",
    6: "june jun junio juni juin",
    7: "july jul julio juli juillet",
    8: "august aug agosto août",
    9: "september sept sep septiembre septembre",
    10: "october oct octubre oktober octobre",
    11: "november nov noviembre novembre",
    12: "december dec diciembre dezember décembre",
}
_MONTHS = {name: number for number, names in _NAMES.items() for name in names.split()}
_MONTH = "(?:" + "|".join(sorted(_MONTHS, key=len, reverse=True)) + r")\b\.?"
_YEAR = r"(?:1[5-9]|20)[0-9]{2}"
_ORDINAL = r"(?:st|nd|rd|th|er|º)?"
_I = re.IGNORECASE

YEAR = re.compile(rf"\b{_YEAR}\b")
_WRITTEN = re.compile(
    rf"\b(?P<m1>{_MONTH})\s*(?P<d1>[0-9]{{1,2}}){_ORDINAL}(?:\s?[-–]\s?[0-9]{{1,2}})?(?:,\s*|\s+)"
    rf"(?P<y1>{_YEAR})\b"
    rf"|\b(?P<d2>[0-9]{{1,2}}){_ORDINAL}\.?\s+(?:of\s+|de\s+)?(?P<m2>{_MONTH}),?\s+(?:de\s+)?"
    rf"(?P<y2>{_YEAR})\b"
    rf"|\b(?P<y3>{_YEAR})(?:,\s*|\s+)(?P<m3>{_MONTH})(?!\s+(?:[0-9]{{1,2}}{_ORDINAL},?\s+)?{_YEAR}\b)"
    rf"(?:\s+(?P<d3>[0-9]{{1,2}})\b)?"
    rf"|\b(?P<y4>{_YEAR})[-/](?P<m4>[0-9]{{1,2}})(?:[-/](?P<d4>[0-9]{{1,2}}))?(?![0-9/-])"
    rf"|\b(?P<m5>{_MONTH})(?:\s?[-–/]\s?{_MONTH})?,?\s+(?:de\s+)?(?P<y5>{_YEAR})\b",
    _I,
)
_NUMERIC = re.compile(rf"\b([0-9]{{1,2}})([/.])([0-9]{{1,2}})\2({_YEAR}|[0-9]{{2}})\b")
_TO_YEAR = rf"(?:\s?[-–/]\s?(?:{_YEAR}|[0-9]{{2}})\b)?"  # 2024/25, 2019–2020
_SEASON = re.compile(
    rf"\b(?:spring|summer|fall|autumn|winter)(?:,?\s+of)?,?\s+({_YEAR}){_TO_YEAR}\b", _I
)
_YEAR_ALONE = re.compile(
    rf"(?:^|(?<=[,.;(\[—–|])|(?<=[,.;(\[—–|] ))({_YEAR})[a-z]?{_TO_YEAR}(?=\s*(?:[,.;)\]:—–|]|$))"
)
_YEAR_LAST = re.compile(rf"(?<=\s)({_YEAR}){_TO_YEAR}(?=[\s.,;)]*$)")
_LOOKED_AT = re.compile(
    r"\(?\b(?:(?:last\s+)?(?:accessed|retrieved|visited|viewed|checked|consulted|reviewed)|as\s+of)\b"
    r"(?:\s+on)?:?\s*",
    _I,
)
_WEEKDAY = re.compile(
    r"\b(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?\b\.?,?\s*$", _I
)


@dataclass(frozen=True, slots=True)
class FoundDate:
    """A date: ISO text, the place in the searched text that it takes up, and a doubt if any."""

    iso: str
    start: int
    end: int
    doubt: str = ""


def full_date(text: str) -> bool:
    """Whether a text holds a date that is at least a month and a year."""
    return any(True for _ in _written_dates(text)) or bool(_NUMERIC.search(text))


def _written_dates(text: str) -> Iterator[re.Match[str]]:
    """The written dates; only what stands around a year is looked at, which is quick."""
    done = 0
    for year in YEAR.finditer(text):
        if year.end() <= done:
            continue
        start, end = max(done, year.start() - 34), year.end() + 18
        for found in _WRITTEN.finditer(text, start, end):
            done = found.end()
            yield found


def without_access_dates(text: str) -> str:
    """The text with "accessed 5 May 2019" blanked out: that is no date of publication."""
    for found in reversed(list(_LOOKED_AT.finditer(text))):
        when = _WRITTEN.match(text, found.end()) or _NUMERIC.match(text, found.end())
        end = when.end() if when else found.end()
        end += found.group()[0] == "(" and text[end : end + 1] == ")"
        text = text[: found.start()] + " " * (end - found.start()) + text[end:]
    return text


def find_date(text: str) -> FoundDate | None:
    """The date of publication in the words outside titles and addresses, or None."""
    best: FoundDate | None = None
    for found in _written_dates(text):
        here = _written(found, text)
        if here and (best is None or len(here.iso) > len(best.iso)):
            best = here
    if best and len(best.iso) == 10:
        return best
    numeric = _NUMERIC.search(text)
    if numeric and (here := _numeric(numeric)):
        return here
    if best:
        return best
    season = _SEASON.search(text)
    if season:
        return FoundDate(season[1], season.start(), season.end())
    alone = list(_YEAR_ALONE.finditer(text)) or list(_YEAR_LAST.finditer(text))
    return FoundDate(alone[-1][1], alone[-1].start(), alone[-1].end()) if alone else None


def _written(found: re.Match[str], text: str) -> FoundDate | None:
    parts = {k: v for k, v in found.groupdict().items() if v}
    year, month = _part(parts, "y"), _part(parts, "m")
    day = _part(parts, "d")
    number = int(month) if month.isdigit() else _MONTHS[month.lower().rstrip(".")]
    weekday = _WEEKDAY.search(text, max(0, found.start() - 12), found.start())
    start = weekday.start() if weekday else found.start()
    if not 1 <= number <= 12:
        return None
    iso = f"{year}-{number:02d}"
    if not day:
        return FoundDate(iso, start, found.end())
    if not _exists(int(year), number, int(day)):
        return FoundDate(iso, start, found.end(), f"there is no {found.group().strip()}")
    return FoundDate(f"{iso}-{int(day):02d}", start, found.end())


def _part(parts: dict[str, str], letter: str) -> str:
    return next((value for key, value in parts.items() if key[0] == letter), "")


def _numeric(found: re.Match[str]) -> FoundDate | None:
    first, mark, second, year = int(found[1]), found[2], int(found[3]), found[4]
    if len(year) == 2:
        year = ("20" if int(year) < 60 else "19") + year
    place = found.start(), found.end()
    day_first, month_first = (
        _exists(int(year), second, first),
        _exists(int(year), first, second) and mark == "/",
    )
    if day_first and month_first and first != second:
        return FoundDate(year, *place, f"{found.group()} may be read in two ways")
    if not day_first and not month_first:
        return None
    month, day = (first, second) if month_first else (second, first)
    return FoundDate(f"{year}-{month:02d}-{day:02d}", *place)


def _exists(year: int, month: int, day: int) -> bool:
    try:
        date(year, month, day)
    except ValueError:
        return False
    return True
