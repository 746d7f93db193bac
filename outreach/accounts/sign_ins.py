"""Signing in and out, and one's own password.

A password takes as long to check as its hash was made to take, so no transaction is open
meanwhile: on SQLite everybody else would wait for it to write.
"""

from __future__ import annotations

import secrets
from datetime import timedelta

from sqlalchemy import update
from sqlalchemy.orm import Session

from outreach.accounts import audit, passwords
from outreach.accounts.models import Account, SignIn
from outreach.accounts.operations import set_password
from outreach.accounts.queries import account_or_none, digest
from outreach.core import log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput, NotAllowed, NotFound

SIGN_IN_DAYS = 14

SIGNED_IN = "signed_in"
SIGN_IN_FAILED = "sign_in_failed"

_log = log.get(__name__)


def sign_in(db: Database, *, email: str, password: str) -> tuple[SignIn, str]:
    """Open a session of 14 days; returns it with the cookie's value, which is kept nowhere.

    Raises NotAllowed, in the same words and time whether the account, the password or both are
    wrong, so that nobody can try out who has an account.
    """
    with db.reading() as session:
        known = account_or_none(session, email)
    stored = known.password_hash if known and known.disabled_at is None else None
    if not passwords.matches(stored, password) or known is None or stored is None:
        raise _refused()
    newer = passwords.hashed(password) if passwords.outdated(stored) else stored
    cookie = secrets.token_urlsafe(32)
    with db.transaction() as session:
        account = session.get_one(Account, known.id)
        if account.password_hash != stored or account.disabled_at is not None:
            raise _refused()  # changed or closed while the password was checked
        account.password_hash = newer
        signed_in = SignIn(
            account=account,
            digest=digest(cookie),
            expires_at=now() + timedelta(days=SIGN_IN_DAYS),
        )
        session.add(signed_in)
    _log.info(SIGNED_IN, account_id=known.id)
    return signed_in, cookie


def sign_out(session: Session, cookie: str) -> None:
    """End the session of a cookie; a cookie that opens nothing is no error."""
    session.execute(
        update(SignIn)
        .where(SignIn.digest == digest(cookie), SignIn.revoked_at.is_(None))
        .values(revoked_at=now())
    )


def revoke(session: Session, *, account_id: int, sign_in_id: int) -> None:
    """End one of an account's own sign-ins. Raises NotFound for anyone else’s."""
    signed_in = session.get(SignIn, sign_in_id)
    if signed_in is None or signed_in.account_id != account_id:
        raise NotFound("This sign-in does not exist.")
    signed_in.revoked_at = signed_in.revoked_at or now()
    session.flush()


def change_password(db: Database, *, account_id: int, old: str, new: str, keep: str = "") -> None:
    """What a person does for themself: the old password proves that it is them.

    Every sign-in ends but the one of cookie `keep`. Raises BadInput at field `old` or `new`.
    """
    with db.reading() as session:
        stored = session.get_one(Account, account_id).password_hash
    if not passwords.matches(stored, old):
        raise _not_present()
    password_hash = passwords.hashed(new, field="new")
    with db.transaction() as session:
        account = session.get_one(Account, account_id)
        if account.password_hash != stored:
            raise _not_present()  # changed elsewhere while this one was checked
        set_password(session, account, password_hash, keep=keep)
        subject = f"account:{account_id}"
        audit.record(session, actor=account.email, action="password.change", subject=subject)


def _refused() -> NotAllowed:
    _log.info(SIGN_IN_FAILED)
    return NotAllowed(
        "This address and this password do not belong together.",
        hint="Try again, or ask an owner of the organisation for a new password.",
    )


def _not_present() -> BadInput:
    return BadInput("This is not your present password. Nothing was changed.", field="old")
