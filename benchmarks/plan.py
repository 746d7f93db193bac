"""How long one finished letter takes: from what is known of a person to the bytes for SMTP.

python -m benchmarks.plan --json

The letter of benchmarks/world.py, compiled once: a name, tracked links, a pixel, a way out, and a
block with another text for half of the people. Timed are the tokens, the values, the choice of the
text and the whole MIME letter with its headers, for different people, in parts as a sender makes
them. CPU time of the best round: others may share the machine.
"""

from __future__ import annotations

import json
import tempfile
import time
from datetime import UTC, datetime
from pathlib import Path

import click

from benchmarks import world
from outreach.blasts import queries
from outreach.blasts.compose import Composed, compose
from outreach.core import log, migrations
from outreach.core.db import Database
from outreach.core.tokens import Tokens
from outreach.mail.mime import compile_mime, rfc2822_date
from outreach.mail.plan import Recipient

PART = 500
TARGET_US = 5.0
BASE_URL = "https://act.benchmark.example"
DATE = rfc2822_date(datetime(2026, 6, 1, 9, tzinfo=UTC))
KNOWN = {
    "first_name": lambda i: f"First{i}",
    "joined": lambda i: "have been on our Everybody list since 3 June 2026 (benchmark)",
}


@click.command()
@click.option("--people", default=20_000, show_default=True)
@click.option("--rounds", default=7, show_default=True)
@click.option("--json", "as_json", is_flag=True)
def main(people: int, rounds: int, as_json: bool) -> None:
    """Fill the letter for that many people, several times, and print the best round."""
    log.configure(level="WARNING")
    composed = letter()
    size = round_of(composed, people)[1]  # the first one also compiles
    best = min(round_of(composed, people)[0] for _ in range(rounds))
    loop = min(fixed_loop() for _ in range(rounds))
    result = {
        "microseconds_per_letter": round(best / people * 1e6, 2),
        "target_microseconds": TARGET_US,
        "people": people,
        "bytes_per_letter": round(size / people),
        "tracked_links": sum(link.kind != "trap" for link in composed.links),
        "outcomes": len(composed.plan.forms),
        # A loop of 10 ms on the machine that the target is for; more where it is slow or busy.
        "fixed_loop_ms": round(loop * 1e3, 2),
    }
    if as_json:
        click.echo(json.dumps(result))
    else:
        for name, value in result.items():
            click.echo(f"{name:<24} {value}")


def letter() -> Composed:
    """The benchmark's letter, as it would be frozen."""
    with tempfile.TemporaryDirectory() as folder:
        db = Database(f"sqlite:///{Path(folder) / 'plan.sqlite'}")
        migrations.upgrade(db)
        blast_id = world.build(db, 0)
        with db.reading() as session:
            blast = queries.by_id(session, blast_id)
            composed = compose(session, blast, blast.variants[0], BASE_URL)
        db.close()
    return composed


def round_of(composed: Composed, people: int) -> tuple[float, int]:
    """Seconds and bytes for everyone's letter."""
    plan = composed.plan
    columns = [[KNOWN[name](i) for i in range(people)] for name in plan.fields]
    addresses = [f"person{i}@example.org" for i in range(people)]
    names = [f"First{i} Last" for i in range(people)]
    holding = [i % 2 for i in range(people)]
    tokens = Tokens("a secret for measuring").letter_maker(plan.blast_id, plan.links)
    written = 0
    started = time.process_time()
    compiled = compile_mime(plan)
    for start in range(0, people, PART):
        part = slice(start, start + PART)
        ids = range(start + 1, min(start + PART, people) + 1)
        recipients = map(
            Recipient,
            ids,
            addresses[part],
            names[part],
            plan.values([column[part] for column in columns], map(tokens, ids)),
            map(plan.outcome, holding[part]),
        )
        for recipient in recipients:
            written += len(compiled.letter(recipient, DATE))
    return time.process_time() - started, written


def fixed_loop() -> float:
    """Seconds for a piece of plain Python that never changes, to compare machines by."""
    started = time.process_time()
    words = {}
    for i in range(50_000):
        words[i & 1023] = f"{i}-{i}".encode()
    return time.process_time() - started


if __name__ == "__main__":
    main()
