"""Ways to pass a signer's own link on: plain links, which need no script and tell nobody anything
before they are pressed."""

from __future__ import annotations

import io
import re
from dataclasses import dataclass
from urllib.parse import quote

import segno
from markupsafe import Markup

# A name of a Mastodon server as a person types it: labels of letters and digits, and a last one.
_SERVER = re.compile(r"(?:https?://)?((?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,63})/?")


@dataclass(frozen=True, slots=True)
class Way:
    """A network’s own page for a new post. `takes_words`: it begins with words of ours."""

    name: str
    url: str
    takes_words: bool = True


def ways(text: str, url: str) -> list[Way]:
    """WhatsApp, Facebook, X and Bluesky, each with the words and the link; the words come last, so
    that a script may change them."""
    message = quote(f"{text}\n\n{url}", safe="")
    return [
        Way("WhatsApp", f"https://wa.me/?text={message}"),
        Way(
            "Facebook",
            f"https://www.facebook.com/sharer/sharer.php?u={quote(url, safe='')}",
            takes_words=False,
        ),
        Way("X", f"https://x.com/intent/post?text={message}"),
        Way("Bluesky", f"https://bsky.app/intent/compose?text={message}"),
    ]


def on_mastodon(server: str, text: str, url: str) -> Way | None:
    """The same on somebody's own server; None where that is no name of one."""
    found = _SERVER.fullmatch(server.strip().lower())
    if found is None:
        return None
    message = quote(f"{text}\n\n{url}", safe="")
    return Way(found[1], f"https://{found[1]}/share?text={message}")


def qr_code(url: str) -> Markup:
    """The link as a picture for another person's camera: an SVG without styles of its own."""
    drawn = io.BytesIO()
    segno.make(url, error="m").save(
        drawn, kind="svg", xmldecl=False, svgns=False, border=2, omitsize=True, light="#fff"
    )
    return Markup(drawn.getvalue().decode())
