"""Keys from files: what can't be used is said before any letter leaves."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    KeySerializationEncryption,
    NoEncryption,
    PrivateFormat,
)

from outreach.core.errors import BadInput
from outreach.mail.dkim_keys import dns_record, signer

Private = rsa.RSAPrivateKey | Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def stored(
    folder: Path,
    private: Private,
    name: str = "key.pem",
    encryption: KeySerializationEncryption | None = None,
) -> Path:
    path = folder / name
    path.write_bytes(
        private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, encryption or NoEncryption())
    )
    path.chmod(0o600)
    return path


def test_without_settings_nothing_is_signed() -> None:
    assert signer("", "") is None


def test_two_keys_of_two_kinds_are_read_with_their_selectors(tmp_path: Path) -> None:
    one = stored(tmp_path, rsa.generate_private_key(65537, 2048), "one.pem")
    two = stored(tmp_path, Ed25519PrivateKey.generate(), "two.pem")
    made = signer("Example.org", f" r1 = {one}, e1={two}")
    assert made is not None
    assert [(key.selector, key.algorithm) for key in made.keys] == [
        ("r1", "rsa-sha256"),
        ("e1", "ed25519-sha256"),
    ]
    name, record = dns_record(made, made.keys[1])
    assert name == "e1._domainkey.example.org"
    assert record.startswith("v=DKIM1; k=ed25519; p=")
    assert len(record.rpartition("p=")[2]) == 44
    assert str(made.keys[0].private) not in repr(made)


def test_a_group_may_read_a_key_and_everybody_may_not(tmp_path: Path) -> None:
    path = stored(tmp_path, Ed25519PrivateKey.generate())
    path.chmod(0o640)
    assert signer("example.org", f"e={path}")
    path.chmod(0o644)
    with pytest.raises(BadInput, match="Everybody on this machine") as refused:
        signer("example.org", f"e={path}")
    assert str(path) in refused.value.hint


@pytest.mark.parametrize(
    ("private", "encryption", "said"),
    [
        (rsa.generate_private_key(65537, 2048), BestAvailableEncryption(b"x"), "locked"),
        (ec.generate_private_key(ec.SECP256R1()), None, "kind that DKIM does not know"),
    ],
)
def test_keys_that_cannot_sign_are_named(
    tmp_path: Path, private: Private, encryption: KeySerializationEncryption, said: str
) -> None:
    path = stored(tmp_path, private, encryption=encryption)
    with pytest.raises(BadInput, match=said) as refused:
        signer("example.org", f"e={path}")
    assert str(path) in refused.value.message


def test_a_key_too_short_to_be_trusted_is_named(tmp_path: Path) -> None:
    p, q, e = 2**521 - 1, 2**127 - 1, 65537  # primes as good as any for a key that nobody takes
    d = pow(e, -1, (p - 1) * (q - 1))
    numbers = rsa.RSAPrivateNumbers(
        p, q, d, d % (p - 1), d % (q - 1), pow(q, -1, p), rsa.RSAPublicNumbers(e, p * q)
    )
    path = stored(tmp_path, numbers.private_key(unsafe_skip_rsa_key_validation=True))
    with pytest.raises(BadInput, match="has 648 bits"):
        signer("example.org", f"s={path}")


def test_a_public_key_and_no_file_are_named(tmp_path: Path) -> None:
    text = tmp_path / "text.pem"
    text.write_text("-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n")
    text.chmod(0o600)
    with pytest.raises(BadInput, match="no private key"):
        signer("example.org", f"e={text}")
    with pytest.raises(BadInput, match="No such file"):
        signer("example.org", f"e={tmp_path / 'nowhere'}")


@pytest.mark.parametrize(
    ("domain", "keys", "said"),
    [
        ("", "s=/a.pem", "OUTREACH_DKIM_DOMAIN"),
        ("no domain", "s=/a.pem", "OUTREACH_DKIM_DOMAIN"),
        ("example.org", " , ", "OUTREACH_DKIM_KEYS names no key"),
        ("example.org", "/a.pem", "can’t be read"),
        ("example.org", "a b=/a.pem", "can’t be read"),
        ("example.org", "s=", "can’t be read"),
    ],
)
def test_settings_that_make_no_sense_are_named(domain: str, keys: str, said: str) -> None:
    with pytest.raises(BadInput, match=said):
        signer(domain, keys)


def test_one_selector_for_two_keys_is_refused(tmp_path: Path) -> None:
    path = stored(tmp_path, Ed25519PrivateKey.generate())
    with pytest.raises(BadInput, match="same selector twice"):
        signer("example.org", f"e={path},e={path}")
