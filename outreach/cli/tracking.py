"""`outreach tracking`: human or machine, and the rules by which that is judged."""

from __future__ import annotations

import sys
import time
from collections import Counter
from typing import IO, Any

import click
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
from rich.progress import Progress as Bar

from outreach.accounts.queries import the_organisation
from outreach.cli.context import Context, actor, as_json, plural
from outreach.core.errors import BadInput
from outreach.supporters import queries
from outreach.tracking import history, own_rules, rejudge, request_log, rules
from outreach.tracking.catch_up import catch_up
from outreach.tracking.evidence import EVIDENCE, WHY
from outreach.tracking.request_log import Judged, Refused
from outreach.tracking.rules import AS_THEY_COME

LINE_EVERY_S = 5.0  # where nobody can redraw
INTERRUPTED = 130  # what shells expect after Ctrl-C
BAD_LINES = 2


@click.group("tracking")
def tracking() -> None:
    """Human or machine: try the rules on a log, change them, judge all history anew."""


@tracking.command()
@click.argument("file", type=click.File("rb"))
@click.option("--own-rules", is_flag=True, help="By the organisation’s own rules, as events are.")
@as_json
@click.pass_obj
def judge(context: Context, file: IO[bytes], own_rules: bool, json_: bool) -> None:
    """Judge requests from JSON lines (FILE, or - for standard input); stores nothing.

    For each: its class (human, machine, machine_open, proxy_open, unknown) and the evidence. Lines
    that can't be read are named on standard error, the others are judged; the exit code is 2 then.
    """
    by = AS_THEY_COME
    if own_rules:
        with context.services.db.reading() as session:
            by = rules.of_organisation(the_organisation(session))
    classes: Counter[str] = Counter()
    shown, refused = [], 0
    for each in request_log.judged(file, by):
        if isinstance(each, Refused):
            refused += 1
            click.echo(f"Error: line {each.line:,}: {each.reason}", err=True)
            continue
        classes[each.verdict] += 1
        if json_:
            shown.append(_as_json(each))
        else:
            context.say(_line(each))
    if json_:
        context.print_json(shown)
    else:
        counts = ", ".join(f"{number:,} {name}" for name, number in classes.most_common())
        judged = plural(classes.total(), "request", "requests")
        click.echo(f"{judged} judged{': ' if counts else ''}{counts}.", err=True)
    if refused:
        click.echo(f"{plural(refused, 'line', 'lines')} could not be read.", err=True)
        sys.exit(BAD_LINES)


@tracking.command("evidence")
@as_json
@click.pass_obj
def evidence_(context: Context, json_: bool) -> None:
    """The evidence with its weights: from 3 on a machine, 2 unknown, less a person."""
    with context.services.db.reading() as session:
        own = rules.of_organisation(the_organisation(session))
    if json_:
        rows = [
            {"name": e.name, "weight": own.weight(e.name), "default": e.weight, "why": e.why}
            for e in EVIDENCE
        ]
        context.print_json(rows)
        return
    for each in EVIDENCE:
        weight = own.weight(each.name)
        said = "" if weight == each.weight else f" (own weight, otherwise {each.weight})"
        context.say(f"{weight or 'off':>4}  {each.name:<20} {each.why}{said}")


@tracking.command("rules")
@as_json
@click.pass_obj
def show_rules(context: Context, json_: bool) -> None:
    """The organisation’s own rules, over the weights of `outreach tracking evidence`."""
    with context.services.db.reading() as session:
        values = own_rules.values(the_organisation(session))
    if json_:
        context.print_json({name: lines.splitlines() for name, lines in values.items()})
        return
    for name, lines in values.items():
        for line in lines.splitlines():
            context.say(f"{name.replace('_', ' ') + ':':<16} {line}")
    if not any(values.values()):
        context.say("No rules of its own: everything is judged as it comes.")


