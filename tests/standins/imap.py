"""An IMAP server over TLS that holds one folder: what RFC 3501 asks of it, and no more."""

from __future__ import annotations

import re
import socketserver
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self


class ImapStandIn:
    """Messages by UID with their flags; it counts how often each was fetched."""

    def __init__(self, context: ssl.SSLContext, messages: list[bytes], password: str) -> None:
        self.messages = dict(enumerate(messages, start=1))
        self.flags: dict[int, set[str]] = {uid: set() for uid in self.messages}
        self.fetched: list[int] = []
        self.password = password
        outer = self

        class Handler(socketserver.BaseRequestHandler):
            def handle(self) -> None:
                try:
                    secured = context.wrap_socket(self.request, server_side=True)
                except (ssl.SSLError, OSError):
                    return
                with secured, secured.makefile("rb") as lines:

                    def say(text: str, octets: bytes = b"") -> None:
                        secured.sendall(text.encode() + octets + b"\r\n")

                    say("* OK ready")
                    for line in lines:
                        tag, _, rest = line.decode().strip().partition(" ")
                        if not outer.answer(say, tag, rest):
                            return

        self._server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_address[1]

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.05,), daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()

    def answer(self, say: Callable[..., None], tag: str, rest: str) -> bool:
        """Answer one command; False when the connection ends."""
        words = rest.split()
        command = words[0].upper()
        if command == "CAPABILITY":
            say("* CAPABILITY IMAP4rev1")
        elif command == "LOGIN" and self.password not in rest:
            say(f"{tag} NO [AUTHENTICATIONFAILED] wrong")
            return True
        elif command == "SELECT":
            if "Bounces" not in rest:
                say(f"{tag} NO there is no such folder")
                return True
            say(f"* {len(self.messages)} EXISTS")
        elif command == "UID":
            self._uid(say, words[1].upper(), words[2:])
        elif command == "LOGOUT":
            say("* BYE")
        say(f"{tag} OK done")
        return command != "LOGOUT"

    def _uid(self, say: Callable[..., None], command: str, words: list[str]) -> None:
        if command == "SEARCH":
            unseen = [str(uid) for uid in self.messages if r"\Seen" not in self.flags[uid]]
            say(" ".join(("* SEARCH", *unseen)))
            return
        uid = int(words[0])
        if command == "FETCH":
            limit = re.search(r"BODY\.PEEK\[\]<0\.(\d+)>", words[1])
            assert limit
            octets = self.messages[uid][: int(limit[1])]
            self.fetched.append(uid)
            say(f"* {uid} FETCH (UID {uid} BODY[]<0> {{{len(octets)}}}\r\n", octets + b")")
        elif command == "STORE":
            self.flags[uid] |= {word.strip("()") for word in words[2:]}
