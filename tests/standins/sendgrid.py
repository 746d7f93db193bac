"""SendGrid for tests and benchmarks: its v3 Mail Send over HTTP, with the limits that its OpenAPI
description does not check, and its failures on demand.

Sources of the limits: SendGrid's documentation of Mail Send, its errors and its personalizations.
"""

from __future__ import annotations

import json
import re
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import Any, Literal

from tests.standins.sendgrid_account import Account

MAX_BYTES = 30_000_000
MAX_PEOPLE = 1000
MAX_OBJECT_BYTES = 10_000  # substitutions or custom arguments of one person
MAX_AHEAD_S = 72 * 3600
RESERVED_HEADERS = {
    *("x-sg-id", "x-sg-eid", "received", "dkim-signature", "content-type", "to", "from"),
    *("content-transfer-encoding", "subject", "reply-to", "cc", "bcc"),
}
TOP_KEYS = {
    *("personalizations", "from", "reply_to", "reply_to_list", "subject", "content", "attachments"),
    *("template_id", "headers", "categories", "custom_args", "send_at", "batch_id", "asm"),
    *("ip_pool_name", "mail_settings", "tracking_settings"),
}
PERSON_KEYS = {
    *("to", "cc", "bcc", "from", "subject", "headers", "substitutions", "custom_args", "send_at"),
    "dynamic_template_data",
}
_is_address = re.compile(r"[!-?A-~]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)+").fullmatch
Json = dict[str, Any]
Errors = list[tuple[str, str]]  # (field, message)


@dataclass(frozen=True)
class Fault:
    """What happens to a request instead of the ordinary answer.

    `takes`: the letters are queued all the same. `ending`: a whole answer, none (`stall`, `drop`),
    half of one, or the connection closed before the request was read (`unread`).
    """

    status: int = 500
    headers: dict[str, str] = field(default_factory=dict)
    errors: tuple[tuple[str, str], ...] = ()
    takes: bool = False
    ending: Literal["answer", "stall", "drop", "half", "unread"] = "answer"


@dataclass(frozen=True)
class Rendered:
    """One recipient's letter as SendGrid fills it in."""

    address: str
    name: str
    subject: str
    text: str
    html: str
    headers: dict[str, str]