@tracking.command("rule")
@click.argument("field", type=click.Choice(own_rules.FIELDS))
@click.argument("line")
@click.option("--remove", is_flag=True, help="Take this line away.")
@click.pass_obj
def change_rule(context: Context, field: str, line: str, remove: bool) -> None:
    """Add a line to the organisation's own rules, or take it away.

    weights "early 0" (0 or off: without it), machine_agents "Acme Scan", reader_agents "AcmePhone",
    networks 203.0.113.0/24.
    """
    line = line.strip()
    with context.services.db.transaction() as session:
        organisation = the_organisation(session)
        lines = own_rules.values(organisation)[field].splitlines()
        kept = [each for each in lines if _key(field, each) != _key(field, line)]
        if remove and len(kept) == len(lines):
            raise BadInput(f"“{line}” is no such rule.", hint="See them: outreach tracking rules")
        after = kept if remove else [*kept, line]
        changed = own_rules.edit(
            session,
            organisation,
            {field: "\n".join(after)},
            secret=context.services.secret,
            actor=actor(),
        )
    if not changed:
        context.say("That is what it was: nothing changed.")
        return
    context.say("Changed. Events to come are judged by it; those stored:")
    context.say("outreach tracking rejudge")


@tracking.command("rejudge")
@click.option("--anew", is_flag=True, help="From the beginning, even if a run was stopped.")
@as_json
@click.pass_obj
def rejudge_(context: Context, anew: bool, json_: bool) -> None:
    """Judge all history by the rules of now; figures follow. A stopped run is gone on with."""
    console = Console(stderr=True, highlight=False)
    runs = rejudge.run_all(context.services.db, actor=actor(), anew=anew)
    last, said = None, time.monotonic()
    try:
        with Bar(
            TextColumn("Judged"),
            BarColumn(),
            MofNCompleteColumn(),
            TimeRemainingColumn(),
            console=console,
            disable=not console.is_terminal,
        ) as bar:
            task = bar.add_task("judge", total=None)
            for last in runs:
                bar.update(task, completed=last.judged, total=max(last.total, last.judged))
                if not console.is_terminal and time.monotonic() - said >= LINE_EVERY_S:
                    click.echo(f"{last.judged:,} of {last.total:,} events judged.", err=True)
                    said = time.monotonic()
    except KeyboardInterrupt:
        click.echo("Stopped; what is judged stays. The same command goes on.", err=True)
        sys.exit(INTERRUPTED)
    assert last is not None
    if json_:
        context.print_json(last)
        return
    context.say(
        f"{plural(last.judged, 'event', 'events')} judged; {last.changed:,} with another class now."
    )


@tracking.command("events")
@click.argument("address")
@as_json
@click.pass_obj
def events_(context: Context, address: str, json_: bool) -> None:
    """The latest events of the person at ADDRESS, with their class and why, newest first."""
    catch_up(context.services.db, wait=True)
    with context.services.db.reading() as session:
        seen = history.of_supporter(session, queries.by_address(session, address).id)
    if json_:
        context.print_json(seen)
        return
    for each in seen:
        what = f"{each.kind} {each.place}".strip()
        context.say(f"{each.at:%Y-%m-%d %H:%M:%S}  {each.verdict or '-':<13} {what}")
        for reason in each.reasons:
            context.say(f"{'':21}{reason.weight:+d} {reason.why}")
    if not seen:
        context.say("Nothing was seen of this person yet.")


def _line(judged: Judged) -> str:
    evidence = ", ".join(f"{each['name']} {each['weight']:+d}" for each in judged.evidence)
    return f"{judged.id:<12} {judged.verdict:<13} {evidence or 'nothing speaks for a machine'}"


def _as_json(judged: Judged) -> dict[str, Any]:
    evidence = [{**each, "why": WHY[each["name"]]} for each in judged.evidence]
    return {
        "line": judged.line,
        "id": judged.id,
        "class": judged.verdict,
        "evidence": evidence,
    }


def _key(field: str, line: str) -> str:
    return line.split(" ")[0] if field == "weights" else line
