"""Opening a connection to a relay: greeting, encryption, sign-in; or why that is not possible."""

from __future__ import annotations

import asyncio
import os
import ssl
from base64 import b64encode
from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from outreach.mail.provider import ProviderDown, ProviderRefuses
from outreach.providers.smtp_token import Token
from outreach.providers.smtp_wire import Lost, Reply, Wire

Security = Literal["none", "starttls", "tls"]
Extensions = dict[str, str]  # name in capitals -> parameters


@dataclass(frozen=True)
class Relay:
    """Where letters go, and how. Certificates are checked against the system's authorities
    (or those that the environment's SSL_CERT_FILE names)."""

    host: str
    port: int
    security: Security = "none"
    username: str = ""
    password: str = field(default="", repr=False)
    timeout_s: float = 30.0
    token: Token | None = field(default=None, repr=False)  # for XOAUTH2, instead of a password

    @cached_property
    def context(self) -> ssl.SSLContext | None:
        """What checks certificates; loaded once, because that takes longer than a connection."""
        return None if self.security == "none" else ssl.create_default_context()

    @property
    def place(self) -> str:
        """Where it listens."""
        return f"{self.host}:{self.port}"

    def __str__(self) -> str:
        return f"The mail relay {self.place}"


async def open_wire(relay: Relay) -> tuple[Wire, Extensions]:
    """A connection ready for letters, and what the relay offers.

    Raises ProviderDown when it can't be reached now, ProviderRefuses when encryption or sign-in
    fail in a way that only a person can mend.
    """
    wire = Wire(relay.timeout_s)
    try:
        async with asyncio.timeout(relay.timeout_s):
            return wire, await _opened(relay, wire)
    except ssl.SSLCertVerificationError as error:
        why = error.verify_message.rstrip(".")
        said = f"The certificate of the mail relay {relay.place} is not valid: {why}."
        failure: Exception = ProviderRefuses(said)
    except ssl.SSLError as error:
        failure = ProviderRefuses(f"{relay} does not speak TLS as configured: {error.reason}.")
    except TimeoutError:
        failure = ProviderDown(f"{relay} did not answer within {relay.timeout_s:g} seconds.")
    except OSError as error:
        # asyncio writes a Python tuple into strerror; a name that isn't found has no errno of ours.
        ours = error.errno or 0
        why = os.strerror(ours) if ours > 0 else error.strerror or str(error)
        failure = ProviderDown(f"{relay} can’t be reached: {why}.")
    except Lost as lost:
        failure = ProviderDown(f"{relay} hung up. {lost}")
    except (ProviderDown, ProviderRefuses) as known:
        failure = known
    wire.close()
    raise failure


async def _opened(relay: Relay, wire: Wire) -> Extensions:
    context, implicit = relay.context, relay.security == "tls"
    await asyncio.get_running_loop().create_connection(
        lambda: wire,
        relay.host,
        relay.port,
        ssl=context if implicit else None,
        server_hostname=relay.host if implicit else None,
    )
    [greeting] = await wire.replies(1)
    _require(greeting, 220, f"{relay} does not greet us")
    extensions = await _hello(relay, wire)
    if context and not implicit:
        if "STARTTLS" not in extensions:
            raise ProviderRefuses(f"{relay} does not offer encryption (STARTTLS).")
        _require(await _ask(wire, b"STARTTLS"), 220, f"{relay} does not begin encryption")
        await wire.secure(context, relay.host)
        extensions = await _hello(relay, wire)
    if relay.username:
        await _sign_in(relay, wire, extensions)
    return extensions


async def _hello(relay: Relay, wire: Wire) -> Extensions:
    # An address literal is a right name everywhere; a host's own name often is not.
    host = wire.transport.get_extra_info("sockname")[0]
    literal = f"[IPv6:{host}]" if ":" in host else f"[{host}]"
    reply = await _ask(wire, f"EHLO {literal}".encode())
    if reply.code // 100 == 5:
        reply = await _ask(wire, f"HELO {literal}".encode())
    _require(reply, 250, f"{relay} does not take our greeting")
    offered = (line.decode("latin-1").partition(" ") for line in reply.lines[1:])
    return {name.upper(): parameters for name, _, parameters in offered}


async def _sign_in(relay: Relay, wire: Wire, extensions: Extensions) -> None:
    offered = extensions.get("AUTH", "").upper().split()
    if relay.token:
        await _sign_in_by_token(relay, relay.token, wire, offered)
        return
    user, password = relay.username.encode(), relay.password.encode()
    if "PLAIN" in offered:
        reply = await _ask(wire, b"AUTH PLAIN " + b64encode(b"\0" + user + b"\0" + password))
    elif "LOGIN" in offered:
        reply = await _ask(wire, b"AUTH LOGIN")
        for secret in (user, password):
            if reply.code == 334:
                reply = await _ask(wire, b64encode(secret))
    else:
        raise ProviderRefuses(f"{relay} offers no sign-in that we know (PLAIN or LOGIN).")
    _require(reply, 235, f"{relay} does not accept user name and password")


async def _sign_in_by_token(relay: Relay, token: Token, wire: Wire, offered: list[str]) -> None:
    if "XOAUTH2" not in offered:
        raise ProviderRefuses(f"{relay} offers no sign-in by token (XOAUTH2).")
    text, was_kept = await asyncio.to_thread(token.read)
    # https://developers.google.com/workspace/gmail/imap/xoauth2-protocol
    said = f"user={relay.username}\x01auth=Bearer {text}\x01\x01".encode()
    reply = await _ask(wire, b"AUTH XOAUTH2 " + b64encode(said))
    if reply.code == 334:  # why not, for machines; an empty answer ends it
        reply = await _ask(wire, b"")
    if reply.code // 100 == 5:
        token.forget()
        if was_kept:
            raise ProviderDown(f"{relay} wants a fresh token; it is fetched.", wait_s=1.0)
    _require(reply, 235, f"{relay} does not accept the token")


async def _ask(wire: Wire, command: bytes) -> Reply:
    wire.write(command + b"\r\n")
    [reply] = await wire.replies(1)
    return reply


def _require(reply: Reply, code: int, otherwise: str) -> None:
    if reply.code == code:
        return
    sentence = f"{otherwise}: {reply.reason()}"
    if reply.code // 100 == 5:
        raise ProviderRefuses(sentence)
    raise ProviderDown(sentence)
