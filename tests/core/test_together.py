"""Questions of many threads: each gets its own answer, whatever became of the others."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from outreach.core.together import Together


def test_each_of_many_threads_gets_its_own_answer_in_fewer_groups() -> None:
    groups: list[int] = []
    at_work = threading.Lock()

    def answer(questions: Sequence[int]) -> list[int]:
        assert at_work.acquire(blocking=False), "two groups at the same time"
        groups.append(len(questions))
        time.sleep(0.005)
        at_work.release()
        return [question * 2 for question in questions]

    together = Together(answer, most=20)
    with ThreadPoolExecutor(32) as threads:
        answers = list(threads.map(together.ask, range(500)))
    assert answers == [question * 2 for question in range(500)]
    assert sum(groups) == 500
    assert max(groups) <= 20
    assert len(groups) < 250


def test_what_a_group_raises_each_of_it_is_told_and_the_next_is_answered() -> None:
    def answer(questions: Sequence[str]) -> list[str]:
        if "bad" in questions:
            raise ValueError("no")
        return list(questions)

    together = Together(answer)
    with pytest.raises(ValueError, match="no"):
        together.ask("bad")
    assert together.ask("good") == "good"
