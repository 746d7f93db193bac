"""`outreach petitions`: read and import texts, open and close pages, get signatures as a file."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.accounts.queries import the_organisation
from outreach.cli.context import Context, actor, as_json, plural
from outreach.cli.petition_texts import (
    print_petition,
    print_understanding,
    summary,
    understanding_json,
)
from outreach.cli.petitions_deliver import deliver
from outreach.cli.petitions_page import comments, page, translations
from outreach.cli.petitions_recount import recount
from outreach.cli.petitions_referrals import referrals
from outreach.cli.petitions_revise import revise
from outreach.cli.petitions_signatures import grades_, invalidate, signatures
from outreach.core.errors import BadInput
from outreach.petitions import (
    checking,
    citations,
    operations,
    queries,
)
from outreach.petitions.intake.formats import read_text_file
from outreach.petitions.intake.read import read_petition_file, read_whatever
from outreach.petitions.intake.rewritten import as_markdown
from outreach.petitions.models import Petition
from outreach.petitions.pages import Pages

file_argument = click.argument("file", type=click.Path(path_type=Path))


@click.group()
def petitions() -> None:
    """Petitions: texts that people put their name under. SLUG is the end of the page's address."""


@petitions.command()
@file_argument
@click.option("--markdown", is_flag=True, help="Print it in the form that is read back as it is.")
@as_json
@click.pass_obj
def read(context: Context, file: Path, markdown: bool, json_: bool) -> None:
    """Show what is understood of a petition text, where it stands, how sure; stores nothing."""
    understanding = read_petition_file(file)
    if markdown:
        click.echo(as_markdown(understanding), nl=False)
    elif json_:
        context.print_json(understanding_json(understanding))
    else:
        print_understanding(context.say, understanding)


@petitions.command("import")
@file_argument
@click.option("--publish", is_flag=True, help="Open the page at once; otherwise a draft is kept.")
@click.option("--slug", help="Default: made of the headline.")
@click.option("--goal", type=click.IntRange(0), default=0, help="0: the count chooses it.")
@click.option("--keep", is_flag=True, help="Keep a text without headline or statement as a draft.")
@as_json
@click.pass_obj
def import_(
    context: Context,
    file: Path,
    publish: bool,
    slug: str | None,
    goal: int,
    keep: bool,
    json_: bool,
) -> None:
    """Store a petition text with its notes; all of it or, after an error, nothing."""
    text = read_text_file(file)
    understanding, missing = read_whatever(text)
    if missing and not keep:
        hint = f"{missing.hint} Or keep it as it is, as a draft: --keep."
        raise BadInput(missing.message, hint=hint)
    with context.services.db.transaction() as session:
        organisation = the_organisation(session)
        petition = operations.create_from(
            session,
            organisation,
            understanding,
            slug=slug,
            goal=goal,
            pasted=text,
            unfinished=missing is not None,
        )
        _record(session, "petition.import", petition)
        if publish:
            operations.publish(session, petition)
            _record(session, "petition.publish", petition)
        shown = _summary(context, session, petition)
        speaker, twins = organisation.name, queries.twins(session, petition)
    if json_:
        context.print_json({**shown, "warnings": list(understanding.warnings)})
        return
    context.say(f"Stored as {shown['slug']} ({shown['state']}), {shown['notes']} notes.")
    if understanding.organisation and understanding.organisation != speaker:
        context.say(f"The text speaks for {understanding.organisation}; the page for {speaker}.")
    if twins:
        context.say(f"Look at this: its headline is also that of {', '.join(twins)}")
    if missing:
        context.say(f"Look at this: {missing.message} All that the file holds was kept.")
    for warning in understanding.warnings:
        context.say(f"Look at this: {warning}")
    _say_next(context, shown)


