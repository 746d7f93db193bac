"""Whether a request to the Event Webhook comes from SendGrid: ECDSA over time and raw bytes."""

from __future__ import annotations

from functools import lru_cache

from sendgrid.helpers.eventwebhook import EventWebhook

from outreach.core.errors import BadInput

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"


def known_keys(setting: str) -> tuple[str, ...]:
    """Public keys, as SendGrid shows them, from a setting that lists them with commas.

    Raises BadInput for one that can't be a key.
    """
    keys = tuple(key for key in (part.strip() for part in setting.split(",")) if key)
    for number, key in enumerate(keys, start=1):
        try:
            _verifier(key)
        except ValueError:
            raise BadInput(
                f"Key {number} in OUTREACH_SENDGRID_WEBHOOK_KEYS is no public key.",
                hint="Copy the verification key of the Event Webhook from SendGrid’s settings, "
                "without the lines BEGIN and END.",
            ) from None
    return keys


def is_genuine(keys: tuple[str, ...], *, signature: str, timestamp: str, body: bytes) -> bool:
    """Whether one of the keys made the signature; False for anything that can't be one."""
    try:
        payload = body.decode()  # the package takes a text; its bytes are the same again
        return any(_verifier(key).verify_signature(payload, signature, timestamp) for key in keys)
    except ValueError:  # not UTF-8, not base64
        return False


@lru_cache(maxsize=16)
def _verifier(key: str) -> EventWebhook:
    return EventWebhook(key)
