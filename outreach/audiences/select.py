"""A rule becomes one SELECT of supporter ids.

Each question is an EXISTS over an indexed key: PostgreSQL turns it into a semi or anti join, SQLite
looks it up for each person; neither has to hold a list of a million ids.
"""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import ColumnElement, Exists, Select, and_, exists, literal, not_, or_, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session, aliased

from outreach.accounts.models import Organisation
from outreach.audiences import terms, values
from outreach.audiences.names import Names
from outreach.audiences.rules import parse
from outreach.audiences.terms import Rule
from outreach.core.clock import now
from outreach.core.db import BIG
from outreach.core.errors import BadInput
from outreach.mail.models import SENT_STATES, Delivery
from outreach.petitions.models import Signature
from outreach.supporters.models import ListMember, Supporter, SupporterTag
from outreach.tracking.classify import CLICKED, HUMAN, OPENED
from outreach.tracking.models import ASK_KINDS, Event, Judgement, Link

MAX_SEGMENTS = 50  # used by one rule, each counted as often as it is used
PRIME = 2_147_483_647
NOT_GOT = {"missed": ("skipped", "refused", "cancelled"), "unknown": ("unknown",)}
SHARES = 10_000  # a sample's percentage has two decimals


def supporter_ids(
    session: Session, rule: Rule, organisation: Organisation | None = None
) -> Select[int]:
    """The ids of those whom a rule chooses, each once, in no order.

    `organisation`: whose names and days the rule speaks of; None: the first. Raises BadInput for
    names that don't exist and for segments that use each other in a circle.
    """
    return _Builder(session, organisation or first_organisation(session)).ids(rule)


def people(
    session: Session,
    rule: Rule,
    organisation: Organisation,
    person: type[Supporter] | None = None,
) -> Select[int, str]:
    """Ids, as `supporter_ids` has them, with the canonical addresses; of `person`, where the
    statement is to ask more of them."""
    builder = _Builder(session, organisation, person=person)
    return builder.ids(rule).add_columns(builder.person.address)


def condition(
    session: Session, rule: Rule, organisation: Organisation, person: type[Supporter]
) -> ColumnElement[bool]:
    """Whether a rule chooses `person`, for a statement that has them; raises BadInput."""
    return _Builder(session, organisation, person=person).condition(rule)


def first_organisation(session: Session) -> Organisation | None:
    """The organisation of an installation that has one."""
    return session.scalars(select(Organisation).order_by(Organisation.id).limit(1)).first()


def check(session: Session, rule: Rule, organisation: Organisation, *, saved_as: str) -> None:
    """Raise BadInput where a rule to be saved under a name can't work (names, circles)."""
    _Builder(session, organisation, within=(saved_as,)).ids(rule)


def shuffled(person_id: ColumnElement[int], seed: int) -> ColumnElement[int]:
    """A number below PRIME for each person that looks random, the same on both databases.

    A line through the ids modulo a prime would keep their order in steps; its fifth power (a
    permutation, 5 being coprime to PRIME - 1) does not. Products stay below 2^62.
    """
    digest = hashlib.blake2b(str(seed).encode(), digest_size=16).digest()
    slope = int.from_bytes(digest[:8], "big") % (PRIME - 1) + 1
    shift = int.from_bytes(digest[8:], "big") % PRIME
    line = ((person_id % PRIME) * literal(slope, BIG) + shift) % PRIME
    square = (line * line) % PRIME
    return (((square * square) % PRIME) * line) % PRIME


