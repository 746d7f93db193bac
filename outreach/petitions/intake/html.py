"""HTML as Google Docs, Word and others put it on the clipboard, turned into Markdown.

Emphasis, links, headings and lists are kept; notes become `[^1]` with their words at the end.
nh3 cleans it first: of scripts, handlers, styles sheets and foreign addresses nothing is read.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from itertools import pairwise

import nh3

from outreach.core.errors import BadInput
from outreach.petitions.intake.linked import Block, with_notes_apart
from outreach.petitions.intake.runs import Run, as_markdown, lowered, raised

DEEPEST = 200
MOST_ENTITIES = 200_000
_INLINE = {"a", "b", "strong", "i", "em", "cite", "span", "sup", "sub", "u", "s", "font", "code"}
_HEADINGS = {f"h{level}" for level in range(1, 7)}
_BLOCKS = _HEADINGS | {
    "p", "div", "li", "ul", "ol", "blockquote", "pre", "table", "tr", "td", "th", "section",
    "article", "aside", "header", "footer", "main", "figure", "figcaption", "dl", "dt", "dd",
    "address", "center", "tbody", "thead",
}  # fmt: skip
_DROPPED = {
    "script", "style", "title", "template", "noscript", "iframe", "object", "svg", "math", "select",
    "textarea", "button", "del", "video", "audio", "canvas", "xml", "head",
}  # fmt: skip
_ATTRIBUTES = {"*": {"id", "style", "name", "class", "start"}, "a": {"href"}}
_CLOSED_BY_OTHERS = {
    "p", "li", "td", "th", "tr", "dt", "dd", "option", "br", "hr", "img", "meta", "link", "input",
    "col", "base", "wbr", "area", "source", "embed", "param", "thead", "tbody", "html", "body",
}  # fmt: skip
_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9]*)(?![^<>]*/>)")
_PROGRAM = re.compile(r"<(?:(script|style)\b|!--)", re.IGNORECASE)
_HIDDEN = re.compile(r"display\s*:\s*none|mso-hide\s*:\s*all|mso-element:comment-list", re.I)
_WEIGHT = re.compile(r"font-weight\s*:\s*(\w+)", re.IGNORECASE)
_SLANT = re.compile(r"font-style\s*:\s*(\w+)", re.IGNORECASE)
_SHIFT = re.compile(r"vertical-align\s*:\s*(super|sub)\b", re.IGNORECASE)
_ITEM = re.compile(r"(?:- |[0-9]{1,4}[.)] |\[\^)")
_LOOKS_LIKE = re.compile(
    r"^\s*(?:<!doctype html|<\?xml[^>]*>\s*<(?:!doctype )?html|<html\b|<meta\b|<!--StartFragment"
    r"|Version:[0-9.]+\s+StartHTML:|<(?:p|div|b|h[1-6]|span|body|article|section|ul|ol|table)\b[^>]*>)",
    re.IGNORECASE,
)


def looks_like_html(text: str) -> bool:
    """Whether a text is the source of a page rather than words with a tag among them."""
    return bool(_LOOKS_LIKE.match(text[:2000])) and "</" in text


def html_to_markdown(html: str) -> str:
    """The text of a page or of a clipboard's HTML as Markdown, its notes as `[^1]`.

    Raises BadInput where elements are nested deeper than in any text.
    """
    if html.lstrip()[:8].lower() == "version:":  # the header of Windows' clipboard
        html = html[html.find("<") :]
    _must_be_flat(html)
    walk = _Walk()
    walk.feed(
        nh3.clean(
            html,
            tags=_INLINE | _BLOCKS | {"br", "hr"},
            clean_content_tags=_DROPPED,
            attributes=_ATTRIBUTES,
            url_schemes={"http", "https", "mailto"},
            link_rel=None,
        )
    )
    walk.close()
    blocks, notes = with_notes_apart([block for block in walk.blocks if block.runs or block.rule])
    parts = [part for block in blocks if (part := _paragraph(block))]
    parts += [f"[^{number}]: {text}" for number, text in notes]
    return "".join(parts[:1]) + "".join(_gap(a, b) + b for a, b in pairwise(parts))


@dataclass(slots=True)
class _Open:
    """An element that is open: what it makes of the text inside."""

    tag: str
    bold: bool
    italic: bool
    href: str
    shift: str
    hidden: bool
    kept_spaces: bool
    quoted: bool
    path: tuple[int, ...]  # the blocks around it, itself included, by their numbers


_OUTSIDE = _Open("", False, False, "", "", False, False, False, ())


@dataclass(slots=True)
class _List:
    """A list that is open; `number` is the next item's, 0 for bullets."""

    number: int


