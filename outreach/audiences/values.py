"""What is known of a supporter, compared in SQL the same way on both databases.

Every value is text, and "" where nothing is known, so that no comparison is ever NULL and `not` is
the complement over everyone.
"""

from __future__ import annotations

import re

from sqlalchemy import (
    ColumnElement,
    Double,
    and_,
    case,
    cast,
    collate,
    false,
    func,
    literal,
    not_,
    or_,
)

from outreach.audiences.terms import EQUAL, FIELD, IN, KNOWN, STARTS, Compare
from outreach.supporters.models import Supporter

NUMBER = re.compile(r"-?(0|[1-9][0-9]*)(\.[0-9]+)?")  # as JSON has it; 042 is a code, no number
NUMBER_CHARS = 15  # what a double holds exactly


def matches(rule: Compare, person: type[Supporter], *, postgresql: bool) -> ColumnElement[bool]:
    """The comparison as a condition that is true or false, never NULL."""
    known = _text(rule.attribute, person)
    custom = rule.attribute.startswith(FIELD)
    values = [v.upper() for v in rule.values] if rule.attribute == "country" else rule.values

    def equal(value: str) -> ColumnElement[bool]:
        if not (custom and is_number(value)):
            return known == value
        return or_(known == value, _numeric(known, EQUAL, value, postgresql=postgresql))

    match rule.operator:
        case "=":
            return equal(values[0])
        case "!=":
            return not_(equal(values[0]))
        case operator if operator == IN:
            return or_(*(equal(value) for value in values))
        case operator if operator == KNOWN:
            return known != ""
        case operator if operator == STARTS:
            return func.substr(known, 1, len(values[0])) == values[0]
        case operator:
            if custom and is_number(values[0]):
                return _numeric(known, operator, values[0], postgresql=postgresql)
            # Without a collation of its own PostgreSQL would order by the server's locale.
            ordered = collate(known, "C") if postgresql else known
            return and_(known != "", _compared(ordered, operator, literal(values[0])))


def is_number(text: str) -> bool:
    """Whether a text is compared as a number where the other side is one too."""
    return len(text) <= NUMBER_CHARS and NUMBER.fullmatch(text) is not None


def _text(attribute: str, person: type[Supporter]) -> ColumnElement[str]:
    if attribute.startswith(FIELD):
        stored = person.fields[attribute.removeprefix(FIELD)].as_string()
        return func.coalesce(stored, "")
    column: ColumnElement[str] = getattr(person, attribute)
    return column


def _numeric(
    known: ColumnElement[str], operator: str, value: str, *, postgresql: bool
) -> ColumnElement[bool]:
    if postgresql:
        number = known.regexp_match(f"^({NUMBER.pattern})$")
    else:
        # SQLite has no regular expressions; of these characters JSON accepts just our numbers.
        number = and_(not_(known.bool_op("GLOB")("*[^0-9.-]*")), func.json_valid(known) == 1)
    compared = _compared(cast(known, Double), operator, literal(float(value), Double))
    return case((and_(func.length(known) <= NUMBER_CHARS, number), compared), else_=false())


def _compared(
    left: ColumnElement[str] | ColumnElement[float],
    operator: str,
    right: ColumnElement[str] | ColumnElement[float],
) -> ColumnElement[bool]:
    return left.op(operator, is_comparison=True)(right)
