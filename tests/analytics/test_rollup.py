"""The rollups: equal to a recount whatever changes, when it is committed, wherever they stop."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import event, select, update

from outreach.accounts.models import Organisation
from outreach.analytics.report import reports
from outreach.analytics.report.counting import counted_until, figures_of
from outreach.analytics.rollups import proof, rollup
from outreach.analytics.rollups.models import Change, LetterActs, Rollup
from outreach.analytics.rollups.proof import cells_of
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.petitions.models import Signature
from outreach.supporters.models import Supporter
from outreach.tracking.models import Event, Judgement
from tests.analytics.worlds import World

Build = Callable[..., World]
STATES = (
    *("accepted", "delivered", "bounced", "complained", "refused"),
    *("unknown", "skipped", "pending"),
)
VERDICTS = ("human", "machine", "machine_open", "proxy_open", "unknown")
NUMBER = st.integers(0, 9)

changes = st.one_of(
    st.tuples(st.just("letter"), st.sampled_from(STATES)),
    st.tuples(st.just("move"), NUMBER, st.sampled_from(STATES)),
    st.tuples(
        st.just("event"),
        NUMBER,
        st.sampled_from(("opened", "clicked", "unsubscribed", "viewed")),
        st.sampled_from((None, *VERDICTS)),
        st.sampled_from((None, "ask", "citation")),
        st.integers(0, 200),
    ),
    st.tuples(st.just("judge"), NUMBER, st.sampled_from(VERDICTS)),
    st.tuples(st.just("sign"), NUMBER, NUMBER, st.booleans()),
    st.tuples(st.just("take off"), NUMBER),
    st.tuples(st.just("credit"), NUMBER, NUMBER),
    st.tuples(st.just("erase"), NUMBER),
    st.tuples(st.just("count")),
)


class Changing:
    """A world that goes on; each change is of the n-th thing, where there is one."""

    def __init__(self, db: Database, organisation: Organisation) -> None:
        self.db = db
        with db.transaction() as session:
            self.world = World(session, organisation.id)
        self.letters: list[int] = []
        self.events: list[int] = []
        self.signatures: list[int] = []

    def apply(self, kind: str, *about: Any) -> None:
        """One change in a transaction of its own."""
        if kind == "count":
            rollup.advance(self.db)
            return
        with self.db.transaction() as session:
            self.world.session = session
            getattr(self, kind.replace(" ", "_"))(session, *about)

    def letter(self, session: Any, state: str) -> None:
        self.letters.append(self.world.letter(state, reason="suppressed").id)

    def move(self, session: Any, at: int, state: str) -> None:
        if letter := self._letter(session, at):
            letter.state = state

    def event(
        self, session: Any, at: int, kind: str, verdict: Any, link: Any, minutes: int
    ) -> None:
        if letter := self._letter(session, at):
            seen = self.world.event(
                letter, kind, verdict, link=link, minutes=minutes, evidence="head"
            )
            self.events.append(seen.id)

    def judge(self, session: Any, at: int, verdict: str) -> None:
        if at < len(self.events):
            found = session.get(Judgement, self.events[at])
            if found is None:
                event = session.get_one(Event, self.events[at])
                named = event.delivery_id if at % 2 else None  # without it the event is looked up
                session.add(Judgement(event_id=event.id, delivery_id=named, verdict=verdict))
            else:
                found.verdict = verdict

    def sign(self, session: Any, at: int, sharer: int, new: bool) -> None:
        by = self.signatures[sharer] if sharer < len(self.signatures) else None
        shared_by = session.get(Signature, by) if by else None
        signed = self.world.signature(self._letter(session, at), shared_by=shared_by, new=new)
        self.signatures.append(signed.id)

    def take_off(self, session: Any, at: int) -> None:
        if signature := self._signature(session, at):
            signature.state = "invalidated"

    def credit(self, session: Any, at: int, letter: int) -> None:
        if (signature := self._signature(session, at)) and (found := self._letter(session, letter)):
            signature.last_delivery_id = found.id

    def erase(self, session: Any, at: int) -> None:
        if signature := self._signature(session, at):
            session.delete(session.get_one(Supporter, signature.supporter_id))

    def _letter(self, session: Any, at: int) -> Any:
        return session.get(Delivery, self.letters[at]) if at < len(self.letters) else None

    def _signature(self, session: Any, at: int) -> Any:
        return session.get(Signature, self.signatures[at]) if at < len(self.signatures) else None


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(changes, min_size=5, max_size=30))
def test_whatever_changes_the_figures_follow(
    db: Database, organisation: Organisation, drawn: list[Any]
) -> None:
    changing = Changing(db, organisation)
    for change in drawn:
        changing.apply(*change)
    blast_id = changing.world.blast.id
    assert proof.check(db, blast_id) == []
    with db.reading() as session:
        before = cells_of(session, blast_id)
    with db.transaction() as session:
        rollup.note(session, "blast", [blast_id])
    rollup.advance(db)
    with db.reading() as session:
        assert cells_of(session, blast_id) == before


def test_a_later_verdict_moves_an_earlier_click(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        letter = made.letter()
        click = made.clicked(letter, "machine", evidence="head")
    rollup.advance(db)
    with db.reading() as session:
        figures = figures_of(session, made.blast.id)
    assert (figures.people.clicked, figures.clicks.machine) == (0, 1)
    assert figures.evidence == [("head", 1)]
    with db.transaction() as session:
        session.get_one(Judgement, click.id).verdict = "human"
    rollup.advance(db)
    with db.reading() as session:
        figures = figures_of(session, made.blast.id)
    assert (figures.people.clicked, figures.clicks.machine, figures.clicks.human) == (1, 0, 1)
    assert figures.evidence == []
    assert [hour.clicked for hour in figures.timeline] == [1]


def test_a_run_that_breaks_off_counts_nothing_and_forgets_nothing(
    db: Database, world: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    with db.transaction() as session:
        made = world(session)
        made.clicked(made.letter())
        made.signature(made.letter())
    with monkeypatch.context() as patched:
        patched.setattr(rollup, "_add", lambda *_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            rollup.advance(db)
    with db.reading() as session:
        assert not cells_of(session, made.blast.id)
        assert session.scalars(select(LetterActs)).all() == []
        assert counted_until(session) < now()
    assert proof.check(db, made.blast.id) == []
    with db.reading() as session:
        assert figures_of(session, made.blast.id).people.clicked == 1


def test_what_is_committed_late_is_counted_late(db: Database, world: Build) -> None:
    if db.is_sqlite:
        pytest.skip("left out: SQLite has one writer, who is never overtaken")
    with db.transaction() as session:
        made = world(session)
        letters = [made.letter(), made.letter()]
    with db.transaction() as late:
        made.session = late
        made.opened(letters[0])
        with db.transaction() as session:
            made.session = session
            made.opened(letters[1])
        rollup.advance(db)
        with db.reading() as session:
            assert figures_of(session, made.blast.id).people.opened == 1
    rollup.advance(db)
    with db.reading() as session:
        assert figures_of(session, made.blast.id).people.opened == 2


def test_one_machine_counts_at_a_time(db: Database, world: Build) -> None:
    if db.is_sqlite:
        pytest.skip("left out: SQLite has one writer")
    with db.transaction() as session:
        made = world(session)
        made.opened(made.letter())
    with db.transaction() as session:
        assert rollup.is_alone(session)
        assert rollup.advance(db) == 0
    assert rollup.advance(db) == 1
    assert rollup.advance(db) == 0


def test_a_difference_is_named_with_both_numbers_and_mended(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        made.opened(made.letter())
    assert proof.check(db, made.blast.id) == []
    with db.transaction() as session:
        session.execute(update(Rollup).where(Rollup.measure == "opened").values(number=3))
        session.execute(update(LetterActs).values(opened=0))
    said = ["opened: the figures say 3, the recount 1"]
    assert proof.check(db, made.blast.id)[:1] == said
    assert proof.mend(db, made.blast.id)[:1] == said
    assert proof.check(db, made.blast.id) == []


def test_screens_read_no_events_and_no_letters(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        made.clicked(made.letter())
    rollup.advance(db)
    asked: list[str] = []

    def listen(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    event.listen(db.engine, "before_cursor_execute", listen)
    try:
        with db.reading() as session:
            reports.blast_report(session, made.blast.id)
    finally:
        event.remove(db.engine, "before_cursor_execute", listen)
    assert any("FROM rollups" in statement for statement in asked)
    raw = ("events", "judgements", "deliveries", "signatures", "letter_acts")
    assert not [one for one in asked for table in raw if f"FROM {table}" in one]


def test_many_letters_are_counted_in_several_runs(
    db: Database, world: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "AT_ONCE", {"postgresql": 3, "sqlite": 3})
    with db.transaction() as session:
        made = world(session)
    for _ in range(8):
        with db.transaction() as session:
            made.session = session
            made.opened(made.letter())
    assert rollup.advance(db) >= 8
    with db.reading() as session:
        assert figures_of(session, made.blast.id).people.opened == 8
        assert session.scalars(select(Change)).all() == []
    assert proof.check(db, made.blast.id) == []


def test_a_letter_that_bounces_takes_its_acts_out_of_the_rates(db: Database, world: Build) -> None:
    with db.transaction() as session:
        made = world(session)
        letter = made.letter()
        made.opened(letter)
    rollup.advance(db)
    with db.transaction() as session:
        session.get_one(Delivery, letter.id).state = "bounced"
    rollup.advance(db)
    with db.reading() as session:
        figures = figures_of(session, made.blast.id)
    assert (figures.people.opened, figures.reached.opened, figures.letters.bounced) == (1, 0, 1)


def test_whole_blasts_are_counted_together(
    db: Database, world: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What several blasts share (a transaction, slices of letters) is counted for each alone."""
    with db.transaction() as session:
        made = [world(session) for _ in range(3)]
        sharers = []
        for number, one in enumerate(made, 1):
            letters = [one.letter() for _ in range(2 * number)]
            for letter in letters[:number]:
                one.opened(letter)
                one.clicked(letter, "machine", evidence="head")
            sharers.append(one.signature(letters[-1]))
        made[0].signature(None, shared_by=sharers[0])
    ids = [one.blast.id for one in made]
    rollup.advance(db)
    with db.reading() as session:
        before = [cells_of(session, blast_id) for blast_id in ids]
    with db.transaction() as session:
        session.execute(update(Rollup).values(number=Rollup.number + 1))
        for blast_id in ids[:2]:
            rollup.note(session, "blast", [blast_id])
    steps = []
    with monkeypatch.context() as patched:
        step = rollup.step
        patched.setattr(rollup, "step", lambda session: steps.append(step(session)) or steps[-1])
        assert rollup.advance(db) == 5  # of the first two who did anything or signed
    assert [len(each.blast) for each in steps] == [2, 0]
    with db.reading() as session:
        assert [cells_of(session, blast_id) for blast_id in ids[:2]] == before[:2]
        assert cells_of(session, ids[2]) != before[2]


def test_a_letter_that_is_noted_often_is_counted_once(
    db: Database, world: Build, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rollup, "AT_ONCE", {"postgresql": 2, "sqlite": 2})
    with db.transaction() as session:
        made = world(session)
        letters = [made.letter() for _ in range(5)]
    rollup.advance(db)
    for _ in range(2):
        for letter in letters:
            with db.transaction() as session:
                made.session = session
                made.opened(letter)
    with db.reading() as session:
        before = counted_until(session)
    with db.transaction() as session:
        rollup.step(session)
    with db.reading() as session:
        assert counted_until(session) == before  # what waits is as old as it was
    assert rollup.advance(db) == 3  # two were counted already, whatever was noted of them
    assert proof.check(db, made.blast.id) == []
