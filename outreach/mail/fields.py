"""Merge fields: `{{ first_name or "friend" | title }}` in what a campaigner writes.

Read once when a letter is compiled. A field is a name, an optional fallback in quotes for people
of whom we don't know it, and optional filters. Blocks (`{% … %}`) are not part of this grammar.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from outreach.core.errors import BadInput

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
)

FILTERS: Mapping[str, Callable[[str], str]] = {
    "title": str.title,
    "upper": str.upper,
    "lower": str.lower,
}

_TAG = re.compile(r"\{\{(.*?)\}\}|\{%|\{#|\{\{", re.DOTALL)
_FIELD = re.compile(
    r"""\s*(?P<name>[a-z_][a-z0-9_]*(?:\.[A-Za-z0-9_]+)?)
        (?:\s+or\s+(?:"(?P<double>[^"]*)"|'(?P<single>[^']*)'|“(?P<curly>[^”]*)”))?
        (?P<filters>(?:\s*\|\s*[a-z_]+)*)\s*""",
    re.VERBOSE,
)


@dataclass(frozen=True, slots=True)
class Field:
    """One merge field as written: whose value, what stands in for nothing, and filters."""

    name: str
    fallback: str = ""
    filters: tuple[str, ...] = ()

    def value(self, known: str) -> str:
        """What is printed for a person of whom `known` is known ("" for nothing)."""
        text = known or self.fallback
        for name in self.filters:
            text = FILTERS[name](text)
        return text


def parse(
    text: str, *, where: str, constants: Mapping[str, str] | None = None
) -> Iterator[str | Field]:
    """The text cut into plain pieces and fields, in order.

    `constants` are fields that are the same for everyone (petition.headline …): plain pieces.

    Raises BadInput naming the field, `where` (subject, body …) and the line.
    """
    position = 0
    for match in _TAG.finditer(text):
        yield text[position : match.start()]
        line = text.count("\n", 0, match.start()) + 1
        yield _field(match, f"{where}, line {line}", constants or {})
        position = match.end()
    yield text[position:]


def _field(match: re.Match[str], place: str, constants: Mapping[str, str]) -> str | Field:
    if match.group(1) is None:
        raise BadInput(
            f"{place}: “{match.group(0)}” is not closed, or starts a block unknown here.",
            hint='Merge fields look like {{ first_name or "friend" }}.',
        )
    found = _FIELD.fullmatch(match.group(1))
    if found is None:
        raise BadInput(
            f"{place}: “{match.group(0)}” can’t be read.",
            hint='Merge fields look like {{ first_name or "friend" }}.',
        )
    name = found["name"]
    if name in constants:
        return constants[name]
    if name not in SUPPORTER_FIELDS and not name.startswith("field."):
        raise BadInput(
            f"{place}: there is no merge field “{name}”.",
            hint=f"Known: {', '.join((*SUPPORTER_FIELDS, *constants))}; custom fields: field.NAME.",
        )
    filters = tuple(part.strip() for part in found["filters"].split("|")[1:])
    for filter_name in filters:
        if filter_name not in FILTERS:
            raise BadInput(
                f"{place}: there is no filter “{filter_name}”.",
                hint=f"Known: {', '.join(FILTERS)}.",
            )
    fallback = found["double"] or found["single"] or found["curly"] or ""
    return Field(name, fallback, filters)
