"""`outreach sources`: the library of sources that petitions and letters lean on."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click
import orjson

from outreach.blasts.checks_of_citations import blasts_citing
from outreach.cli.context import Context, actor, as_json, plural
from outreach.cli.sources_check import COMMANDS, id_argument, read_bytes
from outreach.petitions.library import copies, exchange, look, operations, queries, styles
from outreach.petitions.library.reading import decoded
from outreach.petitions.models import Source, SourceText


def _parts(command: Callable[..., None]) -> Callable[..., None]:
    for name, called in reversed(operations.FIELDS.items()):
        option = f"--{name.replace('_', '-')}"
        command = click.option(option, name, help=f"Its {called}.")(command)
    return command


@click.group()
def sources() -> None:
    """Sources: published things that petitions and letters lean on. ID is a source's number."""


@sources.command("list")
@click.argument("words", nargs=-1)
@click.option("--only", type=click.Choice(sorted(queries.FILTERS)), help="Narrow it down.")
@as_json
@click.pass_obj
def list_(context: Context, words: tuple[str, ...], only: str | None, json_: bool) -> None:
    """Sources that have all these words in them, the newest first."""
    with context.services.db.reading() as session:
        found = session.scalars(queries.found(" ".join(words), only or "")).all()
        if json_:
            context.print_json([_summary(source) for source in found])
            return
        for source in found:
            state = look.LOOKS.get(source.look, source.look)
            context.say(f"{source.id:>5}  {queries.shown(source)} ({state})")
    if not found:
        context.say("No source has that in it." if words or only else "No sources yet.")


@sources.command()
@id_argument
@as_json
@click.pass_obj
def show(context: Context, source_id: int, json_: bool) -> None:
    """One source: its parts, where it is used, what was seen at its address, kept copies."""
    with context.services.db.reading() as session:
        source = queries.by_id(session, source_id)
        shown = {
            **_summary(source),
            "uses": [
                {"petition": use.petition.slug, "label": use.label, "note": use.raw}
                for use in queries.uses(session, source)
            ],
            "letters": [blast.name for blast in blasts_citing(session, source)],
            "duplicates": [twin.id for twin in queries.twins(session, source)],
            "copies": [_copy(copy) for copy in copies.copies(session, source)],
        }
        line = queries.shown(source)
    if json_:
        context.print_json(shown)
        return
    context.say(line)
    for name in (*operations.FIELDS, "checked_by", "checked_at", "look", "looked_at"):
        if shown.get(name):
            context.say(f"  {name.replace('_', ' '):<13} {shown[name]}")
    for use in shown["uses"]:
        context.say(f"  used by       {use['petition']} [^{use['label']}]: {use['note']}")
    for name in shown["letters"]:
        context.say(f"  used in       {name}")
    for copy in shown["copies"]:
        context.say(f"  copy          {copy['kept_at']:%Y-%m-%d %H:%M} {copy['origin']} "
                    f"sha256 {copy['sha256'][:16]}…")  # fmt: skip


@sources.command()
@_parts
@click.pass_obj
def add(context: Context, /, **parts: str | None) -> None:
    """Add a source to the library."""
    with context.services.db.transaction() as session:
        given = {name: value for name, value in parts.items() if value is not None}
        source = operations.add(session, given, by=actor())
    context.say(f"Added as source {source.id}. Look at it: outreach sources look {source.id}")


@sources.command()
@id_argument
@_parts
@click.pass_obj
def edit(context: Context, /, source_id: int, **parts: str | None) -> None:
    """Change the parts that are given; an empty one is taken out."""
    with context.services.db.transaction() as session:
        given = {name: value for name, value in parts.items() if value is not None}
        source = queries.by_id(session, source_id, lock=True)
        changed = operations.edit(session, source, given, by=actor())
    context.say(f"Changed: {', '.join(changed) or 'nothing'}.")


@sources.command()
@id_argument
@click.argument("other", type=int)
@click.pass_obj
def merge(context: Context, source_id: int, other: int) -> None:
    """Make two sources one: what leads to OTHER leads to ID, gaps are filled, texts are kept."""
    with context.services.db.transaction() as session:
        into = queries.by_id(session, source_id, lock=True)
        operations.merge(session, into, queries.by_id(session, other, lock=True), by=actor())
    context.say(f"Source {other} is source {source_id} now.")


@sources.command()
@id_argument
@click.pass_obj
def remove(context: Context, source_id: int) -> None:
    """Take a source out of the library that no note leads to."""
    with context.services.db.transaction() as session:
        operations.remove(session, queries.by_id(session, source_id, lock=True), by=actor())
    context.say(f"Source {source_id} is removed.")


@sources.command()
@id_argument
@click.option("--by", required=True, help="Who read it and found what the texts say.")
@click.pass_obj
def vouch(context: Context, source_id: int, by: str) -> None:
    """Note that a person read a source and found in it what the texts claim."""
    with context.services.db.transaction() as session:
        operations.vouch(session, queries.by_id(session, source_id, lock=True), by=by)
    context.say(f"Source {source_id} is checked by {by}.")


@sources.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@as_json
@click.pass_obj
def import_(context: Context, file: Path, json_: bool) -> None:
    """Bring sources in from CSL-JSON, or from plain notes, one on each line."""
    content = decoded(read_bytes(file))
    read = exchange.from_csl if content.lstrip().startswith(("[", "{")) else exchange.from_plain
    if file.suffix.lower() == ".txt":
        read = exchange.from_plain
    with context.services.db.transaction() as session:
        outcome = read(session, content, by=actor())
    if json_:
        shown = {"added": outcome.added, "known": outcome.known, "refused": outcome.refused}
        context.print_json(shown)
        return
    added = plural(len(outcome.added), "source", "sources")
    context.say(f"{added} added, {len(outcome.known):,} known already.")
    for place, why in outcome.refused:
        context.say(f"Refused, number {place}: {why}.")


@sources.command()
@click.option("--plain", is_flag=True, help="Notes, one on each line, instead of CSL-JSON.")
@click.option(
    "--style",
    type=click.Choice([styles.HOUSE, styles.CHICAGO]),
    default=styles.HOUSE,
    help="Of plain notes.",
)
@click.argument("words", nargs=-1)
@click.pass_obj
def export(context: Context, plain: bool, style: str, words: tuple[str, ...]) -> None:
    """Print the sources that have all these words in them as CSL-JSON."""
    with context.services.db.reading() as session:
        found = session.scalars(queries.found(" ".join(words)).order_by(None).order_by(Source.id))
        if plain:
            click.echo(exchange.to_plain(found, style), nl=False)
        else:
            items = [exchange.to_csl(source) for source in found]
            click.echo(orjson.dumps(items, option=orjson.OPT_INDENT_2).decode())


def _summary(source: Source) -> dict[str, Any]:
    names = (*operations.FIELDS, "checked_by", "checked_at", "look", "look_detail", "looked_at")
    return {"id": source.id, **{name: getattr(source, name) for name in (*names, "lost")}}


def _copy(copy: SourceText) -> dict[str, Any]:
    return {
        name: getattr(copy, name)
        for name in ("origin", "name", "sha256", "is_whole", "kept_at", "seen_at", "kept_by")
    }


for command in COMMANDS:
    sources.add_command(command)
