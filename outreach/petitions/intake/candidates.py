"""Places in a text that may be markers, and how sure their looks make us."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import IntEnum

from outreach.petitions.intake.compounds import is_bill_or_number, is_compound
from outreach.petitions.intake.entries import SUPERSCRIPTS
from outreach.petitions.intake.glued import WORD, after_compound, after_year, free_behind
from outreach.petitions.intake.hidden import hidden_stretches
from outreach.petitions.intake.signs import calls_in


class Sureness(IntEnum):
    """How a place looks, before the order of the notes is asked."""

    NEVER = 0  # a known word or number with digits, told only if a note goes unmarked
    DOUBTFUL = 1
    LIKELY = 2  # "up2": glued to a word
    SURE = 3  # "other.1": glued behind a sign or a quote
    EXPLICIT = 4  # "[^1]", "[1]", "¹"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A stretch `start` to `end` that may call the notes `numbers`.

    `shown` is how it looks on the page, `word` the letters to which it is glued, if any.
    """

    start: int
    end: int
    numbers: tuple[int, ...]
    sureness: Sureness
    shown: str
    word: str = ""
    unknown_id: str = ""


_CANDIDATE = re.compile(
    r"\[\^(?P<id>[^\]\s]{1,40})\]"
    r"|\\?\[(?P<bracket>[0-9]{1,4}(?:\s?[,;–-]\s?[0-9]{1,4}){0,20})\\?\](?!\()"
    r"|\((?P<round>[0-9]{1,3}(?:\s?[,;–-]\s?[0-9]{1,3}){0,9})\)"
    r"|\^(?P<caret>[0-9]{1,3})(?![0-9])"
    r"|(?P<raised>[⁰¹²³⁴⁵⁶⁷⁸⁹]+(?:[,⁻˒–][⁰¹²³⁴⁵⁶⁷⁸⁹]+)*)"
    r"|(?P<digits>[0-9]+)"
)
_LIST = re.compile(r"(,\s?|[–-])([0-9]{1,3})(?![0-9])")
_QUANTITY = re.compile(r"\s(?:million|billion|trillion|thousand|hundred|percent|per\s+cent|%)")
_TOKEN = re.compile(r"\S+$")
_YEAR = re.compile(r"(?<![0-9.,-])(?:1[5-9]|20)[0-9]{2}$")
_SENTENCE_NEXT = re.compile(r"\s+[“\"‘(*_]*[A-Z]|\s*$|[”\"’')\]]")
_UNITS = frozenset({"m", "km", "cm", "mm", "dm", "ft", "mi", "sq", "yd", "mc", "kg", "ha"})
_CLOSING = ".,;:!?…”\"’'»)]*_"


def candidates(text: str, ids: Mapping[str, int], known: frozenset[int]) -> list[Candidate]:
    """The places of a text that may be markers, in order; web addresses and numbers are passed."""
    hidden = hidden_stretches(text)
    found: list[Candidate] = []
    at = behind = 0
    while match := _CANDIDATE.search(text, at):
        at = match.end()
        while behind < len(hidden) and hidden[behind][1] <= match.start():
            behind += 1
        if behind < len(hidden) and hidden[behind][0] <= match.start():
            at = max(at, hidden[behind][1])
            continue
        candidate = _judge(text, match, ids, known)
        if candidate:
            found.append(candidate)
            at = max(at, candidate.end)
    signs = frozenset(name for name in ids if not name[0].isalnum())
    return sorted([*found, *_signs(text, signs, ids)], key=_start) if signs else found


def _start(candidate: Candidate) -> int:
    return candidate.start


def _signs(text: str, signs: frozenset[str], ids: Mapping[str, int]) -> list[Candidate]:
    return [
        Candidate(m.start(), m.end(), (number,), Sureness.EXPLICIT, m.group())
        for m in calls_in(text, signs)
        if (number := ids.get(m.group().strip().replace("\\", "")))
    ]


