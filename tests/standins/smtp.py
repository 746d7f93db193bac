"""A mail relay for tests and benchmarks: keeps every letter it takes, misbehaves on demand.

Strict about what real relays forgive: commands sent together without PIPELINING, text sent before
it was asked for, bare line feeds and overlong lines are noted in `faults`.
"""

from __future__ import annotations

import base64
import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

STALL, DROP, TAKE_AND_DROP = "stall", "drop", "take and drop"
# Given a stage (greeting, ehlo, mail, rcpt, data, reading, text) and what came with it: the reply,
# STALL, DROP, TAKE_AND_DROP (text), or None for the ordinary answer.
Behaviour = Callable[[str, str], str | None]


@dataclass(frozen=True)
class Letter:
    """A letter that the relay answered for, or began to."""

    sender: str
    recipient: str
    source: bytes
    connection: int


@dataclass
class SmtpStandIn:
    """Listens on a free port of 127.0.0.1 between `with` and its end."""

    behaviour: Behaviour = lambda _stage, _given: None
    pipelining: bool = True
    extensions: tuple[str, ...] = ()  # more EHLO lines, such as "SIZE 1000" or "SMTPUTF8"
    starttls_reply: str = "220 go ahead"
    credentials: tuple[str, str] | None = None
    mechanisms: str = "PLAIN LOGIN"
    tls: ssl.SSLContext | None = None
    implicit_tls: bool = False
    letters: list[Letter] = field(default_factory=list)
    faults: list[str] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    def __enter__(self) -> SmtpStandIn:
        self._ending = threading.Event()
        self._listener = socket.create_server(("127.0.0.1", 0), backlog=500)
        self.port = self._listener.getsockname()[1]
        self._threads = [threading.Thread(target=self._listen)]
        self._open: set[socket.socket] = set()
        self._threads[0].start()
        return self

    def __exit__(self, *_: object) -> None:
        self._ending.set()
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self.hang_up()
        for thread in self._threads:
            thread.join()

    def hang_up(self) -> None:
        """Close all connections, as a relay does with those that were idle for long."""
        for connection in list(self._open):
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)

    def _listen(self) -> None:
        while not self._ending.is_set():
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self.connections += 1
            number = self.connections
            thread = threading.Thread(target=self._serve, args=(connection, number))
            self._threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        with contextlib.ExitStack() as stack:
            stack.enter_context(connection)
            # The other side left, or was left.
            stack.enter_context(contextlib.suppress(OSError, _Ended))
            if self.tls and self.implicit_tls:
                connection = stack.enter_context(self.tls.wrap_socket(connection, server_side=True))
            self._open.add(connection)
            stack.callback(self._open.discard, connection)
            _Conversation(self, connection, number, stack).run()


class _Ended(Exception):
    pass


