"""Engines whose clock is set back by an hour: every job has its turns as before."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import time_machine

import config
from outreach.app import build_services
from outreach.core.clock import now
from outreach.engines import celery, inprocess
from outreach.engines.beat import Beat
from outreach.jobs import JOBS, Job
from outreach.services import Services
from tests.engines.fleet import until

HOUR = timedelta(hours=1)


@pytest.fixture
def services(tmp_path: Path) -> Iterator[Services]:
    built = build_services(config.load(_env_file=None, data_dir=tmp_path))
    yield built
    built.db.close()


def test_one_process_goes_on(services: Services, monkeypatch: pytest.MonkeyPatch) -> None:
    turns: Counter[str] = Counter()

    def job(name: str, every_s: float) -> Job:
        def work(services: Services, stop: threading.Event) -> None:
            turns[name] += 1

        return Job(name, work, every_s, "test")

    monkeypatch.setattr(inprocess, "JOBS", (job("often", 0.1), job("seldom", 2.0)))
    stop = threading.Event()
    engine = threading.Thread(target=inprocess.run, args=(services, stop))
    with time_machine.travel(now(), tick=True):
        engine.start()
        until(lambda: turns["seldom"] and turns["often"] > 1, "both had a turn", 20)
    try:
        before = dict(turns)
        with time_machine.travel(now() - HOUR, tick=True):
            until(
                lambda: all(turns[name] > before[name] + 1 for name in before),
                "both had turns by the new time",
                20,
            )
    finally:
        stop.set()
        engine.join(timeout=15)
    assert not engine.is_alive()


def test_beat_goes_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    sent: Counter[str] = Counter()
    app = celery.build("", lambda: pytest.fail("beat needs no services"))
    monkeypatch.setattr(Beat, "apply_entry", lambda self, entry, producer=None: note(entry))

    def note(entry: Any) -> None:
        sent[entry.name] += 1

    def run(clock: time_machine.Coordinates, seconds: float) -> Counter[str]:
        sent.clear()
        end = now() + timedelta(seconds=seconds)
        while now() < end:
            clock.shift(max(0.01, min(beat.tick(), 1.0)))
        return Counter(sent)

    with time_machine.travel(now(), tick=False) as clock:
        beat = Beat(app, schedule_filename=str(tmp_path / "beat"))
        assert app.conf.beat_scheduler == "outreach.engines.beat:Beat"
        before = run(clock, 40)
        clock.shift(-HOUR)
        after = run(clock, 40)
        beat.close()
    often = [job.name for job in JOBS if job.every_s <= 15]
    assert len(often) > 5
    for name in often:
        assert after[name] > 1 and abs(after[name] - before[name]) <= 2, name
