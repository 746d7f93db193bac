"""`outreach petitions page`, `translations` and `comments`: what a petition's page shows."""

from __future__ import annotations

import tomllib
from dataclasses import asdict, replace
from pathlib import Path
from typing import Any

import click

from outreach.cli.context import Context, actor, as_json
from outreach.core import languages
from outreach.core.errors import BadInput
from outreach.petitions import comments as said
from outreach.petitions import page_settings, queries
from outreach.petitions import translations as translated
from outreach.petitions.comment_models import COMMENT_STATES
from outreach.petitions.page_settings import COMMENTS, SIGNERS
from outreach.petitions.translations import PARTS, Translated


@click.command()
@click.argument("slug")
@click.option("--language", help="Of the original, such as en; empty: the organisation’s.")
@click.option("--letter/--petition", "is_letter", default=None, help="Open letter: To … From ….")
@click.option("--state-text", help="Shown where it can’t be signed; empty: our words.")
@click.option("--comments", type=click.Choice(list(COMMENTS)), help="Whether, and when shown.")
@click.option("--signers", type=click.Choice(list(SIGNERS)), help="How who signed last is shown.")
@click.option(
    "--partner-words",
    type=(str, str),
    multiple=True,
    metavar="PARTNER TEXT",
    help="A partner’s own wording beside its box; empty: none. Repeatable.",
)
@click.option("--embed", multiple=True, help="Origin that may show the form. Repeatable.")
@click.option("--no-embed", is_flag=True, help="Let no other site show the form.")
@as_json
@click.pass_obj
def page(
    context: Context,
    /,
    slug: str,
    partner_words: tuple[tuple[str, str], ...],
    embed: tuple[str, ...],
    no_embed: bool,
    json_: bool,
    **given: Any,
) -> None:
    """Show how a petition's page is set up, or change what is given; the rest stays."""
    changes = {name: value for name, value in given.items() if value is not None}
    if embed or no_embed:
        changes["embed_origins"] = embed
    with context.services.db.transaction() as session:
        petition = queries.by_slug(session, slug)
        settings = page_settings.settings_of(petition)
        if partner_words:
            changes["partner_words"] = {**settings.partner_words, **dict(partner_words)}
        if changes:
            wanted = replace(settings, **changes)
            page_settings.set_page(session, petition, wanted, by=actor())
        found = asdict(page_settings.settings_of(petition))
    if json_:
        context.print_json(found)
        return
    for name, value in found.items():
        context.say(f"{name.replace('_', ' ') + ':':<16}{_line(value)}")


@click.group()
def translations() -> None:
    """A petition in other languages. LANGUAGE is a tag such as es or pt-BR."""


@translations.command("list")
@click.argument("slug")
@as_json
@click.pass_obj
def list_translations(context: Context, slug: str, json_: bool) -> None:
    """The languages of a petition, and which of them its page is offered in."""
    with context.services.db.reading() as session:
        petition = queries.by_slug(session, slug)
        version = queries.current_version(session, petition)
        offered = translated.offered(session, petition, version)
        there = [row.language for row in translated.all_latest(session, petition)]
    rows = [
        {"language": tag, "name": languages.own_name(tag), "offered": tag in offered}
        for tag in dict.fromkeys([offered[0], *there])
    ]
    if json_:
        context.print_json(rows)
        return
    for row in rows:
        why = "" if row["offered"] else "  not offered: of earlier words, or taken away"
        context.say(f"{row['language']:<8}{row['name']}{why}")


@translations.command()
@click.argument("slug")
@click.argument("language")
@as_json
@click.pass_obj
def show(context: Context, slug: str, language: str, json_: bool) -> None:
    """A translation; of a language that there is none in, the original to be translated."""
    with context.services.db.reading() as session:
        petition = queries.by_slug(session, slug)
        stored = translated.latest(session, petition, language)
        version = queries.current_version(session, petition)
        source = stored or translated.read(session, petition, version)
        found = {name: getattr(source, name) for name in PARTS}
    if json_:
        context.print_json(found)
        return
    for name, value in found.items():
        text = "\n".join(value) if name == "targets" else value
        context.say(f"[{name}]\n{text}\n")


