"""Stretches of a rich text, each with its looks, written as one line of Markdown."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from urllib.parse import parse_qs, urlsplit

_RAISED = str.maketrans("0123456789-–", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻⁻")
_LOWERED = str.maketrans("0123456789", "₀₁₂₃₄₅₆₇₈₉")
_RAISED_NUMBERS = re.compile(r"[0-9]{1,4}(?:\s?[,;–-]\s?[0-9]{1,4})*")
_ROMAN = re.compile(r"[ivxl]{1,6}")
_SPECIAL = re.compile(
    r"\\(?=[^\w\s])|[*`]|(?<!\w)_(?=\w)|(?<=\w)_(?!\w)|\[(?=[^\[\]]*\]\()|&(?=#?\w{1,30};)"
)
_ADDRESS = re.compile(r"((?:https?://|www\.)[^\s<>“”\"]+)", re.IGNORECASE)
_ESCAPED = re.compile(r"\\([^\w\s])")
_EDGES = re.compile(r"^([\W_]*)(.*?)([\W_]*)$", re.DOTALL)
_WEB = re.compile(r"(?:https?://|mailto:)[^\s<>]+$", re.IGNORECASE)
_LINK = re.compile(r"\[([^\[\]]*)\]\(((?:[^\s()]|\([^\s()]*\))*)\)")
_POINTED = re.compile(r"<((?:https?://|mailto:)[^<>\s]+)>")
_EMPHASIS = re.compile(r"(?<![\\*\w])(\*{1,3})(?=[^\s*])(.+?)(?<=[^\s\\*])\1(?!\*)")
_LEFT_OVER = re.compile(r"(?<=\w)\*{2,3}(?=\s)|(?<=\s)\*{2,3}(?=\w)")  # of a whole that was bold
_WRAPPERS = {"q", "url"}  # where a redirector keeps the address that it leads to


@dataclass(frozen=True, slots=True)
class Run:
    """Some characters with the same looks; `call` is the number of the note that they call."""

    text: str
    bold: bool = False
    italic: bool = False
    href: str = ""
    call: int = 0

    @property
    def looks(self) -> tuple[bool, bool, str]:
        """What tells a run from its neighbour."""
        return self.bold, self.italic, self.href


def raised(text: str) -> str:
    """Superscript characters as text keeps them: "¹", "[ii]"; words ("th") stay on the line."""
    plain = text.strip()
    if _RAISED_NUMBERS.fullmatch(plain):
        return re.sub(r"\s?[,;]\s?", ",", plain).translate(_RAISED)
    return f"[{plain}]" if _ROMAN.fullmatch(plain) else text


def lowered(text: str) -> str:
    """Subscript characters as text keeps them: "CO₂"."""
    return text.translate(_LOWERED)


def web_address(url: str) -> str:
    """An address that a text may lead to, out of the redirector around it; "" for any other."""
    url = url.strip()
    parts = urlsplit(url) if _WEB.match(url) else None
    if parts is None:
        return ""
    google = re.search(r"(?:^|\.)google\.[a-z.]+$", parts.netloc) and parts.path == "/url"
    if google or parts.netloc.endswith(".safelinks.protection.outlook.com"):
        inner = parse_qs(parts.query)
        for name in _WRAPPERS & inner.keys():
            if _WEB.match(inner[name][0]):
                return inner[name][0]
    return url


def as_markdown(runs: Sequence[Run], *, plain: bool = False) -> str:
    """The runs as Markdown, with emphasis, links and `[^n]`; `plain` leaves emphasis out."""
    if plain:
        runs = [replace(run, bold=False, italic=False) for run in runs]
    runs = [replace(r, bold=False, italic=False) if not r.text.strip() else r for r in runs]
    pieces: list[str] = []
    stretches = [list(group) for _, group in groupby(runs, key=lambda run: run.looks)]
    for at, stretch in enumerate(stretches):
        following = next((r.text for s in stretches[at + 1 :] for r in s if r.text), " ")
        pieces.append(_stretch(stretch, following))
    return re.sub(r"[ \t]*\n[ \t]*", "\n", "".join(pieces)).strip()


def unmarked(markdown: str) -> str:
    """The words of a piece of Markdown, without emphasis and escapes; addresses in brackets."""
    for pattern, kept in (
        (_LINK, r"\1 (\2)"),
        (_EMPHASIS, r"\2"),
        (_POINTED, r"\1"),
        (_LEFT_OVER, ""),
    ):
        markdown = pattern.sub(kept, markdown)
    return _ESCAPED.sub(r"\1", markdown)


def _stretch(runs: Sequence[Run], following: str) -> str:
    first = runs[0]
    words = "".join(f"[^{run.call}]" if run.call else _escaped(run.text) for run in runs)
    address = web_address(first.href)
    if address and words.strip():
        words = _link(words, address)
    sign = "*" * (first.italic + 2 * first.bold)
    if not sign or not words.strip():
        return words
    return "\n".join(_emphasised(line, sign, following) for line in words.split("\n"))


def _emphasised(words: str, sign: str, following: str) -> str:
    """Emphasis closed where Markdown sees it closed: no space at its edges, no ".word"."""
    lead = words[: len(words) - len(words.lstrip())]
    tail = words[len(words.rstrip()) :]
    inner = words.strip()
    if not tail and following[:1].isalnum() and not inner[-1:].isalnum():
        found = _EDGES.match(inner)
        if found:
            inner, tail = inner[: found.start(3)], found[3]
    if not re.search(r"\w", inner):
        return words
    return f"{lead}{sign}{inner}{sign}{tail}"


def _link(words: str, address: str) -> str:
    inner = words.strip()
    lead, tail = words[: len(words) - len(words.lstrip())], words[len(words.rstrip()) :]
    shown = _ESCAPED.sub(r"\1", inner)
    if shown.rstrip("/") in (address.rstrip("/"), address.removeprefix("mailto:")):
        return f"{lead}{shown if '@' in shown and '//' not in shown else f'<{address}>'}{tail}"
    if shown.startswith(("http://", "https://", "www.")) and "…" not in shown:
        return f"{lead}<{address}>{tail}"
    if not re.fullmatch(r"(?:[^()]|\([^()]*\))*", address):
        address = address.replace("(", "%28").replace(")", "%29")
    inner = inner.replace("\n", " ")
    return f"{lead}[{inner}]({address}){tail}"


def _escaped(text: str) -> str:
    pieces = _ADDRESS.split(text)  # every second one is an address
    pieces[::2] = [_SPECIAL.sub(lambda found: f"\\{found.group()}", words) for words in pieces[::2]]
    return "".join(pieces)