def _judge(
    text: str, match: re.Match[str], ids: Mapping[str, int], known: frozenset[int]
) -> Candidate | None:
    start, end, shown = match.start(), match.end(), match.group()
    kind = match.lastgroup
    if kind != "digits" and (start == 0 or text[start - 1] == "\n"):
        return None
    if kind == "id":
        number = ids.get(match["id"]) or _int(match["id"])
        unknown = "" if number else match["id"]
        return Candidate(start, end, (number,), Sureness.EXPLICIT, shown, unknown_id=unknown)
    if kind == "digits":
        return _glued(text, start, end, known)
    if kind == "bracket":
        numbers = _numbers(match["bracket"])
        if not numbers or (max(numbers) > 999 and not known.issuperset(numbers)):
            return None
        return Candidate(start, end, numbers, Sureness.EXPLICIT, shown)
    if kind == "raised":
        return _raised(text, match, known)
    before = text[start - 1]
    if kind == "round":
        return _in_brackets(text, match, known)
    number = int(match[kind or 0])
    if kind == "caret":
        ok = number > 0 and (before.isalpha() or before in _CLOSING)
        return Candidate(start, end, (number,), Sureness.EXPLICIT, shown) if ok else None
    return None


def _in_brackets(text: str, match: re.Match[str], known: frozenset[int]) -> Candidate | None:
    """ "(1)": a marker where it is glued to a word or its sign, perhaps one behind a space."""
    start, end, numbers = match.start(), match.end(), _numbers(match["round"])
    if not numbers or not known.issuperset(numbers):
        return None
    before, glued = text[start - 1], text[max(0, start - 2) : start]
    if (glued.isalpha() and glued.islower()) or before in '.,;:!?”"’':
        return Candidate(start, end, numbers, Sureness.LIKELY, match.group())
    ends = end == len(text) or text[end] in '.,;:!?”"’'
    if before == " " and text[start - 2 : start - 1].isalnum() and ends:
        return Candidate(start, end, numbers, Sureness.DOUBTFUL, match.group())
    return None


def _raised(text: str, match: re.Match[str], known: frozenset[int]) -> Candidate | None:
    start, shown = match.start(), match.group()
    numbers = _numbers(shown.translate(SUPERSCRIPTS).replace("⁻", "-").replace("˒", ","))
    word = WORD.search(text, max(0, start - 40), start)
    if not numbers or (word and (word.group().lower() in _UNITS or len(word.group()) == 1)):
        return None
    sureness = Sureness.EXPLICIT
    if text[start - 1].isdigit() and not _YEAR.search(text, max(0, start - 6), start):
        sureness = Sureness.DOUBTFUL
    return Candidate(start, match.end(), numbers, sureness, shown)


def _glued(text: str, start: int, end: int, known: frozenset[int]) -> Candidate | None:
    """Bare digits: a candidate only where they are glued to what stands before them."""
    if start == 0 or end - start > 7 or text[start] == "0":
        return None
    number = int(text[start:end])
    sureness = _sureness(text, start, end)
    if sureness is None:
        cut = after_year(text, start, end)
        if cut is None:
            return None
        start, number, sureness = cut, int(text[cut:end]), Sureness.DOUBTFUL
    elif number not in known and (cut := after_compound(text, start, end, known)):
        start, number, sureness = cut, int(text[cut:end]), Sureness.LIKELY
    end, numbers = _listed(text, end, number, known)
    if number not in known and len(numbers) == 1 and not _ends_well(text, end):
        return None
    word = WORD.search(text, max(0, start - 40), start)
    token = _TOKEN.search(text, max(0, start - 24), start)
    shown = text[token.start() if token else start : end]
    return Candidate(start, end, numbers, sureness, shown, word.group() if word else "")


