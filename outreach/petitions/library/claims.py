"""What a text says on the word of which sources: sentences with markers, taken apart."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from markdown_it.token import Token

from outreach.mail.markdown import PARSER
from outreach.petitions.intake.quotes import Span, quoted_spans

_MARK = "\ue000"  # where a marker stood
_GROUP = re.compile(rf"{_MARK}(?:[\s,;]*{_MARK})*")
_END = re.compile(rf"[.!?…][”\"’»)\]]*[\s,;]*{_MARK}*(?=\s+[“\"‘«(\[]?[^\Wa-z_])")
_ABBREVIATION = re.compile(
    r"(?:\b(?:Mr|Mrs|Ms|Dr|Prof|Sen|Rep|Gov|Gen|St|Jr|Sr|vs|etc|No|Nos|Art|Sec|Inc|Ltd|Co|Corp|"
    r"Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)|\b[A-Z])\.$"
)
_DOUBLE = '“„«"'


@dataclass(frozen=True, slots=True)
class Claim:
    """A stretch of a sentence and the labels of the notes that it leans on.

    `words` is the stretch without its quotations and markers, `quotations` what it quotes.
    """

    labels: tuple[str, ...]
    sentence: str
    words: str
    quotations: tuple[str, ...]


def claims(markdown: str) -> list[Claim]:
    """Every claim of a text, in order. A stretch leans on the markers that follow it; behind the
    last marker of a sentence, on that one."""
    found: list[Claim] = []
    quoted = 0
    for token in PARSER.parse(markdown):
        quoted += {"blockquote_open": 1, "blockquote_close": -1}.get(token.type, 0)
        if token.type == "inline":
            text, labels = _flat(token)
            if labels:
                found += _of_block(text, labels, is_quotation=quoted > 0)
    return found


def _flat(token: Token) -> tuple[str, list[str]]:
    pieces: list[str] = []
    labels: list[str] = []
    for child in token.children or ():
        if child.type == "marker":
            labels.append(child.content)
            pieces.append(_MARK)
        elif child.type in ("softbreak", "hardbreak"):
            pieces.append(" ")
        else:
            pieces.append(child.content)
    return "".join(pieces), labels


def _of_block(text: str, labels: list[str], *, is_quotation: bool) -> Iterator[Claim]:
    spans = [s for s in quoted_spans(text) if s.closed and text[s.start] in _DOUBLE]
    if is_quotation and not spans:
        yield Claim(tuple(dict.fromkeys(labels)), _plain(text), "", (_plain(text),))
        return
    waiting = list(labels)
    for start, end in _sentences(text, spans):
        sentence = text[start:end]
        groups = [
            (start + found.start(), [waiting.pop(0) for _ in range(found[0].count(_MARK))])
            for found in _GROUP.finditer(sentence)
        ]
        before = start
        for i, (at, names) in enumerate(groups):
            upto = at if i + 1 < len(groups) else end
            inside = [s for s in spans if before <= s.start < upto]
            yield Claim(
                tuple(dict.fromkeys(names)),
                _plain(sentence),
                _plain(_without(text, before, upto, inside)),
                tuple(_plain(s.inner(text)) for s in inside),
            )
            before = upto


def _sentences(text: str, spans: list[Span]) -> Iterator[tuple[int, int]]:
    """Where sentences begin and end; none ends within a quotation."""
    start = 0
    for found in _END.finditer(text):
        within = any(s.start < found.start() and found.start() + 1 < s.end - 1 for s in spans)
        if within or _ABBREVIATION.search(text, start, found.start() + 1):
            continue
        yield start, found.end()
        start = found.end()
    if start < len(text):
        yield start, len(text)


def _without(text: str, start: int, end: int, spans: list[Span]) -> str:
    for span in reversed(spans):
        text = text[: span.start] + "|" * (span.end - span.start) + text[span.end :]
    return re.sub(r"\|+", "|", text[start:end])


def _plain(text: str) -> str:
    return " ".join(text.replace(_MARK, "").split()).strip(" |")
