"""Opaque signed tokens: the links of a letter, and sealed ids for everything else.

Two kinds, both bound to one purpose, neither holding personal data.

*Letter tokens* (26 characters, never expiring): slot, head (delivery and blast) and a 72-bit tag.
The slot is the purpose: an open pixel's token can't unsubscribe anyone. Slots are the same in all
letters of a blast and the head is the same in all tokens of a letter, so that a letter brings one
head and a tag for each slot; one keyed XOF call yields those of a row of neighbouring letters. A
letter with five links has to be filled in 5 µs: an HMAC for each would take longer than the rest.

*Sealed ids*: any integers under a named purpose, with an expiry where the token gives power.
"""

from __future__ import annotations

import binascii
import hashlib
import hmac
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from operator import itemgetter

from outreach.core.errors import NotFound

TOKEN_CHARS = 26
MAX_SLOT = 255
# Stands in place of head and tag in previews and test letters, whose links belong to no delivery.
TRIAL = "preview"
_SEAL_BYTES = 12
_DELIVERY_BYTES, _BLAST_BYTES = 6, 3
# Nine bytes are twelve characters of base64 exactly, so that parts are encoded by themselves.
_HEAD_BYTES = _TAG_BYTES = 9
_PART_CHARS = 12
_ROW = 16  # deliveries, next to each other, whose tags come from one XOF call


class Slot(IntEnum):
    """What a letter's token is for; tracked links follow from FIRST_LINK on."""

    OPEN = 0
    UNSUBSCRIBE = 1
    VIEW = 2
    TRAP = 3
    FIRST_LINK = 8


@dataclass(frozen=True, slots=True)
class LetterToken:
    """Which letter (delivery) of which blast, and which slot of it, a link belongs to."""

    delivery_id: int
    blast_id: int
    slot: int


class BadToken(NotFound):
    """Mangled, foreign, expired or meant for something else: a 404, and nothing is recorded."""

    def __init__(self) -> None:
        super().__init__(
            "This link is not complete or no longer valid.",
            hint="Open it again from the letter, or copy the whole address.",
        )


