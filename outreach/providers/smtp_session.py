"""Handing letters over on one open connection, and what each reply means for a letter."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from math import inf
from time import monotonic

from outreach.mail.flight import Flight
from outreach.mail.plan import Recipient
from outreach.mail.provider import Fate, Outcome, ProviderRefuses
from outreach.providers.smtp_opening import Extensions
from outreach.providers.smtp_wire import Lost, Reply, Wire

# Up to here the next letter's envelope goes out with a letter. Larger ones end their own write,
# so that it is known whether their last byte left.
SMALL_LETTER = 64_000
TRIES = 2
GO_AHEAD, CLOSING, TOO_LARGE = 354, 421, 552


@dataclass(slots=True)
class Job:
    """A letter to hand over. `tries` counts connections that were lost before taking it."""

    recipient: Recipient
    letter: bytes
    sender: str  # of the envelope: the return path
    tries: int = 0


class Part:
    """The letters of one `send`, taken by all connections in turn, and their outcomes."""

    def __init__(
        self,
        return_path: Callable[[Recipient], str],
        letters: Iterator[tuple[Recipient, bytes]],
        outcomes: list[Outcome],
        seconds: float,  # no letter is begun later than that after the first
        flight: Flight,
    ) -> None:
        self._return_path = return_path
        self.outcomes = outcomes
        self.handed = 0  # letters that the relay judged or may have
        self.why = ""  # the last thing that went wrong
        self.flight = flight
        self._letters = letters
        self._again: deque[Job] = deque()
        self._seconds = seconds
        self._ends_at = inf
        self._ended = False

    def take(self) -> Job | None:
        """The next letter; None when there is none left, or none may be begun any more."""
        if self._ends_at == inf:
            self._ends_at = monotonic() + self._seconds
        if self.flight.stopped:
            return None
        if monotonic() > self._ends_at:
            self.why = self.why or "The relay was too slow for all letters of this part."
            return None
        if self._again:
            return self._again.popleft()
        following = next(self._letters, None)
        self._ended = following is None
        return Job(*following, self._return_path(following[0])) if following else None

    @property
    def empty(self) -> bool:
        """Nothing is left to take."""
        return self._ended and not self._again

    def give_back(self, job: Job) -> None:
        """A letter that was certainly not taken."""
        self._again.append(job)

    def judged(self, job: Job, fate: Fate, reason: str = "", ref: str = "") -> None:
        """A letter's outcome."""
        self.handed += 1
        delivery_id = job.recipient.delivery_id
        if fate is Fate.ACCEPTED:
            self.flight.taken(delivery_id)
        elif fate is not Fate.UNKNOWN:
            self.flight.back(delivery_id)
        self.outcomes.append(Outcome(delivery_id, fate, reason, ref))

    def lost(self, job: Job, lost: Lost) -> None:
        """A connection was lost before it took this letter: once more elsewhere, then later."""
        self.why = str(lost)
        self.flight.back(job.recipient.delivery_id)
        job.tries += 1
        if job.tries < TRIES and not lost.silent:
            self._again.append(job)
        else:
            self.outcomes.append(Outcome(job.recipient.delivery_id, Fate.LATER, self.why))

    def rest(self) -> Iterator[Recipient]:
        """Recipients whose letters nobody took."""
        yield from (job.recipient for job in self._again)
        yield from (recipient for recipient, _ in self._letters)


