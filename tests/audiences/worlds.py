"""A small random world, and the slow answer to each rule: person by person, in plain Python."""

from __future__ import annotations

import random
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.audiences import terms
from outreach.audiences.models import Segment
from outreach.audiences.rules import parse
from outreach.audiences.terms import Rule, When
from outreach.blasts.models import Blast
from outreach.core.clock import now
from outreach.mail.models import Delivery
from outreach.petitions.models import Petition, PetitionVersion, Signature
from outreach.supporters.models import ListMember, Supporter, SupporterList, SupporterTag, Tag
from outreach.tracking.models import Event, Judgement, Link

LISTS = ("Westhaven", "Riverton")
TAGS = ("volunteer", "phone bank")
PETITIONS = ("night-buses", "clean-air")
BLASTS = ("First ask", "Second ask")
SEGMENTS = {
    "Active": 'clicked or tag volunteer and not list "Riverton"',
    "Quiet": 'not segment "Active"',
    "Few": "everyone sample 4 seed 3",
}
VALUES = ("", "18", "18.0", "9", "-3", "018", "1e3", "abc", "Zoë", "2026-01-02", "1-2", ".5", "CA")
NUMBER = re.compile(r"-?(0|[1-9]\d*)(\.\d+)?")


@dataclass
class Known:
    """What the slow evaluation knows of one person; times by what they are times of."""

    id: int
    joined: datetime
    texts: dict[str, str]
    lists: set[str] = field(default_factory=set)
    tags: set[str] = field(default_factory=set)
    signed: list[tuple[str, datetime]] = field(default_factory=list)
    acts: list[tuple[str, str, datetime]] = field(default_factory=list)  # act, blast, when