@petitions.command("list")
@as_json
@click.pass_obj
def list_(context: Context, json_: bool) -> None:
    """Every petition, the newest first."""
    with context.services.db.reading() as session:
        found = [
            _summary(context, session, petition) for petition in queries.all_petitions(session)
        ]
    if json_:
        context.print_json(found)
        return
    for row in found:
        context.say(f"{row['signatures']:>9,}  {row['state']:<10} {row['slug']}")
    if not found:
        context.say("No petitions yet. Bring one in: outreach petitions import FILE")


@petitions.command()
@click.argument("slug")
@as_json
@click.pass_obj
def show(context: Context, slug: str, json_: bool) -> None:
    """One petition: state, count, wording in force, notes by number."""
    with context.services.db.reading() as session:
        petition = queries.by_slug(session, slug)
        shown = _summary(context, session, petition)
        if json_:
            version = queries.current_version(session, petition)
            wording = {"statement": version.statement, "body": version.body}
            notes = citations.notes_of(session, petition, version.text)
            found = [note.to_json() for note in notes]
            context.print_json({**shown, **wording, "citations": found})
        else:
            print_petition(context.say, session, petition, shown)


@petitions.command()
@click.argument("slug")
@click.option("--by", default="", help="Who passes over the checks that stop it.")
@click.option("--reason", default="", help="Why they may be passed over.")
@click.pass_obj
def publish(context: Context, slug: str, by: str, reason: str) -> None:
    """Open a petition for signatures; doing it twice does no harm."""
    _move(context, slug, "publish", partial(operations.publish, by=by, reason=reason))
    context.say(f"{slug} is open; its page takes signatures.")


@petitions.command()
@click.argument("slug")
@click.option("--by", required=True, help="Who read the sources and found what the text says.")
@click.pass_obj
def check(context: Context, slug: str, by: str) -> None:
    """Vouch for the sources of a petition; blasts that lean on unchecked ones don't leave."""
    with context.services.db.transaction() as session:
        number = checking.mark_checked(session, queries.by_slug(session, slug), by=by)
    context.say(f"{plural(number, 'source is', 'sources are')} checked by {by}.")


@petitions.command()
@click.argument("slug")
@click.pass_obj
def pause(context: Context, slug: str) -> None:
    """Stop signing for a while; every signature is kept."""
    _move(context, slug, "pause", operations.pause)
    context.say(f"{slug} is paused; every signature is kept, its page takes none for now.")


@petitions.command()
@click.argument("slug")
@click.pass_obj
def close(context: Context, slug: str) -> None:
    """End signing; every signature is kept and the page stays readable."""
    _move(context, slug, "close", operations.close)
    context.say(f"{slug} is closed; every signature is kept, the page stays readable.")


@petitions.command()
@click.argument("slug")
@click.pass_obj
def archive(context: Context, slug: str) -> None:
    """Put a closed petition away; its page stays readable, and search engines are sent off."""
    _move(context, slug, "archive", operations.archive)
    context.say(f"{slug} is archived; its page says so and stays readable.")


def _move(
    context: Context, slug: str, verb: str, operation: Callable[[Session, Petition], None]
) -> None:
    with context.services.db.transaction() as session:
        petition = queries.by_slug(session, slug)
        operation(session, petition)
        _record(session, f"petition.{verb}", petition)


def _record(session: Session, action: str, petition: Petition) -> None:
    audit.record(session, actor=actor(), action=action, subject=f"petition:{petition.slug}")


def _summary(context: Context, session: Session, petition: Petition) -> dict[str, Any]:
    pages = Pages(context.services.tokens, context.services.base_url)
    return summary(session, petition, pages.petition(petition.slug))


def _say_next(context: Context, shown: dict[str, Any]) -> None:
    if shown["state"] == "published":
        context.say(f"Its page: {shown['url']}")
    else:
        context.say(f"Open it when it reads right: outreach petitions publish {shown['slug']}")


_ABOUT_SIGNERS = (signatures, grades_, invalidate, deliver, referrals, recount)
for _command in (revise, page, translations, comments, *_ABOUT_SIGNERS):
    petitions.add_command(_command)
