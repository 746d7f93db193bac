"""DKIM signatures (RFC 6376, RFC 8463) over letters of our own making, relaxed/relaxed.

Our letters have CRLF throughout and each header once (mail/mime), so that their canonical form is a
few replacements in C over the whole letter. docs/decisions has what that saves.
"""

from __future__ import annotations

import hashlib
import os
import re
from base64 import b64encode
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from functools import cached_property

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.asymmetric.utils import Prehashed
from cryptography.hazmat.primitives.hashes import SHA256

from outreach.core.clock import now
from outreach.mail.plan import Recipient

# What a signature covers, as far as a letter has it. From stands twice, so that nobody can put
# another one in front (RFC 6376, 8.15); RFC 8058 wants the two headers for leaving covered.
SIGNED = (
    "from",
    "to",
    "subject",
    "date",
    "message-id",
    "mime-version",
    "content-type",
    "reply-to",
    "list-unsubscribe",
    "list-unsubscribe-post",
    "list-id",
    "feedback-id",
)
_BASE64_LINE = 72
# Letters that are being signed while one is handed over.
_AHEAD = 32
_SPACES = re.compile(rb"  +")
_SPACES = re.compile(rb"  +")
_PADDING, _PREHASHED = PKCS1v15(), Prehashed(SHA256())


@dataclass(frozen=True, slots=True)
class Key:
    """A private key and the selector under which its public half stands in the DNS."""

    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey = field(repr=False)

    @property
    def algorithm(self) -> str:
        """As the a= tag has it."""
        return "rsa-sha256" if isinstance(self.private, RSAPrivateKey) else "ed25519-sha256"

    def signed(self, digest: bytes) -> bytes:
        """The signature of a SHA-256 digest."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(digest, _PADDING, _PREHASHED)
        return self.private.sign(digest)


@dataclass(frozen=True)
class Signer:
    """Puts a signature of each key in front of a letter. Safe for many threads."""

    domain: str
    keys: Sequence[Key]

    def sign(self, letter: bytes) -> bytes:
        """The letter with its signatures; it must be as mail/mime writes it."""
        head, _, body = letter.partition(b"\r\n\r\n")
        headers = _canonical_headers(head)
        covered = [name for name in SIGNED if name in headers]
        text = "".join(f"{name}:{headers[name]}\r\n" for name in covered).encode()
        tags = (
            f"t={int(now().timestamp())};\r\n"
            f"\th=from:{':'.join(covered)};\r\n"
            f"\tbh={_base64(hashlib.sha256(_canonical_body(body)).digest())};\r\n"
            "\tb="
        )
        return b"".join((*(self._signature(key, text, tags) for key in self.keys), letter))

    def _signature(self, key: Key, text: bytes, tags: str) -> bytes:
        value = (
            f" v=1; a={key.algorithm}; c=relaxed/relaxed;\r\n"
            f"\td={self.domain}; s={key.selector}; {tags}"
        )
        # A signature covers its own header but for the signature itself.
        own = f"dkim-signature:{value[1:]}".replace("\r\n\t", " ").encode()
        signature = _base64(key.signed(hashlib.sha256(text + own).digest()))
        lines = (signature[i : i + _BASE64_LINE] for i in range(0, len(signature), _BASE64_LINE))
        return "".join(("DKIM-Signature:", value, "\r\n\t".join(lines), "\r\n")).encode()

    def sign_all(
        self, letters: Iterable[tuple[Recipient, bytes]]
    ) -> Iterator[tuple[Recipient, bytes]]:
        """Each letter signed, in order; some are signed ahead on all processors.

        An RSA key is slow (0.5 ms for 2048 bits) and works outside the interpreter's lock; an
        Ed25519 key is faster than handing its work to a thread.
        """
        if self._threads is None:
            yield from ((recipient, self.sign(letter)) for recipient, letter in letters)
            return
        ahead: deque[tuple[Recipient, Future[bytes]]] = deque()
        for recipient, letter in letters:
            ahead.append((recipient, self._threads.submit(self.sign, letter)))
            if len(ahead) > _AHEAD:
                first, signed = ahead.popleft()
                yield first, signed.result()
        for recipient, signed in ahead:
            yield recipient, signed.result()

    @cached_property
    def _threads(self) -> ThreadPoolExecutor | None:
        if not any(isinstance(key.private, RSAPrivateKey) for key in self.keys):
            return None
        return ThreadPoolExecutor(os.cpu_count() or 1, thread_name_prefix="dkim")


def _canonical_headers(head: bytes) -> dict[str, str]:
    """Values by lower-case name, unfolded (RFC 6376, 3.4.2)."""
    lines = _single_spaced(head.replace(b"\r\n ", b" ").replace(b"\r\n\t", b" ")).decode()
    pairs = (line.partition(":") for line in lines.split("\r\n"))
    return {name.lower(): value.strip(" ") for name, _, value in pairs}


def _canonical_body(body: bytes) -> bytes:
    """RFC 6376, 3.4.4; the body ends with CRLF, as all of ours do."""
    text = _single_spaced(body).replace(b" \r\n", b"\r\n")
    while text.endswith(b"\r\n\r\n"):
        text = text[:-2]
    return text


def _single_spaced(text: bytes) -> bytes:
    if b"\t" in text:
        text = text.replace(b"\t", b" ")
    return _SPACES.sub(b" ", text)


def _base64(octets: bytes) -> str:
    return b64encode(octets).decode("ascii")
