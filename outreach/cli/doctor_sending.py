"""What `outreach doctor` looks at of the way that letters take: provider, DNS, workers, work."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Protocol, runtime_checkable

from kombu.exceptions import OperationalError as BrokerAway
from sqlalchemy import func, select

from outreach.accounts.models import Organisation
from outreach.blasts.models import Blast
from outreach.blasts.standing import unknown_count
from outreach.cli.context import plural
from outreach.cli.doctor_verdict import Check, Patient, Verdict
from outreach.core import address
from outreach.core.clock import now
from outreach.core.errors import OutreachError
from outreach.engines import celery
from outreach.mail import dkim_keys, sender_dns
from outreach.mail.models import Batch
from outreach.services import ALIVE_EVERY_S

OVERDUE_S = 30.0
WORKERS_ANSWER_S = 2.0


@runtime_checkable
class SignsIn(Protocol):
    """A provider that wants to know who we are."""

    def sign_in(self) -> str:
        """Sign in and send nothing; says with whom. Raises ProviderDown and ProviderRefuses."""
        ...


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
        return Verdict(
            "worker", "ok", f"{plural(len(answers), 'worker answers', 'workers answer')}."
        )
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


WAY_OUT: tuple[Check, ...] = (_provider, _dns, _worker, _work)
