"""`outreach blasts watch`: a blast on its way, until it ends."""

from __future__ import annotations

import time
from datetime import datetime
from zoneinfo import ZoneInfo

import click
from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.padding import Padding
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from outreach.accounts.models import Organisation
from outreach.blasts import queries
from outreach.blasts.progress import Progress
from outreach.cli.context import Context, plural
from outreach.core.errors import Conflict
from outreach.mail.models import SENT_STATES

EVERY_S = 1.0
LINE_EVERY_S = 5.0  # where nobody can redraw: a line when this has passed, or the state changed
DOMAINS = 8
ENDED = ("finished", "cancelled", "failed")


@click.command()
@click.argument("blast")
@click.pass_obj
def watch(context: Context, blast: str) -> None:
    """Watch a blast until it ends: what is done, how fast, when it will be over.

    Ctrl-C ends the watching, not the blast. Exit code 1 where it failed.
    """
    console = Console(highlight=False)
    with context.services.db.reading() as session:
        chosen = queries.named(session, blast)
        if chosen.state == "draft":
            raise Conflict(
                f"“{chosen.name}” is a draft; nothing goes out.",
                hint="Let it leave: outreach blasts schedule BLAST",
            )
        zone = ZoneInfo(session.get_one(Organisation, chosen.organisation_id).timezone)
    view = _View(chosen.name, context.services.provider.name, zone)
    last = _redrawn(context, chosen.id, view, console) if console.is_terminal else None
    if last is None:
        last = _in_lines(context, chosen.id, view)
    if last.state == "failed":
        raise SystemExit(1)


def _look(context: Context, blast_id: int) -> Progress:
    services = context.services
    with services.db.reading() as session:
        return services.lookout.look(session, queries.by_id(session, blast_id))


def _redrawn(context: Context, blast_id: int, view: _View, console: Console) -> Progress:
    with Live(console=console, auto_refresh=False) as live:
        while True:
            progress = _look(context, blast_id)
            live.update(view.screen(progress), refresh=True)
            if progress.state in ENDED:
                return progress
            time.sleep(EVERY_S)


def _in_lines(context: Context, blast_id: int, view: _View) -> Progress:
    said, state = 0.0, ""
    while True:
        progress = _look(context, blast_id)
        if progress.state != state or time.monotonic() - said >= LINE_EVERY_S:
            context.say(view.line(progress))
            said, state = time.monotonic(), progress.state
        if progress.state in ENDED:
            return progress
        time.sleep(EVERY_S)


class _View:
    """A blast in words, at a terminal and line by line."""

    def __init__(self, name: str, provider: str, zone: ZoneInfo) -> None:
        self._name = name
        self._provider = provider
        self._zone = zone

    def line(self, progress: Progress) -> str:
        """All that matters in one line."""
        parts = [progress.state, f"{progress.done:,} of {progress.total:,} done"]
        parts += [f"{count:,} {state}" for state, count in _by_fate(progress) if count]
        parts += [part for part in (self._pace(progress), self._end(progress)) if part]
        if progress.reason and progress.state != "finished":
            parts.append(progress.reason)
        return ", ".join(parts)

    def screen(self, progress: Progress) -> RenderableType:
        """Bar, states and domains."""
        head = Text.assemble((self._name, "bold"), f"  {progress.state} through {self._provider}")
        bar = ProgressBar(total=max(progress.total, 1), completed=progress.done, width=60)
        words = [f"{progress.done:,} of {progress.total:,} done"]
        words += [word for word in (self._pace(progress), self._end(progress)) if word]
        parts: list[RenderableType] = [
            head,
            Padding(bar, 0),
            Text(", ".join(words)),
            self._states(progress),
        ]
        if progress.reason and progress.state != "finished":
            parts.append(Text(progress.reason, style="yellow"))
        if progress.domains:
            parts.append(self._domains(progress))
        return Group(*parts)

    def _pace(self, progress: Progress) -> str:
        pace = progress.letters_per_second
        if pace is None:
            return ""
        return f"{pace:,.0f} letters/s" if pace >= 10 else f"{pace:.1f} letters/s"

    def _end(self, progress: Progress) -> str:
        if progress.state == "paused" and progress.in_flight:
            return f"{progress.in_flight:,} still with the provider"
        if progress.held_because:
            return progress.held_because
        if progress.tried_again_at:
            return f"goes on at {self._clock(progress.tried_again_at)}"
        if progress.ends_at:
            return f"ready about {self._clock(progress.ends_at)}"
        if progress.finished_at:
            return f"ended {self._clock(progress.finished_at)}"
        return f"{progress.left:,} left" if progress.left else ""

    def _clock(self, at: datetime) -> str:
        return f"{at.astimezone(self._zone):%H:%M:%S}"

    def _states(self, progress: Progress) -> Text:
        shown = [f"{count:,} {state}" for state, count in _by_fate(progress) if count]
        skipped = [f"{n:,} {why.replace('_', ' ')}" for why, n in progress.skipped.items() if n]
        return Text("  ".join(shown) + (f"  ({', '.join(skipped)})" if skipped else ""))

    def _domains(self, progress: Progress) -> Table:
        table = Table(box=None, pad_edge=False)
        table.add_column("domain")
        for title in ("done", "left", "sent", "refused", "unknown"):
            table.add_column(title, justify="right")
        for domain, states in list(progress.domains.items())[:DOMAINS]:
            total, left = sum(states.values()), states.get("pending", 0)
            sent = sum(states.get(state, 0) for state in SENT_STATES)
            row = (total - left, left, sent, states.get("refused", 0), states.get("unknown", 0))
            table.add_row(domain or "(erased)", *(f"{number:,}" for number in row))
        others = len(progress.domains) - DOMAINS
        if others > 0:
            table.caption = f"and {plural(others, 'other domain', 'other domains')}"
        return table


def _by_fate(progress: Progress) -> list[tuple[str, int]]:
    """Letters by what became of them: sent ones as one, whatever was heard of them since."""
    states = progress.by_state
    sent = sum(states.get(state, 0) for state in SENT_STATES)
    others = ("refused", "skipped", "unknown", "cancelled", "pending")
    return [("sent", sent)] + [(state, states.get(state, 0)) for state in others]


COMMANDS = (watch,)
