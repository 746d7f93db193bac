"""`outreach petitions revise`: a text takes the place of the one that is stored."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import click

from outreach.blasts.revised import TakenBack, take_back
from outreach.cli.context import Context, actor, as_json
from outreach.petitions import queries, revising
from outreach.petitions.edition import edition_of, read_into
from outreach.petitions.intake.read import read_petition_file
from outreach.petitions.revising import Revision


@click.command()
@click.argument("slug")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--dry-run", is_flag=True, help="Say what it would change; store nothing.")
@click.option("--reason", default="", help="Why; the page shows it, and a new version needs it.")
@click.option("--goal", type=click.IntRange(0), help="0: the count chooses it. Default: as it is.")
@as_json
@click.pass_obj
def revise(
    context: Context,
    slug: str,
    file: Path,
    dry_run: bool,
    reason: str,
    goal: int | None,
    json_: bool,
) -> None:
    """Put a petition text in the place of the one that is stored.

    FILE is a text as `read` understands it. Headline, statement, text and notes become those of
    the file; addressees, partners, consent line and thanks stay where the file has none. A
    statement, text or note that changes after the first signature makes a new version.
    """
    understanding = read_petition_file(file)
    services = context.services
    with services.db.transaction() as session:
        petition = queries.by_slug(session, slug)
        edition = read_into(edition_of(session, petition), understanding)
        if goal is not None:
            edition = replace(edition, goal=goal)
        why = reason or ("Not stored" if dry_run else "")
        revision = revising.revise(session, petition, edition, by=actor(), reason=why)
        taken = take_back(session, petition, revision, actor=actor(), base_url=services.base_url)
        if dry_run:
            session.rollback()
    if json_:
        context.print_json(_as_json(revision, taken, dry_run))
        return
    _say(context, slug, revision, taken, dry_run)
    for warning in understanding.warnings if revision.changed else ():
        context.say(f"Look at this: {warning}")


def _say(
    context: Context, slug: str, revision: Revision, taken: list[TakenBack], dry_run: bool
) -> None:
    if not revision.changed:
        context.say(f"{slug} stands as it was: the file says the same.")
        return
    would = "would make" if dry_run else "makes"
    version = f"version {revision.version}" if revision.is_new_version else "no new version"
    context.say(f"Changed: {revision.fields}. This {would} {version}.")
    context.say(revision.about_signatures)
    for blast in taken:
        back = "would be a draft again" if dry_run else "is a draft again"
        due = f", due {blast.due:%Y-%m-%d %H:%M} UTC," if blast.due else ""
        context.say(f"The blast “{blast.name}”{due} {back}: {blast.why}.")
    if dry_run:
        context.say("Nothing was stored. Store it: leave out --dry-run.")


def _as_json(revision: Revision, taken: list[TakenBack], dry_run: bool) -> dict[str, Any]:
    return {
        "stored": bool(revision.changed) and not dry_run,
        "changed": list(revision.changed),
        "version": revision.version,
        "new_version": revision.is_new_version,
        "signatures_kept_under": {
            "version": revision.before,
            "signatures": revision.signed.counted,
            "waiting": revision.signed.waiting,
        },
        "drafts_again": [{"blast": one.name, "why": one.why} for one in taken],
    }
