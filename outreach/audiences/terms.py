"""What a rule is made of: one frozen dataclass for each kind of question, and its text."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

EQUAL, STARTS, KNOWN, IN = "=", "starts", "known", "in"
ORDER = ("<", "<=", ">", ">=")
OPERATORS = (EQUAL, "!=", *ORDER, STARTS, IN, KNOWN)
# And field.NAME.
ATTRIBUTES = ("country", "region", "postal_code", "language", "first_name", "last_name")
FIELD = "field."

# Words that mean something in a rule; as names they stand in quotes.
RESERVED = frozenset(
    (
        *("everyone", "list", "tag", "segment", "field", "signed", "any", "got", "opened"),
        *("clicked", "joined", "and", "or", "not", "since", "before", "within", "day", "days"),
        *("starts", "in", "known", "sample", "seed", "missed", "unknown"),
        *ATTRIBUTES,
    )
)

_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.@+-]*")


@dataclass(frozen=True, slots=True)
class When:
    """A time: SINCE a day, BEFORE a day (both as the organisation's days), WITHIN so many days."""

    word: str  # since, before, within
    day: date | None = None
    days: int = 0


@dataclass(frozen=True, slots=True)
class Everyone:
    """All supporters."""


@dataclass(frozen=True, slots=True)
class OnList:
    """On the list of this name."""

    name: str


@dataclass(frozen=True, slots=True)
class Tagged:
    """With this tag."""

    name: str


@dataclass(frozen=True, slots=True)
class InSegment:
    """In the saved segment of this name, as it then stands."""

    name: str


@dataclass(frozen=True, slots=True)
class Compare:
    """One of ATTRIBUTES or `field.NAME` against values: one, several for `in`, none for `known`."""

    attribute: str
    operator: str
    values: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Signed:
    """Signed the petition of this slug (None: any)."""

    petition: str | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Letter:
    """Got, opened or clicked a letter of the blast of this name (None: of any blast).

    Or of one blast, whenever: missed it (skipped, refused, cancelled), or it is unknown whether
    they got it.
    """

    act: str  # got, opened, clicked; missed, unknown
    blast: str | None = None
    when: When | None = None


@dataclass(frozen=True, slots=True)
class Joined:
    """Became a supporter at this time."""

    when: When


@dataclass(frozen=True, slots=True)
class Not:
    """Everyone but those."""

    rule: Rule


@dataclass(frozen=True, slots=True)
class And:
    """In all of them; two or more."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Or:
    """In at least one of them; two or more."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """At most `size` people, or about `percent` of them, of those whom the rule chooses.

    The same seed chooses the same people. Only at the top of a rule.
    """

    rule: Rule
    size: int | None = None
    percent: float | None = None
    seed: int = 1


Rule = (
    Everyone
    | OnList
    | Tagged
    | InSegment
    | Compare
    | Signed
    | Letter
    | Joined
    | Not
    | And
    | Or
    | Sample
)


def to_text(rule: Rule) -> str:
    """The rule as a person writes it; `parse` reads the same rule from it."""
    match rule:
        case Everyone():
            return "everyone"
        case OnList(name):
            return f"list {_word(name)}"
        case Tagged(name):
            return f"tag {_word(name)}"
        case InSegment(name):
            return f"segment {_word(name)}"
        case Compare():
            return _comparison(rule)
        case Signed(petition, when):
            return f"signed {'any' if petition is None else _word(petition)}{_when(when)}"
        case Letter(act, blast, when):
            return act + ("" if blast is None else f" {_word(blast)}") + _when(when)
        case Joined(when):
            return f"joined{_when(when)}"
        case Not(inner):
            return f"not {_inside(inner, And, Or)}"
        case And(rules):
            return " and ".join(_inside(part, And, Or) for part in rules)
        case Or(rules):
            return " or ".join(_inside(part, Or) for part in rules)
        case Sample(inner, size, percent, seed):
            amount = f"{percent:g}%" if percent is not None else str(size)
            return f"{to_text(inner)} sample {amount} seed {seed}"


def _inside(rule: Rule, *bracketed: type[And] | type[Or]) -> str:
    text = to_text(rule)
    return f"({text})" if isinstance(rule, bracketed) else text


def _comparison(rule: Compare) -> str:
    if rule.operator == KNOWN:
        return f"{rule.attribute} known"
    if rule.operator == IN:
        return f"{rule.attribute} in ({', '.join(map(_word, rule.values))})"
    return f"{rule.attribute} {rule.operator} {_word(rule.values[0])}"


def _when(when: When | None) -> str:
    if when is None:
        return ""
    if when.day is not None:
        return f" {when.word} {when.day.isoformat()}"
    return f" {when.word} {when.days} {'day' if when.days == 1 else 'days'}"


def _word(text: str) -> str:
    if _PLAIN.fullmatch(text) and text.lower() not in RESERVED:
        return text
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
