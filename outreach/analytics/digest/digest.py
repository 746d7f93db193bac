"""The weekly digest: who wants it, when it is due, and the letters, one for each person and week.

On Mondays, for the week before. What is due is read from the database, and a letter and the row
that says it was posted are one transaction: called twice, or on two machines, nobody gets two.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.models import Account, Organisation
from outreach.accounts.roles import READ, may
from outreach.analytics.digest import pictures as digest_pictures
from outreach.analytics.digest.models import DigestLetter, DigestReader
from outreach.analytics.digest.week import WEEK, Week, week_of
from outreach.analytics.report.wording import instant
from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail import single

KIND = "digest"
OFF = "digest off"  # purpose of the token that ends it; it opens nothing else
LATE = timedelta(days=2)  # a worker that was away so long posts none for that week

_log = log.get(__name__)


def wants(session: Session, account_id: int) -> bool:
    """Whether this person asked for it."""
    return session.get(DigestReader, account_id) is not None


def ask(session: Session, account: Account, *, actor: str) -> None:
    """Send it to this person from the next Monday on; asking twice changes nothing."""
    if not wants(session, account.id):
        session.add(DigestReader(account_id=account.id))
        audit.record(session, actor=actor, action="digest.start", subject=f"account:{account.id}")


def stop(session: Session, account_id: int, *, actor: str = "") -> None:
    """Send no more of it; where none was sent this changes nothing. No `actor`: by the letter."""
    reader = session.get(DigestReader, account_id)
    if reader is not None:
        session.delete(reader)
        who = actor or session.get_one(Account, account_id).email
        audit.record(session, actor=who, action="digest.stop", subject=f"account:{account_id}")


def due(organisation: Organisation, at: datetime, hour: int) -> tuple[date, datetime] | None:
    """The Monday of the week that is to be told of, and since when; None: nothing is due."""
    zone = ZoneInfo(organisation.timezone)
    local = at.astimezone(zone)
    monday = local.date() - timedelta(days=local.weekday())
    since = datetime.combine(monday, time(hour), zone)
    return (monday - WEEK, since) if since <= at < since + LATE else None


def post_due(
    db: Database, tokens: Tokens, base_url: str, hour: int, stopped: threading.Event
) -> int:
    """Post every digest that is due and not posted; returns how many."""
    posted, at = 0, now()
    with db.reading() as session:
        organisations = session.scalars(select(Organisation).order_by(Organisation.id)).all()
    for organisation in organisations:
        found = due(organisation, at, hour)
        if found is None:
            continue
        monday, since = found
        with db.reading() as session:
            waiting = _waiting(session, organisation, monday, since)
            week = week_of(session, organisation, monday) if waiting else None
        if week is None:
            continue
        pictures = digest_pictures.kept(db, tokens, base_url, organisation, week)
        for account_id in waiting:
            if stopped.is_set():
                return posted
            with db.transaction() as session:
                posted += _post(session, account_id, week, pictures, tokens, base_url)
    if posted:
        _log.info("digests.posted", letters=posted)
    return posted


def _waiting(
    session: Session, organisation: Organisation, monday: date, since: datetime
) -> Sequence[int]:
    """Who asked for it before it was due, may read figures, and has no letter of the week."""
    told = select(DigestLetter.account_id).where(DigestLetter.week == monday)
    found = session.execute(
        select(Account.id, Account.role)
        .join(DigestReader, DigestReader.account_id == Account.id)
        .where(
            Account.organisation_id == organisation.id,
            Account.disabled_at.is_(None),
            DigestReader.since <= since,
            Account.id.not_in(told),
        )
        .order_by(Account.id)
    )
    return [account_id for account_id, role in found if may(role, READ)]


def _post(
    session: Session,
    account_id: int,
    week: Week,
    pictures: Mapping[str, digest_pictures.Shown],
    tokens: Tokens,
    base_url: str,
) -> bool:
    # Behind the lock: another machine may have posted it, its reader may have stopped it.
    account = session.get(Account, account_id, with_for_update=True)
    told = session.get(DigestLetter, (account_id, week.monday))
    if account is None or told or account.disabled_at or not wants(session, account_id):
        return False
    session.add(DigestLetter(account_id=account_id, week=week.monday))
    organisation = session.get_one(Organisation, account.organisation_id)
    off_url = f"{base_url}/digest/{tokens.seal(OFF, account_id)}"
    single.post(
        session,
        organisation_id=organisation.id,
        kind=KIND,
        to_address=account.email,
        to_name=account.name,
        rendered=single.write(
            KIND,
            organisation,
            week=week,
            last=week.growth[-1],
            as_of=instant(week.as_of, week.zone),
            pictures=pictures,
            console=f"{base_url}/console",
            off_url=off_url,
        ),
        way_out=off_url,
    )
    return True
