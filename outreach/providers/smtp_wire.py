"""One connection to a relay: what was written, what it replied, and that it was lost."""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple, cast

from outreach.mail.reasons import reason

_LONGEST_LINE = 64_000


class Lost(Exception):
    """The connection is gone; the message says why. `silent`: the relay did not answer in time."""

    def __init__(self, reason: str, *, silent: bool = False) -> None:
        super().__init__(reason)
        self.silent = silent


class Reply(NamedTuple):  # a frozen dataclass would cost 3 µs more for each letter
    """A reply of the relay (RFC 5321, 4.2)."""

    code: int
    lines: tuple[bytes, ...]

    def reason(self, address: str = "") -> str:
        """Code and text on one line, without addresses or the name part of `address`."""
        text = b" ".join(self.lines).decode("utf-8", "replace")
        return reason(f"{self.code} {text}", address)


class Wire(asyncio.Protocol):
    """Writes commands and collects replies. Used by one task at a time."""

    def __init__(self, timeout_s: float) -> None:
        self.closed = False
        # Some of what was written is still here, and not on its way to the relay.
        self.holds_back = False
        self._timeout_s = timeout_s
        self._loop = asyncio.get_running_loop()
        self._transport: asyncio.Transport | None = None
        self._torn = b""
        self._lines: list[bytes] = []
        self._replies: deque[Reply] = deque()
        self._wanted = 0
        self._waiter: asyncio.Future[None] | None = None
        self._ended = self._loop.create_future()
        self._deadline = 0.0
        self._timer: asyncio.TimerHandle | None = None
        self._unwritten = 0
        self._why = "The relay closed the connection."

    @property
    def transport(self) -> asyncio.Transport:
        """The transport below; set anew when TLS begins."""
        assert self._transport is not None
        return self._transport

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by asyncio."""
        self._transport = cast(asyncio.Transport, transport)
        self._transport.set_write_buffer_limits(high=0)

    def pause_writing(self) -> None:
        """Called by asyncio when the kernel takes no more for now."""
        self.holds_back = True

    def resume_writing(self) -> None:
        """Called by asyncio when all was taken."""
        self.holds_back = False

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by asyncio."""
        self.closed = True
        if self._timer:
            self._timer.cancel()
        if self._replies:  # usually a 421 that says why
            self._why = self._replies[-1].reason()
        self._wake(Lost(self._why))
        self._ended.set_result(None)

    def data_received(self, data: bytes) -> None:
        """Called by asyncio: cut what came into replies."""
        *lines, self._torn = (self._torn + data).split(b"\n")
        for line in lines:
            if not line[:3].isdigit() or len(line) > _LONGEST_LINE:
                return self._fail("The relay does not speak SMTP.")
            goes_on = line[3:4] == b"-"
            if goes_on or self._lines:
                self._lines.append(line[4:].rstrip())
                if not goes_on:
                    self._replies.append(Reply(int(line[:3]), tuple(self._lines)))
                    self._lines.clear()
            else:  # nearly all
                self._replies.append(Reply(int(line[:3]), (line[4:].rstrip(),)))
        if len(self._torn) > _LONGEST_LINE:
            return self._fail("The relay does not speak SMTP.")
        if len(self._replies) >= self._wanted:
            self._wake(None)
        return None

    def write(self, data: bytes) -> None:
        """Send; raises Lost, with nothing sent, on a connection that is gone or going."""
        if self.closed or self.transport.is_closing():
            raise Lost(self._why)
        self.transport.write(data)

    async def replies(self, count: int) -> list[Reply]:
        """The next replies; raises Lost when they don't come."""
        if len(self._replies) < count:
            if self.closed:
                raise Lost(self._why)
            self._wanted = count
            self._waiter = self._loop.create_future()
            self._watch()
            try:
                await self._waiter
            finally:
                self._waiter = None
        return [self._replies.popleft() for _ in range(count)]

    async def secure(self, context: object, host: str) -> None:
        """Begin TLS; raises Lost when the relay sent more than its reply before it."""
        if self._torn or self._replies:
            # Whatever came unencrypted must not be taken for what comes afterwards.
            raise Lost("The relay sent text between STARTTLS and TLS.")
        transport = await self._loop.start_tls(
            self.transport,
            self,
            context,  # type: ignore[arg-type]
            server_hostname=host,
        )
        if transport is None:
            raise Lost(self._why)
        self.connection_made(transport)

    def close(self) -> None:
        """Give the connection up."""
        self.closed = True
        if self._transport:
            self._transport.abort()

    async def leave(self) -> None:
        """Close politely, in a second at most."""
        if not self.closed:
            self.transport.write(b"QUIT\r\n")
            self.transport.close()
            await asyncio.wait([self._ended], timeout=1)
        self.close()

    def _watch(self) -> None:
        # One timer follows a moving deadline: setting one for each reply would cost more than
        # reading the reply.
        self._deadline = self._loop.time() + self._timeout_s
        self._unwritten = self.transport.get_write_buffer_size()
        if self._timer is None:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _look(self) -> None:
        self._timer = None
        if self._waiter is None:
            return
        unwritten = self.transport.get_write_buffer_size()
        if unwritten < self._unwritten:
            self._deadline = self._loop.time() + self._timeout_s  # a large letter still moves
        self._unwritten = unwritten
        if self._loop.time() >= self._deadline:
            self._why = f"The relay did not answer within {self._timeout_s:g} seconds."
            self._wake(Lost(self._why, silent=True))
            self.close()
        else:
            self._timer = self._loop.call_at(self._deadline, self._look)

    def _fail(self, why: str) -> None:
        self._why = why
        self._replies.clear()
        self._wake(Lost(why))
        self.close()

    def _wake(self, lost: Lost | None) -> None:
        if self._waiter is None or self._waiter.done():
            return
        if lost:
            self._waiter.set_exception(lost)
        else:
            self._waiter.set_result(None)
