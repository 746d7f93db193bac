"""`outreach mailbox`: the local mailbox, at the terminal."""

from __future__ import annotations

import click

from outreach.cli.context import Context
from outreach.core.errors import NotFound
from outreach.providers.mailbox import Mailbox


@click.group()
def mailbox() -> None:
    """Letters that the local mailbox took."""


@mailbox.command("list")
@click.argument("query", default="")
@click.option("--page", default=1, show_default=True)
@click.pass_obj
def list_(context: Context, query: str, page: int) -> None:
    """Letters, the newest first; QUERY is looked for in recipient and subject."""
    shown = Mailbox(context.services.data_dir / "mailbox").letters(query, page)
    for letter in shown.rows:
        context.say(f"{letter.delivery_id:>9}  {letter.to:<40} {letter.subject}")
    context.say(f"Letters: {shown.total:,}; page {shown.number:,} of {shown.last:,}.")


@mailbox.command()
@click.argument("delivery_id", type=int)
@click.option("--part", type=click.Choice(["text", "html", "source"]), default="text")
@click.pass_obj
def show(context: Context, delivery_id: int, part: str) -> None:
    """One letter."""
    letter = Mailbox(context.services.data_dir / "mailbox").letter(delivery_id)
    if letter is None:
        raise NotFound(f"The mailbox has no letter {delivery_id}.")
    context.say({"text": letter.text, "html": letter.html, "source": letter.source}[part])
