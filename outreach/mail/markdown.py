"""What a campaigner writes, as the body of a letter: HTML and plain text from one Markdown source.

Beside CommonMark (without raw HTML) it knows `[^label]` for a note's marker, and a paragraph that
is only `[[Sign the petition]]` for a button. Where links, markers and buttons lead is asked of
a Weaver, so that every link of a letter passes one place.
"""

from __future__ import annotations

import re
from html import escape
from typing import Any, Protocol

from markdown_it import MarkdownIt
from markdown_it.renderer import RendererHTML
from markdown_it.rules_inline import StateInline
from markdown_it.token import Token

_MARKER = re.compile(r"\[\^([A-Za-z0-9_-]{1,40})\]")
_BUTTON = re.compile(r"\[\[(.+?)\]\]")


class Weaver(Protocol):
    """Decides where the links of one rendering lead."""

    def link(self, url: str, label: str) -> str:
        """The address to print for a link in the text."""
        ...

    def marker(self, label: str) -> tuple[str, str]:
        """The printed number of a note and the address that its marker leads to."""
        ...

    def button(self, label: str) -> str:
        """The address that an ask button leads to."""
        ...


def _marker_rule(state: StateInline, silent: bool) -> bool:
    found = _MARKER.match(state.src, state.pos)
    if found is None:
        return False
    if not silent:
        token = state.push("marker", "", 0)
        token.content = found[1]
    state.pos = found.end()
    return True


def _parser() -> MarkdownIt:
    parser = MarkdownIt("commonmark", {"html": False, "linkify": False, "typographer": False})
    parser.disable(["image", "html_inline", "html_block"])
    parser.inline.ruler.before("link", "marker", _marker_rule)
    return parser


PARSER = _parser()
_RENDERER = RendererHTML()


def marker_labels(markdown: str) -> list[str]:
    """Labels of all markers in a text, in order, repeats included."""
    return [
        child.content
        for token in PARSER.parse(markdown)
        for child in token.children or ()
        if child.type == "marker"
    ]


def to_html(markdown: str, weaver: Weaver, button: Any) -> str:
    """The body as HTML; `button(label, url)` gives the HTML of a button."""
    tokens = PARSER.parse(markdown)
    out: list[str] = []
    for i, token in enumerate(tokens):
        label = _button_label(token)
        if label:
            out.append(str(button(label, weaver.button(label))))
        elif token.type == "inline":
            out.append(_inline_html(token.children or [], weaver))
        elif not _wraps_button(tokens, i):
            out.append(_block_html(tokens, i))
    return "".join(out)


def _block_html(tokens: list[Token], i: int) -> str:
    if tokens[i].type in _RENDERER.rules:  # code blocks and such stand for themselves
        return _RENDERER.render([tokens[i]], PARSER.options, {})
    return _RENDERER.renderToken(tokens, i, PARSER.options, {})


def _inline_html(children: list[Token], weaver: Weaver) -> str:
    out: list[str] = []
    for i, child in enumerate(children):
        if child.type == "marker":
            number, url = weaver.marker(child.content)
            out.append(
                f'<sup class="m"><a class="a" href="{escape(url)}" '
                f'aria-label="Note {number}">{number}</a></sup>'
            )
        elif child.type == "link_open":
            url = weaver.link(str(child.attrs["href"]), _label_of(children, i))
            out.append(f'<a class="a" href="{escape(url)}">')
        else:
            out.append(_RENDERER.renderInline([child], PARSER.options, {}))
    return "".join(out)


def to_text(markdown: str, weaver: Weaver) -> str:
    """The body as plain text: links behind their words, markers as [1], buttons as a line."""
    out: list[str] = []
    prefix = ""  # of the list item or quotation that the next text stands in
    lists: list[int | None] = []
    for token in PARSER.parse(markdown):
        if token.type in ("bullet_list_open", "ordered_list_open"):
            lists.append(int(token.attrs.get("start", 1)) if token.tag == "ol" else None)
        elif token.type in ("bullet_list_close", "ordered_list_close"):
            lists.pop()
        elif token.type == "list_item_open":
            number = lists[-1]
            prefix = "- " if number is None else f"{number}. "
            lists[-1] = None if number is None else number + 1
        elif token.type == "blockquote_open":
            prefix = "> "
        elif token.type == "inline":
            label = _button_label(token)
            line = (
                f"{label}:\n{weaver.button(label)}"
                if label
                else _inline_text(token.children or [], weaver)
            )
            out.append(prefix + line)
            prefix = ""
        elif token.type in ("fence", "code_block"):
            out.append(token.content.rstrip())
        elif token.type == "hr":
            out.append("---")
    return "\n\n".join(out)


def _inline_text(children: list[Token], weaver: Weaver) -> str:
    out: list[str] = []
    target = ""
    for i, child in enumerate(children):
        if child.type == "marker":
            out.append(f"[{weaver.marker(child.content)[0]}]")
        elif child.type == "link_open":
            target = weaver.link(str(child.attrs["href"]), _label_of(children, i))
        elif child.type == "link_close":
            out.append(f" ({target})")
        elif child.type in ("softbreak", "hardbreak"):
            out.append(" " if child.type == "softbreak" else "\n")
        else:
            out.append(child.content)
    return "".join(out)


def _label_of(children: list[Token], opening: int) -> str:
    words: list[str] = []
    for child in children[opening + 1 :]:
        if child.type == "link_close":
            break
        words.append(child.content)
    return "".join(words)


def _button_label(token: Token) -> str:
    if token.type != "inline":
        return ""
    found = _BUTTON.fullmatch(token.content.strip())
    return found[1].strip() if found else ""


def _wraps_button(tokens: list[Token], i: int) -> bool:
    neighbour = {"paragraph_open": i + 1, "paragraph_close": i - 1}.get(tokens[i].type)
    return neighbour is not None and bool(_button_label(tokens[neighbour]))
