"""The deliverability score card: equal to a plain count, and honest about few letters."""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
import time_machine
from sqlalchemy import event, select, update

from outreach.accounts.models import Organisation
from outreach.analytics.deliverability import provider_figures, scorecard, sender_readings
from outreach.analytics.deliverability.models import ProviderFigure, SenderReading
from outreach.analytics.deliverability.scorecard import ScoreCard, verdict
from outreach.analytics.deliverability.sender_readings import Sending
from outreach.analytics.deliverability.weeks import WEEKS, Sums
from outreach.analytics.rollups import rollup
from outreach.blasts.models import Blast, FrozenLetter, Variant
from outreach.consent import ledger, suppression
from outreach.consent.models import ConsentEntry, Suppression
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail import sender_dns
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from outreach.tracking.leaving import BY_ONE_CLICK, ON_THE_PAGE
from tests.analytics.worlds import World

Build = Callable[..., World]
NOON = datetime(2026, 4, 16, 12, tzinfo=UTC)  # a Thursday
SENDER = "harbourlights.example"
_numbers = itertools.count(1)


@pytest.fixture(autouse=True)
def clock() -> Any:
    """Noon, and it stays noon."""
    with time_machine.travel(NOON, tick=False):
        yield


def sent(world: World, began: timedelta, domain: str, **states: int) -> None:
    """Letters of the world’s blast to new people of a domain."""
    session = world.session
    world.blast.started_at = NOON - began
    for state, number in states.items():
        for _ in range(number):
            address = f"reader{next(_numbers)}@{domain}"
            person = Supporter(address=address, email=address)
            session.add(person)
            session.flush()
            session.add(Delivery(blast_id=world.blast.id, supporter_id=person.id, state=state))
    session.flush()


def card_of(db: Database) -> ScoreCard:
    with db.reading() as session:
        return scorecard.score_card(session)


def counted(db: Database) -> int:
    rollup.advance(db)
    return provider_figures.count_moved(db)


def test_letters_are_counted_by_provider_and_time(db: Database, world: Build) -> None:
    with db.transaction() as session:
        sent(world(session), timedelta(days=2), "large.example", delivered=30, complained=1)
        sent(world(session), timedelta(days=20), "large.example", accepted=40, bounced=2)
        sent(world(session), timedelta(days=60), "large.example", delivered=50, bounced=1)
        sent(world(session), timedelta(days=2), "own.example", delivered=3, skipped=5)
        sent(world(session), timedelta(days=99), "old.example", delivered=30)
    assert counted(db) == 4
    assert counted(db) == 0, "nothing moved"
    card = card_of(db)
    large, few = card.providers
    assert (large.domain, few.domain) == ("large.example", "")
    assert large.week == Sums(31, 0, 1)
    assert large.month == Sums(73, 2, 1)
    assert large.before == Sums(93, 3, 0)
    assert few.month == Sums(3, 0, 0)
    assert card.whole.month == Sums(76, 2, 1)
    with db.transaction() as session:
        moved = select(Delivery.id).where(Delivery.state == "accepted").limit(5).scalar_subquery()
        session.execute(
            update(Delivery).where(Delivery.id.in_(moved)).values(state="complained"),
            execution_options={"synchronize_session": False},
        )
    assert counted(db) == 1
    assert card_of(db).providers[0].month == Sums(73, 2, 6)


def test_a_run_that_is_stopped_goes_on_later(db: Database, world: Build) -> None:
    with db.transaction() as session:
        for _ in range(2):
            sent(world(session), timedelta(days=2), "large.example", delivered=20)
    rollup.advance(db)

    class AfterOne:
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked > 1

    assert provider_figures.count_moved(db, AfterOne()) == 1  # type: ignore[arg-type]
    assert provider_figures.count_moved(db) == 1


@pytest.mark.parametrize(
    ("sums", "said"),
    [
        (Sums(0, 0, 0), "none"),
        (Sums(1000, 0, 0), "open"),
        (Sums(10_000, 0, 1), "under"),
        (Sums(10_000, 0, 10), "open"),
        (Sums(100_000, 0, 200), "above"),
        (Sums(1_000, 0, 4), "perhaps"),
        (Sums(499, 0, 40), "open"),
        (Sums(100_000, 0, 400), "over"),
    ],
)
def test_a_verdict_needs_an_interval_that_supports_it(sums: Sums, said: str) -> None:
    assert verdict(sums) == said