class Tokens:
    """Makes and reads tokens under one secret; the same on every machine of an installation."""

    def __init__(self, secret: str) -> None:
        self._letter_key = hashlib.blake2b(secret.encode(), person=b"outreach letter").digest()
        self._seal_key = hashlib.blake2b(secret.encode(), person=b"outreach sealed").digest()

    def letter(self, delivery_id: int, blast_id: int, slots: Sequence[int]) -> list[str]:
        """One token for each slot, in order; slots up to MAX_SLOT, ids up to 2^48 and 2^24."""
        head, *tags = self.letter_maker(blast_id, slots)(delivery_id)
        return [f"{slot_name(slot)}{head}{tag}" for slot, tag in zip(slots, tags, strict=True)]

    def letter_maker(self, blast_id: int, slots: Sequence[int]) -> Callable[[int], tuple[str, ...]]:
        """What the tokens of one delivery are made of: the head, and a tag for each slot.

        A token is `slot_name(slot)`, head and tag, in this order. Whatever the deliveries of a
        blast share is prepared once, and what neighbours share is kept for the next of them:
        1.5 µs a letter for eleven slots.
        """
        blast = blast_id.to_bytes(_BLAST_BYTES, "big")
        size = _TAG_BYTES * _ROW * (max(slots) + 1)
        # In the text of a row stand its heads, then the tags of its first slot, of its second, …
        cuts = [
            itemgetter(*(_part((slot + 1) * _ROW + place) for slot in (-1, *slots)))
            for place in range(_ROW)
        ]
        known, text = -1, ""

        def make(delivery_id: int) -> tuple[str, ...]:
            nonlocal known, text
            row, place = divmod(delivery_id, _ROW)
            if row != known:
                first = row * _ROW
                ids = range(first, first + _ROW)
                heads = b"".join([i.to_bytes(_DELIVERY_BYTES, "big") + blast for i in ids])
                text = urlsafe_b64encode(heads + self._tags(row, blast, size)).decode()
                known = row
            parts: tuple[str, ...] = cuts[place](text)
            return parts

        return make

    def _tags(self, row: int, blast: bytes, size: int) -> bytes:
        """The tags of a row of deliveries, those of each slot together, up to so many bytes."""
        named = self._letter_key + row.to_bytes(_DELIVERY_BYTES, "big") + blast
        return hashlib.shake_128(named).digest(size)

    def read_letter(self, token: str) -> LetterToken:
        """Whose letter a token came in; raises BadToken."""
        if len(token) != TOKEN_CHARS:
            raise BadToken
        slot = _slot(token[:2])
        raw = _unbase64(token[2:])
        delivery_id, blast = raw[:_DELIVERY_BYTES], raw[_DELIVERY_BYTES:_HEAD_BYTES]
        row, place = divmod(int.from_bytes(delivery_id, "big"), _ROW)
        end = _TAG_BYTES * (slot * _ROW + place + 1)
        good = self._tags(row, blast, end)[-_TAG_BYTES:]
        if not hmac.compare_digest(good, raw[_HEAD_BYTES:]):
            raise BadToken
        return LetterToken(row * _ROW + place, int.from_bytes(blast, "big"), slot)

    def seal(self, purpose: str, *ids: int, expires: datetime | None = None) -> str:
        """Ids under a purpose (≤ 16 bytes); valid for ever unless `expires` is given.

        20 characters for one small id. The tag comes first and veils the rest, so that a token
        shows neither the ids nor how many there are of a kind.
        """
        until = int(expires.timestamp()) if expires else 0
        body = b"".join(_short(number) for number in (until, *ids))
        tag = self._mac(purpose, body)
        return urlsafe_b64encode(tag + self._veil(tag, body)).decode("ascii").rstrip("=")

    def unseal(self, purpose: str, token: str, *, expired_too: bool = False) -> tuple[int, ...]:
        """The ids of a token sealed for this purpose; raises BadToken, also when it expired.

        `expired_too` reads a genuine token past its time, where it gives no power any more.
        """
        raw = _unbase64(token)
        tag, body = raw[:_SEAL_BYTES], self._veil(raw[:_SEAL_BYTES], raw[_SEAL_BYTES:])
        if not hmac.compare_digest(self._mac(purpose, body), tag):
            raise BadToken
        until, *ids = _numbers(body)
        if until and not expired_too and until < datetime.now(UTC).timestamp():
            raise BadToken
        return tuple(ids)

    def _mac(self, purpose: str, body: bytes) -> bytes:
        return hashlib.blake2b(
            body, key=self._seal_key, digest_size=_SEAL_BYTES, person=purpose.encode()
        ).digest()

    def _veil(self, tag: bytes, body: bytes) -> bytes:
        stream = hashlib.shake_128(self._seal_key + tag).digest(len(body))
        veiled = int.from_bytes(stream, "big") ^ int.from_bytes(body, "big")
        return veiled.to_bytes(len(body), "big")


def _part(number: int) -> slice:
    return slice(_PART_CHARS * number, _PART_CHARS * (number + 1))


def slot_name(slot: int) -> str:
    """The two characters with which the tokens of a slot begin."""
    return f"{slot:02x}"


def is_trial(token: str) -> bool:
    """Whether this is the token of a preview or a test letter."""
    return token[2:] == TRIAL


def _slot(name: str) -> int:
    try:
        slot = int.from_bytes(bytes.fromhex(name), "big")
    except ValueError:
        raise BadToken from None
    if slot_name(slot) != name:  # such as "0A"
        raise BadToken
    return slot


def _short(number: int) -> bytes:
    """A length byte and the number's own bytes."""
    size = (number.bit_length() + 7) // 8
    return bytes((size,)) + number.to_bytes(size, "big")


def _numbers(body: bytes) -> list[int]:
    found, at = [], 0
    while at < len(body):
        end = at + 1 + body[at]
        found.append(int.from_bytes(body[at + 1 : end], "big"))
        at = end
    return found


def _unbase64(token: str) -> bytes:
    try:
        raw = urlsafe_b64decode(token.encode("ascii") + b"=" * (-len(token) % 4))
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise BadToken from None
    # The decoder skips foreign characters; only the canonical spelling is ours.
    if urlsafe_b64encode(raw).decode("ascii").rstrip("=") != token:
        raise BadToken
    return raw
