"""What the DNS says of the domains that letters come from, read now and then and kept.

Pages show what was kept, with its time; they never wait for the DNS. Mailbox providers want SPF,
DKIM and DMARC of whoever writes to many: https://support.google.com/a/answer/81126.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from functools import partial
from typing import NamedTuple

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.deliverability.models import SenderReading
from outreach.core.address import domain
from outreach.core.bulk import insert_into
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.mail import dkim_keys, sender_dns
from outreach.mail.dkim import Signer

READ_EVERY = timedelta(hours=6)
AT_MOST_S = 5.0  # after so long no further record is asked for; one answer may take as long again

SPF, DKIM, DMARC, MX, RETURN_PATH = "spf", "dkim", "dmarc", "mx", "return_path"
KINDS = (SPF, DKIM, DMARC, MX, RETURN_PATH)
OK, LOOK, MISSING, UNREAD = "ok", "look", "missing", "unread"


# Selectors of SendGrid’s domain authentication, unless others were chosen there.
_SENDGRID_SELECTORS = ("s1", "s2")

Verdict = tuple[str, str, str]  # level, what was found, what to do
Look = Callable[[], Verdict]


class Reading(NamedTuple):
    """One record as SenderReading keeps it."""

    domain: str
    kind: str
    name: str
    level: str
    found: str = ""
    todo: str = ""


class Sending(NamedTuple):
    """How letters leave: the provider’s name, what signs them here, and the domain that bounce mail
    comes back to ("": the sender’s, or the provider’s own)."""

    provider: str
    signer: Signer | None
    return_domain: str


def refresh(db: Database, sending: Sending) -> None:
    """Read the records of every sending domain and keep them; no transaction is open meanwhile.

    What the DNS does not answer keeps what was known of it, with its time.
    """
    with db.reading() as session:
        domains = _domains(session)
    found = [reading for name in domains for reading in _read(name, sending)]
    with db.transaction() as session:
        keep(session, found)


def is_due(session: Session) -> bool:
    """Whether a sending domain was never read, or not for READ_EVERY."""
    last = dict(
        session.execute(
            select(SenderReading.domain, func.max(SenderReading.read_at)).group_by(
                SenderReading.domain
            )
        ).all()
    )
    return any(name not in last or last[name] < now() - READ_EVERY for name in _domains(session))


def keep(session: Session, found: Sequence[Reading]) -> None:
    """Put these readings in the place of those before; unread ones replace nothing."""
    names = {(reading.domain, reading.kind, reading.name) for reading in found}
    for old in session.scalars(select(SenderReading)).all():
        if (old.domain, old.kind, old.name) not in names:
            session.delete(old)
    session.flush()
    for reading in found:
        key = ["domain", "kind", "name"]
        values = {**reading._asdict(), "read_at": now()}
        statement = insert_into(session, SenderReading).values(**values)
        if reading.level == UNREAD:
            session.execute(statement.on_conflict_do_nothing(index_elements=key))
            continue
        new = {name: value for name, value in values.items() if name not in key}
        session.execute(statement.on_conflict_do_update(index_elements=key, set_=new))


def readings(session: Session) -> list[SenderReading]:
    """What is kept, by domain, in the order of KINDS."""
    found = session.scalars(select(SenderReading)).all()
    return sorted(found, key=lambda one: (one.domain, KINDS.index(one.kind), one.name))


def _domains(session: Session) -> list[str]:
    senders = session.scalars(select(Organisation.sender_address).distinct())
    return sorted({domain(one) for one in senders})


def _read(name: str, sending: Sending) -> Iterator[Reading]:
    until = time.monotonic() + AT_MOST_S
    silent = ""
    for kind, where, look in _looks(name, sending):
        if not silent and time.monotonic() > until:
            silent = "The DNS is slow here: what is left is read next time."
        if not silent:
            try:
                yield Reading(name, kind, where, *look())
                continue
            except sender_dns.NoAnswer as error:
                silent = f"The DNS does not answer here ({error})."
        yield Reading(name, kind, where, UNREAD, "", silent)


def _looks(name: str, sending: Sending) -> Iterator[tuple[str, str, Look]]:
    """What is looked up, where, and how."""
    yield SPF, name, partial(_spf, name)
    yield from _dkim(name, sending)
    yield DMARC, f"_dmarc.{name}", partial(_dmarc, name)
    yield MX, name, partial(_mx, name, "Replies to letters")
    if sending.return_domain:
        yield RETURN_PATH, sending.return_domain, partial(_return_path, sending.return_domain)


def _spf(name: str) -> Verdict:
    found = sender_dns.spf_records(name)
    said = "; ".join(found)
    if not found:
        return MISSING, "", f"Publish a TXT record v=spf1 at {name} that names who sends."
    if len(found) > 1:
        return LOOK, said, "Leave one SPF record: where there are several, none counts."
    if said.lower().split()[-1] in ("+all", "all"):
        return LOOK, said, "It lets everybody send in your name: end it with -all or ~all."
    return OK, said, ""


def _dkim(name: str, sending: Sending) -> Iterator[tuple[str, str, Look]]:
    signer = sending.signer
    if signer is not None:
        for key in signer.keys:
            where, wanted = dkim_keys.dns_record(signer, key)
            yield DKIM, where, partial(_dkim_of_ours, where, wanted)
    elif sending.provider == "sendgrid":
        for selector in _SENDGRID_SELECTORS:
            where = f"{selector}._domainkey.{name}"
            yield DKIM, where, partial(_dkim_of_sendgrid, where)
    else:
        todo = "Nothing signs letters here. Set OUTREACH_DKIM_DOMAIN, or let your relay sign them."
        yield DKIM, f"_domainkey.{name}", lambda: (LOOK, "", todo)


def _dkim_of_ours(where: str, wanted: str) -> Verdict:
    said = sender_dns.texts(where)
    if any(one.replace(" ", "") == wanted.replace(" ", "") for one in said):
        return OK, wanted, ""
    level = LOOK if said else MISSING
    return level, "; ".join(said), f"Publish at {where} what `outreach dkim` prints."


def _dkim_of_sendgrid(where: str) -> Verdict:
    said = "; ".join(sender_dns.texts(where))
    if "p=" in said:
        return OK, said, ""
    return MISSING, said, "Authenticate the domain at SendGrid, and publish what it asks for."


def _dmarc(name: str) -> Verdict:
    said = sender_dns.dmarc_record(name)
    if not said:
        return MISSING, "", f"Publish a TXT record at _dmarc.{name}, at least v=DMARC1; p=none."
    return OK, said, ""


def _mx(name: str, what: str) -> Verdict:
    hosts = sender_dns.mail_servers(name)
    if not hosts:
        return MISSING, "", f"{what} have nowhere to go: publish an MX record at {name}."
    return OK, ", ".join(hosts), ""


def _return_path(name: str) -> Verdict:
    level, said, todo = _mx(name, "Bounces")
    if level != OK:
        return level, said, todo
    level, record, todo = _spf(name)
    return level, f"MX {said}; {record or 'no SPF'}", todo