class Session:
    """An open connection that takes letters, one after the other."""

    def __init__(self, wire: Wire, extensions: Extensions) -> None:
        self.wire = wire
        self._pipelining = "PIPELINING" in extensions
        self._utf8 = "SMTPUTF8" in extensions
        limit = extensions.get("SIZE")  # without a number or 0: no limit is known
        self._size = None if limit is None else int(limit) if limit.isdecimal() else 0
        self._unfinished = False  # the relay still has a transaction open that came to nothing

    async def deliver(self, part: Part) -> None:
        """Hand over letters until the part has no more.

        Raises Lost, and ProviderRefuses when the relay does not take our sender; either way every
        letter that was taken from the part is accounted for or given back.
        """
        job = self._next(part)
        asked = False
        while job is not None:
            following: Job | None = None
            dotted = False
            try:
                stopped = await self._ask(job, already=asked)
                if stopped is None:
                    if self._pipelining and len(job.letter) <= SMALL_LETTER:
                        following = self._next(part)
                    part.flight.leaving(job.recipient.delivery_id)
                    self._write_letter(job, following)
                    dotted = True
                    [stopped] = await self.wire.replies(1)
                elif stopped.code == CLOSING:
                    raise Lost(stopped.reason())
                self._judge(part, job, stopped)
            except Lost as lost:
                if following:
                    part.give_back(following)
                if dotted and (following or not self.wire.holds_back):
                    part.judged(job, Fate.UNKNOWN, f"{lost} It may have taken this letter.")
                else:
                    part.lost(job, lost)
                raise
            except ProviderRefuses:
                part.give_back(job)
                raise
            asked = following is not None
            job = following or self._next(part)

    def _next(self, part: Part) -> Job | None:
        """The next letter that this relay can take at all; others are refused here."""
        while (job := part.take()) is not None:
            if self._size and len(job.letter) > self._size:
                size = f"{len(job.letter):,} bytes"
                reason = f"The letter has {size}; the relay takes {self._size:,}."
            elif not self._utf8 and not (job.sender + job.recipient.address).isascii():
                reason = "The relay does not take addresses beyond ASCII (SMTPUTF8)."
            else:
                return job
            part.judged(job, Fate.REFUSED, reason)
        return None

    async def _ask(self, job: Job, *, already: bool) -> Reply | None:
        """Whether the letter may come: None, or the reply that says no."""
        commands = [b"RSET\r\n"] if self._unfinished else []
        commands += self._envelope(job)
        if already:
            replies = await self.wire.replies(3)
        elif self._pipelining:
            self.wire.write(b"".join(commands))
            replies = await self.wire.replies(len(commands))
        else:
            replies = await self._one_by_one(commands)
        if self._unfinished:
            del replies[0]
        self._unfinished = False
        stopped = next((reply for reply in replies if reply.code >= 400), None)
        if len(replies) == 3 and replies[2].code == GO_AHEAD:
            if stopped is None:
                return None
            # It awaits a text although it took nobody: an empty one, for nobody (RFC 2920, 3.1).
            self.wire.write(b".\r\n")
            await self.wire.replies(1)
        else:
            self._unfinished = True
        if stopped is None:
            raise Lost("The relay’s replies make no sense.")
        if stopped is replies[0] and stopped.code // 100 == 5 and stopped.code != TOO_LARGE:
            raise ProviderRefuses(
                f"The relay does not take our sender: {stopped.reason(job.sender)}"
            )
        return stopped

    async def _one_by_one(self, commands: list[bytes]) -> list[Reply]:
        replies: list[Reply] = []
        for command in commands:
            self.wire.write(command)
            replies += await self.wire.replies(1)
            if replies[-1].code >= 400:
                break
        return replies

    def _envelope(self, job: Job) -> tuple[bytes, bytes, bytes]:
        sender, address = job.sender, job.recipient.address
        options = "" if self._size is None else f" SIZE={len(job.letter)}"
        if not (sender + address).isascii():
            options += " BODY=8BITMIME SMTPUTF8"
        return (
            f"MAIL FROM:<{sender}>{options}\r\n".encode(),
            f"RCPT TO:<{address}>\r\n".encode(),
            b"DATA\r\n",
        )

    def _write_letter(self, job: Job, following: Job | None) -> None:
        """Write a letter to its end and, behind it, the envelope of the next."""
        envelope = self._envelope(following) if following else ()
        self.wire.write(b"".join((job.letter, b".\r\n", *envelope)))

    def _judge(self, part: Part, job: Job, reply: Reply) -> None:
        reason = reply.reason(job.recipient.address)
        if reply.code // 100 == 2:
            part.judged(job, Fate.ACCEPTED, ref=reason)
        elif reply.code // 100 == 5:
            part.judged(job, Fate.REFUSED, reason)
        elif reply.code // 100 == 4:
            part.judged(job, Fate.LATER, reason)
        else:
            raise Lost("The relay’s replies make no sense.")
