"""Private keys for DKIM from their files, and the DNS records that their public halves need."""

from __future__ import annotations

import re
from base64 import b64encode
from pathlib import Path

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    PublicFormat,
    load_pem_private_key,
)

from outreach.core.errors import BadInput
from outreach.mail.dkim import Key, Signer

# RFC 8301: no verifier takes less, and none needs to know more than 2048; 4096 still works widely.
RSA_BITS = range(1024, 4097)
_LABEL = r"[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?"
_is_name = re.compile(rf"{_LABEL}(?:\.{_LABEL})*").fullmatch
_UNCHANGED = "No letter was signed or sent."


def signer(domain: str, keys: str) -> Signer | None:
    """What signs for a domain with keys written `selector=file, selector=file`; None without any.

    Raises BadInput naming the setting at fault and the key, never its content.
    """
    if not domain and not keys.strip():
        return None
    if not _is_name(domain) or "." not in domain:
        raise BadInput(
            f"OUTREACH_DKIM_DOMAIN “{domain}” is no domain. {_UNCHANGED}",
            hint="Write the domain of your sender address, like example.org; "
            "leave both settings of DKIM empty to send without signatures.",
        )
    loaded = [_key(entry.strip()) for entry in keys.split(",") if entry.strip()]
    if not loaded:
        raise BadInput(
            f"OUTREACH_DKIM_DOMAIN is set, but OUTREACH_DKIM_KEYS names no key. {_UNCHANGED}",
            hint="Write selector=/path/to/private.pem, with a comma before a second one.",
        )
    if len({key.selector for key in loaded}) < len(loaded):
        raise BadInput(
            f"OUTREACH_DKIM_KEYS has the same selector twice. {_UNCHANGED}",
            hint="Each key needs a selector of its own.",
        )
    return Signer(domain.lower(), tuple(loaded))


def dns_record(signer: Signer, key: Key) -> tuple[str, str]:
    """Name and text of the TXT record that lets others check a key's signatures."""
    public = key.private.public_key()
    if isinstance(key.private, RSAPrivateKey):
        kind, octets = "rsa", public.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    else:
        kind, octets = "ed25519", public.public_bytes(Encoding.Raw, PublicFormat.Raw)
    name = f"{key.selector}._domainkey.{signer.domain}"
    return name, f"v=DKIM1; k={kind}; p={b64encode(octets).decode('ascii')}"


def _key(entry: str) -> Key:
    selector, equals, file = (part.strip() for part in entry.partition("="))
    if not equals or not file or not _is_name(selector):
        raise BadInput(
            f"“{entry}” in OUTREACH_DKIM_KEYS can’t be read. {_UNCHANGED}",
            hint="Write selector=/path/to/private.pem, with a comma before a second one.",
        )
    path = Path(file)
    private = _private(path, _content(path))
    if isinstance(private, RSAPrivateKey) and private.key_size not in RSA_BITS:
        raise BadInput(
            f"The DKIM key {path} has {private.key_size} bits. {_UNCHANGED}",
            hint="Make an RSA key of 2048 bits; others can’t check shorter or much longer ones.",
        )
    return Key(selector, private)


def _content(path: Path) -> bytes:
    try:
        others = path.stat().st_mode & 0o007
        content = path.read_bytes()
    except OSError as error:
        raise BadInput(
            f"The DKIM key {path} can’t be read: {error.strerror}. {_UNCHANGED}",
            hint="Check the path in OUTREACH_DKIM_KEYS, and that this user may read the file.",
        ) from None
    if others:
        raise BadInput(
            f"Everybody on this machine can use the DKIM key {path}. {_UNCHANGED}",
            hint=f"Run: chmod o= {path}",
        )
    return content


def _private(path: Path, content: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    try:
        private = load_pem_private_key(content, password=None)
    except TypeError:
        what = "is locked with a password"
    except (ValueError, UnsupportedAlgorithm):
        what = "is no private key in PEM form"
    else:
        if isinstance(private, (RSAPrivateKey, Ed25519PrivateKey)):
            return private
        what = "is of a kind that DKIM does not know"
    raise BadInput(
        f"The DKIM key {path} {what}. {_UNCHANGED}",
        hint="Make one with: openssl genpkey -algorithm ed25519 -out FILE, "
        "or -algorithm rsa -pkeyopt rsa_keygen_bits:2048.",
    )
