"""What came since is judged once by whoever is there, and nothing is passed over."""

from __future__ import annotations

import threading
from contextlib import ExitStack
from datetime import datetime, timedelta
from typing import Any

import pytest
from sqlalchemy import Executable, func, select, text
from sqlalchemy.orm import Session

from outreach.core.db import Database
from outreach.tracking import catch_up as catching
from outreach.tracking import judging, record, rejudge
from outreach.tracking.catch_up import catch_up
from outreach.tracking.judging import Seen, take_mark
from outreach.tracking.models import Event, Judgement, JudgingMark
from outreach.tracking.record import Observation
from tests.tracking.worlds import DELIVERED, Letter

CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/136.0.0.0 Safari/537.36"


def _clicks(letter: Letter, number: int, start: int = 60, **more: str) -> list[Observation]:
    return [
        Observation(
            "clicked",
            DELIVERED + timedelta(seconds=start + n),
            letter.delivery_id,
            link_id=letter.links["ask"],
            **({"agent": CHROME, "network": f"{n}"} | more),  # type: ignore[arg-type]
        )
        for n in range(number)
    ]


def _store(db: Database, some: list[Observation]) -> None:
    with db.transaction() as session:
        record.store(session, some)


def _unjudged(db: Database) -> int:
    judged = select(Judgement.event_id)
    with db.reading() as session:
        query = select(func.count()).select_from(Event).where(Event.id.not_in(judged))
        return session.scalar(query) or 0


def _verdicts(db: Database) -> set[str]:
    with db.reading() as session:
        return set(session.scalars(select(Judgement.verdict)))


@pytest.mark.parametrize("at_once", [3, 5_000])
def test_every_event_is_judged_however_it_is_sliced(
    db: Database, letter: Letter, at_once: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching, "AT_ONCE", at_once)
    _store(db, _clicks(letter, 10))
    _store(db, [Observation("viewed", DELIVERED, None, agent="curl/8")])
    _store(db, [Observation("bounced", DELIVERED, letter.delivery_id)])
    catch_up(db)
    assert _unjudged(db) == 1  # nobody judges a bounce
    assert catch_up(db) == 0


