"""Imports: a file on its way in, by slices, each its own short transaction with a checkpoint.

Killed at any moment, an import goes on behind its last slice: the checkpoint moves in the
transaction that stores the rows. Only the runner that took the import last may store, so that two
at once do no harm.
"""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from itertools import islice
from pathlib import Path
from uuid import uuid4

from sqlalchemy.orm import Session

from outreach.accounts import audit
from outreach.core import bulk, log
from outreach.core.clock import now
from outreach.core.db import Database
from outreach.core.errors import BadInput, OutreachError
from outreach.supporters import csvfile, slices
from outreach.supporters import import_lease as lease
from outreach.supporters.csvfile import Layout, Refusal, Row
from outreach.supporters.models import IMPORT_STATES, Import, SupporterList
from outreach.supporters.reports import Report, Weighing, report_of
from outreach.supporters.textfile import readable

SLICE_ROWS = 5_000
LINE_CHARS = 400

IMPORT_STARTED = "import_started"
IMPORT_SLICE = "import_slice"
IMPORT_FINISHED = "import_finished"
IMPORT_STOPPED = "import_stopped"
IMPORT_RESUMED = "import_resumed"
IMPORT_FAILED = "import_failed"
IMPORT_LEFT = "import_left"

_log = log.get(__name__)

Judged = Row | Refusal
Progress = Callable[[int, int], None]  # rows done, rows in all


def start(
    session: Session,
    data_dir: Path,
    *,
    path: Path,
    layout: Layout,
    supporter_list: SupporterList,
    basis: str,
    filename: str | None = None,
    created_by: str,
) -> Import:
    """Keep a copy of the file and queue it; `run`, or the job that calls `run_waiting`, does it.

    `layout` comes from csvfile.inspect, `basis` says why these people may be written to, `filename`
    is what the person calls the file. Raises BadInput when the file can't be copied.
    """
    name = (filename or path.name)[:LINE_CHARS]
    folder = data_dir / "imports"
    folder.mkdir(parents=True, exist_ok=True)
    copy = folder / f"{uuid4().hex}.csv"
    with readable(path):
        shutil.copyfile(path, copy)
    task = Import(
        supporter_list=supporter_list,
        filename=name,
        path=str(copy),
        layout=layout.to_json(),
        basis=basis.strip()[:LINE_CHARS] or f"import of {name}"[:LINE_CHARS],
        created_by=created_by,
    )
    session.add(task)
    session.flush()
    subject = f"import:{task.id}"
    audit.record(session, actor=created_by, action="import.start", subject=subject, file=name)
    _log.info(IMPORT_STARTED, import_id=task.id, list_id=supporter_list.id)
    return task


def run(
    db: Database,
    import_id: int,
    *,
    on_slice: Progress | None = None,
    slice_rows: int = SLICE_ROWS,
) -> Report:
    """Take an import, whoever had it before, and store its rows from the checkpoint on.

    Returns at the end, or when somebody stopped it. Raises NotFound, Conflict for one that is
    finished with, import_lease.TakenOver, and BadInput when our copy can't be read (the import has
    failed then).
    """
    owner = uuid4().hex
    with db.transaction() as session:
        task = lease.locked(session, import_id)
        lease.take(task, owner)
    return _work(db, task, owner, on_slice, slice_rows)


def run_waiting(db: Database, stop: threading.Event | None = None) -> int:
    """Run every import that waits, or whose runner died; returns how many were taken.

    What goes wrong with one is written down with it and does not keep the others waiting. Once
    `stop` is set it ends behind the present slice; whoever runs next goes on there at once.
    """
    taken = 0
    with db.reading() as session:
        ids = lease.waiting(session)
    for import_id in ids:
        owner = uuid4().hex
        with db.transaction() as session:
            task = lease.take_waiting(session, import_id, owner)
        if task is None:
            continue
        taken += 1
        try:
            _work(db, task, owner, _until(stop), SLICE_ROWS)
        except _Ending:
            with db.transaction() as session:
                lease.let_go(lease.locked(session, import_id), owner)
            return taken
        except OutreachError as error:
            _log.warning(IMPORT_LEFT, import_id=import_id, reason=error.title)
    return taken


class _Ending(Exception):
    """This process is to end."""


def _until(stop: threading.Event | None) -> Progress:
    def look(_done: int, _total: int) -> None:
        if stop is not None and stop.is_set():
            raise _Ending

    return look


