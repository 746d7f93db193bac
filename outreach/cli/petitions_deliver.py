"""`outreach petitions deliver`: signatures for the targets, in instalments, as CSV and PDF."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any

import click
from sqlalchemy.orm import Session

from outreach.accounts.models import Organisation
from outreach.analytics.drawing import petition_print
from outreach.analytics.drawing.paper import PAPERS, paper_of
from outreach.cli.context import Context, actor, as_json, plural
from outreach.core.errors import BadInput, Conflict
from outreach.core.files import whole
from outreach.petitions import exports, instalments, queries
from outreach.petitions.instalment_models import Instalment
from outreach.petitions.models import Petition


@click.command()
@click.argument("slug")
@click.option("--to", "target", help="One of its addressees. Default: each of them.")
@click.option("--again", type=click.IntRange(1), help="Write this instalment's files once more.")
@click.option(
    "--list", "only_list", is_flag=True, help="Show what was delivered and what waits; no more."
)
@click.option("--folder", type=click.Path(path_type=Path, file_okay=False), default=Path())
@click.option("--paper", type=click.Choice(PAPERS), help="Default: what is usual there.")
@as_json
@click.pass_obj
def deliver(
    context: Context,
    slug: str,
    target: str | None,
    again: int | None,
    only_list: bool,
    folder: Path,
    paper: str | None,
    json_: bool,
) -> None:
    """Make the next instalment of signatures for the addressees, and write its CSV and PDF files.

    Each signature that counts is in one instalment for each addressee. The instalment is stored
    before its files are written: stopped in between, --again N writes them.
    """
    if not only_list:
        _must_be_folder(folder)
        for name in _targets(context, slug, target):
            _deliver(context, slug, name, again, folder, paper, quiet=json_)
    with context.services.db.reading() as session:
        found = [_shown(line) for line in instalments.lines(session, _petition(session, slug))]
    if json_:
        context.print_json(found)
    elif only_list:
        _say(context, found)


def _deliver(
    context: Context,
    slug: str,
    target: str,
    again: int | None,
    folder: Path,
    paper: str | None,
    *,
    quiet: bool,
) -> None:
    db, say = context.services.db, (lambda _: None) if quiet else context.say
    with db.transaction() as session:
        petition = queries.by_slug(session, slug)
        try:
            made = (
                instalments.one_of(session, petition, target, again)
                if again
                else instalments.make(session, petition, target=target, by=actor())
            )
        except Conflict as nothing:
            say(f"{target or slug}: {nothing}")
            session.rollback()
            return
    count = plural(made.signatures, "signature", "signatures")
    say(f"{target or slug}, instalment {made.number}: {count}")
    stem = folder / "-".join(filter(None, [slug, _in_a_name(target), str(made.number)]))
    with db.reading() as session:
        _write(Path(f"{stem}.csv"), (x.encode() for x in exports.instalment_lines(session, made)))
        organisation = session.get_one(
            Organisation, session.get_one(Petition, made.petition_id).organisation_id
        )
        size = paper or paper_of(organisation.language, organisation.timezone)
    say(f"  {stem}.csv")
    for path, content in _volumes(context, made, stem, size):
        _write(path, [content])
        say(f"  {path}")


def _volumes(
    context: Context, made: Instalment, stem: Path, paper: str
) -> Iterable[tuple[Path, bytes]]:
    volumes = petition_print.volumes_of(made)
    for volume in range(1, volumes + 1):
        name = f"{stem}-volume-{volume}.pdf" if volumes > 1 else f"{stem}.pdf"
        with context.services.db.reading() as session:
            yield Path(name), petition_print.volume_pdf(session, made, volume, paper=paper)


def _write(path: Path, parts: Iterable[bytes]) -> None:
    stored = "The instalment is stored: write its files elsewhere with --again and --folder."
    with whole(path, stored) as file:
        file.writelines(parts)


def _must_be_folder(folder: Path) -> None:
    if not folder.is_dir():
        raise BadInput(f"{folder} is no folder. Nothing was delivered.", hint="Make it first.")


def _targets(context: Context, slug: str, target: str | None) -> list[str]:
    if target is not None:
        return [target]
    with context.services.db.reading() as session:
        return list(_petition(session, slug).targets) or [instalments.TOGETHER]


def _petition(session: Session, slug: str) -> Petition:
    return queries.by_slug(session, slug)


def _in_a_name(target: str) -> str:
    return "-".join(re.findall(r"\w+", target.lower()))[:60]


def _shown(line: instalments.Line) -> dict[str, Any]:
    return {
        "target": line.target,
        "delivered": line.delivered,
        "waiting": line.waiting,
        "taken_off_since": line.taken_off,
        "instalments": [
            {
                "number": one.number,
                "signatures": one.signatures,
                "taken_off": one.taken_off,
                "made_at": one.made_at,
                "made_by": one.made_by,
            }
            for one in line.instalments
        ],
    }


def _say(context: Context, found: list[dict[str, Any]]) -> None:
    for line in found:
        context.say(
            f"{line['target'] or 'All addressees'}: {line['delivered']:,} delivered, "
            f"{line['waiting']:,} waiting"
        )
        for one in line["instalments"]:
            off = f", {one['taken_off']:,} named as taken off" if one["taken_off"] else ""
            context.say(
                f"  {one['number']:>3}. {one['signatures']:>9,} signatures{off}, "
                f"{one['made_at']:%Y-%m-%d %H:%M} UTC, {one['made_by']}"
            )
