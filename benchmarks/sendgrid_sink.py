"""SendGrid that only counts: a process of its own that answers every request with 202.

    with sendgrid_sink() as (url, counted):
        ...                      # OUTREACH_SENDGRID_URL=url
        print(counted())         # people in all requests so far

It reads a request to its end and counts the people in it by their custom arguments, without parsing
it, so that as little as possible of the machine goes into the other side of a measurement.
"""

from __future__ import annotations

import multiprocessing
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from multiprocessing.connection import Connection
from typing import Any

_LONGEST_REQUEST = 31_000_000
_PERSON = b'"custom_args":'  # stands once in each personalization


@contextmanager
def sendgrid_sink() -> Iterator[tuple[str, Callable[[], int]]]:
    """The sink's address, and a function that says how many people it was given."""
    spawning = multiprocessing.get_context("spawn")
    people = spawning.Value("q", 0)
    ours, its = spawning.Pipe()
    process = spawning.Process(target=_serve, args=(its, people), daemon=True)
    process.start()
    try:
        yield f"http://127.0.0.1:{ours.recv()}", lambda: int(people.value)
    finally:
        process.terminate()
        process.join()


def _serve(parent: Connection, people: Any) -> None:
    numbers = count(1)
    with socket.create_server(("127.0.0.1", 0), backlog=128) as listener:
        parent.send(listener.getsockname()[1])
        while True:
            connection, _ = listener.accept()
            threading.Thread(
                target=_answer, args=(connection, people, numbers), daemon=True
            ).start()


def _answer(connection: socket.socket, people: Any, numbers: Iterator[int]) -> None:
    """Take requests until the other side has no more."""
    with connection:
        while (body := _body(connection)) is not None:
            with people.get_lock():
                people.value += body.count(_PERSON)
            head = f"HTTP/1.1 202 Accepted\r\nX-Message-Id: sink-{next(numbers)}\r\n"
            connection.sendall(f"{head}Content-Length: 0\r\n\r\n".encode())


def _body(connection: socket.socket) -> bytearray | None:
    """One request's body; None when the connection ended."""
    received = bytearray()
    while (end := received.find(b"\r\n\r\n")) < 0:
        if not (chunk := connection.recv(65_536)):
            return None
        received += chunk
    size = next(
        int(line.partition(b":")[2])
        for line in received[:end].split(b"\r\n")
        if line.lower().startswith(b"content-length:")
    )
    body = bytearray(min(size, _LONGEST_REQUEST))
    have = len(received) - end - 4
    body[:have] = received[end + 4 :]
    view = memoryview(body)
    while have < size:
        if not (got := connection.recv_into(view[have:])):
            return None
        have += got
    return body
