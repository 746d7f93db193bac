"""`outreach doctor`: is everything as it must be to send, and what to do where it is not."""

from __future__ import annotations

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from typing import Literal, Protocol, runtime_checkable
from urllib.parse import urlsplit

import click
from kombu.exceptions import OperationalError as BrokerAway
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

import config
from outreach.accounts.models import Organisation
from outreach.blasts.models import Blast
from outreach.blasts.standing import unknown_count
from outreach.cli.context import Context, as_json, plural
from outreach.core import address, migrations
from outreach.core.clock import now
from outreach.core.errors import OutreachError
from outreach.engines import celery
from outreach.mail import dkim_keys, sender_dns
from outreach.mail.models import Batch
from outreach.services import ALIVE_EVERY_S, Services
from outreach.tracking import spool

ROOM_BYTES = 1_000_000_000
CLOCK_S = 2.0
OVERDUE_S = 30.0
WORKERS_ANSWER_S = 2.0

Level = Literal["ok", "look", "stop", "skipped"]


@dataclass(frozen=True)
class Verdict:
    """What was found of one thing; `todo` says what to do where it is not well."""

    check: str
    level: Level
    found: str
    todo: str = ""


@runtime_checkable
class SignsIn(Protocol):
    """A provider that wants to know who we are."""

    def sign_in(self) -> str:
        """Sign in and send nothing; says with whom. Raises ProviderDown and ProviderRefuses."""
        ...


@dataclass(frozen=True)
class Patient:
    """What is looked at."""

    settings: config.Settings
    services: Services


@click.command()
@as_json
@click.pass_obj
def doctor(context: Context, json_: bool) -> None:
    """Check settings, database, provider, DNS, clock, worker and kept files; sends nothing.

    Exit code 1 when something stops the work.
    """
    patient = Patient(context.settings, context.services_on_any_schema)
    found = [verdict for check in CHECKS for verdict in _verdicts(check, patient)]
    patient.services.provider.close()
    if json_:
        context.print_json([asdict(verdict) for verdict in found])
    else:
        for verdict in found:
            context.say(f"{verdict.level:<8} {verdict.check:<10} {verdict.found}")
            if verdict.todo:
                context.say(f"{'':19} What to do: {verdict.todo}")
    if any(verdict.level == "stop" for verdict in found):
        raise SystemExit(1)


def _verdicts(check: Callable[[Patient], Iterator[Verdict]], patient: Patient) -> list[Verdict]:
    try:
        return list(check(patient))
    except SQLAlchemyError:  # the check of the database says so
        name = check.__name__.strip("_")
        return [Verdict(name, "skipped", "The database can’t be asked.")]


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


def _provider(patient: Patient) -> Iterator[Verdict]:
    provider = patient.services.provider
    if not isinstance(provider, SignsIn):
        yield Verdict("provider", "ok", f"The provider {provider.name} needs no sign-in.")
        return
    try:
        yield Verdict("provider", "ok", f"Signed in: {provider.sign_in()}.")
    except OutreachError as error:
        yield Verdict(
            "provider", "stop", error.message, "Check the provider’s settings: docs/settings.md."
        )


def _dns(patient: Patient) -> Iterator[Verdict]:
    settings = patient.settings
    with patient.services.db.reading() as session:
        senders = session.scalars(select(Organisation.sender_address).distinct()).all()
    try:
        for domain in sorted({address.domain(one) for one in senders}):
            records = sender_dns.of(domain)
            yield _record(domain, "SPF", records.spf, "a TXT record v=spf1 that names who sends")
            yield _record(domain, "DMARC", records.dmarc, f"a TXT record at _dmarc.{domain}")
        signer = dkim_keys.signer(settings.dkim_domain, settings.dkim_keys)
        records_wanted = (
            [dkim_keys.dns_record(signer, key) for key in signer.keys] if signer else []
        )
        for name, wanted in records_wanted:
            said = wanted if wanted.replace(" ", "") in _unspaced(name) else ""
            yield _record(name, "DKIM", said, "what `outreach dkim` prints")
    except sender_dns.NoAnswer as error:
        yield Verdict("dns", "skipped", f"The DNS does not answer here ({error}).")
    except OutreachError as error:
        yield Verdict("dns", "stop", error.message, error.hint)


def _record(name: str, kind: str, said: str, wanted: str) -> Verdict:
    if said:
        return Verdict("dns", "ok", f"{name} has its {kind} record.")
    return Verdict("dns", "look", f"{name} has no {kind} record that fits.", f"Publish {wanted}.")


def _unspaced(name: str) -> set[str]:
    return {one.replace(" ", "") for one in sender_dns.texts(name)}


def _worker(patient: Patient) -> Iterator[Verdict]:
    if patient.settings.broker_url:
        yield _celery(patient)
        return
    try:
        silent = time.time() - patient.services.alive_file.stat().st_mtime
    except FileNotFoundError:
        silent = None
    if silent is not None and silent < 4 * ALIVE_EVERY_S:
        yield Verdict("worker", "ok", "A worker runs on this data folder.")
        return
    words = "No worker has run here yet." if silent is None else f"Silent for {silent:,.0f} s."
    yield Verdict("worker", "look", words, "Start `outreach serve`, or `outreach worker`.")


def _celery(patient: Patient) -> Verdict:
    app = celery.build(patient.settings.broker_url, lambda: patient.services)
    app.conf.broker_connection_timeout = WORKERS_ANSWER_S
    try:
        with app.connection_for_write() as connection:
            connection.ensure_connection(max_retries=1)
        answers = app.control.inspect(timeout=WORKERS_ANSWER_S).ping() or {}
    except (BrokerAway, OSError):
        return Verdict(
            "worker", "stop", "The broker does not answer.", "Check OUTREACH_BROKER_URL."
        )
    if answers:
        return Verdict("worker", "ok", f"{plural(len(answers), 'worker', 'workers')} answer.")
    return Verdict("worker", "stop", "No Celery worker answers.", "celery -A wsgi:celery worker")


def _work(patient: Patient) -> Iterator[Verdict]:
    held = Batch.state.in_(("claimed", "submitting"))
    with patient.services.db.reading() as session:
        due = session.scalar(
            select(func.min(Blast.scheduled_for)).where(Blast.state == "scheduled")
        )
        lost = session.scalar(select(func.count()).where(held, Batch.lease_until < now())) or 0
        unknown = unknown_count(session)
    late = (now() - due).total_seconds() if due else 0.0
    if late > OVERDUE_S or lost:
        said = f"A blast is due for {late:,.0f} s." if late > OVERDUE_S else ""
        batches = f"{plural(lost, 'batch waits', 'batches wait')} for recovery." if lost else ""
        yield Verdict(
            "work",
            "stop",
            f"{said} {batches}".strip(),
            "A worker (and beat, with Celery) must run.",
        )
    else:
        yield Verdict("work", "ok", "Nothing is overdue.")
    if unknown:
        yield Verdict(
            "work",
            "look",
            f"Of {plural(unknown, 'letter', 'letters')} it is not known whether it left.",
            "See them: outreach deliveries unknown",
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


CHECKS = (_settings, _database, _disk, _clock, _provider, _dns, _worker, _work, _spools)
