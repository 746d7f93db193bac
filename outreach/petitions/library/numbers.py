"""Numbers in words and figures: which a sentence claims, and which of them a source does not hold.

It warns, it does not judge: what is rounded (“2.5 million”), vague (“more than 2,000”) or a share
(“two in three”) is held against whatever in the source may be meant.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TO_NINETEEN = """zero one two three four five six seven eight nine ten eleven twelve thirteen
    fourteen fifteen sixteen seventeen eighteen nineteen"""
_SMALL = {word: number for number, word in enumerate(_TO_NINETEEN.split())}
_SMALL |= {"twenty": 20, "thirty": 30, "forty": 40, "fifty": 50}
_SMALL |= {"sixty": 60, "seventy": 70, "eighty": 80, "ninety": 90}
_SCALES = {"hundred": 100, "dozen": 12, "thousand": 1e3, "k": 1e3, "million": 1e6, "m": 1e6}
_SCALES |= {"mn": 1e6, "billion": 1e9, "bn": 1e9, "b": 1e9, "trillion": 1e12, "tn": 1e12}
_PARTS = {"half": 2, "halves": 2, "third": 3, "quarter": 4, "fourth": 4, "fifth": 5, "sixth": 6}
_PARTS |= {"seventh": 7, "eighth": 8, "ninth": 9, "tenth": 10}

_SMALL_WORD = "|".join(sorted(_SMALL, key=len, reverse=True))
_FIGURE = r"\d{1,3}(?:[,\u00a0\u202f’'\u2009 ]\d{3})+(?:\.\d+)?(?!\d)|\d+(?:[.,]\d+)?"
_NUMBER = re.compile(
    rf"(?<![\w.,])(?<![^\W\d_]-)(?:[$€£¥]\s?)?"
    rf"(?:(?P<figure>{_FIGURE})|\b(?P<words>(?:an?\s+)?(?:{_SMALL_WORD}|hundred|thousand|million)"
    rf"(?:[\s-]+(?:and\s+)?(?:{_SMALL_WORD}|hundred|thousand))*)\b)"
    r"(?:[\s-]?(?P<scale>hundred|dozen|thousand|million|billion|trillion|bn|mn|tn|[kmb])s?\b)?"
    r"(?:\s?(?P<percent>%|per\s?cent\b|percentage\spoints?\b|pct\b))?(?![\w])(?!-?[^\W\d_])",
    re.IGNORECASE,
)
_SHARE = re.compile(
    rf"\b(?P<some>\d+|{_SMALL_WORD})\s+(?:in|out\s+of|of\s+every)\s+(?:every\s+)?"
    rf"(?P<all>\d+|{_SMALL_WORD}|hundred)\b"
    r"|\b(?:(?P<times>an?|one|two|three|four|five|seven|nine)[\s-]+"
    r"(?P<part>half|halves|thirds?|quarters?|fourths?|fifths?|sixths?|eighths?|tenths?)|half)\b"
    r"(?!\s+(?:an?|hour|past|time|day|year|party|person|term|grade|world|century|way)\b)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"(?:\b(?:sections?|sec|art|article|chapter|title|rule|line|route|room|page|pages?|pp?|no|nos|"
    r"nr|number|vol|volume|h\.\s?r|s|bill|act|resolution|note|item|figure|table|version|phase|"
    r"covid|world war)\.?\s*|§+\s?)$",
    re.IGNORECASE,
)
_OVER = re.compile(r"\b(?:more than|over|above|at least|exceed\w*|upwards? of)\s+$", re.IGNORECASE)
_UNDER = re.compile(
    r"\b(?:less than|fewer than|under|below|nearly|almost|close to|up to|just short of)\s+$",
    re.IGNORECASE,
)
_ABOUT = re.compile(
    r"\b(?:about|around|some|roughly|approximately|an estimated|estimated|circa|ca\.|most of)\s+$",
    re.IGNORECASE,
)
_YEARS = range(1500, 2100)


@dataclass(frozen=True, slots=True)
class Number:
    """A number as it was written, and the values from `low` to `high` that may be meant by it."""

    written: str
    low: float
    high: float
    is_share: bool = False  # a percentage or a fraction; its values are percent


@dataclass(frozen=True, slots=True)
class Held:
    """The values that a text holds, sorted no way; `shares` are percent."""

    values: frozenset[float]
    shares: frozenset[float]


def held(text: str) -> Held:
    """Every number of a source's text."""
    values: set[float] = set()
    shares: set[float] = set()
    for found in _NUMBER.finditer(text):
        value = _value(found)
        values.add(value)
        if found["percent"]:
            shares.add(value)
    for found in _SHARE.finditer(text):
        shares.add(_percent(found))
    return Held(frozenset(values), frozenset(shares))


