"""Segments kept under a name: saved, renamed, deleted."""

from __future__ import annotations

from collections.abc import Callable

from sqlalchemy import column, select, table
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences import terms
from outreach.audiences.models import Segment
from outreach.audiences.queries import all_segments, rule_of
from outreach.audiences.rules import parse
from outreach.audiences.select import check
from outreach.audiences.terms import Rule, to_text
from outreach.core import log
from outreach.core.errors import BadInput, Conflict

_log = log.get(__name__)
SEGMENT_SAVED = "segment.saved"
SEGMENT_RENAMED = "segment.renamed"
SEGMENT_DELETED = "segment.deleted"

NAME_CHARS = 120

# Blasts stand a floor above segments: their table is known here by name alone.
_BLASTS = table("blasts", column("name"), column("state"), column("audience"))
_UNFROZEN = ("draft", "scheduled", "freezing", "paused")


def save(session: Session, organisation: Organisation, name: str, rules: str) -> Segment:
    """Keep rules under a name; a segment of that name gets the new ones.

    Raises BadInput (field `name` or `rules`) for rules that can't be read or can't work.
    """
    name = _clean(name)
    rule = parse(rules)
    check(session, rule, organisation, saved_as=name)
    segment = _of_name(session, name)
    if segment is None:
        segment = Segment(organisation_id=organisation.id, name=name)
        session.add(segment)
    segment.rules = rules.strip()
    session.flush()
    _log.info(SEGMENT_SAVED, segment_id=segment.id)
    return segment


def rename(session: Session, segment: Segment, name: str) -> None:
    """Give a segment another name; segments that use it follow.

    Raises Conflict where the name is taken or a blast that is not frozen yet asks for the old one.
    """
    name = _clean(name)
    if name == segment.name:
        return
    if _of_name(session, name) is not None:
        raise Conflict(f"There is a segment “{name}” already.", hint="Choose another name.")
    _refuse_if_a_blast_uses(session, segment)
    old, segment.name = segment.name, name
    for other in all_segments(session):
        rule = rule_of(other)
        if old in _used(rule):
            other.rules = to_text(_renamed(rule, lambda used: name if used == old else used))
    session.flush()
    _log.info(SEGMENT_RENAMED, segment_id=segment.id)


def delete(session: Session, segment: Segment) -> None:
    """Forget a segment; its people stay. Raises Conflict naming what still uses it."""
    users = [other.name for other in all_segments(session) if segment.name in _used(rule_of(other))]
    if users:
        raise Conflict(
            f"“{segment.name}” is used by {', '.join(f'“{user}”' for user in users)}. "
            "Nothing was deleted.",
            hint="Change their rules first.",
        )
    _refuse_if_a_blast_uses(session, segment)
    segment_id = segment.id
    session.delete(segment)
    session.flush()
    _log.info(SEGMENT_DELETED, segment_id=segment_id)


def _clean(name: str) -> str:
    name = " ".join(name.split())
    if not name:
        raise BadInput("Give the segment a name.", field="name")
    if len(name) > NAME_CHARS:
        raise BadInput(f"A name has at most {NAME_CHARS} characters.", field="name")
    return name


def _of_name(session: Session, name: str) -> Segment | None:
    return session.scalars(select(Segment).where(Segment.name == name)).first()


def _refuse_if_a_blast_uses(session: Session, segment: Segment) -> None:
    waiting = select(_BLASTS.c.name, _BLASTS.c.audience).where(_BLASTS.c.state.in_(_UNFROZEN))
    for blast, audience in session.execute(waiting):
        if _asks_for(audience, segment.name):
            raise Conflict(
                f"The blast “{blast}” asks for the segment “{segment.name}”. Nothing was changed.",
                hint="Change its audience first, or wait until it has started.",
            )


def _asks_for(rules: str, name: str) -> bool:
    try:
        return name in _used(parse(rules))
    except BadInput:
        return False  # a draft whose audience is not written yet


def _used(rule: Rule) -> set[str]:
    """Names of the segments that a rule uses itself."""
    used: set[str] = set()

    def note(name: str) -> str:
        used.add(name)
        return name

    _renamed(rule, note)
    return used


def _renamed(rule: Rule, new_name: Callable[[str], str]) -> Rule:
    """The rule with every segment's name put through `new_name`."""
    match rule:
        case terms.InSegment(name):
            return terms.InSegment(new_name(name))
        case terms.Not(inner):
            return terms.Not(_renamed(inner, new_name))
        case terms.And(rules):
            return terms.And(tuple(_renamed(part, new_name) for part in rules))
        case terms.Or(rules):
            return terms.Or(tuple(_renamed(part, new_name) for part in rules))
        case terms.Sample(inner, size, percent, seed):
            return terms.Sample(_renamed(inner, new_name), size, percent, seed)
        case _:
            return rule
