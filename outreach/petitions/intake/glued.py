"""Digits glued to other digits and words: where the number of a note may begin in them."""

from __future__ import annotations

import re

from outreach.petitions.intake.compounds import is_compound

WORD = re.compile(r"[^\W\d_]+(?:[’'.-][^\W\d_]+)*$")


def after_year(text: str, start: int, end: int) -> int | None:
    """Where the marker begins in "in 20183": behind a year, or behind "COVID-19"."""
    digits = text[start:end]
    if text[start - 1].isspace() and 5 <= len(digits) <= 6 and re.match(r"(?:19|20)", digits):
        return start + 4 if free_behind(text, end) and digits[4] != "0" else None
    covid = text[max(0, start - 6) : start].lower() == "covid-" and digits.startswith("19")
    if covid and 3 <= len(digits) <= 4 and free_behind(text, end) and digits[2] != "0":
        return start + 2
    return None


def after_compound(text: str, start: int, end: int, known: frozenset[int]) -> int | None:
    """Where the marker begins in "CO23": behind a word that has a digit of its own."""
    found = WORD.search(text, max(0, start - 40), start)
    tail = re.split(r"[.’'-]", found.group())[-1] if found else ""
    for cut in range(start + 1, end):
        if is_compound(tail, text[start:cut]) and text[cut] != "0" and int(text[cut:end]) in known:
            return cut
    return None


def free_behind(text: str, end: int) -> bool:
    """Whether nothing behind the digits makes them part of a number, a unit or a word."""
    after = text[end] if end < len(text) else " "
    beyond = text[end + 1] if end + 1 < len(text) else " "
    if after.isalnum() or after in "%°/$€£\\=+#@&":
        return False
    if after in ".:" and beyond.isdigit():
        return False
    if after == "," and re.match(r",[0-9]{3}(?![0-9])", text[end : end + 5]):
        return False
    return after not in "-–" or not beyond.isalpha()
