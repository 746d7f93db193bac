"""The letter of a blast with each link marked by how many followed it: a heat map for a frame."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from html import escape

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.analytics.report.counting import links_of_variant
from outreach.analytics.report.details import LinkFigures, LinksOf
from outreach.analytics.report.figures import Figures
from outreach.blasts.models import REST, FrozenLetter, Variant
from outreach.core.errors import NotFound
from outreach.core.tokens import TRIAL
from outreach.mail.plan import Plan

LEVELS = 4  # of warmth; 0 for a link that nobody followed
# In place of its tags each token gets the number of its slot, to be found again in the HTML.
_ADDRESS = r"[^\"]*/\w/[\w-]{2}" + TRIAL + r"-slot-"
_PIXEL = re.compile(rf'<img[^>]*\bsrc="{_ADDRESS}\d+[^"]*"[^>]*>')
_LINK = re.compile(rf'<a\b([^>]*)\bhref="{_ADDRESS}(\d+)"([^>]*)>(.*?)</a>', re.DOTALL)
_OTHER = re.compile(rf"({TRIAL})-slot-\d+")
_END = re.compile(r"</head>", re.IGNORECASE)
# The letter stands in a frame of its own, in its own light colours: tokens don't reach it.
_STYLE = """<style>
:root{color-scheme:only light!important}
a[data-heat]{outline:2px solid rgba(11,91,76,.35);outline-offset:2px}
a[data-heat="1"]{box-shadow:0 0 0 6px rgba(11,91,76,.14)}
a[data-heat="2"]{box-shadow:0 0 0 6px rgba(11,91,76,.26)}
a[data-heat="3"]{box-shadow:0 0 0 6px rgba(11,91,76,.40)}
a[data-heat="4"]{box-shadow:0 0 0 6px rgba(11,91,76,.58)}
a[data-heat="0"]{outline-style:dashed}
[data-share]{display:inline-block;margin-left:6px;padding:0 6px;border-radius:9px;background:#fff;
color:#0b3b2c;border:1px solid #0b5b4c;font:600 12px/18px sans-serif;white-space:nowrap;
vertical-align:middle}
</style></head>"""


@dataclass(frozen=True)
class Letter:
    """A letter as it was frozen. Whose links are marked: `of`."""

    plan: Plan
    of: LinksOf

    @property
    def html(self) -> str:
        """The letter with its links marked."""
        return marked(self.plan, self.of)


def kept(session: Session, blast_id: int) -> list[str]:
    """The variants whose letter is kept, in order."""
    query = (
        select(Variant.letter)
        .join(FrozenLetter, FrozenLetter.variant_id == Variant.id)
        .where(Variant.blast_id == blast_id, Variant.letter != REST)
    )
    return list(session.scalars(query.order_by(Variant.letter)))


def letter_of(
    session: Session, blast_id: int, figures: Figures, variant: str | None = None
) -> Letter:
    """The letter of a variant, with its own links. Without `variant` the first one's, with the
    links of the whole blast. Raises NotFound where it is not kept, or there is no such variant."""
    names = kept(session, blast_id)
    if not names:
        raise NotFound("The letter as it went out is not kept here.")
    if variant is not None and variant not in names:
        raise NotFound(
            f"No letter of a variant “{variant}” is kept here.",
            hint=f"There are: {', '.join(names)}.",
        )
    frozen = session.scalars(
        select(FrozenLetter)
        .join(Variant, Variant.id == FrozenLetter.variant_id)
        .where(Variant.blast_id == blast_id, Variant.letter == (variant or names[0]))
    ).one()
    plan = Plan.from_json(frozen.plan)
    if variant is None:
        return Letter(plan, LinksOf(figures.details.links, figures.letters.reached))
    its_own = session.get_one(Variant, frozen.variant_id)
    return Letter(plan, links_of_variant(session, its_own, plan.links))


def marked(plan: Plan, of: LinksOf) -> str:
    """The letter's HTML, without anybody's name: a link has its share of delivered people beside
    it, or how many they were, and leads to its place without being counted."""
    tags = [f"-slot-{slot}" for slot in plan.links]
    values = plan.values_of([""] * len(plan.fields), (TRIAL, *tags))
    html = _PIXEL.sub("", plan.filled(plan.html, values))
    by_slot = {link.slot: link for link in of.links}
    html = _LINK.sub(lambda found: _link(found, by_slot, of.small), html)
    return _END.sub(lambda _: _STYLE, _OTHER.sub(r"\1", html), count=1)


def level(link: LinkFigures, links: Sequence[LinkFigures]) -> int:
    """How warm a link is: 1 to LEVELS by its part of the most followed one's people, else 0."""
    most = max((one.clicked for one in links), default=0)
    return -(-link.clicked * LEVELS // most) if most else 0


def _link(found: re.Match[str], by_slot: Mapping[int, LinkFigures], as_counts: bool) -> str:
    link = by_slot.get(int(found[2]))
    if link is None or link.kind == "trap":
        return found[0]
    warmth = level(link, list(by_slot.values()))
    said = f"{link.clicked:,}" if as_counts else link.rate.percent
    return (
        f'<a{found[1]}href="{escape(link.url)}" data-heat="{warmth}"{found[3]}>{found[4]}'
        f"<span data-share>{said}</span></a>"
    )
