"""A page without the person: blanks where they are named, so that it may be kept and filled in."""

from __future__ import annotations

from collections.abc import Hashable, Mapping
from dataclasses import replace
from html import escape

from flask import request

from outreach.core.blanks import blank
from outreach.supporters.models import Supporter
from outreach.web.public.page import shown_person
from outreach.web.public.visitor import Visitor

# What a page may be made by of what is known of a person; everything else of them is a blank.
_ABOUT = ("country", "region", "language")
_BLANKS = {
    "first_name": "first", "name": "name", "address": "address",
    "letter": "letter", "from": "from", "share": "share",
}  # fmt: skip


def without_person(visitor: Visitor) -> tuple[Visitor, Mapping[str, str]]:
    """The visitor with blanks in place of everything personal, and what to fill in, as HTML."""
    known = {**shown_person(visitor.supporter), **visitor.carried}
    values = {_BLANKS[name]: escape(value) for name, value in known.items()}
    blanked = replace(
        visitor,
        supporter=_somebody(visitor.supporter),
        who=_emptied(shown_person(visitor.supporter)),
        carried=_emptied(visitor.carried),
        delivery_id=None,
        shared_by_id=None,
    )
    return blanked, values


def known_by(visitor: Visitor) -> tuple[Hashable, ...]:
    """What tells the page of one visitor without a person from that of another."""
    person = visitor.supporter
    others = {name: value for name, value in request.args.items() if name not in _BLANKS}
    return (
        *(getattr(person, name) for name in _ABOUT if person is not None),
        *sorted(visitor.who.items()),
        *sorted(visitor.carried.items()),
        *sorted(others.items()),
        visitor.expired,
        request.headers.get("Accept-Language", ""),
    )


def _somebody(supporter: Supporter | None) -> Supporter | None:
    """Nobody's name and address, from where this person is."""
    if supporter is None:
        return None
    return Supporter(
        first_name="", last_name="", **{name: getattr(supporter, name) for name in _ABOUT}
    )


def _emptied(values: Mapping[str, str]) -> dict[str, str]:
    return {name: blank(_BLANKS[name]) if value else "" for name, value in values.items()}
