"""Whether quoted words stand in a text, and where not, the passage that comes nearest.

Words are compared without case, space, hyphens, quotes and other signs, so that typography, line
breaks and the way that a PDF spaces its letters make no difference. Digits count.
"""

from __future__ import annotations

import re
import unicodedata
from bisect import bisect_left
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import SequenceMatcher
from functools import cached_property
from itertools import accumulate

# Brackets with a number alone are the source's own notes, raised digits too.
_WORD = re.compile(r"\[\d{1,3}\]|(\d+(?:[.,]\d+)*|[^\W\d_⁰¹²³⁴-⁹]+(?:[’'][^\W\d_⁰¹²³⁴-⁹]+)*)")
_THOUSANDS = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?")
_OURS = re.compile(
    r"[\[(]\s*(?:sic\.?!?|(?:my |our )?(?:emphasis|italics)(?: (?:added|mine|ours))?)\s*[\])]",
    re.IGNORECASE,
)
_FIRST_LETTER = re.compile(r"\[(\w)\](?=\w)")
_GAP = re.compile(r"(\[[^\]]*\])|(?:\.\s?){3,4}|…")
_ELLIPSIS = re.compile(r"\[?\s*(?:(?:\.\s?){3,4}|…)\s*\]?")

LEFT_OUT = 6000  # letters that an ellipsis may stand for
PUT_IN = 160  # letters that a bracket may stand for
_TRIES = 400  # places at which the first words of a quotation are tried
_COMMON = 4000  # a word that stands oftener tells little about where
_LIKE = 0.5  # a passage less like it is not shown


@dataclass(frozen=True)
class Words:
    """A text by its words, and all of them run together."""

    text: str
    words: Sequence[str]
    joined: str
    places: Sequence[int]  # where each word begins in `joined`

    @cached_property
    def spans(self) -> Sequence[tuple[int, int]]:
        """Where each word begins and ends in the text."""
        return [found.span() for found in _WORD.finditer(self.text) if found[1]]

    def around(self, first: int, last: int) -> str:
        """The text from one word to another, both included, on one line."""
        return " ".join(self.text[self.spans[first][0] : self.spans[last][1]].split())


@dataclass(frozen=True, slots=True)
class Nearest:
    """The passage that comes nearest to a quotation.

    `differs` are pieces in order, as (kind, words): "same", "quote" (only in the quotation),
    "source" (only in the passage).
    """

    passage: str
    likeness: float  # 0 to 1
    differs: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class _Part:
    joined: str
    whole_start: bool  # begins and ends with a whole word, or within one
    whole_end: bool
    reach: int  # letters after the part before it within which it must begin


def read(text: str) -> Words:
    """A text made ready for looking quotations up; 1 MB takes about a tenth of a second."""
    text = unicodedata.normalize("NFC", text).replace("\xad", "")
    found = filter(None, _WORD.findall(text.lower().replace("i\u0307", "i")))
    words = [word if word.isalpha() else _plain(word) for word in found]
    places = accumulate(map(len, words), initial=0)
    return Words(text, words, "".join(words), list(places)[:-1])


def holds(source: Words, quotation: str) -> bool:
    """Whether the words stand in the source in this order, as one passage.

    An ellipsis stands for what was left out, a bracket for what the writer put in or changed.
    """
    parts = _parts(quotation)
    if not parts:
        return True
    first, *others = parts
    for _, start in zip(range(_TRIES), _finds(source, first, 0, len(source.joined)), strict=False):
        at = start + len(first.joined)
        for part in others:
            found = next(_finds(source, part, at, at + part.reach + len(part.joined)), None)
            if found is None:
                break
            at = found + len(part.joined)
        else:
            return True
    return False