def stop(session: Session, import_id: int) -> Import:
    """Let an import end behind its present slice; `run` goes on with it from there."""
    task = lease.locked(session, import_id)
    task.state = IMPORT_STATES.after(task.state, "stop")
    task.lease_owner = task.lease_until = None
    session.flush()
    _log.info(IMPORT_STOPPED, import_id=import_id, rows_done=task.rows_done)
    return task


def resume(session: Session, import_id: int) -> Import:
    """Let a stopped import wait for the job, which goes on behind the last slice."""
    task = lease.locked(session, import_id)
    task.state = IMPORT_STATES.after(task.state, "resume")
    session.flush()
    _log.info(IMPORT_RESUMED, import_id=import_id, rows_done=task.rows_done)
    return task


def dry_run(db: Database, path: Path, layout: Layout) -> Report:
    """What an import of this file would report; stores nothing."""
    weighing = Weighing()
    judged = csvfile.rows(path, layout)
    while part := list(islice(judged, SLICE_ROWS)):
        rows, refusals = _sorted(part)
        with db.transaction() as session, slices.staged(session, rows):
            suppressed = slices.set_apart(session, rows)
            known, left = slices.weigh(session, rows)
        weighing.add(rows=len(part), known=known, remarks=refusals + suppressed + left)
    return weighing.report()


def _work(
    db: Database, task: Import, owner: str, on_slice: Progress | None, slice_rows: int
) -> Report:
    path, layout = Path(task.path), Layout.from_json(task.layout)
    try:
        total = task.rows_total or csvfile.count(path, layout)
        for part in _ahead(csvfile.rows(path, layout), task.rows_done, slice_rows):
            with db.transaction() as session:
                task = lease.locked(session, task.id)
                if not lease.may_go_on(task, owner):
                    return report_of(session, task.id)
                task.rows_total = total
                _store(session, task, part)
            _log.info(IMPORT_SLICE, import_id=task.id, rows_done=task.rows_done, rows_total=total)
            if on_slice:
                on_slice(task.rows_done, total)
    except (BadInput, OSError) as error:
        with db.transaction() as session:
            _fail(session, task.id, owner, error)
        raise
    return _finish(db, task.id, owner, path)


def _ahead(judged: Iterator[Judged], done: int, slice_rows: int) -> Iterator[list[Judged]]:
    """Slices behind the rows that are done; the next is judged while the database stores one."""
    rest = islice(judged, done, None)
    with ThreadPoolExecutor(max_workers=1) as reader:
        coming = reader.submit(lambda: list(islice(rest, slice_rows)))
        while part := coming.result():
            coming = reader.submit(lambda: list(islice(rest, slice_rows)))
            yield part


def _store(session: Session, task: Import, part: Sequence[Judged]) -> None:
    rows, refusals = _sorted(part)
    with slices.staged(session, rows):
        suppressed = slices.set_apart(session, rows)
        added, left = slices.merge(session, task, rows)
    slices.keep_refusals(session, task.id, refusals + suppressed + left)
    task.added += added
    task.updated += len(rows) - len(suppressed) - added
    task.suppressed += len(suppressed)
    task.refused += sum(refusal.kind == csvfile.REFUSED for refusal in refusals)
    task.rows_done += len(part)
    lease.extend(task)


def _finish(db: Database, import_id: int, owner: str, path: Path) -> Report:
    with db.transaction() as session:
        task = lease.locked(session, import_id)
        if lease.may_go_on(task, owner):
            task.state = IMPORT_STATES.after(task.state, "finish")
            task.finished_at = now()
            task.lease_owner = task.lease_until = None
            bulk.count_anew(session.connection(), slices.FILLED)
            _log.info(IMPORT_FINISHED, import_id=import_id, rows_done=task.rows_done)
        report = report_of(session, import_id)
    if report.state == "finished":
        path.unlink(missing_ok=True)
    return report


def _fail(session: Session, import_id: int, owner: str, error: BadInput | OSError) -> None:
    task = lease.locked(session, import_id)
    if task.lease_owner == owner:
        task.state = IMPORT_STATES.after(task.state, "fail")
        task.reason = str(error)
        task.lease_owner = task.lease_until = None
        _log.warning(IMPORT_FAILED, import_id=import_id, rows_done=task.rows_done)


def _sorted(part: Sequence[Judged]) -> tuple[list[Row], list[Refusal]]:
    rows = [judged for judged in part if isinstance(judged, Row)]
    return rows, [judged for judged in part if isinstance(judged, Refusal)]
