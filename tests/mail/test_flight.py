"""The flight recorder: what a killed process leaves, and whom it is believed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from outreach.core import process
from outreach.mail.flight import CAPACITY, Flight, FlightRecorder, Stage

CHILD = """
import os, signal, sys
from pathlib import Path
from outreach.core import process
from outreach.mail.flight import FlightRecorder
recorder = FlightRecorder(Path(sys.argv[1]))
recorder.end(recorder.begin([1, 2]))
flight = recorder.begin([5, 6, 7, 8])
flight.leaving(5); flight.taken(5)
flight.leaving(6)
flight.leaving(7); flight.back(7)
print(process.own_name(), flush=True)
if sys.argv[2] == "killed":
    os.kill(os.getpid(), signal.SIGKILL)
sys.stdin.read()
"""


def child(folder: Path, end: str) -> tuple[subprocess.Popen[str], str]:
    """A process that has a part in the air, and its name."""
    command = [sys.executable, "-c", CHILD, str(folder), end]
    running = subprocess.Popen(command, stdin=-1, stdout=-1, text=True)
    assert running.stdout is not None
    return running, running.stdout.readline().strip()


def test_a_killed_process_leaves_how_far_each_letter_got(tmp_path: Path) -> None:
    running, name = child(tmp_path, "killed")
    running.communicate()
    assert running.returncode == -signal.SIGKILL
    assert process.has_ended(name)
    assert FlightRecorder(tmp_path).stages([5, 6, 7, 8, 9], f"{name}/12") == {
        5: Stage.TAKEN,
        6: Stage.LEAVING,
        7: Stage.HERE,
        8: Stage.HERE,
    }


def test_nobody_answers_for_another_process(tmp_path: Path) -> None:
    running, name = child(tmp_path, "lives")
    assert not process.has_ended(name)
    assert FlightRecorder(tmp_path).stages([5], process.own_name()) == {}
    running.communicate("")
    assert process.has_ended(name)


@pytest.mark.parametrize("name", ["", "host:abc.1.1", "host:unknown.0.999999", "elsewhere:1"])
def test_of_strangers_nothing_is_said(name: str) -> None:
    assert not process.has_ended(name)


def test_the_furthest_stage_of_a_letter_counts(tmp_path: Path) -> None:
    recorder = FlightRecorder(tmp_path)
    first, second = recorder.begin([3]), recorder.begin([3])
    first.leaving(3)
    assert recorder.stages([3], process.own_name()) == {3: Stage.LEAVING}
    recorder.end(first)
    recorder.end(second)
    again = recorder.begin([4])  # in a file that is used again
    assert recorder.stages([4], process.own_name()) == {4: Stage.HERE}
    assert len(list(tmp_path.iterdir())) == 2
    assert again.stages() == {4: Stage.HERE}


def test_without_room_a_flight_works_but_is_not_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "posix_fallocate", full)
    recorder = FlightRecorder(tmp_path)
    flight = recorder.begin([1])
    flight.leaving(1)
    assert flight.stages() == {1: Stage.LEAVING}
    assert recorder.stages([1], process.own_name()) == {}
    recorder.end(flight)


def test_a_part_that_is_too_large_is_not_kept(tmp_path: Path) -> None:
    recorder = FlightRecorder(tmp_path)
    recorder.begin(range(CAPACITY + 1))
    assert list(tmp_path.iterdir()) == []


def test_a_torn_file_says_nothing(tmp_path: Path) -> None:
    name = process.own_name()
    (tmp_path / f"{process.key(name)}-00.flight").write_bytes(b"\xff" * 50)
    assert FlightRecorder(tmp_path).stages([1], name) == {}


def test_a_flight_begins_nothing_once_it_was_stopped_or_nobody_may_say_so_any_more() -> None:
    flight = Flight([1])
    assert not flight.stopped
    flight.go_on(60)
    assert not flight.stopped
    flight.go_on(0)  # the time is over
    assert flight.stopped
    flight.go_on(60)  # the batch is ours for longer, after all
    assert not flight.stopped
    flight.stop()
    flight.go_on(60)
    assert flight.stopped