def nearest(source: Words, quotation: str) -> Nearest | None:
    """The passage of the source that is most like the quotation, None where nothing is."""
    quote = read(_OURS.sub(" ", _FIRST_LETTER.sub(r"\1", quotation)))
    if not quote.words:
        return None
    best: tuple[float, int, int] | None = None
    size = len(quote.words)
    for start in _likely(source, quote):
        first, last = max(0, start - size // 2 - 2), min(len(source.words), start + 2 * size + 2)
        matcher = SequenceMatcher(None, quote.words, source.words[first:last], autojunk=False)
        blocks = [block for block in matcher.get_matching_blocks() if block.size]
        if not blocks:
            continue
        begin = first + max(0, blocks[0].b - blocks[0].a)
        end = min(last, first + blocks[-1].b + size - blocks[-1].a)
        like = 2 * sum(block.size for block in blocks) / (size + max(1, end - begin))
        if best is None or like > best[0]:
            best = like, begin, end - 1
    if best is None or best[0] < _LIKE:
        return None
    _, begin, last = best
    return Nearest(source.around(begin, last), best[0], tuple(_differs(quote, source, begin, last)))


def _plain(word: str) -> str:
    """A number without the commas of its thousands, a word without apostrophes."""
    if not word[0].isdigit():
        return word.replace("’", "").replace("'", "")
    if _THOUSANDS.fullmatch(word):
        return word.replace(",", "")
    return word.replace(",", ".")


def _parts(quotation: str) -> list[_Part]:
    text = _FIRST_LETTER.sub(r"\1", _OURS.sub(" ", quotation))
    parts: list[_Part] = []
    at, reach, within = 0, 0, False
    for gap in [*_GAP.finditer(text), None]:
        piece = text[at : gap.start() if gap else len(text)]
        joined = read(piece).joined
        ellipsis = gap is None or _ELLIPSIS.fullmatch(gap[0]) is not None
        cut = not ellipsis and piece[-1:].isalnum()
        if joined:
            parts.append(_Part(joined, not within, not cut, reach))
            reach = 0
        if gap is not None:
            reach += LEFT_OUT if ellipsis else PUT_IN
            at, within = gap.end(), not ellipsis and text[gap.end() : gap.end() + 1].isalnum()
    return parts


def _finds(source: Words, part: _Part, start: int, end: int) -> Iterator[int]:
    """Where a part stands in the joined words, from word to word."""
    at = source.joined.find(part.joined, start, end)
    while at >= 0:
        if (not part.whole_start or _is_border(source, at)) and (
            not part.whole_end or _is_border(source, at + len(part.joined))
        ):
            yield at
        at = source.joined.find(part.joined, at + 1, end)


def _is_border(source: Words, at: int) -> bool:
    if at == len(source.joined):
        return True
    found = bisect_left(source.places, at)
    return found < len(source.places) and source.places[found] == at


def _likely(source: Words, quote: Words) -> list[int]:
    """Words of the source near which most words of the quotation stand in their order."""
    wanted = set(quote.words)
    stands: dict[str, list[int]] = defaultdict(list)
    for i, word in enumerate(source.words):
        if word in wanted:
            stands[word].append(i)
    width = max(4, len(quote.words) // 3)
    votes: Counter[int] = Counter()
    for i, word in enumerate(quote.words):
        places = stands.get(word, ())
        if len(places) > _COMMON:
            continue
        for place in places:
            bucket = (place - i) // width
            votes[bucket] += 2
            votes[bucket - 1] += 1
            votes[bucket + 1] += 1
    return [max(0, bucket * width) for bucket, _ in votes.most_common(6)]


def _differs(quote: Words, source: Words, begin: int, last: int) -> Iterator[tuple[str, str]]:
    words = source.words[begin : last + 1]
    matcher = SequenceMatcher(None, quote.words, words, autojunk=False)
    for kind, i, j, k, m in matcher.get_opcodes():
        if kind == "equal":
            yield "same", source.around(begin + k, begin + m - 1)
            continue
        if j > i:
            yield "quote", quote.around(i, j - 1)
        if m > k:
            yield "source", source.around(begin + k, begin + m - 1)
