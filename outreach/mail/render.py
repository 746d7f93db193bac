"""Letters from templates on disk: templates/emails/<letter>/{subject.txt, body.html, body.txt}.

Rendered once per variant or single letter, never per recipient of a blast. CSS is inlined here,
after Jinja2 (the inliner parses HTML and would move loops out of tables).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from css_inline import CSSInliner
from jinja2 import Environment, FileSystemLoader, StrictUndefined, TemplateError
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError
from markupsafe import Markup

from outreach.core.errors import BadInput

FOLDER = Path(__file__).parents[2] / "templates" / "emails"
# The defaults fetch remote sheets and drop @media.
_INLINER = CSSInliner(
    load_remote_stylesheets=False,
    keep_at_rules=True,
    keep_style_tags=True,
    remove_inlined_selectors=True,
)
_BLANK_LINES = re.compile(r"\n{3,}")


@dataclass(frozen=True)
class Rendered:
    """A letter's three texts; `html` has its CSS inlined, `subject` is one line."""

    subject: str
    html: str
    text: str


def render(letter: str, **context: Any) -> Rendered:
    """The letter's templates with the same values in all parts; errors as `render_parts`."""
    return render_parts(letter, html=context, text=context)


def render_parts(letter: str, *, html: dict[str, Any], text: dict[str, Any]) -> Rendered:
    """The letter's templates, `text` being the values of the subject and the text part.

    Raises BadInput that names file and line of a fault in a template.
    """
    try:
        return Rendered(
            subject=" ".join(_one(letter, "subject.txt", text).split()),
            html=_INLINER.inline(_one(letter, "body.html", html)),
            text=_BLANK_LINES.sub("\n\n", _one(letter, "body.txt", text)).strip() + "\n",
        )
    except TemplateError as error:
        raise BadInput(_place(error, letter), hint="Nothing was sent. Mend the template.") from None


def letters() -> list[str]:
    """Names of the letters that have templates."""
    return sorted(p.name for p in FOLDER.iterdir() if p.is_dir() and not p.name.startswith("_"))


def button(label: str, url: str) -> Markup:
    """The HTML of an ask button, as the letters' own templates draw it."""
    module: Any = _environment().get_template("_base/parts.html").module
    return Markup(module.button(label, url))


@cache
def _environment() -> Environment:
    return Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
    )


def _one(letter: str, part: str, context: dict[str, Any]) -> str:
    return _environment().get_template(f"{letter}/{part}").render(context)


def _place(error: TemplateError, letter: str) -> str:
    if isinstance(error, TemplateNotFound):
        return f"The letter “{letter}” has no template {error.name} under templates/emails/."
    if isinstance(error, TemplateSyntaxError):
        return f"templates/emails/{error.name}, line {error.lineno}: {error.message}"
    name, line = letter, 0
    trace = error.__traceback__
    while trace:
        file = Path(trace.tb_frame.f_code.co_filename)
        if file.is_relative_to(FOLDER):
            name, line = str(file.relative_to(FOLDER)), trace.tb_lineno
        trace = trace.tb_next
    return f"templates/emails/{name}, line {line}: {error.message}"
