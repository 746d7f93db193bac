"""Letters to an SMTP relay, over kept connections that work side by side in one asyncio loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Sequence
from contextlib import ExitStack
from typing import Any, TypeVar

import uvloop

from outreach.core import log
from outreach.mail.dkim import Signer
from outreach.mail.flight import Flight
from outreach.mail.plan import Plan, Recipient
from outreach.mail.provider import Fate, Outcome, ProviderDown, ProviderRefuses
from outreach.providers.letters import letters
from outreach.providers.smtp_opening import Relay, open_wire
from outreach.providers.smtp_session import Part, Session
from outreach.providers.smtp_wire import Lost

T = TypeVar("T")
LOG = log.get(__name__)
CONNECTION_LOST = "smtp.connection_lost"
LANES = 2  # while one part is written down, another is on its way
LETTERS_PER_CONNECTION = 10
# Connections that one worker may lose without a letter judged before it gives up.
FRUITLESS = 2


class SmtpProvider:
    """Hands each letter to the relay as a message of its own.

    `return_path` gives the address to which its bounces go; without it that is the sender's.
    `signer` puts its DKIM signatures on it.

    A letter is accepted when the relay said so, certainly not sent as long as its last line did not
    leave, and unknown in between.
    """

    name = "smtp"
    follows_letters = True

    def __init__(
        self,
        relay: Relay,
        *,
        connections: int = 10,
        return_path: Callable[[Recipient], str] | None = None,
        signer: Signer | None = None,
    ) -> None:
        self.lanes = LANES
        self.part_size = connections * LETTERS_PER_CONNECTION
        self._relay = relay
        self._return_path = return_path
        self._signer = signer
        self._connections = connections
        self._free = asyncio.Semaphore(connections)
        self._kept: list[Session] = []
        self._lock = threading.Lock()
        self._parts = threading.BoundedSemaphore(self.lanes)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    def send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight | None = None
    ) -> list[Outcome]:
        """Hand over a part. Ends within about three time-outs, whatever the relay does."""
        flight = flight or Flight([recipient.delivery_id for recipient in recipients])
        with self._parts:
            return self._run(self._send(plan, recipients, flight))

    def sign_in(self) -> str:
        """Reach the relay and sign in as for a letter, sending none; says with whom.

        Raises ProviderDown and ProviderRefuses.
        """
        self._run(self._keep_one())
        return self._relay.place

    def settle(self, delivery_ids: Sequence[int]) -> list[Outcome]:
        """Nothing: a relay can't be asked."""
        return []

    def close(self) -> None:
        """Take leave of the relay, after a part that is under way."""
        with ExitStack() as parts:
            for _ in range(self.lanes):
                parts.enter_context(self._parts)
            if self._loop is None or self._thread is None:
                return
            self._run(self._leave())
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join()
            self._loop.close()
            self._loop = self._thread = None

    def _run(self, work: Coroutine[Any, Any, T]) -> T:
        with self._lock:
            if self._loop is None:
                self._loop = uvloop.new_event_loop()  # a tenth less CPU for each letter
                self._free = asyncio.Semaphore(self._connections)
                run = self._loop.run_forever
                self._thread = threading.Thread(target=run, name="smtp", daemon=True)
                self._thread.start()
        return asyncio.run_coroutine_threadsafe(work, self._loop).result()

    async def _send(
        self, plan: Plan, recipients: Sequence[Recipient], flight: Flight
    ) -> list[Outcome]:
        outcomes: list[Outcome] = []
        return_path = self._return_path or (lambda _: plan.envelope.sender_address)
        written = letters(plan, recipients, outcomes, signer=self._signer)
        part = Part(return_path, written, outcomes, self._relay.timeout_s, flight)
        async with asyncio.TaskGroup() as group:
            workers = [
                group.create_task(self._work(part))
                for _ in range(min(self._connections, len(recipients)))
            ]
        failures = [failure for worker in workers if (failure := worker.result())]
        left = list(part.rest())
        if not left or flight.stopped:
            return outcomes
        failures.sort(key=lambda error: isinstance(error, ProviderDown))  # refusals first
        if failures and not part.handed:
            raise failures[0]
        why = str(failures[0]) if failures else part.why
        return outcomes + [Outcome(one.delivery_id, Fate.LATER, why) for one in left]

    async def _work(self, part: Part) -> ProviderDown | ProviderRefuses | None:
        """Deliver over one connection, and over another when it is lost; why it gave up early."""
        async with self._free:
            return await self._deliver(part)

    async def _deliver(self, part: Part) -> ProviderDown | ProviderRefuses | None:
        fruitless = 0
        while not part.empty:
            judged = part.handed
            session: Session | None = None
            try:
                session = await self._session()
                await session.deliver(part)
            except (ProviderDown, ProviderRefuses) as failure:
                if session:
                    session.wire.close()
                return failure
            except Lost as lost:
                if session:
                    session.wire.close()
                LOG.info(CONNECTION_LOST, reason=str(lost))
                fruitless = fruitless + 1 if part.handed == judged else 0
                if lost.silent or fruitless == FRUITLESS:
                    return ProviderDown(f"{self._relay} took no letters. {lost}")
            else:
                self._kept.append(session)
                return None
        return None

    async def _session(self) -> Session:
        while self._kept:
            session = self._kept.pop()
            if not session.wire.closed:
                return session
        return Session(*await open_wire(self._relay))

    async def _keep_one(self) -> None:
        self._kept.append(await self._session())

    async def _leave(self) -> None:
        await asyncio.gather(*(session.wire.leave() for session in self._kept))
        self._kept.clear()
