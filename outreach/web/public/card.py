"""The picture beside a shared link: the petition's headline, whom it asks, who speaks."""

from __future__ import annotations

import hashlib
import unicodedata
from functools import lru_cache

from flask import render_template, url_for

from outreach.accounts.models import Organisation
from outreach.analytics.drawing import bounded, pictures
from outreach.core import languages
from outreach.core.errors import NotFound
from outreach.core.languages import gettext as _
from outreach.petitions.markup import without_markers
from outreach.petitions.models import Petition
from outreach.petitions.translations import Reading
from outreach.web.context import services

WIDTH, HEIGHT, MARGIN = 1200, 630, 80
SIZES = (76, 68, 60, 52, 44, 38)  # of the headline's type, the largest that fits
LINES_MAX = 4
WITHIN_S = 15
# Of an em, in the widest serif that a server may have: narrow letters, usual ones, capitals, and
# those as wide as high (m and w, Chinese, Japanese, Korean)
_NARROW, _USUAL, _CAPITAL, _WIDE = 0.42, 0.67, 0.82, 1.04


def picture(petition: Petition, told: Reading, organisation: Organisation) -> bytes:
    """The picture as PNG, 1200 by 630; drawn once for each wording and process.

    Raises NotFound where nothing draws, TryLater where it takes too long.
    """
    if not pictures.draws():
        raise NotFound(_("There is nothing at this address."))
    return _drawn(_svg(petition, told, organisation))


def card_url(petition: Petition, told: Reading, organisation: Organisation) -> str:
    """Where the picture is, from the host on; "" where nothing draws. It changes with its words."""
    if not pictures.draws():
        return ""
    words = repr((told.headline, told.targets, organisation.name, petition.is_letter))
    mark = hashlib.blake2b(words.encode(), digest_size=5).hexdigest()
    path = url_for("public_petitions.card", slug=petition.slug, lang=told.language, v=mark)
    return services().base_url + path


def lines_of(text: str, size: int, width: int = WIDTH - 2 * MARGIN) -> list[str]:
    """The text in lines that are about as wide as that; a word is never broken, but for one that
    is wider than the line."""
    lines = [""]
    for word in text.split():
        for i, piece in enumerate(_pieces(word, size, width)):
            longer = f"{lines[-1]}{'' if i else ' '}{piece}".strip()
            if _width(longer, size) <= width:
                lines[-1] = longer
            else:
                lines.append(piece)
    return [line for line in lines if line]


def _svg(petition: Petition, told: Reading, organisation: Organisation) -> str:
    headline = " ".join(without_markers(told.headline).split())
    size, lines = next(
        ((size, lines) for size in SIZES if len(lines := lines_of(headline, size)) <= LINES_MAX),
        (SIZES[-1], lines_of(headline, SIZES[-1])),
    )
    if len(lines) > LINES_MAX:
        lines = [*lines[: LINES_MAX - 1], lines[LINES_MAX - 1] + " …"]
    to = lines_of(languages.listed(told.targets), 34)
    return render_template(
        "public/card.svg",
        rtl=languages.direction(told.language) == "rtl",
        kicker=_("Open letter") if petition.is_letter else _("Petition"),
        lines=lines,
        size=size,
        to=to[0] + (" …" if len(to) > 1 else "") if to else "",
        organisation=organisation.name,
    )


@lru_cache(maxsize=100)
def _drawn(svg: str) -> bytes:
    return bounded.made([("card", svg)], seconds=WITHIN_S)[0]


def _pieces(word: str, size: int, width: int) -> list[str]:
    """A word, cut where it is wider than a line; where no spaces are written, anywhere."""
    if _width(word, size) <= width:
        return [word]
    most = max(1, int(width / (size * _WIDE)))
    return [word[i : i + most] for i in range(0, len(word), most)]


def _width(text: str, size: int) -> float:
    return size * sum(_ems(letter) for letter in text)


def _ems(letter: str) -> float:
    if unicodedata.east_asian_width(letter) in "WF":
        return _WIDE
    if unicodedata.combining(letter):
        return 0.0
    if letter in "ijltfrI.,:;'’!|()-– ":
        return _NARROW
    if letter in "mwMW%@—":
        return _WIDE
    return _CAPITAL if letter.isupper() else _USUAL
