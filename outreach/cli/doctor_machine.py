"""What `outreach doctor` looks at on this machine: settings, database, disk, clock, kept files."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from urllib.parse import urlsplit

from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from outreach.cli.doctor_verdict import Check, Patient, Verdict
from outreach.core import migrations
from outreach.core.clock import now
from outreach.tracking import spool

ROOM_BYTES = 1_000_000_000
CLOCK_S = 2.0


def _settings(patient: Patient) -> Iterator[Verdict]:
    settings = patient.settings
    url = urlsplit(settings.base_url)
    real = settings.provider in ("smtp", "sendgrid")
    if real and url.scheme != "https":
        yield Verdict(
            "settings",
            "look",
            f"Links of letters lead to {settings.base_url}, without encryption.",
            "Put a proxy with TLS in front, and set OUTREACH_BASE_URL to https://…",
        )
    elif not real:
        yield Verdict(
            "settings",
            "look",
            f"No real letters leave: the provider is {settings.provider}.",
            "Set OUTREACH_PROVIDER to smtp or sendgrid when you are ready.",
        )
    else:
        yield Verdict("settings", "ok", f"Letters leave by {settings.provider}.")
    if url.scheme == "https" and not settings.trusted_proxies:
        yield Verdict(
            "settings",
            "look",
            "The address is https, but no proxy is trusted: every visitor seems to be the proxy.",
            "Set OUTREACH_TRUSTED_PROXIES to the number of proxies in front.",
        )


def _database(patient: Patient) -> Iterator[Verdict]:
    database = patient.services.db
    try:
        with database.reading() as session:
            version = session.scalar(
                text("SELECT sqlite_version()" if database.is_sqlite else "SHOW server_version")
            )
        current = migrations.is_current(database)
    except SQLAlchemyError:
        yield Verdict(
            "database",
            "stop",
            "The database does not answer.",
            "Check OUTREACH_DATABASE_URL and whether its server runs.",
        )
        return
    kind = "SQLite" if database.is_sqlite else "PostgreSQL"
    if current:
        yield Verdict("database", "ok", f"{kind} {version}, the schema is the newest.")
    else:
        yield Verdict(
            "database", "stop", f"{kind} {version}, the schema is old.", "outreach db upgrade"
        )
    if database.is_sqlite and patient.settings.broker_url:
        yield Verdict(
            "database",
            "stop",
            "A broker is set, but SQLite serves one machine.",
            "Move to PostgreSQL with OUTREACH_DATABASE_URL.",
        )


def _disk(patient: Patient) -> Iterator[Verdict]:
    folder = patient.services.data_dir
    free = shutil.disk_usage(folder).free
    words = f"{free / 1e9:,.1f} GB free in {folder}."
    if free > ROOM_BYTES:
        yield Verdict("disk", "ok", words)
    else:
        yield Verdict("disk", "look", words, "Make room: imports, and what is kept, lie there.")


def _clock(patient: Patient) -> Iterator[Verdict]:
    if patient.services.db.is_sqlite:
        return
    with patient.services.db.reading() as session:
        theirs = session.execute(select(func.clock_timestamp())).scalar_one()
    off = (now() - theirs).total_seconds()
    if abs(off) < CLOCK_S:
        yield Verdict("clock", "ok", "The clocks of this machine and of the database agree.")
    else:
        yield Verdict(
            "clock",
            "stop",
            f"This machine’s clock is {off:+.1f} s off the database’s: leases end at wrong times.",
            "Let both machines set their clocks by NTP.",
        )


def _spools(patient: Patient) -> Iterator[Verdict]:
    data_dir = patient.services.data_dir
    kept = sum(spool.size(path(data_dir)) for path in (spool.leavings_in, spool.path_in))
    if kept:
        yield Verdict(
            "spools",
            "look",
            f"{kept:,} bytes are kept here and not in the database yet.",
            "They are stored within seconds while the database answers and a server runs.",
        )
    else:
        yield Verdict("spools", "ok", "Nothing waits in files for the database.")


GROUND: tuple[Check, ...] = (_settings, _database, _disk, _clock)
LEFT: tuple[Check, ...] = (_spools,)
