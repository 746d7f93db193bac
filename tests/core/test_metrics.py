"""Counts of several processes, added up by whoever is asked."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from outreach.core import metrics

ROOT = Path(__file__).parents[2]
COUNTS = """
import os, sys
from pathlib import Path
from outreach.core import metrics
metrics.begin(Path(sys.argv[1]))
metrics.count(metrics.LETTERS, 2, "smtp", "accepted")
if os.fork() == 0:
    metrics.count(metrics.LETTERS, 3, "smtp", "accepted")
    metrics.observe(metrics.PARTS, 0.2, "smtp")
    os._exit(0)
os.wait()
"""
READS = """
import sys
from pathlib import Path
from outreach.core import metrics
metrics.begin(Path(sys.argv[1]))
sys.stdout.write(metrics.text(Path(sys.argv[1])).decode())
"""


def run(program: str, folder: Path) -> str:
    words = [sys.executable, "-c", program, str(folder)]
    return subprocess.run(words, check=True, capture_output=True, text=True, cwd=ROOT).stdout


def test_counts_outlive_their_processes_and_their_files_do_not_pile_up(tmp_path: Path) -> None:
    for _ in range(3):
        run(COUNTS, tmp_path)
    page = run(READS, tmp_path)
    assert 'outreach_letters_total{fate="accepted",provider="smtp"} 15.0' in page
    assert 'outreach_part_seconds_count{provider="smtp"} 3.0' in page
    assert 'outreach_part_seconds_bucket{le="0.25",provider="smtp"} 3.0' in page
    assert run(READS, tmp_path) == page
    # What ended is kept together; beside it the files of the one process that reads.
    assert len(list(tmp_path.glob("*_ended.db"))) == 2
    assert len(list(tmp_path.glob("*.db"))) == 4


def test_without_a_place_to_count_nothing_breaks(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    metrics.begin(tmp_path / "file" / "metrics")
    metrics.count(metrics.LETTERS, 1, "null", "accepted")
    assert b"outreach_letters" not in metrics.text(tmp_path / "file" / "metrics")


def test_only_the_token_opens() -> None:
    assert metrics.allowed("secret", "Bearer secret")
    for said in ("", "secret", "Bearer", "Bearer ", "Bearer secret ", "Basic secret", "Bearer ü"):
        assert not metrics.allowed("secret", said), said
    assert not metrics.allowed("", "Bearer ")
