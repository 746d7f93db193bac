"""`outreach reports views`: views of the reports that somebody gave a name."""

from __future__ import annotations

import click

from outreach.accounts.queries import account_by_email
from outreach.analytics.overview import saved
from outreach.cli.context import Context, as_json

_EMAIL = click.argument("email")


@click.group("views")
def views() -> None:
    """Named views of the reports: of the account EMAIL, and those shared with everybody."""


@views.command("list")
@_EMAIL
@as_json
@click.pass_obj
def list_(context: Context, email: str, json_: bool) -> None:
    """The views that EMAIL finds, with their addresses."""
    with context.services.db.reading() as session:
        found = saved.views(session, account_by_email(session, email))
    if json_:
        context.print_json(
            [
                {"name": v.name, "screen": v.screen, "address": v.address, "by": v.by,
                 "shared": v.is_shared, "mine": v.mine}
                for v in found
            ]
        )  # fmt: skip
        return
    for one in found:
        whose = "own" if one.mine else f"shared by {one.by}"
        context.say(f"{one.name}: {one.screen} ({whose})\n  {one.address}")


@views.command("save")
@_EMAIL
@click.argument("name")
@click.argument("screen", type=click.Choice(list(saved.SCREENS)))
@click.argument("query", default="")
@click.option("--shared", is_flag=True, help="With everybody here.")
@click.pass_obj
def save(context: Context, email: str, name: str, screen: str, query: str, shared: bool) -> None:
    """Keep SCREEN with QUERY (an address’s part behind the ?) under NAME, in place of a former."""
    with context.services.db.transaction() as session:
        account = account_by_email(session, email)
        saved.save(session, account, name=name, screen=screen, query=query, shared=shared)
    context.say(f"“{name}” is kept.")


@views.command("share")
@_EMAIL
@click.argument("name")
@click.option("--off", is_flag=True, help="Only EMAIL finds it then.")
@click.pass_obj
def share(context: Context, email: str, name: str, off: bool) -> None:
    """Let everybody here find the view NAME of EMAIL."""
    with context.services.db.transaction() as session:
        view = saved.named(session, account_by_email(session, email), name)
        saved.share(session, view, shared=not off)
    context.say(f"“{name}” is {'not shared any more' if off else 'shared with everybody here'}.")


@views.command("delete")
@_EMAIL
@click.argument("name")
@click.pass_obj
def delete(context: Context, email: str, name: str) -> None:
    """Forget the view NAME of EMAIL."""
    with context.services.db.transaction() as session:
        saved.delete(session, saved.named(session, account_by_email(session, email), name))
    context.say(f"“{name}” is deleted; what it showed stays where it is.")
