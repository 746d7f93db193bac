"""A letter's HTML part as a frame of the console shows it: no script, no outside requests but images."""

from __future__ import annotations

import re

from flask import Response

DARK, IMAGES_OFF = "dark", "images-off"
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
_PREFERS_DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)


def framed(html: str, view: str) -> Response:
    """The part as one view shows it, whatever colours the reader's own system prefers.

    Links open outside of the frame. A policy of its own stands against whatever the letter holds.
    """
    media = "@media all" if view == DARK else "@media not all"
    html = _HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', html, count=1)
    response = Response(_PREFERS_DARK.sub(media, html), mimetype="text/html")
    images = "'none'" if view == IMAGES_OFF else "'self' https: data:"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {images}; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
