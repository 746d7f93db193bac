"""`outreach blasts schedule|unschedule|pause|resume|cancel|silent`: a blast on its way; and what is
done for those who did not get it (`retry|followup|stop-domain|start-domain`)."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import click
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.blasts import domains, holding, queries, schedule, standing
from outreach.blasts.audience import audience_count
from outreach.blasts.followup import follow_up
from outreach.blasts.models import Blast
from outreach.cli.context import Context, actor, as_json, plural
from outreach.core.errors import BadInput

LONGEST_HOURS = 24 * 36_500


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
        leaves = queries.leaves_at(session, chosen)
        quiet = " when the quiet hours end" if leaves != chosen.scheduled_for else ""
    context.say(f"“{chosen.name}” leaves at {leaves:%Y-%m-%d %H:%M} UTC{quiet}.")


@click.command()
@click.argument("blast")
@click.pass_obj
def unschedule(context: Context, blast: str) -> None:
    """Take a blast that has not started back to a draft."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        schedule.unschedule(session, chosen, actor=actor())
    context.say(f"“{chosen.name}” is a draft again. Nothing was sent.")


@click.command()
@click.argument("blast")
@click.option("--reason", default="", help="Shown on the blast.")
@click.pass_obj
def pause(context: Context, blast: str, reason: str) -> None:
    """Stop a blast; what is with the provider ends, the rest waits."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        in_flight = schedule.pause(session, chosen, actor=actor(), reason=reason)
    flying = plural(in_flight, "letter was", "letters were")
    _say(context, f"“{chosen.name}” is paused. {flying} in flight.", chosen, "pause")


@click.command()
@click.argument("blast")
@click.pass_obj
def resume(context: Context, blast: str) -> None:
    """Go on with a paused blast."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        schedule.resume(session, chosen, actor=actor())
    _say(context, f"“{chosen.name}” is {chosen.state}.", chosen, "resume")


@click.command()
@click.argument("blast")
@click.confirmation_option(prompt="What has not left will never be sent. Cancel it?")
@click.pass_obj
def cancel(context: Context, blast: str) -> None:
    """End a blast for good."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        schedule.cancel(session, chosen, actor=actor())
    _say(context, f"“{chosen.name}” is cancelled.", chosen, "cancel")


@click.command()
@click.argument("blast")
@click.option(
    "--hours", default=24.0, show_default=True, help="Accepted at least so many hours ago."
)
@as_json
@click.pass_obj
def silent(context: Context, blast: str, hours: float, json_: bool) -> None:
    """Deliveries that the provider accepted and of which nothing was heard since."""
    if not 0 <= hours <= LONGEST_HOURS:  # nor “nan”
        raise BadInput(f"{hours:g} is no number of hours.", hint="Write 24, or 0 for all.")
    with context.services.db.reading() as session:
        found = queries.silent(session, queries.named(session, blast), hours=hours)
    if json_:
        context.print_json([asdict(delivery) for delivery in found])
        return
    for delivery in found:
        context.say(f"{delivery.delivery_id:>8}  {delivery.address}  {delivery.reason}")
    context.say(f"{len(found):,} silent.")


@click.command()
@click.argument("blast")
@click.pass_obj
def retry(context: Context, blast: str) -> None:
    """Send letters again that the provider refused for now; those refused for good stay."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        back = standing.retry(session, chosen, actor=actor())
    context.say(standing.sent_again(back, paused=chosen.state == "paused"))


@click.command()
@click.argument("blast")
@click.option("--name", default="", help="Of the new blast; default: the old one’s, follow-up.")
@click.option("--with-unknown", is_flag=True, help="Also to those who may have got it.")
@click.pass_obj
def followup(context: Context, blast: str, name: str, with_unknown: bool) -> None:
    """Draft a blast to those who did not get this one: skipped, refused or cancelled."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        draft = follow_up(session, chosen, actor=actor(), name=name, with_unknown=with_unknown)
        would_get = audience_count(session, draft).would_get
    people = plural(would_get, "person", "people")
    context.say(
        f"Drafted blast {draft.id}, “{draft.name}”, to: {draft.audience}\n"
        f"As it stands, {people} would get it: consent is asked as always. "
        f"Look: outreach blasts preview {draft.id}"
    )


def _of_one_or_all(command: Callable[..., None]) -> Callable[..., None]:
    """BLAST DOMAIN, or --all DOMAIN."""
    words = click.argument("words", nargs=-1, required=True, metavar="[BLAST] DOMAIN")
    for_all = click.option("--all", "for_all", is_flag=True, help="Of all blasts; without BLAST.")
    return words(for_all(command))


@click.command("stop-domain")
@_of_one_or_all
@click.pass_obj
def stop_domain(context: Context, words: tuple[str, ...], for_all: bool) -> None:
    """Hold letters to a domain; all others leave, and they wait until start-domain."""
    with context.services.db.transaction() as session:
        blast, typed = _blast_and_domain(session, words, for_all)
        name = domains.stop(session, blast, typed, actor=actor())
    context.say(f"Letters to {name} are held, of {_whose(blast)}. None is lost.")


@click.command("start-domain")
@_of_one_or_all
@click.pass_obj
def start_domain(context: Context, words: tuple[str, ...], for_all: bool) -> None:
    """Let letters to a domain go that was stopped."""
    with context.services.db.transaction() as session:
        blast, typed = _blast_and_domain(session, words, for_all)
        name = domains.start(session, blast, typed, actor=actor())
    context.say(f"Letters to {name} go again, of {_whose(blast)}.")


def _blast_and_domain(
    session: Session, words: tuple[str, ...], for_all: bool
) -> tuple[Blast | None, str]:
    if len(words) != (1 if for_all else 2):
        raise BadInput(
            "Name a blast and a domain; nothing was changed.",
            hint="outreach blasts stop-domain BLAST example.org, or with --all: only the domain.",
        )
    return None if for_all else queries.named(session, words[0]), words[-1]


def _whose(blast: Blast | None) -> str:
    return f"“{blast.name}”" if blast else "all blasts"


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
        if instant.tzinfo is None:
            instant = instant.replace(tzinfo=zone)
        return instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise BadInput(f"“{text}” is no time.", hint="Write 2027-03-21T09:00.") from None


COMMANDS = (
    *(schedule_, unschedule, pause, resume, cancel, silent),
    *(retry, followup, stop_domain, start_domain),
)