class _Conversation:
    def __init__(
        self,
        relay: SmtpStandIn,
        connection: socket.socket,
        number: int,
        stack: contextlib.ExitStack,
    ) -> None:
        self.stack = stack
        self.relay = relay
        self.connection = connection
        self.number = number
        self.received = b""
        self.sender: str | None = None
        self.recipient: str | None = None

    def run(self) -> None:
        self.answer("greeting", "", "220 relay.example ready")
        while True:
            line = self.line()
            self.relay.commands.append(line)
            verb, _, argument = line.partition(" ")
            if self.received and not self.relay.pipelining:
                self.relay.faults.append(f"more was sent behind {verb}")
            match verb.upper():
                case "EHLO":
                    self.answer("ehlo", argument, self.hello())
                case "STARTTLS" if self.relay.tls:
                    self.reply(self.relay.starttls_reply)
                    self.connection = self.stack.enter_context(
                        self.relay.tls.wrap_socket(self.connection, server_side=True)
                    )
                case "AUTH":
                    self.sign_in(argument)
                case "MAIL":
                    self.mail(argument)
                case "RCPT":
                    self.rcpt(argument)
                case "DATA":
                    self.data()
                case "RSET":
                    self.sender = self.recipient = None
                    self.reply("250 2.0.0 ok")
                case "QUIT":
                    self.reply("221 2.0.0 bye")
                    return
                case _:
                    self.reply("502 5.5.2 not known")

    def hello(self) -> str:
        lines = ["relay.example", *self.relay.extensions]
        lines += ["PIPELINING"] if self.relay.pipelining else []
        encrypted = isinstance(self.connection, ssl.SSLSocket)
        lines += ["STARTTLS"] if self.relay.tls and not encrypted else []
        lines += [f"AUTH {self.relay.mechanisms}"] if self.relay.credentials else []
        return "\r\n".join([*(f"250-{line}" for line in lines[:-1]), f"250 {lines[-1]}"])

    def sign_in(self, argument: str) -> None:
        mechanism, _, initial = argument.partition(" ")
        if mechanism == "PLAIN":
            _, user, password = base64.b64decode(initial).decode().split("\0")
        elif mechanism == "XOAUTH2":
            user, bearer, *_ = base64.b64decode(initial).decode().split("\x01")
            user, password = user.removeprefix("user="), bearer.removeprefix("auth=Bearer ")
            if (user, password) != self.relay.credentials:
                self.reply("334 eyJzdGF0dXMiOiI0MDAifQ==")
                if self.line():
                    self.relay.faults.append("an answer to the reason")
        else:
            self.reply("334 VXNlcm5hbWU6")
            user = base64.b64decode(self.line()).decode()
            self.reply("334 UGFzc3dvcmQ6")
            password = base64.b64decode(self.line()).decode()
        right = (user, password) == self.relay.credentials
        self.reply("235 2.7.0 welcome" if right else "535 5.7.8 credentials not right")

    def mail(self, argument: str) -> None:
        if self.sender is not None:
            self.relay.faults.append("MAIL within a transaction")
        if self.answer("mail", argument, "250 2.1.0 ok"):
            self.sender = argument.split(">")[0].removeprefix("FROM:<")

    def rcpt(self, argument: str) -> None:
        if self.sender is None:
            self.reply("503 5.5.1 MAIL first")
        elif self.answer("rcpt", argument, "250 2.1.5 ok"):
            self.recipient = argument.split(">")[0].removeprefix("TO:<")

    def data(self) -> None:
        if self.received:
            self.relay.faults.append("text was sent before it was asked for")
        if self.recipient is None or self.sender is None:
            # Told to, it asks for the text although there is nobody to have it (RFC 2920, 3.1).
            if self.answer("data", "", "554 5.5.1 no valid recipients"):
                if self.text():
                    self.relay.faults.append("a text was sent for nobody")
                self.sender = None
                self.reply("554 5.5.1 no valid recipients")
            return
        if not self.answer("data", self.recipient, "354 go ahead"):
            return
        letter = Letter(self.sender, self.recipient, self.text(), self.number)
        self.sender = self.recipient = None
        self.answer("text", letter.recipient, "250 2.0.0 ok: queued as 4F1A", letter)

    def text(self) -> bytes:
        """What comes until the lone dot, dots undoubled."""
        ahead = b"\r\n"
        while b"\r\n.\r\n" not in ahead + self.received:
            self.more()
            if self.relay.behaviour("reading", str(len(self.received))) == DROP:
                raise _Ended
        text, _, self.received = (ahead + self.received).partition(b"\r\n.\r\n")
        lines = text.split(b"\r\n")[1:]
        if any(b"\n" in line or b"\r" in line or len(line) > 998 for line in lines):
            self.relay.faults.append("bare line end or overlong line")
        return b"".join(line.removeprefix(b".") + b"\r\n" for line in lines)

    def answer(self, stage: str, given: str, otherwise: str, letter: Letter | None = None) -> bool:
        """Reply as told or as usual; whether it went well."""
        told = self.relay.behaviour(stage, given)
        reply = otherwise if told is None else told
        if reply == STALL:
            self.relay._ending.wait()
            raise _Ended
        if reply == DROP:
            raise _Ended
        if letter and (reply == TAKE_AND_DROP or reply.startswith("2")):
            self.relay.letters.append(letter)
        if reply == TAKE_AND_DROP:
            raise _Ended
        self.reply(reply)
        if reply.startswith("421"):
            raise _Ended
        return reply.startswith(("2", "3"))

    def reply(self, text: str) -> None:
        self.connection.sendall(text.encode() + b"\r\n")

    def line(self) -> str:
        while b"\r\n" not in self.received:
            self.more()
        line, _, self.received = self.received.partition(b"\r\n")
        return line.decode()

    def more(self) -> None:
        data = self.connection.recv(65536)
        if not data:
            raise _Ended
        self.received += data