class World:
    """Stores people at random, and remembers them."""

    def __init__(self, session: Session, organisation: Organisation, seed: int) -> None:
        self.random = random.Random(seed)
        self.session = session
        self.organisation = organisation
        self.people: list[Known] = []
        self._lists = {n: self._stored(SupporterList(name=n, **self._ours)) for n in LISTS}
        self._tags = {n: self._stored(Tag(name=n)) for n in TAGS}
        self._petitions = {n: self._petition(n) for n in PETITIONS}
        self._blasts = {n: self._blast(n) for n in BLASTS}
        for name, text in SEGMENTS.items():
            self._stored(Segment(name=name, rules=text, **self._ours))
        for number in range(25):
            self.people.append(self._person(number))
        session.flush()

    @property
    def _ours(self) -> dict[str, int]:
        return {"organisation_id": self.organisation.id}

    def _stored(self, row):  # type: ignore[no-untyped-def]
        self.session.add(row)
        self.session.flush()
        return row

    def _petition(self, slug: str) -> tuple[Petition, PetitionVersion]:
        petition = self._stored(Petition(slug=slug, headline=slug, **self._ours))
        version = self._stored(
            PetitionVersion(petition_id=petition.id, number=1, statement="x", body="y")
        )
        return petition, version

    def _blast(self, name: str) -> tuple[Blast, dict[str, Link]]:
        blast = self._stored(
            Blast(
                petition_id=self._petitions[PETITIONS[0]][0].id,
                name=name,
                sender_name="Mara",
                sender_address="mara@harbourlights.example",
                **self._ours,
            )
        )
        links = {
            kind: self._stored(
                Link(blast_id=blast.id, slot=8 + i, kind=kind, url="https://act.example")
            )
            for i, kind in enumerate(("ask", "link", "citation"))
        }
        return blast, links

    def _instant(self) -> datetime:
        """Some day of the last 60, sometimes exactly at midnight UTC."""
        instant = now() - timedelta(days=self.random.randrange(60), seconds=30)
        return instant.replace(hour=0, minute=0, second=0, microsecond=0)

    def _person(self, number: int) -> Known:
        pick = self.random.choice
        texts = {
            "country": pick(("US", "GB", "")),
            "region": pick(("CA", "NY", "")),
            "postal_code": pick(("04210", "042", "94110", "")),
            "language": pick(("en", "es", "")),
        }
        custom = {name: pick(VALUES) for name in ("age", "city") if self.random.random() < 0.8}
        row = self._stored(
            Supporter(
                address=f"p{number}@riverton.example",
                email=f"p{number}@riverton.example",
                fields=custom,
                created_at=self._instant(),
                **texts,
            )
        )
        known = Known(
            row.id, row.created_at, texts | {f"field.{name}": v for name, v in custom.items()}
        )
        for name, stored in self._lists.items():
            if self.random.random() < 0.4:
                known.lists.add(name)
                self._stored(ListMember(list_id=stored.id, supporter_id=row.id))
        for name, tag in self._tags.items():
            if self.random.random() < 0.4:
                known.tags.add(name)
                self._stored(SupporterTag(tag_id=tag.id, supporter_id=row.id))
        for slug in PETITIONS:
            self._maybe_sign(known, slug)
        for name in BLASTS:
            self._maybe_send(known, name)
        return known

    def _maybe_sign(self, known: Known, slug: str) -> None:
        state = self.random.choice(("verified", "pending", "invalidated", None))
        if state is None:
            return
        at = self._instant()
        petition, version = self._petitions[slug]
        self._stored(
            Signature(
                petition_id=petition.id,
                version_id=version.id,
                supporter_id=known.id,
                state=state,
                grade="form",
                name="N",
                is_new=False,
                verified_at=at if state == "verified" else None,
            )
        )
        if state == "verified":
            known.signed.append((slug, at))

    def _maybe_send(self, known: Known, name: str) -> None:
        state = self.random.choice(
            ("accepted", "bounced", "skipped", "refused", "cancelled", "unknown", None)
        )
        if state is None:
            return
        blast, links = self._blasts[name]
        at = self._instant()
        sent = state in ("accepted", "bounced")
        delivery = self._stored(
            Delivery(
                blast_id=blast.id,
                supporter_id=known.id,
                state=state,
                accepted_at=at if sent else None,
            )
        )
        if sent:
            known.acts.append(("got", name, at))
        else:
            known.acts.append(("unknown" if state == "unknown" else "missed", name, at))
        for _ in range(self.random.randrange(3)):
            self._event(known, name, delivery, self.random.choice([None, *links.values()]))

    def _event(self, known: Known, name: str, delivery: Delivery, link: Link | None) -> None:
        at, kind = self._instant(), "opened" if link is None else "clicked"
        event = self._stored(
            Event(
                key=f"{self.random.random()}",
                kind=kind,
                at=at,
                delivery_id=delivery.id,
                blast_id=delivery.blast_id,
                supporter_id=known.id,
                link_id=link.id if link else None,
            )
        )
        verdict = self.random.choice(("human", "machine", "unknown", None))
        if verdict is not None:
            self._stored(Judgement(event_id=event.id, verdict=verdict))
        if verdict == "human" and (link is None or link.kind != "citation"):
            known.acts.append((kind, name, at))

    def holds(self, rule: Rule, who: Known) -> bool:
        """Whether the rule chooses this person; samples are not for it."""
        match rule:
            case terms.Everyone():
                return True
            case terms.Not(inner):
                return not self.holds(inner, who)
            case terms.And(rules):
                return all(self.holds(part, who) for part in rules)
            case terms.Or(rules):
                return any(self.holds(part, who) for part in rules)
            case terms.OnList(name):
                return name in who.lists
            case terms.Tagged(name):
                return name in who.tags
            case terms.InSegment(name):
                return self.holds(parse(SEGMENTS[name]), who)
            case terms.Signed(slug, when):
                return any(slug in (None, s) and _during(at, when) for s, at in who.signed)
            case terms.Letter(act, blast, when):
                return any(
                    a == act and blast in (None, b) and _during(at, when) for a, b, at in who.acts
                )
            case terms.Joined(when):
                return _during(who.joined, when)
            case terms.Compare():
                return _compares(rule, who.texts.get(rule.attribute, ""))
            case _:
                raise AssertionError(rule)


def _during(at: datetime, when: When | None) -> bool:
    if when is None:
        return True
    if when.day is None:
        return at >= now() - timedelta(days=when.days)
    midnight = datetime(when.day.year, when.day.month, when.day.day, tzinfo=UTC)
    return at < midnight if when.word == "before" else at >= midnight


def _compares(rule: terms.Compare, known: str) -> bool:
    def equal(value: str) -> bool:
        numbers = _numbers(rule, known, value)
        return known == value or (numbers is not None and numbers[0] == numbers[1])

    if rule.operator == "known":
        return known != ""
    if rule.operator == "in":
        return any(equal(value) for value in rule.values)
    value = rule.values[0]
    if rule.operator in ("=", "!="):
        return equal(value) == (rule.operator == "=")
    if rule.operator == "starts":
        return known.startswith(value)
    if rule.attribute.startswith("field.") and NUMBER.fullmatch(value):
        numbers = _numbers(rule, known, value)
        return numbers is not None and _ordered(rule.operator, *numbers)
    return known != "" and _ordered(rule.operator, known.encode(), value.encode())


def _numbers(rule: terms.Compare, known: str, value: str) -> tuple[float, float] | None:
    both = NUMBER.fullmatch(known) and NUMBER.fullmatch(value)
    return (float(known), float(value)) if both and rule.attribute.startswith("field.") else None


def _ordered(operator: str, left: float | bytes, right: float | bytes) -> bool:
    return {
        "<": left < right,  # type: ignore[operator]
        "<=": left <= right,  # type: ignore[operator]
        ">": left > right,  # type: ignore[operator]
        ">=": left >= right,  # type: ignore[operator]
    }[operator]