class SendGridStandIn:
    """Listens on a free port of 127.0.0.1 between `with` and its end.

    `received` holds the bodies of all requests, `requests` of those that were accepted,
    `deliveries` the ids in their custom arguments; with `keep_bodies=False` only these, for runs of
    many letters.
    """

    def __init__(self, api_key: str = "SG.test", *, keep_bodies: bool = True) -> None:
        self.api_key = api_key
        self.account = Account()
        self.keep_bodies = keep_bodies
        self.received: list[Json] = []
        self.requests: list[Json] = []
        self.deliveries: list[str] = []
        self.seen = 0  # requests, whatever became of them
        self.ending = threading.Event()
        self.meeting: threading.Barrier | None = None
        self._faults: deque[Fault | None] = deque()
        self._numbers = count(1)
        self._lock = threading.Lock()

    def __enter__(self) -> SendGridStandIn:
        handler = type("Handler", (_Handler,), {"standin": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.ending.set()
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()

    @property
    def url(self) -> str:
        """What to give as SendGrid's address."""
        return f"http://127.0.0.1:{self._server.server_port}"

    def meet(self, requests: int) -> None:
        """Answer no request before that many are there at once; fails after 10 seconds."""
        self.meeting = threading.Barrier(requests, timeout=10)

    def then(self, *faults: Fault | None) -> None:
        """What happens to the next requests; None for the ordinary answer."""
        self._faults.extend(faults)

    def next_fault(self) -> Fault | None:
        """What happens to this request."""
        with self._lock:
            self.seen += 1
            return self._faults.popleft() if self._faults else None

    def take(self, body: Json) -> str:
        """Queue the letters of a request; its X-Message-Id."""
        with self._lock:
            if self.keep_bodies:
                self.requests.append(body)
            self.deliveries += [
                person.get("custom_args", {}).get("delivery", "")
                for person in body["personalizations"]
            ]
            return f"message-{next(self._numbers)}"

    def letter(self, delivery_id: int) -> Rendered:
        """The letter that SendGrid would send for a delivery, substitutions made."""
        [(body, person)] = [
            (body, person)
            for body in self.requests
            for person in body["personalizations"]
            if person["custom_args"]["delivery"] == str(delivery_id)
        ]

        def filled(text: str) -> str:
            for tag, value in person.get("substitutions", {}).items():
                text = text.replace(tag, value)
            return text

        content = {part["type"]: filled(part["value"]) for part in body["content"]}
        return Rendered(
            address=person["to"][0]["email"],
            name=person["to"][0].get("name", ""),
            subject=filled(person.get("subject", body["subject"])),
            text=content.get("text/plain", ""),
            html=content.get("text/html", ""),
            headers=person.get("headers", body.get("headers", {})),
        )


def errors_of(body: Json) -> Errors:
    """What SendGrid would say of a request, beyond the shape that its description gives."""
    people = body.get("personalizations")
    if not isinstance(people, list) or not people:
        return [("personalizations", "You must have at least one personalization.")]
    errors = [(key, "is not a known property.") for key in body.keys() - TOP_KEYS]
    if len(people) > MAX_PEOPLE:
        errors.append(("personalizations", "The limit is 1000 personalizations per request."))
    errors += _content_errors(body)
    errors += _header_errors("headers", body.get("headers", {}))
    errors += _time_errors("send_at", body)
    seen: set[str] = set()
    for number, person in enumerate(people):
        errors += _person_errors(f"personalizations.{number}", person, seen)
    if len(seen) > MAX_PEOPLE:
        errors.append(("personalizations", "There is a limit of 1000 total recipients."))
    return errors


def _content_errors(body: Json) -> Errors:
    errors = []
    if not body.get("subject"):
        errors.append(("subject", "The subject is required."))
    kinds = [part.get("type") for part in body.get("content", [])]
    if not kinds:
        errors.append(("content", "At least one content part is required."))
    if kinds != sorted(kinds, key=lambda kind: (kind != "text/plain", kind != "text/html")):
        errors.append(("content", "If present, text/plain must be first, then text/html."))
    if any(not part.get("value") for part in body.get("content", [])):
        errors.append(("content", "The content value must be a string at least one character."))
    if not _is_address(body.get("from", {}).get("email", "")):
        errors.append(("from.email", "The from email does not contain a valid address."))
    return errors


def _person_errors(place: str, person: Json, seen: set[str]) -> Errors:
    errors = [(f"{place}.{key}", "is not a known property.") for key in person.keys() - PERSON_KEYS]
    if not person.get("to"):
        errors.append((f"{place}.to", "The to array is required."))
    for group in ("to", "cc", "bcc"):
        for number, one in enumerate(person.get(group, [])):
            address = one.get("email", "")
            if not _is_address(address):
                where = f"{place}.{group}.{number}.email"
                errors.append((where, "Does not contain a valid address."))
            if address.casefold() in seen:
                errors.append((place, "Each email address should be unique."))
            seen.add(address.casefold())
    for name in ("substitutions", "custom_args"):
        size = sum(len(k.encode()) + len(v.encode()) for k, v in person.get(name, {}).items())
        if size > MAX_OBJECT_BYTES:
            errors.append((f"{place}.{name}", f"The {name} may not exceed 10000 bytes."))
    errors += _header_errors(f"{place}.headers", person.get("headers", {}))
    return errors + _time_errors(f"{place}.send_at", person)


def _header_errors(place: str, headers: dict[str, str]) -> Errors:
    return [
        (place, f"The header {name} is reserved or not one line.")
        for name, value in headers.items()
        if name.lower() in RESERVED_HEADERS or not f"{name}{value}".isprintable()
    ]


def _time_errors(place: str, holder: Json) -> Errors:
    if holder.get("send_at", 0) > time.time() + MAX_AHEAD_S:
        return [(place, "Scheduling more than 72 hours in advance is forbidden.")]
    return []


class _Handler(BaseHTTPRequestHandler):
    standin: SendGridStandIn
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        if self.path != "/v3/mail/send":
            self._ask_account()
            return
        fault = self.standin.next_fault()
        self.close_connection = True
        if fault and fault.ending == "unread":
            return
        body, size = self._read()
        status, errors = self._judged(body, size)
        if self.standin.keep_bodies:
            self.standin.received.append(body)
        if self.standin.meeting:
            self.standin.meeting.wait()
        if fault is None:
            headers = {"X-Message-Id": self.standin.take(body)} if status == 202 else {}
            self._answer(status, headers, errors)
            return
        if fault.takes:
            assert status == 202, errors
            self.standin.take(body)
        if fault.ending == "stall":
            self.standin.ending.wait()
        elif fault.ending == "half":
            self.wfile.write(b"HTTP/1.1 202 Accepted\r\nContent-Length: 50\r\n\r\nhalf")
        elif fault.ending == "answer":
            self._answer(fault.status, fault.headers, list(fault.errors))

    def _read(self) -> tuple[Json, int]:
        size = int(self.headers["Content-Length"] or 0)
        return (json.loads(self.rfile.read(size)) if size else {}), size

    def _ask_account(self) -> None:
        """Everything but letters; a fault that answers comes in place of the answer."""
        self.close_connection = True
        body, _ = self._read()
        fault = self.standin.next_fault()
        if fault:
            self._answer(fault.status, fault.headers, list(fault.errors))
        elif not self._knows_key():
            self._answer(401, {}, [("", "authorization required")])
        else:
            path, _, query = self.path.partition("?")
            status, said = self.standin.account.answer(self.command, path, query, body)
            self._say(status, {}, b"" if said is None else json.dumps(said).encode())

    do_GET = do_PATCH = do_DELETE = _ask_account

    def _knows_key(self) -> bool:
        return self.headers["Authorization"] == f"Bearer {self.standin.api_key}"

    def _judged(self, body: Json, size: int) -> tuple[int, Errors]:
        if not self._knows_key():
            return 401, [("", "The provided authorization grant is invalid, expired, or revoked")]
        if size >= MAX_BYTES:
            return 413, [("", "content too large")]
        errors = errors_of(body)
        if body.get("batch_id", "") not in {"", *self.standin.account.batches}:
            errors.append(("batch_id", "The batch id is not valid."))
        return (400 if errors else 202), errors

    def _answer(self, status: int, headers: dict[str, str], errors: Errors) -> None:
        said = [{"field": where or None, "message": message} for where, message in errors]
        self._say(status, headers, json.dumps({"errors": said}).encode() if errors else b"")

    def _say(self, status: int, headers: dict[str, str], body: bytes) -> None:
        self.send_response(status)
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Quiet."""
