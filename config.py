"""Settings: the environment as one frozen, typed object. Read by wsgi.py and the command line only.

Every setting is an environment variable `OUTREACH_<NAME>` in capitals, or a line of a file `.env`
in the working directory. docs/settings.md lists them; a test holds that list against this file.
"""

from __future__ import annotations

import json
import os
import secrets
from pathlib import Path
from typing import Annotated, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    TypeAdapter,
    ValidationError,
    field_validator,
    model_validator,
)
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict


class SmtpRelay(BaseModel):
    """One of several mail relays, as a JSON object of OUTREACH_SMTP_RELAYS."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: str = Field(min_length=1, max_length=80)
    host: str = Field(min_length=1)
    port: int = Field(25, ge=1, le=65535)
    security: Literal["none", "starttls", "tls"] = "none"
    username: str = ""
    password: SecretStr = SecretStr("")
    token: SecretStr = SecretStr("")
    token_command: str = ""
    weight: float = Field(1.0, gt=0, le=1000)
    connections: int = Field(10, ge=1, le=200)
    pace: str = ""


class Settings(BaseSettings):
    """All settings. Defaults run the embedded installation: SQLite, local mailbox, one machine."""

    model_config = SettingsConfigDict(
        env_prefix="OUTREACH_",
        env_file=".env",
        frozen=True,
        extra="ignore",
        hide_input_in_errors=True,  # what is wrong may hold a password
    )

    data_dir: Path = Field(Path("var"), description="Folder for the database, mailbox and files.")
    database_url: str = Field(
        "", description="SQLAlchemy URL; empty: SQLite in the data folder. PostgreSQL at scale."
    )
    secret_key: SecretStr = Field(
        SecretStr(""),
        description="Signs links and sessions; empty: made once and kept in the data folder. "
        "Must be the same on all machines.",
    )
    base_url: str = Field(
        "http://127.0.0.1:8000", description="Address under which supporters reach this server."
    )
    host: str = Field("127.0.0.1", description="Address that the server listens on.")
    port: int = Field(8000, ge=1, le=65535, description="Port that the server listens on.")
    web_workers: int = Field(2, ge=1, le=64, description="Web processes of `outreach serve`.")
    web_threads: int = Field(
        4, ge=1, le=128, description="Pages that each web process makes at a time."
    )
    door_threads: int = Field(
        32,
        ge=1,
        le=512,
        description="Clicks and opens that wait for their commit at a time, in each web process.",
    )
    provider: Literal["mailbox", "smtp", "sendgrid", "null"] = Field(
        "mailbox", description="Who takes letters: local mailbox, SMTP relay, SendGrid, or nobody."
    )
    smtp_host: str = Field("127.0.0.1", description="SMTP relay.")
    smtp_port: int = Field(25, ge=1, le=65535, description="Port of the SMTP relay.")
    smtp_security: Literal["none", "starttls", "tls"] = Field(
        "none", description="Encryption towards the relay; certificates are checked."
    )
    smtp_username: str = Field("", description="User name at the relay; empty: no sign-in.")
    smtp_password: SecretStr = Field(SecretStr(""), description="Password at the relay.")
    smtp_token: SecretStr = Field(
        SecretStr(""), description="Access token for the relay (XOAUTH2), instead of a password."
    )
    smtp_token_command: str = Field(
        "", description="Command that prints such a token; run anew every five minutes at most."
    )
    smtp_connections: int = Field(10, ge=1, le=200, description="Connections kept to the relay.")
    smtp_relays: Annotated[tuple[SmtpRelay, ...], NoDecode] = Field(
        (), description="Several relays as a JSON list, instead of the one above."
    )
    dkim_domain: str = Field(
        "", description="Domain that signs letters to the SMTP relay (DKIM); empty: no signature."
    )
    dkim_keys: str = Field(
        "",
        description="Selectors and files of the private keys: "
        "`s1=/path/one.pem, s2=/path/two.pem`.",
    )
    bounce_address: str = Field(
        "",
        description="Address that bounce mail comes back to over SMTP, as "
        "`bounces+TOKEN@…`; empty: the sender’s.",
    )
    bounce_maildir: str = Field(
        "", description="Maildir that bounce mail is delivered to on this machine."
    )
    bounce_imap_host: str = Field("", description="IMAP server of a mailbox for bounce mail.")
    bounce_imap_port: int = Field(993, ge=1, le=65535, description="Its port, with TLS.")
    bounce_imap_username: str = Field("", description="User name of that mailbox.")
    bounce_imap_password: SecretStr = Field(SecretStr(""), description="Password of that mailbox.")
    bounce_imap_folder: str = Field("INBOX", description="Folder of that mailbox.")
    sendgrid_api_key: SecretStr = Field(SecretStr(""), description="SendGrid API key.")
    sendgrid_url: str = Field(
        "https://api.sendgrid.com", description="SendGrid's address; a stand-in in tests."
    )
    sendgrid_connections: int = Field(
        4, ge=1, le=50, description="Requests of 1,000 letters on their way at a time, at most."
    )
    sendgrid_hold_minutes: int = Field(
        0,
        ge=0,
        le=4000,
        description="Minutes for which SendGrid keeps a blast’s letters before they leave, so that "
        "pausing and cancelling reach them; 0, or 15 and more.",
    )
    sendgrid_webhook_keys: str = Field(
        "",
        description="Public keys of SendGrid’s signed Event Webhook, with commas between them; "
        "empty: its events are refused.",
    )
    provider_timeout_s: float = Field(
        30.0, gt=0, le=600, description="Seconds that a provider may take to answer."
    )
    batch_size: int = Field(5000, ge=1, le=50_000, description="Deliveries in a batch, at most.")
    lease_s: int = Field(
        120, ge=5, description="Seconds after which a silent sender's batch is taken from it."
    )
    late_limit_s: int = Field(
        3600, ge=0, description="How late a blast may leave by itself after a stop; then it waits."
    )
    pause_letters: int = Field(
        200, ge=1, description="Letters with an outcome that an automatic pause takes, at least."
    )
    pause_bounced_percent: float = Field(
        5.0, ge=0, le=100, description="Bounces from which on a blast pauses by itself; 0: never."
    )
    pause_complained_percent: float = Field(
        0.3, ge=0, le=100, description="Complaints from which on it does; 0: never."
    )
    pause_refused_percent: float = Field(
        10.0, ge=0, le=100, description="Refusals from which on it does; 0: never."
    )
    trusted_proxies: int = Field(
        0, ge=0, le=9, description="Proxies in front that set X-Forwarded-For and -Proto."
    )
    recognise_days: int = Field(
        30, ge=0, description="Days for which a letter's link knows the supporter by name."
    )
    broker_url: str = Field("", description="Celery broker; empty: jobs run in one worker process.")
    test_sends_to: str = Field("", description="Address that test letters go to by default.")
    keep_networks: bool = Field(
        True, description="Keep a keyed hash of the IP address with each event; false: nothing."
    )
    events_keep_months: int = Field(
        0,
        ge=0,
        le=1200,
        description="Months after their own for which clicks, opens and other events are kept; "
        "0: for ever.",
    )
    sign_per_minute: int = Field(
        30,
        ge=0,
        le=100_000,
        description="Signatures by form that one IP address may send in a minute; its network ten "
        "times as many; 0: no limit.",
    )
    limits_url: str = Field(
        "",
        description="Redis that counts sign-ins and signatures for all web processes, as "
        "`redis://…`; empty: each counts for itself.",
    )
    digest_hour: int = Field(
        8,
        ge=0,
        le=23,
        description="Hour of Mondays, in the organisation’s time zone, from which on weekly "
        "digests leave.",
    )
    sources_days: int = Field(
        7,
        ge=0,
        le=365,
        description="Days after which the address of a cited source is opened again, to see "
        "whether it still says what is quoted; 0: never by itself.",
    )
    sources_loopback: bool = Field(
        False, description="Open sources on this machine, too: for tests only."
    )
    metrics_token: SecretStr = Field(
        SecretStr(""),
        description="Prometheus gets /metrics with this bearer token; empty: nobody gets it.",
    )
    metrics_port: int = Field(
        0,
        ge=0,
        le=65535,
        description="Port on which a worker answers /metrics too, for machines without a web "
        "server; 0: none.",
    )
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = Field(
        "INFO", description="Least level that is logged."
    )
    log_json: bool = Field(True, description="Log JSON lines; false, or at a terminal: text.")

    @field_validator("smtp_relays", mode="before")
    @classmethod
    def _relays(cls, given: object) -> object:
        if not isinstance(given, str):
            return given
        try:
            relays = _RELAYS.validate_json(given) if given.strip() else ()
        except ValidationError as error:
            # Only where and what: the text holds passwords.
            faults = error.errors(include_input=False, include_url=False)
            raise ValueError("; ".join(_said(fault, given) for fault in faults)) from None
        if len({relay.name for relay in relays}) < len(relays):
            raise ValueError("two relays have the same name; each needs one of its own")
        return relays

    @model_validator(mode="after")
    def _complete(self) -> Self:
        data_dir = self.data_dir.absolute()
        object.__setattr__(self, "data_dir", data_dir)
        object.__setattr__(self, "base_url", self.base_url.rstrip("/"))
        address = urlsplit(self.base_url)
        if address.scheme not in ("http", "https") or not address.hostname:
            # Every link of every letter starts with it, and letters can't be called back.
            raise ValueError("OUTREACH_BASE_URL is no address like https://act.example.org")
        if not self.database_url:
            object.__setattr__(self, "database_url", f"sqlite:///{data_dir / 'outreach.db'}")
        if self.provider == "sendgrid" and not self.sendgrid_api_key.get_secret_value():
            raise ValueError("provider is sendgrid, but OUTREACH_SENDGRID_API_KEY is empty")
        if 0 < self.sendgrid_hold_minutes < 15:
            raise ValueError(
                "OUTREACH_SENDGRID_HOLD_MINUTES is under 15: SendGrid stops nothing in the last 10"
            )
        if (self.bounce_maildir or self.bounce_imap_host) and not self.bounce_address:
            raise ValueError("bounce mail is to be read, but OUTREACH_BOUNCE_ADDRESS is empty")
        return self


_RELAYS = TypeAdapter(tuple[SmtpRelay, ...])
_FAULTS = {
    "missing": "has no “{field}”",
    "extra_forbidden": "has “{field}”, which no relay knows; they know {known}",
    "int_type": "needs a whole number as “{field}”",
    "int_parsing": "needs a whole number as “{field}”",
    "int_from_float": "needs a whole number as “{field}”",
    "float_type": "needs a number as “{field}”",
    "float_parsing": "needs a number as “{field}”",
    "greater_than_equal": "needs a “{field}” of {ge} or more",
    "less_than_equal": "needs a “{field}” of {le} or less",
    "greater_than": "needs a “{field}” above {gt:g}",
    "literal_error": "needs as “{field}” one of {expected}",
    "string_type": "needs a text between quotation marks as “{field}”",
    "string_too_short": "has an empty “{field}”",
    "string_too_long": "has a “{field}” of more than {max_length} characters",
}


def _said(fault: ErrorDetails, given: str) -> str:
    """A fault of OUTREACH_SMTP_RELAYS in words, with the relay’s name and the field."""
    if not fault["loc"]:
        why = f" ({fault['ctx']['error']})" if fault["type"] == "json_invalid" else ""
        return f'it is no JSON list such as [{{"name": "main", "host": "smtp.example.org"}}]{why}'
    position = int(fault["loc"][0])
    relay = json.loads(given)[position]
    name = relay.get("name") if isinstance(relay, dict) else None
    which = f"relay “{name}”" if name and isinstance(name, str) else f"relay {position + 1}"
    if len(fault["loc"]) < 2:
        return f'{which} is no object such as {{"name": "main", "host": "smtp.example.org"}}'
    words = _FAULTS.get(fault["type"], "has a “{field}” that can’t be used")
    known = ", ".join(SmtpRelay.model_fields)
    return f"{which} {words.format(field=fault['loc'][1], known=known, **fault.get('ctx', {}))}"


def load(**overrides: object) -> Settings:
    """The settings of this process; makes the data folder and, once, its secret key."""
    settings = Settings(**overrides)  # type: ignore[arg-type]
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    if settings.secret_key.get_secret_value():
        return settings
    return settings.model_copy(update={"secret_key": SecretStr(_kept_secret(settings.data_dir))})


def _kept_secret(data_dir: Path) -> str:
    path = data_dir / "secret.key"
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    except FileExistsError:
        return path.read_text().strip()
    with os.fdopen(descriptor, "w") as file:
        secret = secrets.token_urlsafe(48)
        file.write(secret)
    return secret
