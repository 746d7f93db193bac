"""Whether a request to the Event Webhook comes from SendGrid: ECDSA over time and raw bytes.

P-256 and SHA-256, as SendGrid's documentation of the Signed Event Webhook has it. The bytes are
hashed once, however many keys are tried.
"""

from __future__ import annotations

import base64
import hashlib
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, utils
from cryptography.hazmat.primitives.serialization import load_der_public_key

from outreach.core.errors import BadInput

SIGNATURE = "X-Twilio-Email-Event-Webhook-Signature"
TIMESTAMP = "X-Twilio-Email-Event-Webhook-Timestamp"
_OF_HASH = ec.ECDSA(utils.Prehashed(hashes.SHA256()))


def known_keys(setting: str) -> tuple[str, ...]:
    """Public keys, as SendGrid shows them, from a setting that lists them with commas.

    Raises BadInput for one that can't be a key.
    """
    keys = tuple(key for key in (part.strip() for part in setting.split(",")) if key)
    for number, key in enumerate(keys, start=1):
        try:
            _public_key(key)
        except (ValueError, UnsupportedAlgorithm):
            raise BadInput(
                f"Key {number} in OUTREACH_SENDGRID_WEBHOOK_KEYS is no public key.",
                hint="Copy the verification key of the Event Webhook from SendGrid’s settings, "
                "without the lines BEGIN and END.",
            ) from None
    return keys


def is_genuine(keys: tuple[str, ...], *, signature: str, timestamp: str, body: bytes) -> bool:
    """Whether one of the keys made the signature; False for anything that can't be one."""
    try:
        signed = base64.b64decode(signature, validate=True)
        hashed = hashlib.sha256(timestamp.encode())
    except ValueError:  # not base64, not UTF-8
        return False
    hashed.update(body)
    digest = hashed.digest()
    return any(_made(_public_key(key), signed, digest) for key in keys)


def _made(key: ec.EllipticCurvePublicKey, signed: bytes, digest: bytes) -> bool:
    try:
        key.verify(signed, digest, _OF_HASH)
    except InvalidSignature:
        return False
    return True


@lru_cache(maxsize=16)
def _public_key(key: str) -> ec.EllipticCurvePublicKey:
    found = load_der_public_key(base64.b64decode(key))
    if not isinstance(found, ec.EllipticCurvePublicKey):
        raise ValueError("not a key of an elliptic curve")
    return found
