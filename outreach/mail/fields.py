"""Merge fields: `{{ first_name or "friend" | title }}` in what a campaigner writes.

Read once when a letter is compiled. A field is a name, an optional fallback in quotes for people
of whom we don't know it, and optional filters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from outreach.core.errors import BadInput
from outreach.mail.wording import written_date, written_number

# Known of every supporter; `field.NAME` reaches a custom field.
SUPPORTER_FIELDS = (
    "first_name",
    "last_name",
    "full_name",
    "email",
    "postal_code",
    "region",
    "country",
    "joined",
    "joined_on",
)
CUSTOM = "field."
DATE, NUMBER = "date", "number"
# From a value and the organisation's language to what is printed.
FILTERS: Mapping[str, Callable[[str, str], str]] = {
    "title": lambda text, _: text.title(),
    "upper": lambda text, _: text.upper(),
    "lower": lambda text, _: text.lower(),
    DATE: written_date,
    NUMBER: written_number,
}
EXAMPLE = 'Merge fields look like {{ first_name or "friend" }}.'

_FIELD = re.compile(
    r"""\s*(?P<name>[a-z_][a-z0-9_]*(?:\.[A-Za-z0-9_]+)?)
        (?:\s+or\s+(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|“(?P<curly>[^”]*)”))?
        (?P<filters>(?:\s*\|\s*[a-z_]+)*)\s*""",
    re.VERBOSE,
)


class Same(str):
    """A value that is the same for everyone, such as the petition's headline."""

    __slots__ = ()


@dataclass(frozen=True, slots=True)
class Field:
    """One merge field as written: whose value, what stands in for nothing, and filters."""

    name: str
    fallback: str = ""
    filters: tuple[str, ...] = ()
    language: str = "en"  # of dates and numbers

    def value(self, known: str) -> str:
        """What is printed for a person of whom `known` is known ("" for nothing)."""
        text = known or self.fallback
        for name in self.filters:
            text = FILTERS[name](text, self.language)
        return text


def read_field(
    written: str, place: str, constants: Mapping[str, str], language: str = "en"
) -> Field | Same:
    """The field between `{{` and `}}`; one of `constants` is the same for everyone.

    Raises BadInput that names the field and its `place` (“Body, line 3”).
    """
    found = _FIELD.fullmatch(written)
    if found is None:
        raise BadInput(f"{place}: “{{{{{written}}}}}” can’t be read.", hint=EXAMPLE)
    name = found["name"]
    known = (*SUPPORTER_FIELDS, *constants)
    if name not in known and not name.startswith(CUSTOM):
        raise BadInput(
            f"{place}: there is no merge field “{name}”.",
            hint=f"{_meant(name, known)}Known: {', '.join(known)}; custom fields: field.NAME.",
        )
    filters = tuple(part.strip() for part in found["filters"].split("|")[1:])
    for filter_name in filters:
        if filter_name not in FILTERS:
            raise BadInput(
                f"{place}: there is no filter “{filter_name}”.",
                hint=f"{_meant(filter_name, FILTERS)}Known: {', '.join(FILTERS)}.",
            )
    if name == "joined" and filters[:1] == (DATE,):
        name = "joined_on"  # the day alone; without the filter, where it was is told as well
    fallback = found["double"] or found["single"] or found["curly"] or ""
    field = Field(name, fallback, filters, language)
    return Same(field.value(constants[name])) if name in constants else field


def _meant(name: str, known: Iterable[str]) -> str:
    close = get_close_matches(name, list(known), n=1)
    return f"Did you mean {close[0]}? " if close else ""
