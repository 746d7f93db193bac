"""Servers that take letters and remember whose: what a crash trial compares the ledger with."""

from __future__ import annotations

import asyncio
import re
import threading
from collections import Counter
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Protocol

import orjson

_MESSAGE_ID = re.compile(rb"\r\nMessage-ID: <d(\d+)\.")
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)\r\n", re.IGNORECASE)
_QUIET_S = 0.05
_ON_THE_WAY_S = 0.05


class Taker(Protocol):
    """Remembers each letter that it took, by delivery id."""

    taken: Counter[int]

    def settings(self) -> dict[str, object]:
        """What to set so that letters come here."""
        ...

    def torn(self) -> int:
        """How many letters were begun and never finished, since the last question."""
        ...


class _Server:
    """An asyncio server in a thread of its own."""

    def __init__(self) -> None:
        self.taken: Counter[int] = Counter()
        self.port = 0
        self._torn = 0
        self._open = 0
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> _Server:
        self._thread.start()
        started = asyncio.run_coroutine_threadsafe(self._start(), self._loop)
        self.port = started.result(10)
        return self

    def __exit__(self, *_: object) -> None:
        asyncio.run_coroutine_threadsafe(self._end(), self._loop).result(10)
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    def torn(self) -> int:
        return asyncio.run_coroutine_threadsafe(self._drained(), self._loop).result(60)

    async def _drained(self) -> int:
        # The sender is gone, and what it wrote is still on its way through the kernel.
        while self._open:
            await asyncio.sleep(_QUIET_S)
        torn, self._torn = self._torn, 0
        return torn

    async def _start(self) -> int:
        self._server = await asyncio.start_server(self._served, "127.0.0.1", 0, limit=2**22)
        return int(self._server.sockets[0].getsockname()[1])

    async def _end(self) -> None:
        self._server.close()
        served = asyncio.all_tasks() - {asyncio.current_task()}
        for connection in served:
            connection.cancel()
        await asyncio.gather(*served, return_exceptions=True)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    async def _served(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._open += 1
        try:
            await self.serve(reader, writer)
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            self._open -= 1
            writer.close()
            with suppress(ConnectionError, TimeoutError):  # its client may have been killed
                await asyncio.wait_for(writer.wait_closed(), timeout=1)

    serve: Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


class SmtpTaker(_Server):
    """An SMTP server with PIPELINING."""

    def settings(self) -> dict[str, object]:
        """What to set so that letters come here."""
        return {"provider": "smtp", "smtp_port": self.port, "smtp_connections": 20}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        writer.write(b"220 taker\r\n")
        while line := await reader.readline():
            verb = line[:4].upper()
            if verb == b"EHLO":
                writer.write(b"250-taker\r\n250-PIPELINING\r\n250 8BITMIME\r\n")
            elif verb == b"DATA":
                writer.write(b"354 go ahead\r\n")
                await writer.drain()
                await self._letter(reader)
                writer.write(b"250 taken\r\n")
            elif verb == b"QUIT":
                return
            else:
                writer.write(b"250 ok\r\n")

    async def _letter(self, reader: asyncio.StreamReader) -> None:
        try:
            letter = await reader.readuntil(b"\r\n.\r\n")
        except asyncio.IncompleteReadError as end:
            self._torn += bool(end.partial)
            raise
        found = _MESSAGE_ID.search(letter)
        self.taken[int(found[1]) if found else 0] += 1


class SendGridTaker(_Server):
    """SendGrid's Mail Send as far as a letter is taken."""

    def settings(self) -> dict[str, object]:
        """What to set so that letters come here."""
        url = f"http://127.0.0.1:{self.port}"
        return {"provider": "sendgrid", "sendgrid_url": url, "sendgrid_api_key": "a key"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One request."""
        head = await reader.readuntil(b"\r\n\r\n")
        length = _LENGTH.search(head)
        content = await reader.readexactly(int(length[1]) if length else 0)
        if not head.startswith(b"POST /v3/mail/send "):  # of its suppression lists: they are empty
            writer.write(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\n[]")
            return
        for person in orjson.loads(content)["personalizations"]:
            self.taken[int(person["custom_args"]["delivery"])] += 1
        await asyncio.sleep(_ON_THE_WAY_S)  # it has them, and has not said so
        writer.write(
            b"HTTP/1.1 202 Accepted\r\nX-Message-Id: taken\r\nContent-Length: 0\r\n"
            b"Connection: close\r\n\r\n"
        )
