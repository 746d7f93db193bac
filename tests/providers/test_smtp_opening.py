"""Encryption and sign-in: what a relay does not prove or accept stops a blast with the reason."""

from __future__ import annotations

import ssl
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from outreach.mail.plan import Plan
from outreach.mail.provider import Fate, ProviderDown, ProviderRefuses
from outreach.providers.build import build
from outreach.providers.smtp_opening import Security
from tests.providers.conftest import MakeRecipient
from tests.standins.smtp import SmtpStandIn

ENCRYPTED: list[Security] = ["starttls", "tls"]


def certificate(folder: Path, *names: x509.GeneralName) -> Path:
    """A self-signed certificate and its key for these names, in one file."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "relay")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "relay.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path


def server_context(path: Path) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(path)
    return context


@pytest.fixture
def right(tmp_path: Path) -> Path:
    return certificate(tmp_path, x509.IPAddress(ip_address("127.0.0.1")))


def send(
    relay: SmtpStandIn,
    plan: Plan,
    person: MakeRecipient,
    *,
    security: Security = "none",
    username: str = "",
    password: str = "",
) -> list[Fate]:
    provider = build(
        "smtp",
        data_dir=Path(),
        timeout_s=5,
        smtp_port=relay.port,
        smtp_security=security,
        smtp_username=username,
        smtp_password=password,
        smtp_connections=2,
    )
    try:
        return [o.fate for o in provider.send(plan, [person(n) for n in range(3)])]
    finally:
        provider.close()


@pytest.fixture
def trusting(monkeypatch: pytest.MonkeyPatch, right: Path) -> Path:
    """The relay's certificate is among the system's authorities."""
    monkeypatch.setenv("SSL_CERT_FILE", str(right))
    return right


@pytest.mark.parametrize("security", ENCRYPTED)
def test_letters_travel_encrypted(
    plan: Plan, person: MakeRecipient, trusting: Path, security: Security
) -> None:
    with SmtpStandIn(tls=server_context(trusting), implicit_tls=security == "tls") as relay:
        assert send(relay, plan, person, security=security) == [Fate.ACCEPTED] * 3
    assert len(relay.letters) == 3
    greetings = [command.split()[0] for command in relay.commands[:4]]
    assert ("STARTTLS" in greetings) == (security == "starttls")


@pytest.mark.parametrize("security", ENCRYPTED)
def test_a_certificate_that_nobody_vouches_for_is_not_trusted(
    plan: Plan, person: MakeRecipient, right: Path, security: Security
) -> None:
    with (
        SmtpStandIn(tls=server_context(right), implicit_tls=security == "tls") as relay,
        pytest.raises(ProviderRefuses, match=r"certificate .* not valid: self-signed"),
    ):
        send(relay, plan, person, security=security)
    assert relay.letters == []


@pytest.mark.parametrize("security", ENCRYPTED)
def test_a_certificate_for_another_name_is_not_trusted(
    plan: Plan,
    person: MakeRecipient,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    security: Security,
) -> None:
    wrong = certificate(tmp_path, x509.DNSName("relay.example"))
    monkeypatch.setenv("SSL_CERT_FILE", str(wrong))
    with (
        SmtpStandIn(tls=server_context(wrong), implicit_tls=security == "tls") as relay,
        pytest.raises(ProviderRefuses, match=r"not valid for '127\.0\.0\.1'"),
    ):
        send(relay, plan, person, security=security)


def test_nothing_is_sent_in_the_clear_where_encryption_is_wanted(
    plan: Plan, person: MakeRecipient
) -> None:
    with SmtpStandIn() as relay:
        with pytest.raises(ProviderRefuses, match=r"does not offer encryption \(STARTTLS\)"):
            send(relay, plan, person, security="starttls", username="outreach", password="secret")
        with pytest.raises((ProviderRefuses, ProviderDown)):
            send(relay, plan, person, security="tls")
    assert not any(command.startswith(("AUTH", "MAIL")) for command in relay.commands)


@pytest.mark.parametrize("mechanisms", ["PLAIN LOGIN", "LOGIN", "CRAM-MD5 PLAIN"])
def test_signing_in(plan: Plan, person: MakeRecipient, mechanisms: str) -> None:
    with SmtpStandIn(credentials=("outreach", "sécret"), mechanisms=mechanisms) as relay:
        fates = send(relay, plan, person, username="outreach", password="sécret")
    assert fates == [Fate.ACCEPTED] * 3


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN"])
def test_wrong_credentials_stop_before_any_letter_and_are_not_repeated(
    plan: Plan, person: MakeRecipient, mechanisms: str
) -> None:
    with (
        SmtpStandIn(credentials=("outreach", "right"), mechanisms=mechanisms) as relay,
        pytest.raises(ProviderRefuses) as caught,
    ):
        send(relay, plan, person, username="outreach", password="wr0ng")
    assert "does not accept user name and password: 535 5.7.8" in str(caught.value)
    assert "wr0ng" not in str(caught.value)
    assert relay.letters == []


def test_a_relay_with_no_sign_in_that_we_know_is_named(plan: Plan, person: MakeRecipient) -> None:
    with (
        SmtpStandIn(credentials=("outreach", "right"), mechanisms="NTLM") as relay,
        pytest.raises(ProviderRefuses, match="no sign-in that we know"),
    ):
        send(relay, plan, person, username="outreach", password="right")


def test_text_smuggled_in_before_encryption_is_not_believed(
    plan: Plan, person: MakeRecipient, trusting: Path
) -> None:
    smuggled = "220 go ahead\r\n250-AUTH PLAIN\r\n250 SIZE 1"
    with (
        SmtpStandIn(tls=server_context(trusting), starttls_reply=smuggled) as relay,
        pytest.raises(ProviderDown, match="between STARTTLS and TLS"),
    ):
        send(relay, plan, person, security="starttls")
