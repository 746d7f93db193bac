"""Organisations and accounts: made, changed, closed."""

from __future__ import annotations

from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.accounts import passwords
from outreach.accounts.models import Account, Organisation, SignIn
from outreach.accounts.queries import account_or_none, digest
from outreach.accounts.roles import ROLES
from outreach.core import log
from outreach.core.address import canonical
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict, FormErrors

LINE_LENGTH = 400

ORGANISATION_CREATED = "organisation_created"
ACCOUNT_CREATED = "account_created"
ACCOUNT_DISABLED = "account_disabled"
PASSWORD_CHANGED = "password_changed"

_log = log.get(__name__)


def create_organisation(
    session: Session,
    *,
    name: str,
    postal_address: str,
    sender_name: str,
    sender_address: str,
    reply_to: str | None = None,
    timezone: str = "UTC",
    language: str = "en",
) -> Organisation:
    """Store who speaks. Raises FormErrors naming each field at fault, Conflict for a taken name."""
    faults: list[tuple[str, str]] = []
    name = _line(faults, "name", name, "Enter the organisation’s name.")
    sender_name = _line(
        faults, "sender_name", sender_name, "Enter the name that letters come from."
    )
    if not postal_address.strip():
        faults.append(("postal_address", "Enter the postal address: each letter has to show it."))
    sender_address = _address(faults, "sender_address", sender_address)
    reply_to = _address(faults, "reply_to", reply_to) if reply_to else None
    try:
        ZoneInfo(timezone)
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(("timezone", "Enter a time zone like Europe/Paris or UTC."))
    if faults:
        raise FormErrors(faults)
    if session.scalar(select(Organisation.id).where(Organisation.name == name)):
        raise Conflict("An organisation of this name exists already.", field="name")
    organisation = Organisation(
        name=name,
        postal_address=postal_address.strip(),
        sender_name=sender_name,
        sender_address=sender_address,
        reply_to=reply_to,
        timezone=timezone,
        language=language,
    )
    session.add(organisation)
    session.flush()
    _log.info(ORGANISATION_CREATED, organisation_id=organisation.id)
    return organisation


def create_account(
    session: Session,
    *,
    organisation: Organisation,
    email: str,
    name: str,
    role: str,
    password: str,
) -> Account:
    """Store a person who may sign in. Raises FormErrors, or Conflict for a taken address."""
    faults: list[tuple[str, str]] = []
    address = _address(faults, "email", email)
    name = _line(faults, "name", name, "Enter the person’s name.")
    if role not in ROLES:
        faults.append(("role", f"Choose a role: {', '.join(ROLES)}."))
    if faults:
        raise FormErrors(faults)
    if account_or_none(session, address):
        raise Conflict(
            "An account with this address exists already.",
            hint=f"To change its password: outreach accounts password {address}",
            field="email",
        )
    account = Account(
        organisation=organisation,
        email=address,
        name=name,
        role=role,
        password_hash=passwords.hashed(password),
    )
    session.add(account)
    session.flush()
    _log.info(ACCOUNT_CREATED, account_id=account.id, role=role)
    return account


def set_password(session: Session, account: Account, password_hash: str, *, keep: str = "") -> None:
    """Give an account another password and end its sign-ins, but for the one of cookie `keep`.

    `password_hash` comes from `passwords.hashed`, made before the transaction: it takes its time.
    """
    account.password_hash = password_hash
    _end_sign_ins(session, account, keep=keep)
    _log.info(PASSWORD_CHANGED, account_id=account.id)


def disable(session: Session, account: Account) -> None:
    """Close an account and end its sign-ins. Raises Conflict for the last owner."""
    others = select(func.count()).where(
        Account.role == "owner", Account.disabled_at.is_(None), Account.id != account.id
    )
    if account.role == "owner" and not session.scalar(others):
        raise Conflict(
            "This is the last owner; without one nobody can manage accounts. Nothing was changed.",
            hint="Create another owner first.",
        )
    account.disabled_at = account.disabled_at or now()
    _end_sign_ins(session, account)
    _log.info(ACCOUNT_DISABLED, account_id=account.id)


def _end_sign_ins(session: Session, account: Account, *, keep: str = "") -> None:
    session.flush()
    session.execute(
        update(SignIn)
        .where(
            SignIn.account_id == account.id,
            SignIn.revoked_at.is_(None),
            SignIn.digest != digest(keep),
        )
        .values(revoked_at=now())
    )


def _line(faults: list[tuple[str, str]], field: str, value: str, missing: str) -> str:
    text = value.strip()
    if not text:
        faults.append((field, missing))
    elif not text.isprintable() or len(text) > LINE_LENGTH:
        # Names go into letter headers: a line break there would be a header of its own.
        faults.append((field, f"Enter one line of at most {LINE_LENGTH} characters."))
    return text


def _address(faults: list[tuple[str, str]], field: str, value: str) -> str:
    try:
        return canonical(value)
    except BadInput as error:
        faults.append((field, error.message))
        return ""
