"""Quoted titles: where they begin and end, through nested, straight, curly and mixed quotes."""

from __future__ import annotations

import re
from dataclasses import dataclass

_DOUBLE = re.compile(r"[“”„«»\"]")
_SINGLE_OPEN = re.compile(r"(?:^|(?<=[\s(,]))[‘'](?=\S)")
_SINGLE_CLOSE = re.compile(r"(?<=\S)[’'](?![^\W_])")
_OPENERS = "“„«"
_BEFORE_OPENING = " \t\n([{—–-/"
_ENDING = re.compile(r"[,;:\s]+(?=[”\"’'»)]*$)")
_FULL_STOP = re.compile(r"(?<!\.)\.(?=[”\"’'»]*$)")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Za-z]\.[A-Za-z]|\b(?:Inc|Co|Corp|Ltd|Jr|Sr|St|etc))\.[”\"’'»]*$"
)


@dataclass(frozen=True, slots=True)
class Span:
    """A quoted stretch: `start` to `end` with its quotes."""

    start: int
    end: int
    closed: bool = True

    def inner(self, text: str) -> str:
        """The words between the quotes."""
        return text[self.start + 1 : self.end - 1 if self.closed else self.end]


def quoted_spans(text: str) -> list[Span]:
    """The outermost quoted stretches, in order; single quotes count where no double ones stand."""
    spans, open_at = _double_spans(text)
    around = _single_spans(text) if spans and open_at is None else []
    if len(around) == 1 and around[0].start < spans[0].start and around[0].end > spans[-1].end:
        return around  # ‘Council “ignored” warnings’
    if open_at is not None:
        spans = [s for s in spans if s.end <= open_at]
        closers = [m.end() for m in _DOUBLE.finditer(text, open_at + 1) if _closes(text, m.start())]
        if closers:
            return [*spans, Span(open_at, closers[-1])]
        comma = text.find(",", open_at)
        return [*spans, Span(open_at, comma if comma > 0 else len(text), closed=False)]
    return spans or _single_spans(text)


def clean_title(words: str) -> str:
    """A title without the comma or full stop that the sentence around it put inside its quotes."""
    words = _ENDING.sub("", words.strip())
    if not _ABBREVIATION.search(words):
        words = _FULL_STOP.sub("", words)
    return words.strip()


def _double_spans(text: str) -> tuple[list[Span], int | None]:
    """The balanced spans, and where an unbalanced one opened."""
    spans: list[Span] = []
    stack: list[tuple[str, int]] = []
    for found in _DOUBLE.finditer(text):
        sign, at = found.group(), found.start()
        top = stack[-1][0] if stack else ""
        if _opens(text, at, sign, top):
            stack.append((sign, at))
        elif stack:
            _, start = stack.pop()
            if not stack:
                spans.append(Span(start, at + 1))
    return spans, stack[0][1] if stack else None


def _opens(text: str, at: int, sign: str, top: str) -> bool:
    if sign == "“":
        return top != "„"
    if sign in _OPENERS:
        return True
    if sign != '"':
        return False
    before = text[at - 1] if at else " "
    after = text[at + 1] if at + 1 < len(text) else " "
    if after.isspace() or (after in ",.;:)!?" and top):
        return False
    if not top and at and before not in _BEFORE_OPENING:
        return before in "‘'*_“,"
    return before in _BEFORE_OPENING or before in "‘'“\"*_"


def _closes(text: str, at: int) -> bool:
    return text[at] in "”»" or (text[at] in '"“' and at > 0 and not text[at - 1].isspace())


def _single_spans(text: str) -> list[Span]:
    spans: list[Span] = []
    at = 0
    while opened := _SINGLE_OPEN.search(text, at):
        start = opened.start()
        ends = [m.end() for m in _SINGLE_CLOSE.finditer(text, opened.end())]
        if not ends:
            break
        marked = (
            end for end in ends if text[end - 2] in ",.?!" or text[end : end + 1] in {",", ".", ";"}
        )
        end = next(marked, ends[-1])
        spans.append(Span(start, end))
        at = end
    return spans
