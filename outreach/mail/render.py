"""Letters from templates on disk: templates/emails/<letter>/{subject.txt, body.html, body.txt}.

Rendered once for each outcome of a variant, or for a single letter. Only a template that asks for
`supporter` itself (to loop over what is known of them) is rendered for each recipient of a blast,
from sources that were kept with it, in a sandbox. CSS is inlined here,
after Jinja2 (the inliner parses HTML and would move loops out of tables).
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from typing import Any, cast

from css_inline import CSSInliner
from jinja2 import (
    BaseLoader,
    DictLoader,
    Environment,
    FileSystemLoader,
    StrictUndefined,
    TemplateError,
    meta,
)
from jinja2.exceptions import TemplateNotFound, TemplateSyntaxError
from jinja2.sandbox import ImmutableSandboxedEnvironment
from markupsafe import Markup

from outreach.core import languages
from outreach.core.errors import BadInput

PERSON = "supporter"
_PARTS = ("subject.txt", "body.html", "body.txt")
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


def render_parts(
    letter: str,
    *,
    html: dict[str, Any],
    text: dict[str, Any],
    environment: Environment | None = None,
) -> Rendered:
    """The letter's templates, `text` being the values of the subject and the text part.

    `environment`: of sources that were kept (`kept`). Raises BadInput that names file and line of a
    fault in a template.
    """
    used = environment or _environment()
    try:
        subject, html_part, text_part = (
            used.get_template(f"{letter}/{part}").render(html if part == "body.html" else text)
            for part in _PARTS
        )
        return Rendered(
            subject=" ".join(subject.split()),
            html=_INLINER.inline(html_part),
            text=_BLANK_LINES.sub("\n\n", text_part).strip() + "\n",
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


def sources_for_each_person(letter: str) -> dict[str, str]:
    """All templates of a letter that asks for PERSON; none where it can be compiled."""
    found: dict[str, str] = {}
    waiting = [f"{letter}/{part}" for part in _PARTS]
    asks = False
    try:
        while waiting:
            name = waiting.pop()
            if name not in found:
                found[name] = (FOLDER / name).read_text("utf-8")
                asks_itself, used = _asked(name, found[name])
                asks = asks or asks_itself
                waiting += used
    except (TemplateError, OSError):
        return {}  # rendering tells what is wrong
    return found if asks else {}


@lru_cache(maxsize=128)
def _asked(name: str, source: str) -> tuple[bool, tuple[str, ...]]:
    """Whether a template asks for PERSON itself, and the templates that it uses. To parse those of
    a letter takes as long as to compile it."""
    tree = _environment().parse(source, name)
    used = tuple(filter(None, meta.find_referenced_templates(tree)))
    return PERSON in meta.find_undeclared_variables(tree), used


@lru_cache(maxsize=8)
def kept(sources: tuple[tuple[str, str], ...]) -> Environment:
    """Templates from sources that were kept with a letter, in a sandbox."""
    return _options(ImmutableSandboxedEnvironment, DictLoader(dict(sources)))


@cache
def _environment() -> Environment:
    return _options(Environment, FileSystemLoader(FOLDER))


def _options(kind: type[Environment], loader: BaseLoader) -> Environment:
    found: Any = kind(
        loader=loader,
        autoescape=lambda name: bool(name and name.endswith(".html")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        extensions=["jinja2.ext.i18n"],
    )
    found.install_gettext_callables(languages.gettext, languages.ngettext, newstyle=True)
    return cast(Environment, found)


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