def claimed(words: str) -> list[Number]:
    """The numbers that a sentence claims, without names (“Section 702”) and small counts."""
    found = list(_shares(words))
    taken = [match.span() for match in _SHARE.finditer(words)]
    for match in _NUMBER.finditer(words):
        if any(start < match.end() and match.start() < end for start, end in taken):
            continue
        before = words[: match.start()]
        if _NAMED.search(before) or (match["words"] and _is_small(match)):
            continue
        value = _value(match)
        low, high = _meant(before, match, value)
        found.append(Number(match[0].strip(), low, high, bool(match["percent"])))
    return found


def missing(words: str, source: Held, *, known: str = "") -> list[str]:
    """The numbers of a sentence that the source does not hold, as written. `known`: what else is
    known of the source, such as its date."""
    beside = held(known).values if known else frozenset()
    return [n.written for n in claimed(words) if not _is_held(n, source, beside)]


def _shares(words: str) -> Iterator[Number]:
    for match in _SHARE.finditer(words):
        value = _percent(match)
        low, high = _vague(words[: match.start()], value, 1.0)
        yield Number(match[0], low, min(high, 100.0), True)


def _is_held(number: Number, source: Held, beside: frozenset[float]) -> bool:
    values = source.values | source.shares if number.is_share else source.values | beside
    return any(number.low <= value <= number.high for value in values)


def _value(match: re.Match[str]) -> float:
    value = _of_figure(match["figure"]) if match["figure"] else _of_words(match["words"])
    return round(value * _SCALES.get((match["scale"] or "").lower(), 1), 6)


def _of_figure(figure: str) -> float:
    plain = re.sub(r"[,\u00a0\u202f\u2009’' ](?=\d{3}(?!\d))", "", figure)
    return float(plain.replace(",", "."))


def _of_words(words: str) -> float:
    total, part = 0.0, 0.0
    for word in re.split(r"[\s-]+", words.lower()):
        if word in _SMALL:
            part += _SMALL[word]
        elif word == "hundred":
            part = (part or 1) * 100
        elif word in ("thousand", "million"):
            total, part = total + (part or 1) * _SCALES[word], 0
    return total + part


def _percent(match: re.Match[str]) -> float:
    if not match["some"]:
        if not match["part"]:
            return 50.0
        times = match["times"].lower()
        part = match["part"].lower()
        return 100 * _SMALL.get(times, 1) / (_PARTS.get(part) or _PARTS[part.rstrip("s")])
    some, every = _count(match["some"]), _count(match["all"])
    return 100 * some / every if every else 0.0


def _count(word: str) -> float:
    return float(word) if word.isdigit() else _of_words(word)


def _is_small(match: re.Match[str]) -> bool:
    """“Two riders” is seldom worth a question; “two million” and “twelve percent” are."""
    return not match["scale"] and not match["percent"] and _of_words(match["words"]) < 13


def _meant(before: str, match: re.Match[str], value: float) -> tuple[float, float]:
    if not match["scale"]:
        return _vague(before, value, 0.0)
    figure = match["figure"] or ""
    scale = _SCALES[match["scale"].lower()]
    places = len(figure.replace(",", ".").partition(".")[2]) if figure else 0
    return _vague(before, value, scale * 0.5 / 10**places)


def _vague(before: str, value: float, slack: float) -> tuple[float, float]:
    """From where to where a value may lie, by the words before it and how it was rounded."""
    if _OVER.search(before):
        return value, 1.5 * value + slack
    if _UNDER.search(before):
        return 0.75 * value - slack, value
    if _ABOUT.search(before):
        return 0.9 * value - slack, 1.1 * value + slack
    return value - slack, value + slack
