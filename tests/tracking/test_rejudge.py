"""All history judged anew: equal to what was judged as it came, resumable, by the rules of now."""

from __future__ import annotations

from datetime import timedelta
from itertools import islice
from typing import Any

import pytest
from sqlalchemy import delete, func, select, update

from outreach.accounts.models import Organisation
from outreach.core.db import Database
from outreach.mail.models import Delivery
from outreach.supporters.models import Supporter
from outreach.tracking import own_rules, rejudge
from outreach.tracking.catch_up import catch_up
from outreach.tracking.models import Judgement, Rejudging
from outreach.tracking.network import network_hash
from outreach.tracking.record import Observation, observe
from tests.tracking.worlds import DELIVERED, Letter

CHROME = (
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) "
    "Chrome/136.0.0.0 Safari/537.36"
)
PHONE = "Mozilla/5.0 (Linux; Android 10; K) AppleWebKit/537.36 Chrome/136.0.0.0 Mobile Safari"
SECRET = "a secret of the tests, of some length"
HOME, OFFICE = network_hash("198.51.100.7", SECRET), network_hash("203.0.113.9", SECRET)


def _see(db: Database, letter: Letter, seconds: float, label: str = "ask", **more: Any) -> None:
    given: dict[str, Any] = {"kind": "clicked", "agent": CHROME, "network": HOME} | more
    if given["kind"] == "clicked":
        given["link_id"] = letter.links[label]
    at = DELIVERED + timedelta(seconds=seconds)
    with db.transaction() as session:
        observe(session, Observation(at=at, delivery_id=letter.delivery_id, **given))
    catch_up(db)


def _judgements(db: Database) -> dict[int, tuple[str, list[Any]]]:
    with db.reading() as session:
        rows = session.scalars(select(Judgement))
        return {row.event_id: (row.verdict, row.evidence) for row in rows}


def _rejudge(db: Database, **more: Any) -> rejudge.Progress:
    return list(rejudge.run_all(db, actor="Ada", **more))[-1]


@pytest.fixture
def seen(db: Database, letter: Letter) -> Letter:
    """A scanner’s burst, a person who signs, a shadow of another person, an open, HEAD."""
    for second, label in enumerate(("ask", "timetable", "1", "2")):
        _see(db, letter, 5 + second, label, network="scanner")
    _see(db, letter, 4000, kind="opened")
    _see(db, letter, 4010)
    _see(db, letter, 4050, kind="signed", method="POST")
    _see(db, letter, 9000, "timetable", network=OFFICE, detail={"origin": "hosting"})
    _see(db, letter, 9012, "timetable", network="cloud", agent=PHONE)
    _see(db, letter, 99000, "1", method="HEAD")
    return letter


def test_judging_anew_finds_what_was_found_as_it_came(db: Database, seen: Letter) -> None:
    before = _judgements(db)
    assert [verdict for verdict, _ in before.values()].count("machine") == 6
    progress = _rejudge(db)
    assert (progress.judged, progress.total, progress.changed) == (10, 10, 0)
    assert _judgements(db) == before


def test_what_was_lost_or_wrong_is_put_right(db: Database, seen: Letter) -> None:
    before = _judgements(db)
    with db.transaction() as session:
        first, second, *_ = before
        session.execute(delete(Judgement).where(Judgement.event_id == first))
        wrong = update(Judgement).where(Judgement.event_id == second)
        session.execute(wrong.values(verdict="human", evidence=[]))
    assert _rejudge(db).changed == 2
    assert _judgements(db) == before


def test_a_stopped_run_goes_on_where_it_stopped(
    db: Database, seen: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rejudge, "LETTERS_AT_ONCE", 1)
    with db.transaction() as session:
        for number in range(3):
            person = Supporter(address=f"{number}@x.example", email=f"{number}@x.example")
            session.add(person)
            session.flush()
            more = Delivery(blast_id=seen.blast_id, supporter_id=person.id, state="accepted")
            session.add(more)
            session.flush()
            one = Letter(seen.blast_id, person.id, more.id, seen.links)
            at = DELIVERED + timedelta(hours=1)
            observe(session, Observation(kind="opened", at=at, delivery_id=one.delivery_id))
        session.execute(delete(Judgement))
    first, second = islice(rejudge.run_all(db, actor="Ada"), 2)
    assert (first.judged, second.judged, second.finished) == (10, 11, False)
    assert len(_judgements(db)) == 11
    assert _rejudge(db).judged == 13
    assert len(_judgements(db)) == 13
    with db.reading() as session:
        assert session.scalar(select(func.count()).select_from(Rejudging)) == 1


def test_events_of_no_letter_are_judged_too(db: Database) -> None:
    with db.transaction() as session:
        observe(session, Observation(kind="viewed", at=DELIVERED, delivery_id=None, agent="curl/8"))
        session.execute(delete(Judgement))
    assert _rejudge(db).changed == 1
    assert [verdict for verdict, _ in _judgements(db).values()] == ["machine"]


@pytest.mark.parametrize(
    ("field", "lines", "verdict"),
    [
        ("machine_agents", "windows nt 10.0; win64", "machine"),
        ("networks", "203.0.112.0/22", "machine"),
        ("weights", "hosting_network 2", "unknown"),
        ("weights", "hosting_network 3", "machine"),
        ("weights", "soon 0", "human"),
    ],
)
def test_history_follows_the_organisations_own_rules(
    db: Database,
    letter: Letter,
    organisation: Organisation,
    field: str,
    lines: str,
    verdict: str,
) -> None:
    _see(db, letter, 9000, network=OFFICE, detail={"origin": "hosting"})
    assert [found for found, _ in _judgements(db).values()] == ["human"]
    _edit(db, organisation, {field: lines})
    _rejudge(db)
    assert [found for found, _ in _judgements(db).values()] == [verdict]
    _see(db, letter, 19000, network=OFFICE, detail={"origin": "hosting"})
    assert [found for found, _ in _judgements(db).values()] == [verdict] * 2
    _edit(db, organisation, {field: ""})
    _rejudge(db)
    assert [found for found, _ in _judgements(db).values()] == ["human"] * 2


def test_new_rules_end_a_run_by_the_old_ones(
    db: Database, seen: Letter, organisation: Organisation
) -> None:
    with db.transaction() as session:
        old = rejudge.begin(session, actor="Ada").id
    _edit(db, organisation, {"weights": "burst off"})
    with db.transaction() as session:
        assert rejudge.begin(session, actor="Ada").id != old


def _edit(db: Database, organisation: Organisation, changes: dict[str, str]) -> None:
    with db.transaction() as session:
        ours = session.get_one(Organisation, organisation.id)
        own_rules.edit(session, ours, changes, secret=SECRET, actor="Ada")
