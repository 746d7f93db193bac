"""A petition's Markdown as safe HTML for its page, with markers that lead to its notes."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from html import escape
from types import MethodType
from typing import Any, cast

from markdown_it.renderer import RendererHTML
from markdown_it.token import Token

from outreach.core.languages import gettext as _
from outreach.mail.markdown import PARSER
from outreach.petitions.citations import Note, by_label, place

_MARKER = re.compile(r"\[\^[A-Za-z0-9_-]{1,40}\]")


def without_markers(markdown: str) -> str:
    """The text for where its notes are not shown."""
    return _MARKER.sub("", markdown)


class Markup:
    """Renders the texts of one page, in its order: places are counted over all of them."""

    def __init__(self, notes: Sequence[Note]) -> None:
        self._numbers = {label: note.number for label, note in by_label(notes).items()}
        self._uses: Counter[int] = Counter()
        self._renderer = RendererHTML()
        self._renderer.rules["marker"] = cast(MethodType, self._marker)

    def html(self, markdown: str) -> str:
        """The text as HTML; raw HTML and images in it are shown as written, never run."""
        tokens = PARSER.parse(markdown)
        for token in tokens:
            if token.type in ("heading_open", "heading_close"):
                # The headline is the page's only h1.
                token.tag = "h3" if token.tag > "h2" else "h2"
        return self._renderer.render(tokens, PARSER.options, {})

    def _marker(self, tokens: Sequence[Token], i: int, _options: Any, _env: Any) -> str:
        label = tokens[i].content
        number = self._numbers.get(label)
        if number is None:
            return escape(f"[^{label}]")
        self._uses[number] += 1
        said = _("Note %(number)s") % {"number": number}
        return (
            f'<a class="cite" href="#n{number}" id="{place(number, self._uses[number])}" '
            f'aria-label="{escape(said)}">{number}</a>'
        )
