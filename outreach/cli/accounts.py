"""outreach accounts: people who may sign in to the console."""

from __future__ import annotations

import sys
from typing import Any

import click
from sqlalchemy.orm import Session

from outreach.accounts import audit, operations, passwords, queries
from outreach.accounts.models import Organisation
from outreach.accounts.roles import ROLES
from outreach.analytics.digest import digest
from outreach.cli import organisation
from outreach.cli.context import Context, actor, as_json
from outreach.core.address import canonical
from outreach.core.errors import BadInput, Conflict, NotFound


@click.group("accounts")
def accounts() -> None:
    """People who may sign in to the console; the first one makes the organisation."""


accounts.add_command(organisation.organisation)


@accounts.command()
@click.option("--email", help="Address that the person signs in with.")
@click.option("--name", help="The person’s name.")
@click.option("--role", type=click.Choice(ROLES), default="owner", show_default=True)
@click.option("--organisation", help="Only for the first account: who speaks in the letters.")
@click.option("--postal-address", help="Only for the first: the postal address in each letter.")
@click.option("--sender-name", help="Only for the first: the name that letters come from.")
@click.option("--sender-address", help="Only for the first: the address that letters come from.")
@click.option("--timezone", help="Only for the first: such as Europe/Paris. Default: UTC.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def create(
    context: Context,
    email: str | None,
    name: str | None,
    role: str,
    organisation: str | None,
    postal_address: str | None,
    sender_name: str | None,
    sender_address: str | None,
    timezone: str | None,
    password_stdin: bool,
) -> None:
    """Make an account; what is missing is asked for at a terminal."""
    email = canonical(_asked("--email", email, "Email", value_proc=_address))
    name = _asked("--name", name, "Name")
    with context.services.db.reading() as session:
        speaker = _organisation(session)
    given = (
        {}
        if speaker
        else {
            "name": _asked("--organisation", organisation, "Organisation"),
            "postal_address": _asked("--postal-address", postal_address, "Postal address"),
            "sender_name": _asked("--sender-name", sender_name, "Sender’s name"),
            "sender_address": _asked(
                "--sender-address", sender_address, "Sender’s address", value_proc=_address
            ),
            "timezone": timezone or _timezone(),
        }
    )
    password = _password(password_stdin)
    with context.services.db.transaction() as session:
        account = operations.create_account(
            session,
            organisation=_organisation(session) or operations.create_organisation(session, **given),
            email=email,
            name=name,
            role=role,
            password=password,
        )
        _audit(session, "account.create", account.id, role=role)
        context.say(f"{account.email} may sign in as {role} of {account.organisation.name}.")
    context.say(f"The console: {context.settings.base_url}/console/, while `outreach serve` runs.")


@accounts.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> None:
    """Show who may sign in."""
    with context.services.db.reading() as session:
        found = queries.all_accounts(session)
    if json_:
        context.print_json(
            [
                {
                    "email": account.email,
                    "name": account.name,
                    "role": account.role,
                    "disabled_at": account.disabled_at,
                }
                for account in found
            ]
        )
        return
    for account in found:
        closed = "  (disabled)" if account.disabled_at else ""
        context.say(f"{account.role:<11} {account.email}  {account.name}{closed}")
    if not found:
        context.say("No account yet. Make one: outreach accounts create")


@accounts.command()
@click.argument("email")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input.")
@click.pass_obj
def password(context: Context, email: str, password_stdin: bool) -> None:
    """Give the account EMAIL another password; it is signed out everywhere."""
    with context.services.db.reading() as session:
        queries.account_by_email(session, email)
    new = passwords.hashed(_password(password_stdin))
    with context.services.db.transaction() as session:
        account = queries.account_by_email(session, email)
        operations.set_password(session, account, new)
        _audit(session, "password.change", account.id)
        context.say(f"{account.email} has another password and is signed out everywhere.")


@accounts.command()
@click.argument("email")
@click.pass_obj
def disable(context: Context, email: str) -> None:
    """Close the account EMAIL; what the person did stays in the audit log."""
    with context.services.db.transaction() as session:
        account = queries.account_by_email(session, email)
        operations.disable(session, account)
        _audit(session, "account.disable", account.id)
        context.say(f"{account.email} may not sign in any more.")


@accounts.command("digest")
@click.argument("email")
@click.option("--on/--off", "wanted", default=True, show_default=True)
@click.pass_obj
def digest_(context: Context, email: str, wanted: bool) -> None:
    """Send the weekly digest to the account EMAIL on Mondays, or no more."""
    with context.services.db.transaction() as session:
        account = queries.account_by_email(session, email)
        if not wanted:
            digest.stop(session, account.id, actor=actor())
        elif account.disabled_at is not None:
            raise Conflict(
                "This account is closed: it gets no letters. Nothing was changed.",
                hint="See all of them: outreach accounts list",
            )
        else:
            digest.ask(session, account, actor=actor())
    said = "gets the weekly digest from next Monday on" if wanted else "gets no weekly digest"
    context.say(f"{account.email} {said}.")


def _organisation(session: Session) -> Organisation | None:
    try:
        return queries.the_organisation(session)
    except NotFound:
        return None


def _asked(option: str, value: str | None, question: str, **ways: Any) -> str:
    if value is not None:
        return value
    if not sys.stdin.isatty():
        raise BadInput(f"{option} is missing. Nothing was stored.", hint="Give it as an option.")
    answer: str = click.prompt(question, **ways)
    return answer


def _address(typed: str) -> str:
    """What is no address is asked for again at once, not after the last question."""
    try:
        return canonical(typed)
    except BadInput as error:
        raise click.UsageError(error.message) from None


def _timezone() -> str:
    if not sys.stdin.isatty():
        return "UTC"
    answer: str = click.prompt("Time zone, such as Europe/Paris", default="UTC")
    return answer


def _password(from_stdin: bool) -> str:
    if from_stdin:
        return sys.stdin.readline().rstrip("\n")
    if not sys.stdin.isatty():
        raise BadInput(
            "The password is missing. Nothing was stored.",
            hint="Pipe it in and add --password-stdin.",
        )
    answer: str = click.prompt(
        "Password (at least 12 characters)", hide_input=True, confirmation_prompt=True
    )
    return answer


def _audit(session: Session, action: str, account_id: int, **detail: str) -> None:
    subject = f"account:{account_id}"
    audit.record(session, actor=actor(), action=action, subject=subject, **detail)
