"""Which language a page answers in: the one that was chosen, or the reader's own."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from flask import Flask, request

from outreach.core import languages

CHOICE = "lang"  # in links and forms: no cookie is set


def register(app: Flask) -> None:
    """Speak the reader's language on public pages, English in the console and with machines."""
    app.jinja_env.add_extension("jinja2.ext.i18n")
    app.jinja_env.policies["ext.i18n.trimmed"] = True
    words: Any = app.jinja_env
    words.install_gettext_callables(languages.gettext, languages.ngettext, newstyle=True)

    @app.before_request
    def listen() -> None:
        # What machines post is read by their doors alone, with limits of their own.
        public = not request.path.startswith(("/console", "/hooks"))
        languages.speak(readers(languages.spoken()) if public else languages.SOURCE)

    @app.context_processor
    def told() -> dict[str, Any]:
        return {"language": languages.current(), "languages": languages}


def speak(language: str, *, own: str = "") -> None:
    """Answer in this language, or the reader's where there are no words of ours in it."""
    found = languages.negotiated([language], languages.spoken())
    languages.speak(found or readers(languages.spoken(), own=own))


def readers(offered: Sequence[str], otherwise: str = languages.SOURCE, *, own: str = "") -> str:
    """Of these languages the one that the reader chose, else their own (as it is known of the
    person whom a letter's link recognises), else the one that their browser asks for."""
    chosen = request.values.get(CHOICE, "")
    asked = [tag for tag, weight in request.accept_languages if weight > 0]
    return languages.negotiated([chosen, own, *asked], offered) or otherwise
