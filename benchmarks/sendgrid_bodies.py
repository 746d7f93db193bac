"""What SendGrid's Event Webhook posts about a blast: events as it writes them, in signed bodies."""

from __future__ import annotations

import base64
import random
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from outreach.providers.sendgrid_signature import SIGNATURE, TIMESTAMP

MAX_BODY = 768_000
PER_REQUEST = 1000  # letters that share an X-Message-Id
_NEAR = 10_000  # events come in any order within so many
# Of a hundred letters: one has no mailbox, one is turned away; of a thousand, one is complained of.
_GONE = {"event": "bounce", "type": "bounce", "status": "5.1.1", "reason": "550 5.1.1 No such user"}
_BLOCKED = {"event": "bounce", "type": "blocked", "status": "5.7.1", "reason": "550 5.7.1 Refused"}
_DELIVERED = {"event": "delivered", "response": "250 2.0.0 OK 1790000000 a1b2c3-d4.56 - smtp"}


@dataclass(frozen=True)
class Posted:
    """What is posted, and what must come of it."""

    bodies: list[tuple[bytes, dict[str, str]]]  # with the headers
    events: int
    distinct: int
    states: dict[str, int]  # letters by the state that they end in
    suppressed: int


def message_id(letter: int) -> str:
    """The X-Message-Id of the request that a letter went out with."""
    return f"aB3dE5fG7hI9jK1l-{letter // PER_REQUEST}"


def posted(key: ec.EllipticCurvePrivateKey, events: int, duplicates: float, at: datetime) -> Posted:
    """Signed bodies with so many events about letters 1, 2, 3, ..., two about each; of them the
    share `duplicates` was posted before, in the same body or any later one. The first letter
    was taken at `at`, a hundred a second followed."""
    seconds = int(at.timestamp())
    chance = random.Random(7)
    distinct = events - round(events * duplicates)
    told = list(_told(distinct, seconds))
    # The last letter of an odd number is told of once.
    states = {"accepted": distinct % 2, "delivered": 0, "bounced": 0, "complained": 0}
    suppressed = 0
    for each in told:
        kind = each["event"]
        states["delivered"] += kind == "delivered"
        states["bounced"] += kind == "bounce"
        states["complained"] += kind == "spamreport"
        suppressed += kind == "spamreport" or each.get("type") == "bounce"
    lines = [orjson.dumps(each) for each in told]
    for start in range(0, distinct, _NEAR):
        near = lines[start : start + _NEAR]
        chance.shuffle(near)
        lines[start : start + _NEAR] = near
    again = chance.sample(range(distinct), events - distinct)
    repeated = [(chance.randrange(at, distinct), lines[at]) for at in again]
    ordered = sorted([*enumerate(lines), *repeated], key=lambda line: line[0])
    bodies = [
        (body, _headers(key, body, str(seconds))) for body in _bodies(line for _, line in ordered)
    ]
    return Posted(bodies, events, distinct, {k: n for k, n in states.items() if n}, suppressed)


def public_key(key: ec.EllipticCurvePrivateKey) -> str:
    """As SendGrid's settings show it."""
    form = serialization.PublicFormat.SubjectPublicKeyInfo
    written = key.public_key().public_bytes(serialization.Encoding.DER, form)
    return base64.b64encode(written).decode()


def _told(number: int, at: int) -> Iterator[dict[str, Any]]:
    for event in range(number):
        letter = event // 2 + 1
        ends = {250: _GONE, 500: _BLOCKED, 750: {"event": "spamreport"}}
        what = ends.get(letter % 1000, _DELIVERED) if event % 2 else {"event": "processed"}
        if letter % 100 == 7 and event % 2:
            what = _GONE if letter % 200 == 7 else _BLOCKED
        yield {
            "email": f"person{letter}@example.org",
            "timestamp": at + letter // 100 + event % 2,
            "smtp-id": f"<{message_id(letter)}.{letter}@geopod-ismtpd-canary-0>",
            "category": ["blast"],
            "delivery": str(letter),
            "sg_event_id": base64.urlsafe_b64encode(
                f"{event:022}-sendgrid-event".encode()
            ).decode(),
            "sg_message_id": f"{message_id(letter)}.recvd-5c8b5f8c5-6xk9p-1-6A0F-{letter}.0",
            "ip": "192.0.2.7",
            "tls": 1,
            **what,
        }


def _bodies(lines: Iterator[bytes]) -> Iterator[bytes]:
    some: list[bytes] = []
    size = 0
    for line in lines:
        if size + len(line) + 3 > MAX_BODY:
            yield b"[" + b",\r\n".join(some) + b"]\r\n"
            some, size = [], 0
        some.append(line)
        size += len(line) + 3
    if some:
        yield b"[" + b",\r\n".join(some) + b"]\r\n"


def _headers(key: ec.EllipticCurvePrivateKey, body: bytes, timestamp: str) -> dict[str, str]:
    signature = key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
    return {
        "Content-Type": "application/json",
        SIGNATURE: base64.b64encode(signature).decode(),
        TIMESTAMP: timestamp,
    }
