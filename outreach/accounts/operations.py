"""Organisations and accounts: made, changed, closed."""

from __future__ import annotations

import re
from collections.abc import Mapping
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from sqlalchemy import func, select, update
from sqlalchemy.orm import Session

from outreach.accounts import audit, passwords, quiet
from outreach.accounts.models import Account, Organisation, SignIn
from outreach.accounts.queries import account_or_none, digest
from outreach.accounts.roles import ROLES
from outreach.core import log
from outreach.core.address import canonical
from outreach.core.clock import now
from outreach.core.errors import BadInput, Conflict, FormErrors

LINE_LENGTH = 400

# As people are asked for them, in this order.
ORGANISATION_FIELDS = (
    "name",
    "postal_address",
    "sender_name",
    "sender_address",
    "reply_to",
    "timezone",
    "language",
    "country",
    "quiet_hours",
)
_COUNTRY = re.compile(r"([A-Za-z]{2})?")  # ISO 3166-1
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*")  # the shape of a BCP 47 tag

ORGANISATION_CREATED = "organisation_created"
ORGANISATION_EDITED = "organisation_edited"
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
    country: str = "",
    quiet_hours: str = "",
) -> Organisation:
    """Store who speaks. Raises FormErrors naming each field at fault, Conflict for a taken name."""
    values = _judged(
        session,
        None,
        {
            "name": name,
            "postal_address": postal_address,
            "sender_name": sender_name,
            "sender_address": sender_address,
            "reply_to": reply_to or "",
            "timezone": timezone,
            "language": language,
            "country": country,
            "quiet_hours": quiet_hours,
        },
    )
    organisation = Organisation(**values)
    session.add(organisation)
    session.flush()
    _log.info(ORGANISATION_CREATED, organisation_id=organisation.id)
    return organisation


def edit_organisation(
    session: Session, organisation: Organisation, changes: Mapping[str, str], *, actor: str
) -> list[str]:
    """Change fields of ORGANISATION_FIELDS; returns those that are other than before.

    Raises FormErrors naming each field at fault, Conflict for a taken name; nothing changed then.
    """
    values = _judged(session, organisation, organisation_values(organisation) | dict(changes))
    changed = [field for field in values if values[field] != getattr(organisation, field)]
    for field in changed:
        setattr(organisation, field, values[field])
    session.flush()
    if changed:
        subject = f"organisation:{organisation.id}"
        audit.record(
            session, actor=actor, action="organisation.edit", subject=subject, changed=changed
        )
        _log.info(ORGANISATION_EDITED, organisation_id=organisation.id, changed=changed)
    return changed


def organisation_values(organisation: Organisation) -> dict[str, str]:
    """What a form or a terminal shows of an organisation: each field as text, "" for none."""
    return {field: getattr(organisation, field) or "" for field in ORGANISATION_FIELDS}


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


def _judged(
    session: Session, organisation: Organisation | None, given: Mapping[str, str]
) -> dict[str, str | None]:
    """An organisation's fields as they are stored. Raises FormErrors, Conflict."""
    faults: list[tuple[str, str]] = []
    name = _line(faults, "name", given["name"], "Enter the organisation’s name.")
    sender_name = _line(
        faults, "sender_name", given["sender_name"], "Enter the name that letters come from."
    )
    postal_address = "\n".join(line.strip() for line in given["postal_address"].splitlines())
    postal_address = postal_address.strip()
    if not postal_address:
        faults.append(("postal_address", "Enter the postal address: each letter has to show it."))
    elif not postal_address.replace("\n", "").isprintable():
        faults.append(("postal_address", "Enter the postal address without control characters."))
    sender_address = _address(faults, "sender_address", given["sender_address"])
    reply_to = _address(faults, "reply_to", given["reply_to"]) if given["reply_to"] else None
    try:
        ZoneInfo(given["timezone"])
    except (ZoneInfoNotFoundError, ValueError):
        faults.append(("timezone", "Enter a time zone like Europe/Paris or UTC."))
    if _LANGUAGE.fullmatch(given["language"]) is None:
        faults.append(("language", "Enter a language like en or pt-BR."))
    if not _COUNTRY.fullmatch(given["country"]):
        faults.append(("country", "Enter a country’s two letters like US, or nothing."))
    quiet_hours = None
    try:
        quiet_hours = quiet.judged(given["quiet_hours"])
    except ValueError:
        faults.append(("quiet_hours", "Enter quiet hours like 21:00-08:00, or nothing."))
    if faults:
        raise FormErrors(faults)
    taken = session.scalar(select(Organisation.id).where(Organisation.name == name))
    if taken is not None and (organisation is None or taken != organisation.id):
        raise Conflict("An organisation of this name exists already.", field="name")
    return {
        "name": name,
        "postal_address": postal_address,
        "sender_name": sender_name,
        "sender_address": sender_address,
        "reply_to": reply_to,
        "timezone": given["timezone"],
        "language": given["language"],
        "country": given["country"].upper(),
        "quiet_hours": quiet_hours,
    }


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
