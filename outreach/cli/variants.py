"""`outreach blasts variants list|add|remove|share|test|choose`: a blast's letters under test."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from outreach.blasts import operations, queries, variants, winner
from outreach.blasts.models import PARTS, Variant
from outreach.cli.context import Context, actor, as_json
from outreach.core.errors import BadInput

in_variant = click.option("--variant", help="Its letter, A, B, …; default: the first.")


@click.group("variants")
def variants_() -> None:
    """The versions of a blast’s letter that are tried against each other.

    Texts of one: outreach blasts edit BLAST --variant B.
    """


@variants_.command("list")
@click.argument("blast")
@as_json
@click.pass_obj
def list_(context: Context, blast: str, json_: bool) -> None:
    """Each variant with its part of the audience, and in what it differs from the first."""
    with context.services.db.reading() as session:
        found = [_told(one) for one in queries.named(session, blast).variants]
    if json_:
        context.print_json(found)
        return
    for one in found:
        differs = ", ".join(one["differs_in"]) or "nothing"
        said = "" if one["variant"] == "A" else f"  (differs in {differs})"
        context.say(f"{one['variant']}  {one['part']:>6.1%}  {one['subject']}{said}")


@variants_.command()
@click.argument("blast")
@click.option("--subject")
@click.option("--preheader", help="The line behind the subject.")
@click.option("--sender-name", help="Who writes.")
@click.option("--body", "body_file", type=click.Path(path_type=Path), help="Markdown file.")
@as_json
@click.pass_obj
def add(
    context: Context, /, blast: str, body_file: Path | None, json_: bool, **texts: str | None
) -> None:
    """One more variant of a draft; what is not given is as in the first one."""
    given = {name: text for name, text in texts.items() if text is not None}
    if body_file:
        given["body"] = read(body_file)
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        added = variants.add(session, chosen, actor=actor())
        operations.edit(session, chosen, variant=added.letter, actor=actor(), **given)
        told = _told(added)
    if json_:
        context.print_json(told)
    else:
        context.say(
            f"Variant {told['variant']} gets {told['part']:.1%} of the audience. "
            f"Look: outreach blasts preview {chosen.id} --variant {told['variant']}"
        )


@variants_.command()
@click.argument("blast")
@click.argument("variant")
@click.pass_obj
def remove(context: Context, blast: str, variant: str) -> None:
    """Take a variant out of a draft; those behind it move up by a letter."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        variants.remove(session, chosen, variant, actor=actor())
        left = ", ".join(one.letter for one in chosen.variants)
    context.say(f"Variant {variant.upper()} is removed. “{chosen.name}” has now: {left}.")


@variants_.command()
@click.argument("blast")
@click.argument("shares", nargs=-1, required=True, metavar="A=1 B=2 …")
@click.pass_obj
def share(context: Context, blast: str, shares: tuple[str, ...]) -> None:
    """Share the audience out in another way: A=1 B=2 gives B twice as many people as A."""
    wanted = dict(map(_share, shares))
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        variants.share(session, chosen, wanted, actor=actor())
        parts = variants.parts_of(chosen)
    context.say(", ".join(f"{letter} {part:.1%}" for letter, part in parts.items()))


@variants_.command()
@click.argument("blast")
@click.option("--percent", type=int, help="How many try the variants; the rest gets the winner.")
@click.option("--all", "everybody", is_flag=True, help="Everybody gets a variant; no winner.")
@click.option("--by", type=click.Choice(winner.MEASURES), default="sign", show_default=True)
@click.option("--after", "after_h", type=int, default=4, show_default=True, help="Hours.")
@click.pass_obj
def test(
    context: Context, blast: str, percent: int | None, everybody: bool, by: str, after_h: int
) -> None:
    """Have a part of the audience try the variants; the best of them goes to the rest."""
    if everybody == (percent is not None):
        raise BadInput("Give either --percent or --all; nothing was changed.")
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        winner.plan(session, chosen, percent=percent, by=by, after_h=after_h, actor=actor())
    if everybody:
        context.say("Everybody gets a variant.")
    else:
        context.say(
            f"{percent} % of the audience try the variants; {after_h} hours after the last of "
            f"their letters left, the one with the best {by} rate goes to the rest."
        )


@variants_.command()
@click.argument("blast")
@click.argument("variant")
@click.pass_obj
def choose(context: Context, blast: str, variant: str) -> None:
    """Send a variant to those who wait for the winner, now."""
    with context.services.db.transaction() as session:
        chosen = queries.named(session, blast, lock=True)
        winner.choose(session, chosen, variant, actor=actor())
    context.say(f"The rest of “{chosen.name}” gets {chosen.winner}.")


def read(path: Path) -> str:
    """The text of a file; raises BadInput where it is none."""
    try:
        return path.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8"
        raise BadInput(
            f"{path} can’t be read: {why}. Nothing was stored.", hint="Give a text file in UTF-8."
        ) from None


def _share(given: str) -> tuple[str, int]:
    letter, _, number = given.partition("=")
    if not letter or not number.isdecimal():
        raise BadInput(f"“{given}” is no share; none was changed.", hint="Write A=1 B=2.")
    return letter.upper(), int(number)


def _told(variant: Variant) -> dict[str, Any]:
    first = variant.blast.variants[0]
    return {
        "variant": variant.letter,
        "share": variant.share,
        "part": variants.parts_of(variant.blast)[variant.letter],
        **{part: variant.says(part) for part in PARTS},
        "differs_in": [part for part in PARTS if variant.says(part) != first.says(part)],
    }
