"""SendGrid's Event Webhook for tests: events as it writes them, signed as it signs them."""

from __future__ import annotations

import base64
import json
import time
from itertools import count
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

_numbers = count(1)


def event(kind: str, address: str, delivery: int | None = None, **more: Any) -> dict[str, Any]:
    """One event with an id of its own; `delivery` comes back as the custom argument that it was."""
    number = next(_numbers)
    return {
        "email": address,
        "timestamp": int(time.time()),
        "smtp-id": f"<{number}@ismtpd.sendgrid.example>",
        "event": kind,
        "sg_event_id": f"ZXZlbnQ{number}",
        "sg_message_id": f"message-1.recvd-5c8b5f8c5-{number}.0",
        **({} if delivery is None else {"delivery": str(delivery)}),
        **more,
    }


class Signer:
    """One signing key of an account."""

    def __init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())

    @property
    def public_key(self) -> str:
        """As SendGrid's settings show it."""
        form = serialization.PublicFormat.SubjectPublicKeyInfo
        return base64.b64encode(
            self._key.public_key().public_bytes(serialization.Encoding.DER, form)
        ).decode()

    def headers(self, body: bytes) -> dict[str, str]:
        """What comes with a body that this key signs."""
        timestamp = str(int(time.time()))
        signature = self._key.sign(timestamp.encode() + body, ec.ECDSA(hashes.SHA256()))
        return {
            "Content-Type": "application/json",
            "X-Twilio-Email-Event-Webhook-Signature": base64.b64encode(signature).decode(),
            "X-Twilio-Email-Event-Webhook-Timestamp": timestamp,
        }


def as_posted(*events: Any) -> bytes:
    """A request's body: SendGrid writes an event a line and ends with CR LF."""
    return ("[" + ",\r\n".join(json.dumps(each) for each in events) + "]\r\n").encode()
