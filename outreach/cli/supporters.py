"""outreach supporters: import, export, add, suppress, show."""

from __future__ import annotations

import click

from outreach.accounts import audit
from outreach.cli.context import Context, actor, as_json
from outreach.cli.imports import export, import_, imports, refusals, resume, undo
from outreach.consent import suppression
from outreach.core.errors import NotFound
from outreach.supporters import lists, operations, queries
from outreach.supporters.queries import Profile


@click.group("supporters")
def supporters() -> None:
    """People with an email address: imported, exported, added, suppressed, shown."""


for command in (import_, imports, resume, undo, refusals, export):
    supporters.add_command(command)


@supporters.command()
@click.argument("email", metavar="ADDRESS")
@click.option("--list", "list_name", required=True, help="The list that they join.")
@click.option("--basis", required=True, help="Why this person may be written to.")
@click.option("--first-name", default="")
@click.option("--last-name", default="")
@click.option("--postal-code", default="")
@click.option("--country", default="", help="Two letters, as in ISO 3166-1.")
@click.pass_obj
def add(context: Context, /, list_name: str, basis: str, **person: str) -> None:
    """Put the person at ADDRESS on a list, by hand.

    What is known of somebody stays; what is missing is filled in. Who unsubscribed, or whose
    address is suppressed, is not added.
    """
    with context.services.db.transaction() as session:
        joined = lists.by_name(session, list_name)
        stored, is_new = lists.add_by_hand(session, joined, basis=basis, actor=actor(), **person)
    known = "" if is_new else ", and was known before"
    context.say(f"{stored.email} is on “{joined.name}”{known}. Basis: {basis.strip()}")


@supporters.command()
@click.argument("address")
@as_json
@click.pass_obj
def show(context: Context, address: str, json_: bool) -> None:
    """Show what is kept of the person at ADDRESS, or that nobody is and why not."""
    with context.services.db.reading() as session:
        suppressed = suppression.suppression_of(session, address)
        try:
            found = queries.profile(session, address)
        except NotFound:
            if suppressed is None:
                raise
            if json_:
                context.print_json({"id": None, "suppressed": suppressed.reason})
            else:
                context.say(f"Nobody is stored; the address is suppressed: {suppressed.reason}.")
            return
    if json_:
        context.print_json(_as_json(found))
        return
    for line in _lines(found):
        context.say(line)


@supporters.command()
@click.argument("address")
@click.option(
    "--reason", type=click.Choice(suppression.REASONS), default=suppression.MANUAL,
    show_default=True,
)  # fmt: skip
@click.pass_obj
def suppress(context: Context, address: str, reason: str) -> None:
    """Never write to ADDRESS again, whoever it belongs to."""
    with context.services.db.transaction() as session:
        stored = suppression.suppress(session, address, reason=reason, source=actor())
        subject = f"suppression:{stored.id}"
        audit.record(
            session, actor=actor(), action="suppression.add", subject=subject, reason=reason
        )
        context.say(f"{stored.address} gets no letters any more ({stored.reason}).")


@supporters.command()
@click.argument("address")
@click.pass_obj
def unsuppress(context: Context, address: str) -> None:
    """Allow letters to ADDRESS again, as far as the person's consent does."""
    with context.services.db.transaction() as session:
        found = suppression.suppression_of(session, address)
        suppression.lift(session, address)
        subject = f"suppression:{found.id}" if found else ""
        audit.record(session, actor=actor(), action="suppression.lift", subject=subject)
    context.say("The address is not suppressed any more. The person’s own consent still counts.")


@supporters.command()
@click.option("--page", type=click.IntRange(1), default=1, show_default=True)
@click.pass_obj
def suppressed(context: Context, page: int) -> None:
    """Show suppressed addresses, the latest first."""
    with context.services.db.reading() as session:
        found = suppression.listed(session, page)
    for each in found.rows:
        context.say(f"{each.at:%Y-%m-%d}  {each.reason:<10}  {each.address}  {each.source}")
    context.say(f"Suppressed: {found.total:,}; page {found.number:,} of {found.last:,}.")


@supporters.command()
@click.argument("address")
@click.argument("name")
@click.option("--remove", is_flag=True, help="Take the tag off.")
@click.pass_obj
def tag(context: Context, address: str, name: str, remove: bool) -> None:
    """Put the tag NAME on the person at ADDRESS, or take it off."""
    with context.services.db.transaction() as session:
        person = queries.by_address(session, address)
        (operations.untag if remove else operations.tag)(session, person, name)
        tags = queries.profile(session, address).tags
    context.say(f"Tags: {', '.join(tags) or 'none'}.")


def _lines(found: Profile) -> list[str]:
    person = found.supporter
    known = ("first_name", "last_name", "postal_code", "country", "region", "language", "timezone")
    values = {name: getattr(person, name) for name in known} | person.fields
    lines = [f"{person.email}  (supporter {person.id}, since {person.created_at:%Y-%m-%d})"]
    lines += [f"  {name}: {value}" for name, value in values.items() if value]
    lines += [f"  tag: {name}" for name in found.tags]
    lines += [
        f"  list: {each.list_name}, since {each.member.joined_at:%Y-%m-%d} ({each.member.source})"
        for each in found.memberships
    ]
    lines += [
        f"  {entry.status} ({entry.purpose}) on {entry.at:%Y-%m-%d}: {entry.basis}, {entry.source}"
        for entry in found.consent
    ]
    if found.suppression:
        lines.append(f"  suppressed on {found.suppression.at:%Y-%m-%d}: {found.suppression.reason}")
    return lines


def _as_json(found: Profile) -> dict[str, object]:
    person = found.supporter
    return {
        "id": person.id,
        **{
            name: getattr(person, name)
            for name in ("email", "first_name", "last_name", "postal_code", "country", "region",
                         "language", "timezone", "fields", "created_at")
        },
        "tags": list(found.tags),
        "lists": [
            {"name": p.list_name, "joined_at": p.member.joined_at, "source": p.member.source}
            for p in found.memberships
        ],
        "consent": [
            {"status": e.status, "purpose": e.purpose, "at": e.at, "basis": e.basis,
             "source": e.source, "wording": e.wording}
            for e in found.consent
        ],
        "suppressed": found.suppression.reason if found.suppression else None,
    }  # fmt: skip
