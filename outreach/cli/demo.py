"""`outreach demo`: the main job on sample content with simulated people, checked to the unit."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import click
import requests

import config
from outreach.analytics.report import plain, reports
from outreach.analytics.report.figures import BlastReport
from outreach.analytics.rollups import proof
from outreach.app import ROOT, build_services
from outreach.blasts import queries
from outreach.cli.context import Context, as_json
from outreach.cli.serve import must_be_free
from outreach.core import migrations
from outreach.core.errors import Conflict
from outreach.demo import people, story
from outreach.demo.cast import assign, truth
from outreach.services import Services
from outreach.tracking import spool
from outreach.tracking.catch_up import catch_up
from outreach.tracking.evidence import EARLY_S

MARKER = "demo"  # a file in the data folder: what is in it came from a demo and may be made anew
_WITHIN_S = 60.0


@click.command()
@click.option("--data", "folder", type=click.Path(path_type=Path), default=Path("var"))
@click.option("--port", type=int, default=8000, show_default=True, help="Where it is served.")
@click.option("--no-serve", is_flag=True, help="End after the report.")
@as_json
@click.pass_obj
def demo(context: Context, folder: Path, port: int, no_serve: bool, json_: bool) -> None:
    """Run the main job on sample content with simulated people, then go on serving.

    Needs nothing but this program: SQLite, letters as files. Fails where the report is not exactly
    what the simulated people did.
    """
    port = _free_port() if no_serve else port
    settings = _settings(folder, port)
    must_be_free(settings.host, settings.port)
    _fresh(settings.data_dir)
    say = (lambda text: click.echo(text, err=True)) if json_ else context.say
    started = time.monotonic()
    services = build_services(settings)
    migrations.upgrade(services.db)
    password = secrets.token_urlsafe(9)
    say("Organisation, petition, supporters, segment, blast …")
    stage = story.set_the_stage(services, password)
    with _server(settings) as server:
        say("The blast goes out …")
        story.send_now(services, stage.blast_id)
        _wait_until_sent(services, stage.blast_id)
        say("People and scanners act on their letters …")
        expected = _act(services, stage)
        report = _settled_report(services, stage, expected)
        outcome = _outcome(services, stage, report, expected, time.monotonic() - started)
        if json_:
            context.print_json(outcome)
        else:
            context.say()
            context.say(plain.as_text(report))
            context.say(f"\nEqual to what the simulated people did, in {outcome['seconds']} s.")
        if not no_serve:
            _invite(context, settings, stage, password)
            server.wait()


def _settings(folder: Path, port: int) -> config.Settings:
    """Only what a demo needs, whatever the environment says."""
    for name in [name for name in os.environ if name.startswith("OUTREACH_")]:
        del os.environ[name]
    os.environ.update(
        OUTREACH_DATA_DIR=str(folder.absolute()),
        OUTREACH_BASE_URL=f"http://127.0.0.1:{port}",
        OUTREACH_PORT=str(port),
        OUTREACH_LOG_LEVEL="WARNING",
    )
    return config.load(_env_file=None)


def _fresh(folder: Path) -> None:
    """An empty data folder; one that holds anything but an earlier demo is left alone."""
    left = [path for path in folder.iterdir() if path.name not in ("secret.key", MARKER)]
    if left and not (folder / MARKER).exists():
        raise Conflict(
            f"{folder} holds data that no demo made; nothing was touched.",
            hint="Give another folder: outreach demo --data FOLDER",
        )
    for path in left:
        shutil.rmtree(path) if path.is_dir() else path.unlink()
    (folder / MARKER).write_text("Made by `outreach demo`; the next one makes it anew.\n")


@contextmanager
def _server(settings: config.Settings) -> Iterator[subprocess.Popen[bytes]]:
    """The real server as its own process, until the block ends."""
    # Ended by a signal, it must end the server too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    command = [sys.executable, "-m", "outreach.cli", "serve"]
    process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL)
    try:
        _wait_until_ready(process, settings.base_url)
        yield process
    except KeyboardInterrupt:
        pass  # the reader has seen enough; the server got the same signal
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait_until_ready(process: subprocess.Popen[bytes], base_url: str) -> None:
    end = time.monotonic() + _WITHIN_S
    while time.monotonic() < end and process.poll() is None:
        try:
            if requests.get(f"{base_url}/readyz", timeout=5).ok:
                return
        except requests.ConnectionError:
            pass
        time.sleep(0.1)
    raise people.DemoFailed("The server did not get ready.")


def _wait_until_sent(services: Services, blast_id: int) -> None:
    end = time.monotonic() + _WITHIN_S
    while time.monotonic() < end:
        with services.db.reading() as session:
            blast = queries.by_id(session, blast_id)
        if blast.state == "finished":
            return
        if blast.state in ("failed", "paused", "cancelled"):
            raise people.DemoFailed(f"The blast is {blast.state}: {blast.reason}")
        time.sleep(0.1)
    raise people.DemoFailed("The blast did not finish.")


def _act(services: Services, stage: story.Stage) -> dict[str, int]:
    mailbox = services.data_dir / "mailbox"
    with services.db.reading() as session:
        addresses = story.recipients(session, stage.blast_id)
        links = story.tracked_links(session, stage.blast_id)
    # Whoever acts sooner after delivery than a person could is not counted as one.
    time.sleep(EARLY_S + 0.5)
    people.act_all(assign(addresses), people.letters_in(mailbox), mailbox)
    return truth(stage.supporters, links)


def _settled_report(
    services: Services, stage: story.Stage, expected: dict[str, int]
) -> BlastReport:
    # On a busy machine a click may have taken too long to be stored at once.
    for kept in (spool.leavings_in(services.data_dir), spool.path_in(services.data_dir)):
        spool.replay(services.db, kept)
    catch_up(services.db, wait=True)
    differences = proof.check(services.db, stage.blast_id)
    with services.db.reading() as session:
        report = reports.blast_report(session, stage.blast_id)
    counted = report.to_json()
    counted["skipped"] = counted["skipped_total"]
    differences += [
        f"{name}: the report says {counted[name]}, the truth is {number}"
        for name, number in expected.items()
        if counted[name] != number
    ]
    if differences:
        raise people.DemoFailed("The report is wrong. " + "; ".join(differences) + ".")
    return report


def _outcome(
    services: Services,
    stage: story.Stage,
    report: BlastReport,
    expected: dict[str, int],
    seconds: float,
) -> dict[str, Any]:
    counted = report.to_json()
    return {
        **{name: counted[name] for name in expected},
        "skipped": counted["skipped_total"],
        "skipped_by_reason": counted["skipped"],
        "expected": expected,
        "petition": f"{services.base_url}/petitions/{stage.slug}",
        "seconds": round(seconds, 1),
    }


def _invite(context: Context, settings: config.Settings, stage: story.Stage, password: str) -> None:
    base = settings.base_url
    context.say(f"""
Go on by yourself, Ctrl-C ends it:
  Petition   {base}/petitions/{stage.slug}
  Console    {base}/console/
  Sign in    {stage.email}  /  {password}
  Report     {base}/console/reports/{stage.blast_id}
  Mailbox    {base}/console/mailbox/   every letter, as it was sent
""")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
