"""Events are stored once, and their letter is judged anew when more of them came."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

from sqlalchemy import func, select

from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.tracking.catch_up import catch_up
from outreach.tracking.models import Event, Judgement
from outreach.tracking.record import AGENT_CHARS, Observation, observe
from tests.tracking.worlds import DELIVERED, Letter

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)


def _seen(letter: Letter, seconds: float, label: str = "ask", **more: Any) -> Observation:
    given: dict[str, Any] = {"kind": "clicked", "agent": CHROME, "network": "a"}
    if label:
        given["link_id"] = letter.links[label]
    return Observation(
        at=DELIVERED + timedelta(seconds=seconds),
        delivery_id=letter.delivery_id,
        **(given | more),
    )


def _observe(db: Database, *observations: Observation) -> None:
    for observation in observations:
        with db.transaction() as session:
            observe(session, observation)
    catch_up(db)


def _verdicts(db: Database) -> list[str]:
    with db.reading() as session:
        judged = select(Judgement.verdict).join(Event, Event.id == Judgement.event_id)
        return list(session.scalars(judged.order_by(Event.at, Event.id)))


def test_an_event_knows_its_letters_blast_and_supporter(db: Database, letter: Letter) -> None:
    _observe(db, _seen(letter, 60))
    with db.reading() as session:
        event = session.scalars(select(Event)).one()
        judgement = session.get_one(Judgement, event.id)
    assert (event.blast_id, event.supporter_id) == (letter.blast_id, letter.supporter_id)
    assert event.at == DELIVERED + timedelta(seconds=60)
    assert (judgement.verdict, judgement.evidence) == ("human", [])


def test_the_same_observation_twice_is_one_event(db: Database, letter: Letter) -> None:
    seen = _seen(letter, 60)
    with db.transaction() as session:
        first = observe(session, seen)
    with db.transaction() as session:
        second = observe(session, seen)
        assert session.scalar(select(func.count()).select_from(Event)) == 1
    assert first is not None
    assert second is not None
    assert first.id == second.id


def test_later_evidence_flips_an_earlier_verdict(db: Database, letter: Letter) -> None:
    _observe(db, _seen(letter, 60))
    assert _verdicts(db) == ["human"]
    _observe(db, _seen(letter, 90, "trap"))
    assert _verdicts(db) == ["machine", "machine"]
    _observe(db, _seen(letter, 120, "", kind="signed", method="POST"))
    # The signer came by the first link; the hidden one is still nobody's.
    assert _verdicts(db) == ["human", "machine", "human"]


def test_a_judgement_says_why(db: Database, letter: Letter) -> None:
    _observe(db, _seen(letter, 60, agent="curl/8.5.0", method="HEAD"))
    with db.reading() as session:
        evidence = session.scalars(select(Judgement.evidence)).one()
    assert evidence == [
        {"name": "crawler_agent", "weight": 4},
        {"name": "program_agent", "weight": 4},
        {"name": "head", "weight": 4},
    ]


def test_what_lies_far_apart_is_judged_apart(db: Database, letter: Letter) -> None:
    _observe(db, *(_seen(letter, i, label) for i, label in enumerate(["ask", "timetable", "1"], 3)))
    _observe(db, _seen(letter, 86_400))
    assert _verdicts(db) == ["machine"] * 3 + ["human"]


def test_one_letters_machine_says_nothing_of_another_letter(db: Database, letter: Letter) -> None:
    with db.transaction() as session:
        other = Delivery(blast_id=letter.blast_id, state="accepted", accepted_at=DELIVERED)
        session.add(other)
        session.flush()
        other_id = other.id
    _observe(db, _seen(letter, 60, "trap"))
    _observe(db, Observation("clicked", DELIVERED + timedelta(seconds=61), other_id, agent=CHROME))
    assert _verdicts(db) == ["machine", "human"]


def test_those_who_judge_at_once_see_all_of_a_burst(db: Database, letter: Letter) -> None:
    """Each of three threads stores one link of it and judges; none may stay without the rest."""
    barrier = threading.Barrier(3)

    def store(label: str, second: int) -> None:
        barrier.wait()
        _observe(db, _seen(letter, second, label))

    threads = [
        threading.Thread(target=store, args=args)
        for args in [("ask", 60), ("timetable", 61), ("1", 62)]
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    catch_up(db)
    assert _verdicts(db) == ["machine"] * 3


def test_an_act_is_known_by_its_key_whenever_it_is_told(db: Database, letter: Letter) -> None:
    for seconds in (60, 90):
        act = _seen(letter, seconds, "", kind="unsubscribed", method="POST", key="press")
        _observe(db, act)
    with db.reading() as session:
        [event] = session.scalars(select(Event)).all()
    assert event.at == DELIVERED + timedelta(seconds=60)


def test_a_letter_that_is_no_longer_kept_leaves_no_event(db: Database, letter: Letter) -> None:
    with db.transaction() as session:
        gone = Observation("clicked", DELIVERED, letter.delivery_id + 999)
        assert observe(session, gone) is None
        assert session.scalar(select(func.count()).select_from(Event)) == 0


def test_provider_events_are_kept_and_not_judged(db: Database, letter: Letter) -> None:
    _observe(db, _seen(letter, 60, "", kind="bounced", agent=""))
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Event)) == 1
    assert _verdicts(db) == []


def test_an_agent_of_any_length_and_any_bytes_is_kept_as_far_as_it_fits(
    db: Database, letter: Letter
) -> None:
    _observe(db, _seen(letter, 60, agent="Mozilla/5.0 (\x00X11)\r\n" + "x" * 9000))
    with db.reading() as session:
        agent = session.scalars(select(Event.agent)).one()
    assert agent.startswith("Mozilla/5.0 ( X11) xxx")
    assert len(agent) <= AGENT_CHARS
