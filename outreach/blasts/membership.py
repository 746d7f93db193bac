"""Saved segments whose members a blast's letters know by: who was in which when it was frozen.

Recorded are those that the audience names, and of the others the newest that ask of the person
alone: which letters people got, opened or clicked is asked of tables with many rows for each.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from sqlalchemy import ColumnElement, case, cast, literal, null
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences import queries, terms
from outreach.audiences.rules import parse
from outreach.audiences.select import condition
from outreach.audiences.terms import Rule
from outreach.blasts.models import Blast, FrozenSegment
from outreach.core import log
from outreach.core.db import BIG
from outreach.core.errors import BadInput
from outreach.supporters.models import Supporter

_log = log.get(__name__)
NOT_RECORDED = "blast.segment_not_recorded"
MOST = 30  # segments of one blast
OTHERS = 10  # that the audience does not name: each takes a twentieth of what freezing takes

_SLOW = (terms.Letter, terms.Sample)


def kept(
    session: Session, blast: Blast, rule: Rule, organisation: Organisation, person: type[Supporter]
) -> ColumnElement[Any]:
    """Delivery.segments of `person`, a member whom `rule` chose; stores which bit is which segment.

    NULL where no segment is recorded.
    """
    known: ColumnElement[Any] | None = None
    for place, (name, is_in) in enumerate(_recorded(session, rule, organisation, person).items()):
        session.add(FrozenSegment(blast_id=blast.id, bit=1 << place, name=name))
        bit = literal(1 << place, BIG)
        mine = bit if is_in is None else case((is_in, bit), else_=literal(0, BIG))
        known = mine if known is None else known + mine
    return cast(null(), BIG) if known is None else known


def _recorded(
    session: Session, rule: Rule, organisation: Organisation, person: type[Supporter]
) -> dict[str, ColumnElement[bool] | None]:
    """Segments by name with what makes a person a member; None: every member is."""
    named = [part.name for part in queries.parts(rule) if isinstance(part, terms.InSegment)]
    sure = set(_of_all(rule))
    found: dict[str, ColumnElement[bool] | None] = {}
    for name in dict.fromkeys([*named, *_quick(session, organisation)]):
        if len(found) == MOST:
            _log.warning(NOT_RECORDED, segment=name, why="too many")
            break
        try:
            asked = condition(session, terms.InSegment(name), organisation, person)
        except BadInput as error:  # it leans on what is gone: a blast that names it does not start
            _log.warning(NOT_RECORDED, segment=name, why=str(error))
        else:
            found[name] = None if name in sure else asked
    return found


def _of_all(rule: Rule) -> Iterator[str]:
    """The segments that everybody whom a rule chooses is in."""
    match rule:
        case terms.InSegment(name):
            yield name
        case terms.Sample(rule=inner):
            yield from _of_all(inner)
        case terms.And(rules):
            for inner in rules:
                yield from _of_all(inner)


def _quick(session: Session, organisation: Organisation) -> list[str]:
    """The organisation's newest segments that ask of the person alone, they and what they use."""
    rules: dict[str, list[Rule]] = {}
    newest_first = sorted(queries.all_segments(session), key=lambda one: -one.id)
    for segment in newest_first:
        if segment.organisation_id == organisation.id:
            try:
                rules[segment.name] = queries.parts(parse(segment.rules))
            except BadInput as error:
                _log.warning(NOT_RECORDED, segment=segment.name, why=str(error))

    def is_slow(name: str, within: tuple[str, ...] = ()) -> bool:
        if name in within or name not in rules:
            return True
        return any(
            is_slow(part.name, (*within, name))
            if isinstance(part, terms.InSegment)
            else isinstance(part, _SLOW)
            for part in rules[name]
        )

    return [name for name in rules if not is_slow(name)][:OTHERS]
