"""The rules of a letter's blocks: numbered when it is read, answered by the database as it leaves.

They are the rules of segments (audiences/rules), so `signed "night-buses"` or `region = NY` mean in
a letter what they mean in an audience.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add

from sqlalchemy import ColumnElement, case, literal, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences import terms
from outreach.audiences.names import Names
from outreach.audiences.rules import parse
from outreach.audiences.scan import WORD, scan
from outreach.audiences.select import condition
from outreach.audiences.terms import Rule, to_text
from outreach.core.db import BIG
from outreach.core.errors import BadInput
from outreach.mail.blocks import MAX_OUTCOMES
from outreach.supporters.models import Supporter

MAX_CONDITIONS = MAX_OUTCOMES - 1  # each bit of a signed 64-bit number but the last
_POSSIBLE = (
    "Ask as in a segment: first_name, last_name, country, region, postal_code, language or "
    'field.NAME alone (is it known?) or compared (region = NY); list "…", tag "…", segment "…", '
    'signed "…", got, opened, clicked, joined; and, or, not.'
)


class Conditions:
    """The rules that a letter asks, each once. `usual`: the answers for somebody unknown."""

    def __init__(self, session: Session, organisation: Organisation) -> None:
        self._session = session
        self._organisation = organisation
        self._names = Names(session, organisation)
        self.rules: list[str] = []
        self.usual: list[bool] = []

    def ask(self, text: str) -> tuple[int, bool]:
        """The number of a rule, and whether it is the opposite.

        Raises BadInput that says what is possible.
        """
        try:
            return self._asked(text)
        except BadInput as fault:
            fault.hint = fault.hint or _POSSIBLE
            raise

    def _asked(self, text: str) -> tuple[int, bool]:
        if not text:
            raise BadInput("nothing is asked.")
        if any(token.kind == WORD and token.text.startswith("'") for token in scan(text)):
            raise BadInput("names and values stand in double quotes.")
        rule = parse(text)
        condition(self._session, rule, self._organisation, Supporter)  # every name, every circle
        rule, opposite = self._settled(rule), False
        while isinstance(rule, terms.Not):
            rule, opposite = rule.rule, not opposite
        written = to_text(rule)
        if written not in self.rules:
            if len(self.rules) == MAX_CONDITIONS:
                raise BadInput(f"a letter can ask {MAX_CONDITIONS} different things at most.")
            parse(written)  # what segments brought in must still be short enough to be read
            self.rules.append(written)
            self.usual.append(_of_nobody(rule))
        return self.rules.index(written), opposite

    def _settled(self, rule: Rule) -> Rule:
        """The rule with saved segments as they are now: a letter that was frozen does not change
        with them."""
        match rule:
            case terms.InSegment(name):
                return self._settled(parse(self._names.segment(name).rules))
            case terms.Not(inner):
                return terms.Not(self._settled(inner))
            case terms.And(rules):
                return terms.And(tuple(map(self._settled, rules)))
            case terms.Or(rules):
                return terms.Or(tuple(map(self._settled, rules)))
            case terms.Sample():
                raise BadInput("a letter can’t draw a sample.", hint="Draw it in the audience.")
            case _:
                return rule


def holding(
    session: Session, organisation: Organisation, conditions: Sequence[str]
) -> ColumnElement[int]:
    """For a statement that has Supporter: which of the conditions hold, a bit for each.

    Raises BadInput where a rule speaks of something that is gone.
    """
    bits = [
        case((condition(session, parse(rule), organisation, Supporter), literal(1 << n, BIG)),
             else_=literal(0, BIG))
        for n, rule in enumerate(conditions)
    ]  # fmt: skip
    return reduce(add, bits)


def holding_of(
    session: Session, organisation: Organisation, conditions: Sequence[str], supporter: Supporter
) -> int:
    """The same of one person."""
    if not conditions:
        return 0
    column = holding(session, organisation, conditions)
    return session.execute(select(column).where(Supporter.id == supporter.id)).scalar_one()


def _of_nobody(rule: Rule) -> bool:
    """Whether a rule chooses somebody of whom nothing is known."""
    match rule:
        case terms.Everyone():
            return True
        case terms.Not(inner):
            return not _of_nobody(inner)
        case terms.And(rules):
            return all(map(_of_nobody, rules))
        case terms.Or(rules):
            return any(map(_of_nobody, rules))
        case terms.Compare(_, "!=", values):
            return values != ("",)
        case terms.Compare(_, ("=" | "in" | "starts"), values):
            return "" in values
        case _:
            return False
