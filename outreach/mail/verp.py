"""Variable envelope return paths: each letter has one of its own, so that bounce mail tells whose
it is about.

`bounces@act.example.org` becomes `bounces+<30 hex digits>@act.example.org`. The digits are a tag
and the delivery's number, veiled by the tag: they show nothing, can't be made up, and survive mail
systems that change the case of addresses. They never expire and are good for nothing else.
"""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable

from outreach.core.address import canonical
from outreach.core.errors import BadInput
from outreach.mail.plan import Recipient

_TAG_BYTES, _ID_BYTES = 9, 6
_DIGITS = 2 * (_TAG_BYTES + _ID_BYTES)
_LONGEST_LOCAL_PART = 64  # RFC 5321, 4.5.3.1.1
# Also inside what forwarders make of it, as in SRS0=x=y=act.example.org=bounces+…@forwarder.
_tokens_in = re.compile(rf"(?<![0-9a-z])([0-9a-f]{{{_DIGITS}}})@", re.IGNORECASE).findall


class ReturnPaths:
    """Makes and reads return paths under one secret; the same on every machine."""

    def __init__(self, secret: str, address: str) -> None:
        """`address` receives the bounce mail. Raises BadInput when it can't."""
        try:
            local, _, host = canonical(address).rpartition("@")
        except BadInput as error:
            raise BadInput(
                f"OUTREACH_BOUNCE_ADDRESS “{address}” is no email address. Nothing was sent.",
                hint=error.hint or "Write an address like bounces@act.example.org.",
            ) from None
        if len(local) + 1 + _DIGITS > _LONGEST_LOCAL_PART or not local.isascii():
            raise BadInput(
                f"OUTREACH_BOUNCE_ADDRESS “{address}” leaves no room for a letter’s number before "
                "the @. Nothing was sent.",
                hint="Use a short name in plain letters, like bounces@act.example.org.",
            )
        self._before, self._behind = f"{local}+", f"@{host}"
        # Half a block, so that key and number are hashed in one go.
        self._key, self._veil = (
            hashlib.blake2b(secret.encode(), digest_size=32, person=purpose).digest()
            for purpose in (b"outreach bounce", b"outreach veil")
        )

    @property
    def domain(self) -> str:
        """Where the bounce mail goes."""
        return self._behind[1:]

    def maker(self) -> Callable[[Recipient], str]:
        """What makes the return path of a recipient's letter; about 2 µs each."""
        before, behind, key, veil = self._before, self._behind, self._key, self._veil
        blake2b, from_bytes = hashlib.blake2b, int.from_bytes

        def make(recipient: Recipient) -> str:
            number = recipient[0]
            tag = blake2b(key + number.to_bytes(6, "big"), digest_size=9).digest()
            mask = from_bytes(blake2b(veil + tag, digest_size=6).digest(), "big")
            return f"{before}{tag.hex()}{number ^ mask:012x}{behind}"

        return make

    def read(self, text: str) -> int | None:
        """The delivery whose genuine return path stands in a text; None for none, or several."""
        found = {self._opened(bytes.fromhex(token)) for token in _tokens_in(text)} - {None}
        return found.pop() if len(found) == 1 else None

    def _opened(self, raw: bytes) -> int | None:
        tag, veiled = raw[:_TAG_BYTES], raw[_TAG_BYTES:]
        mask = hashlib.blake2b(self._veil + tag, digest_size=_ID_BYTES).digest()
        number = bytes(a ^ b for a, b in zip(veiled, mask, strict=True))
        good = hashlib.blake2b(self._key + number, digest_size=_TAG_BYTES).digest()
        return int.from_bytes(number, "big") if hmac.compare_digest(good, tag) else None