def _sureness(text: str, start: int, end: int) -> Sureness | None:
    before = text[start - 1]
    earlier = text[start - 2] if start > 1 else " "
    if before.isspace() or before.isdigit() or not free_behind(text, end):
        return None
    if before.isalpha():
        return _behind_word(text, start, end)
    if before == ".":
        return _behind_stop(text, start, end)
    if before in ",;:":
        if earlier.isdigit():
            year = before != ":" and _YEAR.search(text, max(0, start - 6), start - 1)
            if year and end - start < 3:
                return Sureness.SURE
            return Sureness.DOUBTFUL if before == "," and end - start < 3 else None
        return Sureness.SURE if not earlier.isspace() else None
    if before in "!?…”»\"’')]*_" and not earlier.isspace():
        if before == ")" and re.search(r"[0-9]\([a-z0-9]{1,3}\)$", text[max(0, start - 8) : start]):
            return Sureness.DOUBTFUL  # "Section 111(d)4"
        quote = before not in "'’" or earlier in '.,!?;”"' or earlier.isalpha()
        return Sureness.SURE if quote else None
    if before == "%" and earlier.isdigit():
        return Sureness.SURE
    dash = before == "—" or (before == "-" and earlier == "-") or (before == "–" and earlier != " ")
    return Sureness.DOUBTFUL if dash and not earlier.isdigit() else None


def _behind_word(text: str, start: int, end: int) -> Sureness | None:
    found = WORD.search(text, max(0, start - 40), start)
    word = found.group() if found else text[start - 1]
    tail = re.split(r"[.’'-]", word)[-1]
    if is_compound(tail, text[start:end]):
        return Sureness.NEVER
    if len(tail) == 1 and len(word) == 1:
        return None
    if tail.isupper() and len(tail) > 1:
        return Sureness.DOUBTFUL if len(tail) >= 2 else None
    return Sureness.LIKELY


def _behind_stop(text: str, start: int, end: int) -> Sureness | None:
    earlier = text[start - 2] if start > 1 else " "
    if earlier.isspace():
        return None
    window = text[max(0, start - 24) : start - 1]
    if earlier.isdigit():
        if _YEAR.search(window):
            return Sureness.SURE
        if not _SENTENCE_NEXT.match(text, end):
            return None
        if re.search(r"[^\W\d]-[0-9]+$", window):  # "COVID-19.1 Then"
            return Sureness.SURE
        word = re.search(r"([^\W\d_]+)([0-9]+)$", window)  # "CO2.1 Then"
        if word and is_compound(word[1], word[2]):
            return Sureness.SURE
        decimal = re.search(r"(?<![0-9,.])[0-9]{1,2}$", window)
        return Sureness.NEVER if decimal else Sureness.DOUBTFUL
    if is_bill_or_number(window):
        return None
    return Sureness.SURE


def _ends_well(text: str, end: int) -> bool:
    after = text[end : end + 2]
    return not after or after[0].isspace() or after[0] in ".,;:!?”\"’')]—–*_[" or after == "--"


def _listed(text: str, end: int, number: int, known: frozenset[int]) -> tuple[int, tuple[int, ...]]:
    """The further numbers of "1,2" and "1-3" behind a first one, where such notes exist."""
    numbers = [number]
    while number in known and (more := _LIST.match(text, end)):
        sign, following = more[1], int(more[2])
        if sign in "-–":
            near = following - numbers[-1] < 30
            new = list(range(numbers[-1] + 1, following + 1)) if near else []
        else:
            apart = sign != "," and following != numbers[-1] + 1
            new = [] if apart or following <= numbers[-1] else [following]
        if not new or not known.issuperset(new) or _QUANTITY.match(text, more.end()):
            break
        if not free_behind(text, more.end()) or (sign == ", " and _goes_on(text, more.end())):
            break
        numbers += new
        end = more.end()
    return end, tuple(numbers)


def _goes_on(text: str, at: int) -> bool:
    """Whether a lower-case noun follows, as in "up1, 2 towns": then the number counts it."""
    return bool(re.match(r"\s(?!and\b|or\b|but\b|while\b|as\b|in\b|to\b)[a-z]", text[at : at + 7]))


def _numbers(text: str) -> tuple[int, ...]:
    out: list[int] = []
    for part in re.split(r"\s?[,;]\s?", text):
        ends = [int(n) for n in re.split(r"\s?[–-]\s?", part) if n]
        if len(ends) == 2 and 0 < ends[1] - ends[0] < 50:
            out.extend(range(ends[0], ends[1] + 1))
        else:
            out.extend(ends)
    return tuple(n for n in out if n > 0)


def _int(name: str) -> int:
    return int(name) if name.isascii() and name.isdigit() and len(name) < 5 else 0
