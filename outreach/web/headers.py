"""Headers of every answer: what a page may load, where it may be shown, what is kept of it."""

from __future__ import annotations

from flask import Flask, Response

from outreach.web.context import services

POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; frame-src 'self'; font-src 'self'; form-action 'self'; "
    "base-uri 'none'; frame-ancestors 'self'"
)
# For letters shown in a frame or a page of their own: their styles are inline, scripts never run.
LETTER_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src 'self' data: https:; sandbox "
    "allow-popups allow-top-navigation-by-user-activation; frame-ancestors 'self'"
)
# A year, and for this host alone: its neighbours are not ours to speak for (RFC 6797).
ONLY_HTTPS = "max-age=31536000"


def of_every_answer(base_url: str) -> dict[str, str]:
    """What stands on every answer, whatever it is."""
    found = {
        "Content-Security-Policy": POLICY,
        "X-Content-Type-Options": "nosniff",
        "Referrer-Policy": "same-origin",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if base_url.startswith("https:"):
        found["Strict-Transport-Security"] = ONLY_HTTPS
    return found


def register(app: Flask) -> None:
    """Put the headers on every answer; a view that set its own keeps it."""

    @app.after_request
    def add(response: Response) -> Response:
        for name, value in of_every_answer(services().base_url).items():
            response.headers.setdefault(name, value)
        if response.mimetype == "text/html":
            response.headers.setdefault("Cache-Control", "no-store")
        return response
