"""`outreach blasts schedule|pause|resume|cancel|unknown|silent`: a blast on its way."""

from __future__ import annotations

from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts import holding, queries, schedule
from outreach.blasts.models import Blast
from outreach.blasts.queries import UnknownDelivery
from outreach.cli.context import Context, actor, as_json
from outreach.core.errors import BadInput


@click.command("schedule")
@click.argument("blast")
@click.option("--at", help="When: 2027-03-21T09:00 in the organisation’s zone; default: now.")
@click.pass_obj
def schedule_(context: Context, blast: str, at: str | None) -> None:
    """Let a blast leave, now or at an instant."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        instant = _instant(at, _zone(session, chosen)) if at else None
        schedule.schedule(
            session, chosen, at=instant, actor=actor(), base_url=context.services.base_url
        )
        leaves = chosen.scheduled_for
    context.say(f"“{chosen.name}” leaves at {leaves:%Y-%m-%d %H:%M} UTC.")


@click.command()
@click.argument("blast")
@click.option("--reason", default="", help="Shown on the blast.")
@click.pass_obj
def pause(context: Context, blast: str, reason: str) -> None:
    """Stop a blast; what is with the provider ends, the rest waits."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        schedule.pause(session, chosen, actor=actor(), reason=reason)
    _say(context, f"“{chosen.name}” is paused.", chosen, "pause")


@click.command()
@click.argument("blast")
@click.pass_obj
def resume(context: Context, blast: str) -> None:
    """Go on with a paused blast."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        schedule.resume(session, chosen, actor=actor())
    _say(context, f"“{chosen.name}” is {chosen.state}.", chosen, "resume")


@click.command()
@click.argument("blast")
@click.confirmation_option(prompt="What has not left will never be sent. Cancel it?")
@click.pass_obj
def cancel(context: Context, blast: str) -> None:
    """End a blast for good."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        schedule.cancel(session, chosen, actor=actor())
    _say(context, f"“{chosen.name}” is cancelled.", chosen, "cancel")


@click.command()
@click.argument("blast")
@as_json
@click.pass_obj
def unknown(context: Context, blast: str, json_: bool) -> None:
    """Deliveries that may or may not have left; they are never sent again by themselves."""
    with context.services.db.reading() as session:
        found = queries.unknown(session, queries.named(session, blast))
    _list(context, found, "unknown", json_)


@click.command()
@click.argument("blast")
@click.option(
    "--hours", default=24.0, show_default=True, help="Accepted at least so many hours ago."
)
@as_json
@click.pass_obj
def silent(context: Context, blast: str, hours: float, json_: bool) -> None:
    """Deliveries that the provider accepted and of which nothing was heard since."""
    with context.services.db.reading() as session:
        found = queries.silent(session, queries.named(session, blast), hours=hours)
    _list(context, found, "silent", json_)


def _list(context: Context, found: list[UnknownDelivery], word: str, json_: bool) -> None:
    if json_:
        context.print_json([asdict(delivery) for delivery in found])
        return
    for delivery in found:
        context.say(f"{delivery.delivery_id:>8}  {delivery.address}  {delivery.reason}")
    context.say(f"{len(found):,} {word}.")


def _say(context: Context, done: str, blast: Blast, verb: str) -> None:
    """What was done, and what of it reached letters that were handed over."""
    services = context.services
    reached = holding.reach(services.db, services.provider, blast.id, verb)
    context.say(f"{done} {reached}".strip())


def _zone(session: Session, blast: Blast) -> ZoneInfo:
    return ZoneInfo(session.get_one(Organisation, blast.organisation_id).timezone)


def _instant(text: str, zone: ZoneInfo) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise BadInput(f"“{text}” is no time.", hint="Write 2027-03-21T09:00.") from None
    if instant.tzinfo is None:
        instant = instant.replace(tzinfo=zone)
    return instant.astimezone(UTC)


COMMANDS = (schedule_, pause, resume, cancel, unknown, silent)
