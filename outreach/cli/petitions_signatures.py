"""`outreach petitions signatures | grades | invalidate`: who signed, and how sure that is."""

from __future__ import annotations

from pathlib import Path

import click

from outreach.accounts import audit
from outreach.cli.context import Context, actor, as_json, plural
from outreach.cli.petition_texts import suspicion
from outreach.core.errors import BadInput
from outreach.core.files import whole
from outreach.petitions import exports, grades, queries, signing, tally


@click.command()
@click.argument("slug")
@click.option(
    "--csv", "path", type=click.Path(path_type=Path), required=True, help="File to write."
)
@click.pass_obj
def signatures(context: Context, slug: str, path: Path) -> None:
    """Write every signature that counts into a CSV file, addresses too: for yourselves."""
    lines = -1  # the header is not a signature
    with context.services.db.reading() as session:
        petition = queries.by_slug(session, slug)
        if path.exists():
            raise BadInput(
                f"{path} exists already; it was left as it is.", hint="Choose another name."
            )
        with whole(path) as file:
            for line in exports.signer_lines(session, petition):
                file.write(line.encode())
                lines += 1
    context.say(f"{plural(lines, 'signature', 'signatures')} written to {path}")


@click.command("grades")
@click.argument("slug")
@as_json
@click.pass_obj
def grades_(context: Context, slug: str, json_: bool) -> None:
    """How sure the signatures are, and which are suspicious and why; none is taken off by it."""
    with context.services.db.reading() as session:
        petition = queries.by_slug(session, slug)
        counts = grades.counts(session, petition)
        odd = [suspicion(each) for each in grades.suspicious(session, petition)]
    if json_:
        context.print_json({"grades": counts, "suspicious": odd})
        return
    for grade, number in counts.items():
        context.say(f"{number:>9,}  {grade:<11} {grades.GRADES[grade]}")
    for each in odd:
        context.say(f"  {each['signed_at']:%Y-%m-%d %H:%M}  {each['name']} ({each['grade']})")
        for why in each["why"]:
            context.say(f"    {why}")
    if not counts:
        context.say("No signatures yet.")


@click.command()
@click.argument("slug")
@click.argument("email")
@click.option("--reason", required=True, help="Kept with the signature.")
@click.pass_obj
def invalidate(context: Context, slug: str, email: str, reason: str) -> None:
    """Take a signature off, for instance one given in somebody else's name; the count follows."""
    with context.services.db.transaction() as session:
        petition = queries.by_slug(session, slug)
        signature = queries.signature_by_address(session, petition, email)
        signing.invalidate(session, signature, reason)
        audit.record(
            session,
            actor=actor(),
            action="signature.invalidate",
            subject=f"signature:{signature.id}",
            reason=reason,
        )
        count = tally.count(session, petition.id)
    context.say(f"Taken off. {slug} has {plural(count, 'signature', 'signatures')} now.")