@dataclass(slots=True)
class _Walk(HTMLParser):
    """Reads the cleaned page into blocks of runs."""

    blocks: list[Block] = field(default_factory=lambda: [Block()])

    def __post_init__(self) -> None:
        HTMLParser.__init__(self, convert_charrefs=True)
        self._open: list[_Open] = []
        self._lists: list[_List] = []
        self._serial = 0
        self._prefix = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Opens an element; blocks begin anew, ids are remembered for the notes."""
        found = {name: value or "" for name, value in attrs}
        if tag == "br":
            self._add("\n")
            return
        if tag == "hr":
            self._new_block()
            self.blocks[-1].rule = True
            self._new_block()
            return
        self._serial += 1
        element = self._element(tag, found)
        if tag in _BLOCKS:
            self._new_block()
            self._enter(tag, found)
        self._open.append(element)
        if tag in _BLOCKS:
            self._take_place()
        for name in (found.get("id"), found.get("name")):
            if name:
                self._note_place(name)

    def handle_endtag(self, tag: str) -> None:
        """Closes an element and what was left open in it."""
        while self._open:
            closed = self._open.pop()
            if closed.tag in ("ul", "ol") and self._lists:
                self._lists.pop()
            if closed.tag == tag:
                break
        if tag in _BLOCKS:
            self._new_block()

    def handle_data(self, data: str) -> None:
        """Takes the text, white space as one space outside of `pre`."""
        if not self._inner.kept_spaces:
            data = re.sub(r"[ \t\r\n\f]+", " ", data)
        self._add(data)

    def _element(self, tag: str, found: dict[str, str]) -> _Open:
        outer = self._inner
        style = found.get("style", "")
        weight, slant, shift = (p.search(style) for p in (_WEIGHT, _SLANT, _SHIFT))
        bold, italic = outer.bold or tag in ("b", "strong"), outer.italic or tag in ("i", "em")
        italic = italic or tag == "cite"
        if weight and weight[1].lower() != "inherit":
            bold = weight[1].lower() in ("bold", "bolder", "600", "700", "800", "900")
        if slant and slant[1].lower() != "inherit":
            italic = slant[1].lower() in ("italic", "oblique")
        return _Open(
            tag=tag,
            bold=bold,
            italic=italic,
            href=found.get("href") or outer.href,
            shift={"sup": "super", "sub": "sub"}.get(tag)
            or (shift[1].lower() if shift else "")
            or outer.shift,
            hidden=outer.hidden or bool(_HIDDEN.search(style)),
            kept_spaces=outer.kept_spaces or tag == "pre",
            quoted=outer.quoted or tag == "blockquote",
            path=(*outer.path, self._serial) if tag in _BLOCKS else outer.path,
        )

    def _enter(self, tag: str, found: dict[str, str]) -> None:
        if tag in ("ul", "ol"):
            start = found.get("start", "1")
            number = int(start) if start.isdigit() and len(start) < 6 else 1
            self._lists.append(_List(number if tag == "ol" else 0))
        elif tag == "li":
            self._prefix = self._item_prefix()
        elif tag in _HEADINGS:
            self.blocks[-1].heading = int(tag[1])

    def _item_prefix(self) -> str:
        if not self._lists or not self._lists[-1].number:
            return "- "
        self._lists[-1].number += 1
        return f"{self._lists[-1].number - 1}. "

    @property
    def _inner(self) -> _Open:
        return self._open[-1] if self._open else _OUTSIDE

    def _take_place(self) -> None:
        """Tells the last block, empty so far, where in the page it stands."""
        self.blocks[-1].path, self.blocks[-1].quoted = self._inner.path, self._inner.quoted

    def _note_place(self, name: str) -> None:
        block = self.blocks[-1]
        if not any(run.text.strip() for run in block.runs):
            block.ids.append(name)

    def _new_block(self) -> None:
        last = self.blocks[-1]
        if any(run.text.strip() for run in last.runs) or last.rule:
            self.blocks.append(Block())
        else:
            last.runs.clear()
            last.heading = 0
        self._take_place()

    def _add(self, text: str) -> None:
        element, block = self._inner, self.blocks[-1]
        if element.hidden:
            return
        if self._prefix and text.strip():
            block.prefix, self._prefix = self._prefix, ""
        if element.shift == "super":
            text = raised(text)
            if block.runs and block.runs[-1].text[-1:] in "⁰¹²³⁴⁵⁶⁷⁸⁹" and text[:1] in "⁰¹²³⁴⁵⁶⁷⁸⁹":
                text = f",{text}"
        elif element.shift == "sub":
            text = lowered(text)
        block.runs.append(Run(text, element.bold, element.italic, element.href))


def _must_be_flat(html: str) -> None:
    """Asked before the page is parsed: what is nested without end takes the parser minutes."""
    depth = 0
    open_now: Counter[str] = Counter()
    for tag in _TAG.finditer(_without_programs(html)):
        name, step = tag[2].lower(), -1 if tag[1] else 1
        if name in _CLOSED_BY_OTHERS or (step < 0 and not open_now[name]):
            continue
        open_now[name] += step
        depth += step
        if depth > DEEPEST:
            raise _no_text("is nested too deeply")
    if html.count("&") > MOST_ENTITIES:  # as long
        raise _no_text("holds too many signs written as entities")


def _no_text(why: str) -> BadInput:
    return BadInput(
        f"The page {why} to be a text; nothing was read.",
        hint="Copy its words alone and paste them.",
    )


def _without_programs(html: str) -> str:
    pieces, at = [], 0
    while found := _PROGRAM.search(html, at):
        pieces.append(html[at : found.start()])
        closing = f"</{found[1].lower()}" if found[1] else "-->"
        end = html.find(closing, found.end())
        if end < 0:
            return "".join(pieces)
        at = end
    return "".join([*pieces, html[at:]])


def _gap(before: str, after: str) -> str:
    listed = _ITEM.match(after) and _ITEM.match(before)
    return "\n" if listed else "\n\n"


def _paragraph(block: Block) -> str:
    if block.rule:
        return "---"
    text = as_markdown(block.runs, plain=bool(block.heading))
    if not text:
        return ""
    if block.heading:
        return f"{'#' * block.heading} {' '.join(text.split())}"
    listed = re.match(r"^([·•▪◦‣o§–-]|\(?[0-9a-z]{1,3}[.)])\u00a0[\u00a0\s]*", text)
    if listed:  # Word writes the sign of a list item as text
        sign = listed[1] if listed[1][-1] in ".)" else "-"
        text = f"{sign} {text[listed.end() :]}"
    elif not block.prefix and re.match(r"#{1,6}\s", text):
        text = f"\\{text}"
    text = block.prefix + text
    return "\n".join(f"> {line}" for line in text.split("\n")) if block.quoted else text
