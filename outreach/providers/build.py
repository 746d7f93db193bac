"""One provider from the settings."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Literal

from outreach.mail.dkim_keys import signer
from outreach.mail.plan import Recipient
from outreach.mail.provider import Provider
from outreach.providers.mailbox import MailboxProvider
from outreach.providers.null import NullProvider
from outreach.providers.relays import Member, RelaysProvider
from outreach.providers.sendgrid import SendGridProvider
from outreach.providers.smtp import SmtpProvider
from outreach.providers.smtp_opening import Relay, Security
from outreach.providers.smtp_token import Token

Kind = Literal["mailbox", "smtp", "sendgrid", "null"]


@dataclass(frozen=True)
class RelaySettings:
    """One of several relays; `per_s`: its pace in letters a second."""

    name: str
    relay: Relay
    weight: float = 1.0
    connections: int = 10
    per_s: float | None = None


def _several(
    relays: Sequence[RelaySettings], with_letters: Callable[..., SmtpProvider]
) -> RelaysProvider:
    members = [
        Member(one.name, with_letters(one.relay, connections=one.connections), one.weight)
        for one in relays
    ]
    return RelaysProvider(members, {one.name: one.per_s for one in relays if one.per_s})


def build(
    kind: Kind,
    *,
    data_dir: Path,
    timeout_s: float = 30.0,
    smtp_host: str = "127.0.0.1",
    smtp_port: int = 25,
    smtp_security: Security = "none",
    smtp_username: str = "",
    smtp_password: str = "",
    smtp_token: Token | None = None,
    smtp_connections: int = 10,
    smtp_relays: Sequence[RelaySettings] = (),
    return_path: Callable[[Recipient], str] | None = None,
    dkim_domain: str = "",
    dkim_keys: str = "",
    sendgrid_api_key: str = "",
    sendgrid_url: str = "https://api.sendgrid.com",
    sendgrid_connections: int = 4,
    sendgrid_hold_minutes: int = 0,
) -> Provider:
    """The provider of this kind; nothing is connected before its first `send`.

    `smtp_relays`, where there are any, take the place of the single relay. `return_path` gives the
    address that a letter's bounce mail comes back to, over SMTP. Raises BadInput for keys that
    can't sign.
    """
    match kind:
        case "mailbox":
            return MailboxProvider(data_dir / "mailbox")
        case "smtp":
            with_letters = partial(
                SmtpProvider, return_path=return_path, signer=signer(dkim_domain, dkim_keys)
            )
            if smtp_relays:
                return _several(smtp_relays, with_letters)
            relay = Relay(
                smtp_host,
                smtp_port,
                smtp_security,
                smtp_username,
                smtp_password,
                timeout_s,
                smtp_token,
            )
            return with_letters(relay, connections=smtp_connections)
        case "sendgrid":
            return SendGridProvider(
                sendgrid_api_key,
                url=sendgrid_url,
                timeout_s=timeout_s,
                connections=sendgrid_connections,
                hold_minutes=sendgrid_hold_minutes,
            )
        case "null":
            return NullProvider()