def test_a_letter_with_any_number_of_clicks_is_judged_whole(
    db: Database, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(catching, "NEIGHBOURS", 20)
    for start in (60, 600, 6000):
        _store(db, _clicks(letter, 110, start))
        catch_up(db)
        assert _unjudged(db) == 0


def test_an_event_that_is_committed_behind_later_ones_is_judged(
    db: Database, letter: Letter
) -> None:
    if db.is_sqlite:
        pytest.skip("left out: on SQLite one writes at a time")
    with db.transaction() as session:
        record.store(session, _clicks(letter, 1))  # has its id, and is not committed
        for turn in range(4):
            _store(db, _clicks(letter, 1, 100 * turn + 100))
            assert catch_up(db) == 1
    assert catch_up(db) == 1
    assert _unjudged(db) == 0


def test_what_is_committed_while_a_turn_reads_is_judged_in_the_next(
    db: Database, letter: Letter, monkeypatch: pytest.MonkeyPatch
) -> None:
    if db.is_sqlite:
        pytest.skip("left out: on SQLite one writes at a time")
    read = judging.read
    with ExitStack() as late:
        record.store(late.enter_context(db.transaction()), _clicks(letter, 1))
        _store(db, _clicks(letter, 1, 900))
        assert catch_up(db) == 1

        def read_and_commit(session: Session, query: Executable) -> list[Seen]:
            found = read(session, query)
            late.close()
            return found

        monkeypatch.setattr(judging, "read", read_and_commit)
        assert catch_up(db) == 0
    monkeypatch.undo()
    assert catch_up(db) == 1
    assert _unjudged(db) == 0


def test_the_mark_moves_on_so_that_old_events_are_not_read_again(
    db: Database, letter: Letter
) -> None:
    _store(db, _clicks(letter, 5))
    for _ in range(3):
        catch_up(db)
    with db.reading() as session:
        mark = session.scalars(select(JudgingMark)).one()
        oldest = "SELECT pg_snapshot_xmin(pg_current_snapshot())::text::bigint"
        if not db.is_sqlite and (session.scalar(text(oldest)) or 0) < mark.ahead_xid:
            pytest.skip("left out: others on this server have a transaction under way")
    assert mark.through == 5


def test_later_evidence_reaches_a_click_of_an_earlier_turn(db: Database, letter: Letter) -> None:
    _store(db, _clicks(letter, 1, network="a"))
    catch_up(db)
    assert _verdicts(db) == {"human"}
    _store(db, _clicks(letter, 1, 90, network="a", method="HEAD"))
    catch_up(db)
    assert _verdicts(db) == {"machine"}


def test_only_one_judges_and_the_others_pass_by(db: Database, letter: Letter) -> None:
    if db.is_sqlite:
        pytest.skip("left out: on SQLite whoever comes second waits for its turn")
    _store(db, _clicks(letter, 1))
    catch_up(db)
    _store(db, _clicks(letter, 5, 900))
    with db.transaction() as session:
        take_mark(session)
        assert catch_up(db) == 0
        waiting = threading.Thread(target=catch_up, args=(db,), kwargs={"wait": True})
        waiting.start()
        waiting.join(0.2)
        assert waiting.is_alive()
    waiting.join()
    assert _unjudged(db) == 0


def _see(db: Database, letter: Letter, kind: str, seconds: float, **more: Any) -> None:
    at = DELIVERED + timedelta(seconds=seconds)
    given = {"agent": CHROME, "network": "home"} | more
    _store(db, [Observation(kind, at, letter.delivery_id, **given)])
    catch_up(db)


def _opens(db: Database) -> list[tuple[str, list[str]]]:
    with db.reading() as session:
        query = select(Judgement).join(Event, Event.id == Judgement.event_id).order_by(Event.at)
        found = session.scalars(query.where(Event.kind == "opened"))
        return [(each.verdict, [why["name"] for why in each.evidence]) for each in found]


@pytest.mark.parametrize("ours_first", [True, False])
def test_the_providers_flag_reaches_our_open_of_the_same_moment(
    db: Database, letter: Letter, ours_first: bool
) -> None:
    _see(db, letter, "opened", 5000)  # somebody looks at it later
    opens = [("opened", 602.5, {}), ("provider_opened", 600, {"detail": {"machine": True}})]
    for kind, seconds, more in opens if ours_first else opens[::-1]:
        _see(db, letter, kind, seconds, **more)
    assert _opens(db) == [("machine_open", ["provider_flag"]), ("human", [])]
    with db.reading() as session:
        judged = select(func.count()).select_from(Judgement)
        assert session.scalar(judged) == 2  # what the provider saw is counted nowhere
    assert list(rejudge.run_all(db, actor="Ada"))[-1].changed == 0


def test_what_the_provider_saw_without_its_flag_says_nothing(db: Database, letter: Letter) -> None:
    for detail in ({}, {"machine": False}, {"machine": "true"}, {"type": "machine, true"}):
        _see(db, letter, "provider_opened", 600, detail=detail)
    _see(db, letter, "opened", 601)
    assert _opens(db) == [("human", [])]


def test_a_verdict_that_changes_has_a_new_instant(db: Database, letter: Letter) -> None:
    _store(db, _clicks(letter, 2, network="a"))
    catch_up(db)
    before = _instants(db)
    _store(db, _clicks(letter, 1, 90, network="a", method="HEAD"))
    catch_up(db)
    after = _instants(db)
    assert all(after[event_id] > at for event_id, at in before.items())
    catch_up(db)
    assert _instants(db) == after


def _instants(db: Database) -> dict[int, datetime]:
    with db.reading() as session:
        return dict(session.execute(select(Judgement.event_id, Judgement.judged_at)).all())
