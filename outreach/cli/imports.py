"""Files of supporters in and out: commands of `outreach supporters`."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path

import click

from outreach.accounts import audit
from outreach.accounts.queries import the_organisation
from outreach.cli.context import Context, actor, as_json, plural
from outreach.core.errors import BadInput
from outreach.supporters import csvfile, exports, lists, queries
from outreach.supporters import imports as operations
from outreach.supporters import undo as undoing
from outreach.supporters.csvfile import Layout
from outreach.supporters.models import Import
from outreach.supporters.reports import Report

SHOWN = 20  # refused rows; --json and the file of refusals have more
DELIMITERS = {"tab": "\t", "\\t": "\t", "comma": ",", "semicolon": ";", "pipe": "|"}
FILE = click.Path(path_type=Path)
INTERRUPTED = 130  # what shells expect after Ctrl-C


@click.command("import")
@click.argument("file", type=FILE)
@click.option("--list", "list_name", required=True, help="The list; made where there is none.")
@click.option("--basis", default="", help="Why these people may be written to.")
@click.option("--dry-run", is_flag=True, help="Report what would happen; store nothing.")
@click.option("--delimiter", help="One character, or: tab. Found out where not given.")
@click.option("--encoding", help="Found out where not given: UTF-8, UTF-16 or Windows-1252.")
@click.option("--map", "mapping", multiple=True, metavar="COLUMN=FIELD", help="May be repeated.")
@as_json
@click.pass_obj
def import_(
    context: Context,
    file: Path,
    list_name: str,
    basis: str,
    dry_run: bool,
    delimiter: str | None,
    encoding: str | None,
    mapping: Sequence[str],
    json_: bool,
) -> None:
    """Import the supporters of a CSV file and put them on a list.

    Every row that is not taken is reported with its line and the reason.
    """
    layout = csvfile.inspect(
        file,
        delimiter=DELIMITERS.get(delimiter, delimiter) if delimiter else None,
        encoding=encoding,
        mapping=dict(_pair(text) for text in mapping),
    )
    if dry_run:
        say_report(context, operations.dry_run(context.services.db, file, layout), json_)
        return
    if not basis and not json_:
        context.say(f"No --basis given: it is recorded as “import of {file.name}”.")
    take_in(context, file, layout, list_name=list_name, basis=basis, json_=json_)


@click.command()
@click.option("--page", type=click.IntRange(1), default=1, show_default=True)
@as_json
@click.pass_obj
def imports(context: Context, page: int, json_: bool) -> None:
    """Show imports, the latest first."""
    with context.services.db.reading() as session:
        found = queries.imports(session, page)
    if json_:
        context.print_json([_as_json(task) for task in found.rows])
        return
    for task in found.rows:
        done = f"{task.rows_done:,} of {task.rows_total:,}" if task.rows_total else "0"
        context.say(
            f"{task.id:>5}  {task.state:<8}  {done} rows, {task.added:,} added, "
            f"{task.refused:,} refused  {task.filename} → {task.supporter_list.name}"
        )
    context.say(f"Imports: {found.total:,}; page {found.number:,} of {found.last:,}.")


@click.command()
@click.argument("import_id", metavar="ID", type=int)
@as_json
@click.pass_obj
def resume(context: Context, import_id: int, json_: bool) -> None:
    """Go on with an import that was stopped or killed, behind the last row it stored."""
    _run(context, import_id, json_)


@click.command()
@click.argument("import_id", metavar="ID", type=int)
@as_json
@click.pass_obj
def undo(context: Context, import_id: int, json_: bool) -> None:
    """Take an import back: its places on the list, its consent, and people nobody else knows."""
    undone = undoing.undo(context.services.db, import_id, actor=actor())
    if json_:
        context.print_json({"import_id": import_id, **asdict(undone)})
        return
    context.say(
        f"Gone: {undone.memberships:,} from the list, {undone.supporters:,} from the supporters."
    )
    if undone.kept:
        context.say(
            f"Kept: {undone.kept:,} with letters, signatures, tags, other lists, or a word of "
            "their own about consent."
        )
    context.say("Details that it had changed stay as they are.")


@click.command()
@click.argument("import_id", metavar="ID", type=int)
@click.option("--csv", "file", type=FILE, help="Write all of them into this file, to be mended.")
@click.option("--page", type=click.IntRange(1), default=1, show_default=True)
@click.pass_obj
def refusals(context: Context, import_id: int, file: Path | None, page: int) -> None:
    """Show the rows of an import that were not taken, and why."""
    with context.services.db.reading() as session:
        queries.import_by_id(session, import_id)
        if file is not None:
            with exports.new_file(file) as stream:
                written = exports.export_refusals(session, stream, import_id)
            context.say(f"Rows written into {file}: {written:,}.")
            return
        found = queries.refusals(session, import_id, page)
    for each in found.rows:
        context.say(f"  line {each.line:,}: {each.reason}")
    context.say(f"Rows with a remark: {found.total:,}; page {found.number:,} of {found.last:,}.")


@click.command()
@click.argument("file", type=FILE)
@click.option("--list", "list_name", help="Only the people on this list.")
@click.pass_obj
def export(context: Context, file: Path, list_name: str | None) -> None:
    """Write supporters into a CSV file; cells that a spreadsheet would run are defused."""
    db = context.services.db
    with db.reading() as session, exports.new_file(file) as stream:
        chosen = lists.by_name(session, list_name) if list_name is not None else None
        written = exports.export_supporters(session, stream, chosen)
    with db.transaction() as session:
        subject = f"list:{chosen.id}" if chosen else "supporters"
        audit.record(
            session, actor=actor(), action="supporters.export", subject=subject, supporters=written
        )
    context.say(f"Supporters written into {file}: {written:,}.")


def take_in(
    context: Context,
    file: Path,
    layout: Layout,
    *,
    list_name: str,
    basis: str,
    wording: str = "",
    json_: bool,
) -> None:
    """Import a file into the list of this name from start to end, and say what became of it."""
    with context.services.db.transaction() as session:
        chosen = lists.find_or_create(session, the_organisation(session), list_name, wording)
        task = operations.start(
            session,
            context.services.data_dir,
            path=file,
            layout=layout,
            supporter_list=chosen,
            basis=basis,
            created_by=actor(),
        )
    _run(context, task.id, json_)


def say_report(context: Context, report: Report, json_: bool) -> None:
    """What became of the rows of a file."""
    if json_:
        context.print_json(report.to_json())
        return
    rows = plural(report.rows, "row", "rows")
    if report.import_id is None:
        context.say(f"Dry run of {rows}; nothing is stored")
    else:
        context.say(f"Import {report.import_id} is {report.state}: {rows}")
    for count, one, many in (
        (report.added, "person added", "people added"),
        (report.updated, "person known before, updated", "people known before, updated"),
        (report.unsubscribed, *2 * ("of these unsubscribed earlier: not put on the list",)),
        (
            report.suppressed,
            "address is suppressed: stays out",
            "addresses are suppressed: stay out",
        ),
        (report.duplicates, "repeats an address of the file", "repeat an address of the file"),
        (report.refused, "refused", "refused"),
    ):
        if count:
            context.say(f"{count:>12,}  {one if count == 1 else many}")
    for refusal in report.refusals[:SHOWN]:
        context.say(f"  line {refusal.line:,}: {refusal.reason}")
    if len(report.refusals) > SHOWN:
        more = f"outreach supporters refusals {report.import_id}" if report.import_id else "--json"
        context.say(f"  … the first {SHOWN} are shown; the others: {more}")


def _run(context: Context, import_id: int, json_: bool) -> None:
    db = context.services.db
    watched = sys.stderr.isatty() and not json_
    try:
        report = operations.run(db, import_id, on_slice=_show if watched else None)
    except KeyboardInterrupt:
        with db.transaction() as session:
            task = operations.stop(session, import_id)
        context.say(f"\nStopped: {plural(task.rows_done, 'row is', 'rows are')} stored so far.")
        context.say(f"Go on: outreach supporters resume {import_id}")
        context.say(f"Take it back: outreach supporters undo {import_id}")
        raise SystemExit(INTERRUPTED) from None
    say_report(context, report, json_)


def _show(done: int, total: int) -> None:
    click.echo(f"\r{done:,} of {total:,} rows", err=True, nl=done == total)


def _pair(text: str) -> tuple[str, str]:
    column, equals, field = text.rpartition("=")
    if not equals:
        raise BadInput(
            f"“{text}” does not say which field the column fills. Nothing was stored.",
            hint='For example: --map "Contact=email", or --map "Notes=" to leave a column out.',
            field="mapping",
        )
    return column.strip(), field.strip()


def _as_json(task: Import) -> dict[str, object]:
    names = (
        "id", "filename", "basis", "state", "reason", "rows_total", "rows_done", "added",
        "updated", "suppressed", "refused", "created_by", "created_at", "finished_at",
    )  # fmt: skip
    return {"list": task.supporter_list.name} | {name: getattr(task, name) for name in names}
