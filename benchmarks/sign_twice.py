"""People who press twice: both presses of one person reach the server at the same instant."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence

from benchmarks.door_visitors import AGENTS


def press_twice(port: int, presses: Sequence[str], *, connections: int) -> int:
    """Press for everybody on two connections at once; how many got an answer to either.

    `presses`: path and form, as `door_visitors.knock` takes them.
    """
    return asyncio.run(_all(port, presses, connections // 2))


async def _all(port: int, presses: Sequence[str], pairs: int) -> int:
    waiting = iter(presses)

    async def pair() -> int:
        ways = [await asyncio.open_connection("127.0.0.1", port) for _ in range(2)]
        good = 0
        for press in waiting:
            answers = await asyncio.gather(*(_press(*way, press) for way in ways))
            good += any(answer.startswith(b"HTTP/1.1 303 ") for answer in answers)
        for _, writer in ways:
            writer.close()
        return good

    return sum(await asyncio.gather(*(pair() for _ in range(pairs))))


async def _press(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, press: str) -> bytes:
    path, _, form = press.partition(" ")
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: localhost\r\nUser-Agent: {AGENTS[0]}\r\n"
        "Content-Type: application/x-www-form-urlencoded\r\n"
        f"Content-Length: {len(form)}\r\n\r\n{form}".encode()
    )
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line[15:]) for line in head.lower().splitlines() if line.startswith(b"content-length:")
    )
    await reader.readexactly(length)
    return head
