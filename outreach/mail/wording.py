"""Dates and numbers in the words of a language; English where a language is not known here.

Values are texts as a file or a form brought them. What is no date or no number stays as it is.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

NUMBER = re.compile(r"-?[0-9]+(\.[0-9]+)?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}(?=$|[T ])")


@dataclass(frozen=True, slots=True)
class Language:
    """How a language writes: months, a date as a pattern, thousands and decimals."""

    months: tuple[str, ...]
    pattern: str
    thousands: str
    decimal: str


def _language(months: str, pattern: str, thousands: str, decimal: str) -> Language:
    return Language(tuple(months.split()), pattern, thousands, decimal)


_ENGLISH = _language(
    "January February March April May June July August September October November December",
    "{day} {month} {year}",
    ",",
    ".",
)
LANGUAGES: Mapping[str, Language] = {
    "en": _ENGLISH,
    "de": _language(
        "Januar Februar März April Mai Juni Juli August September Oktober November Dezember",
        "{day}. {month} {year}", ".", ",",
    ),
    "fr": _language(
        "janvier février mars avril mai juin juillet août septembre octobre novembre décembre",
        "{first} {month} {year}", "\u202f", ",",
    ),
    "es": _language(
        "enero febrero marzo abril mayo junio julio agosto septiembre octubre noviembre diciembre",
        "{day} de {month} de {year}", ".", ",",
    ),
    "it": _language(
        "gennaio febbraio marzo aprile maggio giugno luglio agosto settembre ottobre novembre "
        "dicembre",
        "{day} {month} {year}", ".", ",",
    ),
    "nl": _language(
        "januari februari maart april mei juni juli augustus september oktober november december",
        "{day} {month} {year}", ".", ",",
    ),
    "pt": _language(
        "janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro",
        "{day} de {month} de {year}", ".", ",",
    ),
}  # fmt: skip


def is_date(text: str) -> bool:
    """Whether a text is a day of the calendar: 2026-01-31, or an instant that begins so."""
    return _day(text) is not None


def is_number(text: str) -> bool:
    """Whether a text is a plain number, such as 1234.5."""
    return NUMBER.fullmatch(text.strip()) is not None


def written_date(text: str, language: str) -> str:
    """31 January 2026, in a language's own order and words."""
    day = _day(text)
    if day is None:
        return text
    words = _of(language)
    first = "1er" if day.day == 1 else str(day.day)  # in French
    return words.pattern.format(
        day=day.day, first=first, month=words.months[day.month - 1], year=day.year
    )


def written_number(text: str, language: str) -> str:
    """1,234.5 with a language's own signs."""
    if not is_number(text):
        return text
    words = _of(language)
    whole, dot, decimals = text.strip().partition(".")
    grouped = re.sub(r"(?<=[0-9])(?=([0-9]{3})+$)", words.thousands, whole)
    return f"{grouped}{words.decimal if dot else ''}{decimals}"


def _of(language: str) -> Language:
    return LANGUAGES.get(language.split("-")[0].lower(), _ENGLISH)


def _day(text: str) -> date | None:
    found = _DATE.match(text.strip())
    try:
        return date.fromisoformat(found[0]) if found else None
    except ValueError:
        return None