class _Builder:
    """Builds the conditions on one `person`; `within` are the segments that are being read."""

    def __init__(
        self,
        session: Session,
        organisation: Organisation | None,
        within: tuple[str, ...] = (),
        person: type[Supporter] | None = None,
    ) -> None:
        self._names = Names(session, organisation)
        self._postgresql = session.get_bind().dialect.name == "postgresql"
        self._zone = ZoneInfo(organisation.timezone) if organisation else UTC
        self.person = person or aliased(Supporter)
        self._within = within
        self._segments = 0

    def ids(self, rule: Rule) -> Select[int]:
        if not isinstance(rule, terms.Sample):
            return select(self.person.id).where(self.condition(rule))
        chosen = select(self.person.id).where(self.condition(rule.rule))
        number = shuffled(self.person.id.expression, rule.seed)
        if rule.percent is not None:
            return chosen.where(number % SHARES < round(rule.percent / 100 * SHARES))
        return chosen.order_by(number, self.person.id).limit(rule.size)

    def condition(self, rule: Rule) -> ColumnElement[bool]:
        match rule:
            case terms.Everyone():
                return true()
            case terms.Not(inner):
                return not_(self.condition(inner))
            case terms.And(rules):
                return and_(*map(self.condition, rules))
            case terms.Or(rules):
                return or_(*map(self.condition, rules))
            case terms.OnList(name):
                return self._has(ListMember.list_id == self._names.list_id(name), ListMember)
            case terms.Tagged(name):
                return self._has(SupporterTag.tag_id == self._names.tag_id(name), SupporterTag)
            case terms.Compare():
                return values.matches(rule, self.person, postgresql=self._postgresql)
            case terms.Signed():
                return self._signed(rule)
            case terms.Letter():
                return self._letter(rule)
            case terms.Joined(when):
                return self._during(self.person.created_at, when)
            case terms.InSegment(name):
                return self._in_segment(name)
            case terms.Sample():
                return self._sampled(rule)

    def _exists(self) -> Exists:
        # Of this person alone: the statement around it may hold the same tables.
        return exists().correlate(self.person)

    def _has(
        self, condition: ColumnElement[bool], table: type[ListMember | SupporterTag]
    ) -> ColumnElement[bool]:
        return self._exists().where(condition, table.supporter_id == self.person.id)

    def _signed(self, rule: terms.Signed) -> ColumnElement[bool]:
        signed = self._exists().where(
            Signature.supporter_id == self.person.id, Signature.state == "verified"
        )
        if rule.petition is not None:
            signed = signed.where(Signature.petition_id == self._names.petition_id(rule.petition))
        return signed.where(self._during(Signature.verified_at, rule.when))

    def _letter(self, rule: terms.Letter) -> ColumnElement[bool]:
        """By way of the deliveries, whose keys lead to their events."""
        letter = self._exists().where(
            Delivery.supporter_id == self.person.id, Delivery.kind == "blast"
        )
        if rule.blast is not None:
            letter = letter.where(Delivery.blast_id == self._names.blast_id(rule.blast))
        if rule.act in NOT_GOT:
            return letter.where(Delivery.state.in_(NOT_GOT[rule.act]))
        if rule.act == "got":
            return letter.where(
                Delivery.state.in_(SENT_STATES), self._during(Delivery.accepted_at, rule.when)
            )
        letter = letter.where(
            Event.delivery_id == Delivery.id,
            Event.kind == (OPENED if rule.act == "opened" else CLICKED),
            Judgement.event_id == Event.id,
            Judgement.verdict == HUMAN,
            self._during(Event.at, rule.when),
        )
        if rule.act == "clicked":
            letter = letter.where(Link.id == Event.link_id, Link.kind.in_(ASK_KINDS))
        return letter

    def _in_segment(self, name: str) -> ColumnElement[bool]:
        segment = self._names.segment(name)
        if segment.name in self._within:
            path = " → ".join(f"“{step}”" for step in (*self._within, segment.name))
            raise BadInput(
                f"These segments use each other in a circle: {path}.",
                hint="Take one of them out of another’s rules.",
                field="rules",
            )
        self._segments += 1
        if self._segments > MAX_SEGMENTS:
            raise BadInput(
                f"The rules use saved segments more than {MAX_SEGMENTS} times.", field="rules"
            )
        outside, self._within = self._within, (*self._within, segment.name)
        try:
            return self.condition(parse(segment.rules))
        finally:
            self._within = outside

    def _sampled(self, rule: terms.Sample) -> ColumnElement[bool]:
        """A saved segment that is itself a sample: its own SELECT over its own people."""
        outside, self.person = self.person, aliased(Supporter)
        try:
            drawn = self.ids(rule)
        finally:
            self.person = outside
        return self.person.id.in_(drawn)

    def _during(
        self,
        instant: InstrumentedAttribute[datetime] | InstrumentedAttribute[datetime | None],
        when: terms.When | None,
    ) -> ColumnElement[bool]:
        if when is None:
            return true()
        if when.day is None:
            return instant >= now() - timedelta(days=when.days)
        midnight = datetime.combine(when.day, time(), tzinfo=self._zone)
        return instant < midnight if when.word == "before" else instant >= midnight
