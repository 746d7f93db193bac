"""Who is there: the organisation, accounts, and the account behind a cookie."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence

from sqlalchemy import Select, select
from sqlalchemy.orm import Session, joinedload

from outreach.accounts.models import Account, Organisation, SignIn
from outreach.core.address import canonical
from outreach.core.clock import now
from outreach.core.errors import BadInput, NotFound


def the_organisation(session: Session) -> Organisation:
    """The organisation that this installation speaks for. Raises NotFound before it is made."""
    found = session.scalar(select(Organisation).order_by(Organisation.id).limit(1))
    if found is None:
        raise NotFound(
            "There is no organisation here yet.",
            hint="Make it together with your account: outreach accounts create",
        )
    return found


def all_accounts(session: Session) -> Sequence[Account]:
    """Every account, by address."""
    return session.scalars(select(Account).order_by(Account.email)).all()


def account_by_email(session: Session, email: str) -> Account:
    """The account with this address, in any spelling. Raises NotFound."""
    found = account_or_none(session, email)
    if found is None:
        raise NotFound(
            "No account has this address.", hint="See all of them: outreach accounts list"
        )
    return found


def account_or_none(session: Session, email: str) -> Account | None:
    """The account with this address, in any spelling, if there is one."""
    try:
        address = canonical(email)
    except BadInput:
        return None
    return session.scalar(select(Account).where(Account.email == address))


def account_of(session: Session, cookie: str) -> Account | None:
    """The account that is signed in with this cookie, with its organisation."""
    signed_in = sign_in_of(session, cookie)
    return signed_in.account if signed_in else None


def sign_in_of(session: Session, cookie: str) -> SignIn | None:
    """The sign-in that a cookie stands for: not expired, revoked, or of a disabled account."""
    return session.scalar(
        _open()
        .join(SignIn.account)
        .where(SignIn.digest == digest(cookie), Account.disabled_at.is_(None))
    )


def open_sign_ins(session: Session, account_id: int) -> Sequence[SignIn]:
    """An account's sign-ins that still hold, the latest first."""
    wanted = _open().where(SignIn.account_id == account_id).order_by(SignIn.id.desc())
    return session.scalars(wanted).all()


def digest(cookie: str) -> str:
    """What is kept of a cookie; its 256 random bits need no slow hash."""
    return hashlib.sha256(cookie.encode()).hexdigest()


def _open() -> Select[SignIn]:
    return (
        select(SignIn)
        .where(SignIn.revoked_at.is_(None), SignIn.expires_at > now())
        .options(joinedload(SignIn.account).joinedload(Account.organisation))
    )