@translations.command()
@click.argument("slug")
@click.argument("language")
@click.argument("file", type=click.Path(path_type=Path))
@click.pass_obj
def save(context: Context, slug: str, language: str, file: Path) -> None:
    """Store a translation from a TOML file with headline, targets, statement, body and more."""
    try:
        read = tomllib.loads(file.read_text("utf-8"))
    except OSError as error:
        raise BadInput(f"{file} can’t be read: {error.strerror}.") from None
    except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
        raise BadInput(f"{file} is no TOML in UTF-8: {error}.") from None
    strange = sorted(set(read) - set(PARTS))
    if strange:
        raise BadInput(f"{file} names {strange[0]}.", hint=f"There are: {', '.join(PARTS)}.")
    texts = {name: str(read.get(name, "")) for name in PARTS if name != "targets"}
    given = Translated(**texts, targets=tuple(map(str, read.get("targets", ()))))
    with context.services.db.transaction() as session:
        translated.save(session, queries.by_slug(session, slug), language, given, by=actor())
    context.say(f"{slug} speaks {languages.own_name(language)} now.")


@translations.command()
@click.argument("slug")
@click.argument("language")
@click.pass_obj
def remove(context: Context, slug: str, language: str) -> None:
    """Offer a petition in this language no more; what was signed in it stays."""
    with context.services.db.transaction() as session:
        translated.remove(session, queries.by_slug(session, slug), language, by=actor())
    context.say(f"{slug} speaks {languages.own_name(language)} no more; its signatures stay.")


@click.group()
def comments() -> None:
    """What signers said: read, shown, hidden."""


@comments.command("list")
@click.argument("slug")
@click.option(
    "--state",
    type=click.Choice(sorted(COMMENT_STATES.states)),
    default="waiting",
    show_default=True,
    help="Which ones.",
)
@as_json
@click.pass_obj
def list_comments(context: Context, slug: str, state: str, json_: bool) -> None:
    """Comments in a state, the most reported first."""
    with context.services.db.reading() as session:
        petition = queries.by_slug(session, slug)
        heard = said.to_read(session, petition, state)
        why = said.reasons(session, [one.comment for one in heard])
        rows = [
            {
                "id": one.comment.id,
                "name": one.signature.name,
                "text": one.comment.text,
                "reports": one.comment.reports,
                "reasons": why.get(one.comment.id, []),
                "signature": one.signature.state,
            }
            for one in heard
        ]
    if json_:
        context.print_json(rows)
        return
    for row in rows:
        reported = f", reported {row['reports']} times" if row["reports"] else ""
        context.say(f"{row['id']:>7}  {row['name']}{reported}")
        for line in (*str(row["text"]).splitlines(), *(f"“{x}”" for x in row["reasons"])):  # type: ignore[attr-defined]
            context.say(f"         {line}")
    if not rows:
        context.say(f"No comment is {state}.")


def _decider(verb: str, done: str) -> click.Command:
    @click.argument("slug")
    @click.argument("comment_id", type=int)
    @click.pass_obj
    def decide(context: Context, slug: str, comment_id: int) -> None:
        with context.services.db.transaction() as session:
            petition = queries.by_slug(session, slug)
            comment = said.by_id(session, petition, comment_id)
            said.decide(session, comment, verb, by=actor())
        context.say(f"Comment {comment_id} is {done}.")

    decide.__doc__ = f"Comment COMMENT_ID is {done}; objections until now are settled by it."
    return click.command(verb)(decide)


comments.add_command(_decider("show", "shown"))
comments.add_command(_decider("hide", "hidden"))


def _line(value: object) -> str:
    if isinstance(value, dict):
        return "; ".join(f"{name}: {text}" for name, text in value.items()) or "none"
    if isinstance(value, (list, tuple)):
        return ", ".join(value) or "none"
    if isinstance(value, bool):
        return "yes" if value else "no"
    return str(value) or "none"
