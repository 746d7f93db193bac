"""A petition's Markdown as safe HTML for its page, with markers that lead to its notes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from html import escape

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from outreach.mail.markdown import PARSER
from outreach.petitions.citations import Note, place

_RENDERER = RendererHTML()


class Markup:
    """Renders the texts of one page, in its order: places are counted over all of them."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._numbers = {note.label: note.number for note in notes}
        self._uses: Counter[int] = Counter()

    def html(self, markdown: str) -> str:
        """The text as HTML; raw HTML and images in it are shown as written, never run."""
        return "".join(self._token(token) for token in PARSER.parse(markdown))

    def _token(self, token: Token) -> str:
        if token.type == "inline":
            return "".join(self._inline(child) for child in token.children or ())
        if token.type in ("heading_open", "heading_close"):
            # The headline is the page's only h1.
            token.tag = "h3" if token.tag > "h2" else "h2"
        return _RENDERER.render([token], PARSER.options, {})

    def _inline(self, token: Token) -> str:
        if token.type != "marker":
            return _RENDERER.renderInline([token], PARSER.options, {})
        number = self._numbers.get(token.content)
        if number is None:
            return escape(f"[^{token.content}]")
        self._uses[number] += 1
        return (
            f'<a class="cite" href="#n{number}" id="{place(number, self._uses[number])}" '
            f'aria-label="Note {number}">{number}</a>'
        )