def test_a_provider_that_falls_is_named_and_chance_is_not(db: Database, world: Build) -> None:
    with db.transaction() as session:
        before, lately = world(session), world(session)
        sent(before, timedelta(days=40), "falls.example", delivered=190, bounced=2)
        sent(before, timedelta(days=40), "stays.example", delivered=190, bounced=2)
        sent(lately, timedelta(days=1), "falls.example", delivered=80, bounced=20)
        sent(lately, timedelta(days=1), "stays.example", delivered=98, bounced=2)
        sent(lately, timedelta(days=1), "new.example", delivered=10, bounced=30)
    counted(db)
    assert [line.domain for line in card_of(db).providers if line.falls] == ["falls.example"]


def test_presses_are_timed_from_the_ledger(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        for basis, late in (
            (BY_ONE_CLICK, 0.25),
            (BY_ONE_CLICK, 11),
            (ON_THE_PAGE, 3),
            ("complained", 4000),  # a provider’s word, no press
        ):
            ledger.withdraw(
                session,
                made.supporter().id,
                basis=basis,
                source="letter:1",
                at=NOON - timedelta(seconds=late),
            )
        old = ledger.withdraw(session, made.supporter().id, basis=ON_THE_PAGE, source="letter:1")
        old.stored_at = None  # from before it was noted
        partner = made.supporter().id
        ledger.withdraw(session, partner, basis=ON_THE_PAGE, source="x", purpose="partner:Quay")
        other = made.supporter().id
        ledger.withdraw(session, other, basis=ON_THE_PAGE, source="x", at=NOON - timedelta(days=31))
    by_button, on_page = card_of(db).leaving
    assert (by_button.presses, by_button.at_once) == (2, 1)
    assert by_button.slowest_s == pytest.approx(11, abs=0.01)
    assert (on_page.presses, on_page.at_once) == (1, 1)
    assert on_page.slowest_s == pytest.approx(3, abs=0.01)
    with db.reading() as session:
        stored = session.scalars(select(ConsentEntry.stored_at)).all()
    assert stored.count(None) == 1


def test_weeks_hold_suppressions_by_reason_and_the_letters_that_began(
    db: Database, world: Build
) -> None:
    days = {"a@x.org": 0, "b@x.org": 3, "c@x.org": 4, "d@x.org": 77, "e@x.org": 90}
    with db.transaction() as session:
        for address, ago in days.items():
            made = suppression.suppress(session, address, reason="bounced", source="test")
            session.execute(
                update(Suppression)
                .where(Suppression.id == made.id)
                .values(at=NOON - timedelta(days=ago))
            )
        suppression.suppress(session, "f@x.org", reason="asked", source="test")
        sent(world(session), timedelta(days=4), "large.example", delivered=20, complained=1)
    counted(db)
    weeks = card_of(db).weeks
    assert len(weeks) == WEEKS
    assert weeks[0].monday == date(2026, 4, 13)
    assert weeks[0].suppressed == Counter(bounced=2, asked=1)
    assert weeks[1].suppressed == Counter(bounced=1)
    assert weeks[1].letters == Sums(21, 0, 1)
    assert weeks[-1].monday == date(2026, 1, 26)
    assert weeks[-1].suppressed == Counter(bounced=1)
    assert sum(week.suppressed.total() for week in weeks) == 5


def test_letters_without_the_header_are_told_of(db: Database, world: Build) -> None:
    with db.transaction() as session:
        for can in (True, False, True):
            made = world(session)
            made.blast.started_at = NOON - timedelta(days=1)
            variant = session.scalars(select(Variant).where(Variant.blast_id == made.blast.id))
            plan = {"envelope": {"can_unsubscribe": can}}
            session.add(FrozenLetter(variant_id=variant.one().id, plan=plan))
    header = card_of(db).unsubscribable
    assert (header.count, header.of) == (2, 3)


class Dns:
    """What the DNS says, by name; None: no answer."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.texts: dict[str, list[str]] = {}
        self.hosts: dict[str, list[str]] = {}
        self.answers = True
        self.asked = 0
        monkeypatch.setattr(sender_dns, "texts", lambda name: self.said(self.texts, name))
        monkeypatch.setattr(sender_dns, "mail_servers", lambda name: self.said(self.hosts, name))

    def said(self, of: dict[str, list[str]], name: str) -> list[str]:
        self.asked += 1
        if not self.answers:
            raise sender_dns.NoAnswer("no network")
        return of.get(name, [])


@pytest.fixture
def dns(monkeypatch: pytest.MonkeyPatch) -> Dns:
    """A DNS that answers."""
    return Dns(monkeypatch)


def levels(db: Database) -> dict[tuple[str, str], str]:
    with db.reading() as session:
        return {(one.kind, one.name): one.level for one in sender_readings.readings(session)}


def test_records_are_read_and_kept_with_their_time(
    db: Database, organisation: Organisation, dns: Dns
) -> None:
    sending = Sending("sendgrid", None, "bounce.harbourlights.example")
    with db.reading() as session:
        assert sender_readings.is_due(session)
    sender_readings.refresh(db, sending)
    assert set(levels(db).values()) == {"missing"}
    dns.texts[SENDER] = ["v=spf1 include:sendgrid.net ~all", "something else"]
    dns.texts[f"s1._domainkey.{SENDER}"] = ["k=rsa; p=MIG"]
    dns.texts[f"_dmarc.{SENDER}"] = ["v=DMARC1; p=none"]
    dns.hosts = {SENDER: ["mx.harbourlights.example"]}
    sender_readings.refresh(db, sending)
    assert levels(db) == {
        ("spf", SENDER): "ok",
        ("dkim", f"s1._domainkey.{SENDER}"): "ok",
        ("dkim", f"s2._domainkey.{SENDER}"): "missing",
        ("dmarc", f"_dmarc.{SENDER}"): "ok",
        ("mx", SENDER): "ok",
        ("return_path", "bounce.harbourlights.example"): "missing",
    }
    with db.reading() as session:
        assert not sender_readings.is_due(session)
    with time_machine.travel(NOON + timedelta(hours=7), tick=False), db.reading() as session:
        assert sender_readings.is_due(session)


@pytest.mark.parametrize(
    ("records", "level"),
    [
        (["v=spf1 -all"], "ok"),
        (["v=spf1 +all"], "look"),
        (["v=spf1 -all", "v=spf1 ~all"], "look"),
        (["V=SPF1 a mx ?all"], "ok"),
        (["v=spf2 -all"], "missing"),
    ],
)
def test_an_spf_record_must_be_one_and_bound_somebody(
    db: Database, organisation: Organisation, dns: Dns, records: list[str], level: str
) -> None:
    dns.texts[SENDER] = records
    sender_readings.refresh(db, Sending("smtp", None, ""))
    assert levels(db)["spf", SENDER] == level
    assert levels(db)["dkim", f"_domainkey.{SENDER}"] == "look"


def test_a_dns_that_does_not_answer_is_asked_once_and_takes_nothing_away(
    db: Database, organisation: Organisation, dns: Dns
) -> None:
    sending = Sending("smtp", None, "")
    dns.answers = False
    sender_readings.refresh(db, sending)
    assert dns.asked == 1
    assert set(levels(db).values()) == {"unread"}
    dns.answers, dns.texts[SENDER] = True, ["v=spf1 -all"]
    sender_readings.refresh(db, sending)
    dns.answers = False
    with time_machine.travel(NOON + timedelta(days=1), tick=False):
        sender_readings.refresh(db, sending)
    assert levels(db)["spf", SENDER] == "ok"
    with db.reading() as session:
        (spf,) = [one for one in session.scalars(select(SenderReading)) if one.kind == "spf"]
    assert spf.read_at == NOON


def test_a_domain_that_sends_no_more_is_forgotten(
    db: Database, organisation: Organisation, dns: Dns
) -> None:
    sender_readings.refresh(db, Sending("smtp", None, ""))
    with db.transaction() as session:
        session.get_one(Organisation, organisation.id).sender_address = "mara@quay.example"
    sender_readings.refresh(db, Sending("smtp", None, ""))
    with db.reading() as session:
        domains = set(session.scalars(select(SenderReading.domain)))
    assert domains == {"quay.example"}


def test_no_statement_of_the_card_reads_letters_or_events(db: Database, world: Build) -> None:
    with db.transaction() as session:
        sent(world(session), timedelta(days=2), "large.example", delivered=20)
    counted(db)
    said: list[str] = []

    def hear(*about: Any) -> None:
        said.append(about[2])

    event.listen(db.engine, "before_cursor_execute", hear)
    card_of(db)
    event.remove(db.engine, "before_cursor_execute", hear)
    assert len(said) > 5
    tables = ("deliveries", "events", "supporters", "judgements", "letter_acts")
    assert [one for one in said if any(f"FROM {name}" in one for name in tables)] == []
    assert [one for one in said if any(f"JOIN {name}" in one for name in tables)] == []


def test_it_is_written_for_machines(db: Database, world: Build) -> None:
    with db.transaction() as session:
        sent(world(session), timedelta(days=2), "large.example", delivered=20)
    counted(db)
    found = card_of(db).to_json()
    assert found["providers"][0]["domain"] == "large.example"
    assert found["providers"][0]["complaint_7_days"]["verdict"] == "open"
    assert len(found["weeks"]) == WEEKS
    assert found["as_of"] == now().isoformat()
    with db.reading() as session:
        assert session.scalars(select(ProviderFigure.domain)).all() == ["large.example"]
        assert session.scalars(select(Blast.id)).all() == [1]
