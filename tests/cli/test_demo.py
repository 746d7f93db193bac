"""The demo: the whole main job through the real server, equal to the known truth."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]


def demo(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run it headless, in an environment that points elsewhere: it must not care."""
    return subprocess.run(
        [sys.executable, "-m", "outreach.cli", "demo", "--no-serve", "--json", "--data", folder],
        cwd=ROOT,
        env={**os.environ, "OUTREACH_DATABASE_URL": "", "OUTREACH_PROVIDER": "smtp"},
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )


def test_the_report_equals_what_the_people_did_also_the_second_time(tmp_path: Path) -> None:
    for _ in range(2):  # the second run makes its folder anew
        done = demo(tmp_path / "data")
        assert done.returncode == 0, done.stderr
        outcome = json.loads(done.stdout)
        assert {name: outcome[name] for name in outcome["expected"]} == outcome["expected"]
        assert outcome["audience"] == 1000
        assert outcome["accepted"] == outcome["audience"] - outcome["skipped"]
        assert outcome["machine_events"] > 0
        assert outcome["seconds"] > 0
    report = subprocess.run(
        [sys.executable, "-m", "outreach.cli", "blasts", "report", "1"],
        cwd=ROOT,
        env={**os.environ, "OUTREACH_DATA_DIR": str(tmp_path / "data")},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "Variants, by sign rate" in report.stdout


def test_a_folder_with_other_data_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "outreach.db").write_text("precious")
    done = demo(tmp_path)
    assert done.returncode == 2
    assert "nothing was touched" in done.stderr
    assert (tmp_path / "outreach.db").read_text() == "precious"
