"""Looking quotations up in a long source, beside reading the same text with a plain search.

python -m benchmarks.quotes --megabytes 1 --json
"""

from __future__ import annotations

import json
import random
import time
from collections.abc import Callable

import click

from outreach.petitions.library import numbers, quotes

SAID = (
    "The auditor found that one letter in ten, 2,500,000 in all, is lost between quay and office."
)
QUOTED = "the “auditor” found that one letter in ten … is lost between quay and office"
WRONG = (
    "the auditor found that one letter in five, 2,500,000 in all, was lost between quay and ship"
)


def seconds(work: Callable[[], object], times: int = 3) -> float:
    """The best of a few runs, in CPU seconds: other work on the machine is not ours."""
    best = float("inf")
    for _ in range(times):
        started = time.process_time()
        work()
        best = min(best, time.process_time() - started)
    return best


def text_of(letters: int) -> str:
    """Random words, with what is quoted in the middle."""
    chance = random.Random(5)
    known = ["".join(chance.choices("etaoinshrdlu", k=chance.randint(1, 9))) for _ in range(6000)]
    half = " ".join(chance.choices(known, k=letters // 12))
    return f"{half}. {SAID} {half}."


@click.command()
@click.option("--megabytes", type=float, default=1.0, show_default=True)
@click.option("--json", "json_", is_flag=True, help="One JSON value for machines.")
def main(megabytes: float, json_: bool) -> None:
    """Measure and print."""
    text = text_of(int(megabytes * 1_000_000))
    source = quotes.read(text)
    found, near = quotes.holds(source, QUOTED), quotes.nearest(source, WRONG)
    figures = {
        "letters": len(text),
        "read_s": seconds(lambda: quotes.read(text)),
        "holds_s": seconds(lambda: quotes.holds(source, QUOTED)),
        "nearest_s": seconds(lambda: quotes.nearest(quotes.read(text), WRONG)),
        "numbers_s": seconds(lambda: numbers.held(text)),
        "plain_search_s": seconds(lambda: " ".join(text.lower().split()).find(QUOTED)),
        "found": found,
        "differs": [list(piece) for piece in near.differs] if near else [],
    }
    if json_:
        print(json.dumps(figures, ensure_ascii=False))
        return
    for name, value in figures.items():
        print(f"{name:<16} {value:.4f}" if isinstance(value, float) else f"{name:<16} {value}")


if __name__ == "__main__":
    main()
