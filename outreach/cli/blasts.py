"""`outreach blasts`: from draft to report."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click
from sqlalchemy import select
from sqlalchemy.orm import Session

from outreach.accounts.queries import the_organisation
from outreach.analytics.drawing.paper import PAPERS
from outreach.analytics.report import plain, reports
from outreach.analytics.report.contest import MEASURES
from outreach.analytics.rollups import proof, rollup
from outreach.blasts import operations, preflight, queries, schedule, variants
from outreach.blasts.compose import Preview, preview
from outreach.blasts.models import Blast
from outreach.cli import comparing, pace, printing, sending, watch
from outreach.cli import variants as drafting
from outreach.cli.context import Context, actor, as_json
from outreach.cli.variants import in_variant, read
from outreach.core.address import canonical
from outreach.core.errors import BadInput, Conflict, NotFound
from outreach.petitions.queries import by_slug
from outreach.supporters.models import Supporter
from outreach.tracking.catch_up import catch_up

_MARKS = {"stop": "STOP", "look": "look", "ok": "ok"}


@click.group()
def blasts() -> None:
    """Blasts: one ask to one audience at one time. BLAST is a name or a number."""


@blasts.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> None:
    """Every blast, the newest first."""
    with context.services.db.reading() as session:
        found = [(b, queries.reason_of(session, b)) for b in queries.all_blasts(session)]
    if json_:
        context.print_json([_summary(blast, reason) for blast, reason in found])
        return
    for blast, reason in found:
        context.say(f"{blast.id:>5}  {blast.state:<10} {blast.name}")
        if reason:
            context.say(f"{'':18}{reason}")
    if not found:
        context.say("No blasts yet. Draft one: outreach blasts create NAME --petition SLUG")


@blasts.command()
@click.argument("name")
@click.option("--petition", "slug", required=True, help="The petition that is asked for.")
@click.option("--audience", default="", help="Rules, as for `outreach segments count`.")
@click.option("--subject", help="Default: the petition’s headline.")
@click.option("--preheader", help="The line behind the subject.")
@click.option("--body", "body_file", type=click.Path(path_type=Path), help="Markdown file.")
@as_json
@click.pass_obj
def create(
    context: Context,
    name: str,
    slug: str,
    audience: str,
    subject: str | None,
    preheader: str | None,
    body_file: Path | None,
    json_: bool,
) -> None:
    """Draft a blast from a petition; what is not given is drafted from its text."""
    with context.services.db.transaction() as session:
        blast = operations.create(
            session,
            organisation=the_organisation(session),
            petition=by_slug(session, slug),
            name=name,
            audience=audience,
            subject=subject,
            preheader=preheader,
            body=read(body_file) if body_file else None,
            late_limit_s=context.services.late_limit_s,
            actor=actor(),
        )
    if json_:
        context.print_json(_summary(blast))
    else:
        context.say(
            f"Drafted blast {blast.id}, “{blast.name}”. Look: outreach blasts preview {blast.id}"
        )


@blasts.command()
@click.argument("blast")
@click.option("--name", help="Another name.")
@in_variant
@click.option("--audience", help="Rules, as for `outreach segments count`.")
@click.option("--subject")
@click.option("--preheader", help="The line behind the subject.")
@click.option("--body", "body_file", type=click.Path(path_type=Path), help="Markdown file.")
@click.option("--sender-name", help="Who writes.")
@click.option("--sender-address")
@as_json
@click.pass_obj
def edit(
    context: Context, /, blast: str, body_file: Path | None, json_: bool, **texts: str | None
) -> None:
    """Change a draft; what is not given stays as it is."""
    given = {name: text for name, text in texts.items() if text is not None}
    if body_file:
        given["body"] = read(body_file)
    if not given.keys() - {"variant"}:
        raise BadInput("Nothing was given to change.", hint="See: outreach blasts edit --help")
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        operations.edit(session, chosen, actor=actor(), **given)
    if json_:
        context.print_json(_summary(chosen))
    else:
        context.say(f"“{chosen.name}” is changed. Look: outreach blasts preview {chosen.id}")


@blasts.command("preview")
@click.argument("blast")
@in_variant
@click.option("--as", "address", help="A supporter’s address; default: somebody unknown.")
@click.option(
    "--part",
    type=click.Choice(["text", "html", "source"]),
    default="text",
    help="What to print.",
)
@as_json
@click.pass_obj
def preview_(
    context: Context,
    blast: str,
    variant: str | None,
    address: str | None,
    part: str,
    json_: bool,
) -> None:
    """The letter as one person would get it."""
    with context.services.db.reading() as session:
        chosen = queries.named(session, blast)
        shown: Preview = preview(
            session,
            chosen,
            variants.named(chosen, variant),
            _supporter(session, address),
            context.services.base_url,
        )
    if json_:
        context.print_json(asdict(shown))
    elif part == "text":
        context.say(f"Subject: {shown.subject}\nPreheader: {shown.preheader}\n\n{shown.text}")
    else:
        context.say(shown.html if part == "html" else shown.source)


@blasts.command("preflight")
@click.argument("blast")
@as_json
@click.pass_obj
def preflight_(context: Context, blast: str, json_: bool) -> None:
    """Check a blast; exit code 2 when something stops it."""
    with context.services.db.reading() as session:
        found = preflight.run(
            session,
            queries.named(session, blast),
            context.services.base_url,
            provider=context.services.provider,
        )
    if json_:
        context.print_json([asdict(finding) for finding in found])
    else:
        for finding in found:
            detail = f": {finding.detail}" if finding.detail else ""
            context.say(f"{_MARKS[finding.level]:<5} {finding.title}{detail}  [{finding.key}]")
    stops = [finding for finding in found if finding.level == "stop"]
    if stops:
        override = "Mend it, or: outreach blasts override BLAST CHECK --reason WHY"
        raise Conflict(
            f"Checks that stop it: {', '.join(dict.fromkeys(stop.key for stop in stops))}.",
            hint=override if all(stop.can_override for stop in stops) else "Mend it.",
        )


@blasts.command()
@click.argument("blast")
@click.argument("check")
@click.option("--reason", required=True, help="Why the check is passed over; kept in the log.")
@click.pass_obj
def override(context: Context, blast: str, check: str, reason: str) -> None:
    """Pass over a check, under your name."""
    with context.services.db.transaction() as session:
        preflight.override(
            session, queries.named(session, blast), check=check, reason=reason, actor=actor()
        )
    context.say(f"{check} is passed over by {actor()}.")


@blasts.command()
@click.argument("blast")
@in_variant
@click.option("--to", "address", help="Where it goes; default: OUTREACH_TEST_SENDS_TO.")
@click.option("--as", "like", help="A supporter’s address: the letter as they would get it.")
@click.pass_obj
def test(
    context: Context, blast: str, variant: str | None, address: str | None, like: str | None
) -> None:
    """Send the letter to one address; its links are not counted."""
    to = address or context.services.test_sends_to
    if not to:
        raise BadInput("No address to send the test to.", hint="Give one with --to.")
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast)
        schedule.send_test(
            session,
            chosen,
            variant=variant,
            address=to,
            like=_supporter(session, like),
            base_url=context.services.base_url,
        )
    context.say("The test letter is in the outbox; it leaves when a worker runs.")


@blasts.command()
@click.argument("blast")
@click.option("--check", is_flag=True, help="Recount from the raw events; exit 1 when unequal.")
@click.option("--pdf", type=click.Path(path_type=Path, dir_okay=False), help="Write it as PDF.")
@click.option("--by", type=click.Choice(list(MEASURES)), default="sign", help="For variants.")
@click.option("--paper", type=click.Choice(PAPERS, case_sensitive=False), help="Default: by place.")
@as_json
@click.pass_obj
def report(
    context: Context,
    blast: str,
    check: bool,
    pdf: Path | None,
    by: str,
    paper: str | None,
    json_: bool,
) -> None:
    """The figures of a blast: people, rates with intervals, machines apart."""
    db = context.services.db
    with db.reading() as session:
        blast_id = queries.named(session, blast).id
    catch_up(db, wait=True)
    differences = proof.check(db, blast_id) if check else []
    rollup.advance(db)  # what no worker has counted yet
    with db.reading() as session:
        figures = reports.blast_report(session, blast_id)
        organisation = the_organisation(session)
    if pdf:
        printing.write(figures, organisation, pdf, paper)
    if json_:
        context.print_json(figures.to_json())
    elif pdf:
        context.say(f"The report is in {pdf}.")
    else:
        context.say(plain.as_text(figures, by=by))
    if differences:
        raise Conflict("The recount differs: " + "; ".join(differences))
    if check and not json_:
        context.say("Recounted from the events: equal.")


def _summary(blast: Blast, reason: str = "") -> dict[str, object]:
    return {
        "id": blast.id,
        "name": blast.name,
        "state": blast.state,
        "reason": reason or None,
        "scheduled_for": blast.scheduled_for,
    }


def _supporter(session: Session, address: str | None) -> Supporter | None:
    if address is None:
        return None
    found = session.scalar(select(Supporter).where(Supporter.address == canonical(address)))
    if found is None:
        raise NotFound(
            f"No supporter has the address {address}.",
            hint="Check how it is spelt, or leave --as away.",
        )
    return found


for command in (comparing.compare, *sending.COMMANDS, *watch.COMMANDS, *pace.COMMANDS):
    blasts.add_command(command)
blasts.add_command(drafting.variants_)
