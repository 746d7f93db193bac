"""`outreach sources check` and its like: what sources say, what is wrong, and what mends it."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

import click
from sqlalchemy.orm import Session

from outreach.blasts.checks_of_citations import quoted_anywhere
from outreach.blasts.revised import take_back
from outreach.cli.context import Context, actor, as_json
from outreach.core.errors import BadInput
from outreach.petitions import queries as petition_queries
from outreach.petitions.library import (
    checks,
    copies,
    look,
    operations,
    queries,
    repairs,
    styles,
)
from outreach.petitions.library.findings import STOP, Finding
from outreach.petitions.library.reading import MAX_FILE
from outreach.petitions.models import Petition

_MARKS = {"stop": "✗", "look": "!", "ok": "✓"}
_DIFFERS = {"same": "{}", "quote": "[-{}-]", "source": "{{+{}+}}"}
id_argument = click.argument("source_id", metavar="ID", type=int)


@click.command()
@click.argument("slug", required=False)
@click.option("--look", "look_", is_flag=True, help="Open the addresses first.")
@as_json
@click.pass_obj
def check(context: Context, slug: str | None, look_: bool, json_: bool) -> None:
    """Check the citations of a petition, or of all; exit code 1 where something stops it."""
    with context.services.db.reading() as session:
        asked = [petition_queries.by_slug(session, slug)] if slug else None
        asked = asked or petition_queries.all_petitions(session)
        ids = [one.source.id for each in asked for one in _cited(session, each)]
    if look_:
        _look(context, list(dict.fromkeys(ids)))
    with context.services.db.reading() as session:
        found = {each.slug: checks.of_petition(session, each) for each in asked}
    if json_:
        context.print_json({one: [f.to_json() for f in every] for one, every in found.items()})
    for name, every in found.items() if not json_ else ():
        context.say(name)
        for finding in every:
            _print(context, finding)
    if any(finding.level == STOP for every in found.values() for finding in every):
        sys.exit(1)


@click.command("look")
@click.argument("source_ids", metavar="ID…", type=int, nargs=-1, required=True)
@click.pass_obj
def look_(context: Context, source_ids: tuple[int, ...]) -> None:
    """Open the addresses of sources now, and keep what they say."""
    _look(context, source_ids)
    with context.services.db.reading() as session:
        for source_id in source_ids:
            source = queries.by_id(session, source_id)
            said = f" {source.look_detail}" if source.look_detail else ""
            context.say(f"Source {source_id} {look.LOOKS[source.look]}.{said}")


@click.command()
@id_argument
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def keep(context: Context, source_id: int, file: Path) -> None:
    """Keep the text of a file (HTML, PDF, plain) as what the source says."""
    content = read_bytes(file)
    with context.services.db.transaction() as session:
        source = queries.by_id(session, source_id, lock=True)
        copy = copies.keep_brought(session, source, by=actor(), file=content, name=file.name)
    context.say(f"Kept: sha256 {copy.sha256}")


@click.command()
@id_argument
@click.pass_obj
def text(context: Context, source_id: int) -> None:
    """Print the newest kept text of a source."""
    with context.services.db.reading() as session:
        found = copies.newest(session, queries.by_id(session, source_id).id)
        if not found:
            raise BadInput(
                f"No text of source {source_id} is kept.",
                hint=f"Run `outreach sources look {source_id}`, or `… keep {source_id} FILE`.",
            )
        context.say(found[-1].text)


@click.command()
@id_argument
@click.argument("verb", type=click.Choice(sorted(repairs.MENDING)))
@click.pass_obj
def mend(context: Context, source_id: int, verb: str) -> None:
    """Do what a check offers: take the new address, the archived copy, the page’s title …"""
    with context.services.db.transaction() as session:
        source = queries.by_id(session, source_id, lock=True)
        repairs.mend(session, source, verb, by=actor())
        line = queries.shown(source)
    context.say(f"Source {source_id}: {line} {source.url or ''}".strip())


@click.command("mend-text")
@click.argument("slug")
@click.argument("verb", type=click.Choice(repairs.OF_TEXT))
@click.argument("label")
@click.pass_obj
def mend_text(context: Context, slug: str, verb: str, label: str) -> None:
    """Mend a text: take a marker (unmark) or a note (drop) out, or say a quotation as its source
    does (requote). LABEL is the note's, or the quoted words."""
    with context.services.db.transaction() as session:
        petition = petition_queries.by_slug(session, slug)
        revision = repairs.mend_text(session, petition, verb, label, by=actor())
        base_url = context.services.base_url
        taken = take_back(session, petition, revision, actor=actor(), base_url=base_url)
    context.say(f"Changed: {revision.fields}. {revision.about_signatures}")
    for blast in taken:
        context.say(f"{blast.name} is a draft again: {blast.why}.")


@click.command("style")
@click.argument("slug")
@click.argument("style", type=click.Choice(sorted(styles.STYLES)))
@click.pass_obj
def style_(context: Context, slug: str, style: str) -> None:
    """Write the notes of a petition in a style; what was signed keeps its words."""
    with context.services.db.transaction() as session:
        petition = petition_queries.by_slug(session, slug)
        operations.set_style(session, petition, style, by=actor())
    context.say(f"Notes of {slug}: {styles.STYLES[style]}")


def read_bytes(file: Path) -> bytes:
    """A file, as far as it may be large. Raises BadInput where it can't be read."""
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_FILE + 1)
    except OSError as error:
        raise BadInput(f"{file} can’t be read: {error.strerror}.", hint="Check it.") from None


def _cited(session: Session, petition: Petition) -> list[checks.Cited]:
    text = petition_queries.current_version(session, petition).text
    return checks.cited_in(session, petition, [text])


def _look(context: Context, source_ids: Sequence[int]) -> None:
    look.look_now(
        context.services.db,
        source_ids,
        by=actor(),
        days=context.services.sources_days,
        loopback=context.services.sources_loopback,
        quotations=quoted_anywhere,
    )


def _print(context: Context, finding: Finding) -> None:
    context.say(f"  {_MARKS[finding.level]} {finding.title}")
    if finding.detail:
        context.say(f"      {finding.detail}")
    if finding.differs:
        said = " ".join(_DIFFERS[kind].format(words) for kind, words in finding.differs)
        context.say(f"      {said}")
    if finding.source_id and finding.repairs:
        verbs = ", ".join(repair.verb for repair in finding.repairs)
        context.say(f"      Source {finding.source_id}; repairs: {verbs}")


COMMANDS = (check, look_, keep, text, mend, mend_text, style_)
