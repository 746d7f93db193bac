"""`outreach pace`, `outreach blasts pace|weight`: how fast letters leave, and in which shares."""

from __future__ import annotations

import click

from outreach.accounts.queries import the_organisation
from outreach.blasts import pace as paces
from outreach.blasts import pause_limits, queries, weights
from outreach.cli.context import Context, actor, as_json
from outreach.mail import pace_scopes as scopes


@click.group("pace")
def pace() -> None:
    """How fast letters leave. PACE is 50/s, 600/min, 3000/h or none."""


@pace.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> None:
    """Every pace and warm-up plan that is set."""
    with context.services.db.reading() as session:
        configured = scopes.configured(context.services.provider)
        found = paces.limits(session, configured=configured)
    if json_:
        context.print_json(found)
        return
    for limit in found:
        settings = ", from the settings" if limit.from_settings else ""
        said = [f"{limit.pace}{settings}"] if limit.pace else []
        if limit.today is not None:
            said.append(f"warm-up: {limit.taken:,} of today’s {limit.today:,} have left")
        elif limit.daily:
            said.append(f"warm-up from {limit.starts_on}: {' '.join(map(str, limit.daily))}")
        if limit.waits_until:
            said.append(f"what is due waits until {limit.waits_until:%Y-%m-%d %H:%M:%S %Z}")
        context.say(f"{limit.scope:<30} {'; '.join(said)}")
    if not found:
        context.say("No pace is set: letters leave as fast as they can.")


@pace.command()
@click.argument("name")
@click.argument("pace")
@click.pass_obj
def domain(context: Context, name: str, pace: str) -> None:
    """Letters to the addresses of a domain, such as gmail.com."""
    _set(context, "domain", name, pace)


@pace.command()
@click.argument("name")
@click.argument("pace")
@click.pass_obj
def relay(context: Context, name: str, pace: str) -> None:
    """Letters by a relay of OUTREACH_SMTP_RELAYS, or by the only one: smtp, sendgrid."""
    _set(context, "relay", name, pace)


@pace.command()
@click.argument("address")
@click.argument("pace")
@click.pass_obj
def sender(context: Context, address: str, pace: str) -> None:
    """Letters from a sender’s address."""
    _set(context, "sender", address, pace)


@pace.command("warm-up")
@click.argument("kind", type=click.Choice(["relay", "sender"]))
@click.argument("name")
@click.argument("daily", nargs=-1)
@click.option("--from", "start", help="The first day, such as 2027-03-21; default: today.")
@click.pass_obj
def warm_up(
    context: Context, kind: str, name: str, daily: tuple[str, ...], start: str | None
) -> None:
    """At most so many letters on the first day, the second, …: 200 500 1000. Without numbers the
    plan ends. Days are those of the organisation’s time zone."""
    numbers = paces.plan(" ".join(daily))
    with context.services.db.transaction() as session:
        scope = paces.named(session, kind, name, context.services.provider)
        first = paces.first_day(session, start or "")
        paces.set_warm_up(session, scope, numbers, first, actor=actor())
    if numbers:
        said = ", ".join(f"{number:,}" for number in numbers)
        context.say(f"Warm-up of {name} from {first}: {said} letters a day, then any number.")
    else:
        context.say(f"{name} has no warm-up plan.")


@pace.command()
@click.option("--bounced", help="Percent; 0: never; empty: as in the settings.")
@click.option("--complained", help="Percent.")
@click.option("--refused", help="Percent.")
@click.option("--letters", help="With fewer letters that have an outcome no blast is paused.")
@as_json
@click.pass_obj
def pausing(context: Context, /, json_: bool, **given: str | None) -> None:
    """From which rates on blasts pause by themselves; sets what is given, and says what holds."""
    changes = {field: value for field, value in given.items() if value is not None}
    with context.services.db.transaction() as session:
        organisation = the_organisation(session)
        pause_limits.edit(session, organisation, changes, actor=actor())
        holds = pause_limits.of_organisation(organisation, context.services.pause_limits)
    if json_:
        context.print_json({**holds.percent, pause_limits.LETTERS: holds.letters})
    else:
        context.say(str(holds))


@click.command("pace")
@click.argument("blast")
@click.argument("pace")
@click.pass_obj
def of_blast(context: Context, blast: str, pace: str) -> None:
    """How fast a blast leaves: 50/s, 600/min, 3000/h or none."""
    per_s = scopes.parsed(pace)
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        paces.set_pace(session, scopes.of_blast(chosen.id), per_s, actor=actor())
    context.say(f"“{chosen.name}” leaves {_at(per_s)}.")


@click.command()
@click.argument("blast")
@click.argument("weight", type=float)
@click.pass_obj
def weight(context: Context, blast: str, weight: float) -> None:
    """A blast’s share beside others that are sending; each has 1 to begin with."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        weights.set_weight(session, chosen, weight, actor=actor())
    context.say(f"“{chosen.name}” has weight {weight:g}.")


def _set(context: Context, kind: str, name: str, text: str) -> None:
    per_s = scopes.parsed(text)
    with context.services.db.transaction() as session:
        scope = paces.named(session, kind, name, context.services.provider)
        paces.set_pace(session, scope, per_s, actor=actor())
    context.say(f"{scopes.letters(scope)} leave {_at(per_s)}.")


def _at(per_s: float | None) -> str:
    return f"at {scopes.in_words(per_s)}" if per_s else "as fast as they can"


COMMANDS = (of_blast, weight)
