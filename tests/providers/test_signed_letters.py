"""Over SMTP letters arrive signed, and a verifier finds the key by the record that we print."""

from __future__ import annotations

import json
from pathlib import Path

import dkim
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

from outreach import cli
from outreach.core.errors import BadInput
from outreach.mail.plan import Plan
from outreach.mail.provider import Fate
from outreach.providers.build import build
from tests.providers.conftest import MakeRecipient
from tests.standins.smtp import SmtpStandIn


@pytest.fixture
def keys(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """The setting for two keys."""
    made = {"r1": generate_private_key(65537, 2048), "e1": Ed25519PrivateKey.generate()}
    for selector, key in made.items():
        path = tmp_path / f"{selector}.pem"
        path.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()))
        path.chmod(0o600)
    setting = ", ".join(f"{selector}={tmp_path / selector}.pem" for selector in made)
    monkeypatch.setenv("OUTREACH_DATA_DIR", str(tmp_path / "data"))
    monkeypatch.setenv("OUTREACH_DKIM_DOMAIN", "harbour.example")
    monkeypatch.setenv("OUTREACH_DKIM_KEYS", setting)
    monkeypatch.setenv("OUTREACH_PROVIDER", "smtp")
    return setting


def test_letters_arrive_signed(
    plan: Plan, person: MakeRecipient, tmp_path: Path, keys: str
) -> None:
    printed = CliRunner().invoke(cli.main, ["dkim", "--json"], catch_exceptions=False)
    records = {one["name"]: one["text"] for one in json.loads(printed.output)["records"]}
    with SmtpStandIn() as relay:
        sender = build(
            "smtp",
            data_dir=tmp_path,
            smtp_port=relay.port,
            dkim_domain="harbour.example",
            dkim_keys=keys,
        )
        outcomes = sender.send(plan, [person(n, first_name="Zoë") for n in range(1, 61)])
        sender.close()
    assert [outcome.fate for outcome in outcomes] == [Fate.ACCEPTED] * 60
    for letter in relay.letters:
        for index in range(2):
            verifier = dkim.DKIM(letter.source)
            assert verifier.verify(
                index, dnsfunc=lambda name, timeout=5: records[name.decode().rstrip(".")].encode()
            )


def test_a_key_that_cannot_be_used_is_said_at_the_start(tmp_path: Path, keys: str) -> None:
    (tmp_path / "r1.pem").chmod(0o644)
    with pytest.raises(BadInput, match="Everybody on this machine"):
        build("smtp", data_dir=tmp_path, dkim_domain="harbour.example", dkim_keys=keys)
    answer = CliRunner().invoke(cli.main, ["dkim"])
    assert answer.exit_code == 2
    assert f"chmod o= {tmp_path / 'r1.pem'}" in answer.output


def test_without_keys_it_is_said_that_letters_are_not_signed(
    keys: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OUTREACH_DKIM_DOMAIN", "")
    monkeypatch.setenv("OUTREACH_DKIM_KEYS", "")
    answer = CliRunner().invoke(cli.main, ["dkim"])
    assert answer.exit_code == 2
    assert "Letters are not signed." in answer.output
