"""A letter on a sheet: previewed as somebody would get it, and its HTML part alone for a frame."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from flask import Response, request
from sqlalchemy.orm import Session

from outreach.blasts import compose
from outreach.blasts.models import Blast, Variant
from outreach.blasts.variants import named
from outreach.core.errors import BadInput, NotFound
from outreach.core.tokens import TOKEN_CHARS
from outreach.services import Services
from outreach.supporters.models import Supporter

VIEWS = {
    "desktop": "Desktop",
    "phone": "Phone",
    "dark": "Dark",
    "images-off": "No images",
    "text": "Text",
}
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)
# Looking at a letter here is no open by the person it was sent to.
_OWN_PIXEL = re.compile(rf'<img[^>]*\bsrc="[^"]*/o/[\w-]{{{TOKEN_CHARS}}}\.gif"[^>]*>')
_PREFERS_DARK = re.compile(r"@media\s*\(\s*prefers-color-scheme\s*:\s*dark\s*\)", re.IGNORECASE)


@dataclass(frozen=True)
class Pane:
    """What the preview shows: a view, a person, and the letter or why there is none."""

    blast: Blast
    variant: Variant
    view: str
    supporter: Supporter | None
    preview: compose.Preview | None
    fault: str

    @property
    def views(self) -> Mapping[str, str]:
        """All views, by key, with their labels."""
        return VIEWS

    @property
    def letter(self) -> str | None:
        """The variant in the preview's own links; a blast with one variant needs none."""
        return self.variant.letter if len(self.blast.variants) > 1 else None

    @property
    def person(self) -> int | None:
        """The id of the person in the preview's own links."""
        return self.supporter.id if self.supporter else None


def pane(session: Session, blast: Blast, services: Services) -> Pane:
    """The preview that this request asks for: `view` is one of VIEWS, `as` a supporter's id,
    `variant` a letter."""
    view = request.args.get("view", "phone")
    if view not in VIEWS:
        raise NotFound("A letter has no such view.", hint=f"It has: {', '.join(VIEWS)}.")
    person = request.args.get("as", type=int)
    supporter = session.get(Supporter, person) if person else None
    variant = named(blast, request.args.get("variant"))
    try:
        made = compose.preview(session, blast, variant, supporter, services.base_url)
    except BadInput as error:
        return Pane(blast, variant, view, supporter, None, str(error))
    return Pane(blast, variant, view, supporter, made, "")


def framed(html: str, view: str) -> Response:
    """The HTML part as one view shows it, whatever colours the reader's own system prefers.

    Links open outside of the frame, and the letter's own pixel is left out. A policy of its own
    stands against whatever the letter holds.
    """
    media = "@media all" if view == "dark" else "@media not all"
    html = _OWN_PIXEL.sub("", html)
    html = _HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', html, count=1)
    response = Response(_PREFERS_DARK.sub(media, html), mimetype="text/html")
    images = "'none'" if view == "images-off" else "'self' https: data:"
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'unsafe-inline'; img-src {images}; "
        "form-action 'none'; base-uri 'none'; frame-ancestors 'self'; "
        "sandbox allow-popups allow-popups-to-escape-sandbox"
    )
    response.headers["X-Frame-Options"] = "SAMEORIGIN"
    response.headers["Referrer-Policy"] = "no-referrer"
    return response
