"""Questions of many threads, answered together: while one group is at work, the next gathers.

Whoever finds nobody at work leads: takes all who wait, asks for them all at once, and hands the
lead to the first of those who came meanwhile. Alone one waits for nobody; after a group of several
the next leader lets those come who were just answered, and ask again.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

GATHER_S = 0.002

Question = TypeVar("Question")
Answer = TypeVar("Answer")


class _Ticket(Generic[Question, Answer]):
    __slots__ = ("answer", "error", "question", "settled", "woken")

    def __init__(self, question: Question) -> None:
        self.question = question
        self.answer: Answer | None = None
        self.error: BaseException | None = None
        self.settled = False
        self.woken = threading.Lock()
        self.woken.acquire()


class Together(Generic[Question, Answer]):
    """Groups the questions of one process. `answer` takes up to `most` of them, in the order in
    which they came, and returns as many answers; what it raises each of them is told."""

    def __init__(
        self, answer: Callable[[Sequence[Question]], Sequence[Answer]], *, most: int = 200
    ) -> None:
        self._answer = answer
        self._most = most
        self._waiting: list[_Ticket[Question, Answer]] = []
        self._lock = threading.Lock()
        self._is_led = False
        self._last = 1  # how many the last group was

    def ask(self, question: Question) -> Answer:
        """The answer to this question; raises what the group's answering raised."""
        mine: _Ticket[Question, Answer] = _Ticket(question)
        with self._lock:
            self._waiting.append(mine)
            leads, self._is_led = not self._is_led, True
        if not leads:
            mine.woken.acquire()
        while not mine.settled:  # woken unsettled: it is to lead
            self._lead()
        if mine.error is not None:
            raise mine.error
        return mine.answer  # type: ignore[return-value]

    def _lead(self) -> None:
        if self._last > 1:
            time.sleep(GATHER_S)
        with self._lock:
            group, self._waiting = self._waiting[: self._most], self._waiting[self._most :]
            self._last = len(group)
        try:
            answers = self._answer([ticket.question for ticket in group])
            for ticket, answer in zip(group, answers, strict=True):
                ticket.answer = answer
        except BaseException as error:
            for ticket in group:  # all who wait raise it, too
                ticket.error = error
            raise
        finally:
            self._hand_over(group)

    def _hand_over(self, group: Sequence[_Ticket[Question, Answer]]) -> None:
        with self._lock:
            following = self._waiting[0] if self._waiting else None
            self._is_led = following is not None
        for ticket in group:
            ticket.settled = True
            ticket.woken.release()
        if following is not None:
            following.woken.release()
